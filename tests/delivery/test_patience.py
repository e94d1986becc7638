"""Which answers slow whom, and who is behind a domain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from newsletter.delivery.mailhosts import AT_ONCE, MailHosts, provider_by_hosts
from newsletter.delivery.pacing import Pace
from newsletter.delivery.patience import heed
from newsletter.delivery.relay import RATE, parse_relay
from tests.delivery.test_providers import judged

RELAY = "relay.example:587"


@pytest.mark.parametrize(
    ("address", "code", "text", "slowed"),
    [
        ("a@qq.com", 451, "4.7.0 slow down", "qq"),
        ("a@gmail.com", 421, "4.7.28 unusual rate", RELAY),  # a 421 before DATA closes for all
        ("a@qq.com", 550, "Domain frequency limited", "qq"),
        ("a@163.com", 451, "MI:SFQ too many", "netease"),
        ("a@example.org", 452, "insufficient storage", "example.org"),
        ("a@example.org", 450, "4.7.1 Greylisted, see you in 300 seconds", ""),
        ("a@example.org", 451, "4.7.1 please wait (graylist)", ""),
        ("a@example.org", 452, "4.2.2 mailbox full", ""),
        ("a@example.org", 550, "5.7.1 not wanted", ""),
        ("a@example.org", 250, "2.0.0 Ok", ""),
    ],
)
def test_who_is_slowed_by_what(address: str, code: int, text: str, slowed: str) -> None:
    pace = Pace(parse_relay("smtp://relay.example"))
    assert heed(pace, address, judged(address, code, text), 0.0) == slowed
    if slowed:
        assert pace.rate(slowed, 0.0) == RATE / 2


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("aspmx.l.google.com.", "google"),
        ("example-org.mail.protection.outlook.com.", "microsoft"),
        ("MXBIZ1.QQ.COM.", "qq"),
        ("qiye163mx01.mxmail.netease.com", "netease"),
        ("mx.notgoogle.com", "example.org"),
        ("mx.example.org", "example.org"),
    ],
)
def test_a_companys_mail_may_be_a_great_providers(host: str, provider: str) -> None:
    assert provider_by_hosts("example.org", [host]) == provider


def test_nobody_waits_for_dns_and_each_domain_is_asked_once() -> None:
    asked, answer = [], threading.Event()

    def look_up(domain: str) -> list[str]:
        asked.append(domain)
        answer.wait(60)
        return ["aspmx.l.google.com."]

    hosts = MailHosts(look_up)
    # Whoever waited would be told of Google.
    assert [hosts(f"d{n}.example") for n in range(50)] == [f"d{n}.example" for n in range(50)]
    assert hosts("gmail.com") == "google"
    assert len(asked) <= AT_ONCE
    answer.set()
    assert in_time(lambda: hosts("d0.example") == "google")
    assert asked.count("d0.example") == 1


def test_dns_that_says_nothing_leaves_a_domain_to_itself() -> None:
    found = {"later.example": ["aspmx.l.google.com."]}
    hosts = MailHosts(lambda domain: found.get(domain, []))
    hosts("example.org")
    assert in_time(lambda: hosts("later.example") == "google"), "DNS has said nothing by then"
    assert hosts("example.org") == "example.org"


def in_time(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold, for which it has a minute."""
    deadline = time.monotonic() + 60
    while not (found := holds()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found
