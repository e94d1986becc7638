"""A relay's URL: what it means, what is refused, and that a password is never shown."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.relay import RelaySettings, Security, parse_relay
from newsletter.errors import SettingsError


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, Security.STARTTLS),
        ("smtp://mail.example.org:2525", "mail.example.org", 2525, Security.STARTTLS),
        ("smtps://mail.example.org", "mail.example.org", 465, Security.TLS),
        ("smtp+starttls://localhost:587", "localhost", 587, Security.STARTTLS),
        ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, Security.PLAIN),
        ("smtp://localhost", "localhost", 25, Security.PLAIN),
        ("smtp://[::1]:25", "::1", 25, Security.PLAIN),
        ("smtp://localhost?tls=required", "localhost", 587, Security.STARTTLS),
        ("smtp://mail.example.org?tls=off", "mail.example.org", 25, Security.PLAIN),
    ],
)
def test_only_loopback_is_plain_unless_the_url_says_so(
    url: str, host: str, port: int, security: Security
) -> None:
    found = parse_relay(url)
    assert (found.host, found.port, found.security) == (host, port, security)


def test_user_and_password_may_hold_any_character() -> None:
    found = parse_relay("smtp://news%40example.org:p%40ss%2Fword%3A@mail.example.org")
    assert (found.username, found.password) == ("news@example.org", "p@ss/word:")


def test_options() -> None:
    found = parse_relay(
        "smtps://mail.example.org?connections=3&reuse=50&ca=ca.pem&hello=me.example"
    )
    assert (found.connections, found.reuse) == (3, 50)
    assert (found.ca_file, found.hello) == ("ca.pem", "me.example")
    assert parse_relay("smtps://mail.example.org").connections == 8


def test_how_fast_a_relay_may_be_given_mail() -> None:
    assert parse_relay("smtps://mail.example.org").rate == 10
    assert parse_relay("smtps://mail.example.org?rate=0").rate == 0
    assert parse_relay("smtp://127.0.0.1").rate == 0
    found = parse_relay(
        "smtps://mail.example.org?rate=2.5&rate.qq=1&rate.163.COM=0&warmup=2026-11-20"
    )
    assert (found.rate, found.rates, found.warmup) == (2.5, {"qq": 1}, dt.date(2026, 11, 20))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://host:0x",
        "smtp://host:99999",
        "smtp://[::1",
        "smtp://host?tls=maybe",
        "smtps://host?tls=off",
        "smtp+starttls://host?tls=off",
        "smtp://host?connections=0",
        "smtp://host?connections=many",
        "smtp://host?connection=8",
        "smtp://host?rate=fast",
        "smtp://host?rate=-1",
        "smtp://host?rate=nan",
        "smtp://host?rate=0.001",
        "smtp://host?rate.qq=many",
        "smtp://host?warmup=soon",
    ],
)
def test_a_mistake_is_one_line_that_names_the_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="smtp_url") as caught:
        parse_relay(url)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=30))
def test_a_password_is_never_shown(tail: str) -> None:
    shown = ""
    try:
        shown = repr(parse_relay(f"smtp://news:sesame-open@mail.example.org{tail}"))
    except SettingsError as error:
        shown = str(error)
    assert shown
    assert "sesame" not in shown


def test_a_relay_names_itself_for_logs_and_rows() -> None:
    settings = RelaySettings(host="::1", port=25, security=Security.PLAIN)
    assert settings.name == "[::1]:25"
    assert parse_relay("smtps://mail.example.org").name == "mail.example.org:465"
