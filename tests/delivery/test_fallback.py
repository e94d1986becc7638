"""A second relay: it takes over where the first cannot be used, with the same bytes for each."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from newsletter.delivery.sender import Summary
from newsletter.errors import RelayError
from newsletter.store.values import DeliveryState
from tests.delivery.memory_ledger import NOW, MemoryLedger
from tests.delivery.scripted_server import Fault, Kind, ScriptedServer
from tests.delivery.sending import PATIENT, Sending, run

SENT, DEFERRED = DeliveryState.SENT, DeliveryState.DEFERRED
EIGHT, SEVEN = (b"PIPELINING", b"8BITMIME", b"SMTPUTF8"), (b"PIPELINING",)
CERTIFICATE = Path(__file__).parent / "certificates" / "server-with-key.pem"
NOWHERE = "smtp://127.0.0.1:9?connections=2"


def url(server: ScriptedServer) -> str:
    return f"smtp://127.0.0.1:{server.port}?connections=2"


def over(
    first: ScriptedServer,
    second: ScriptedServer,
    ledger: MemoryLedger,
    *,
    scheme: str = "smtp",
    user: str = "",
) -> Summary:
    async def go() -> Summary:
        async with first.running(), second.running():
            named = url(first).replace("smtp://", f"{scheme}://{user}")
            return await Sending(ledger, timeouts=PATIENT).to_url(named, url(second))

    return run(go())


def relays(ledger: MemoryLedger) -> set[str]:
    """The relays that took something."""
    return {
        outcome.relay
        for row in ledger.rows.values()
        for outcome in row.outcomes
        if outcome.state is SENT
    }


def test_a_relay_that_is_not_there_is_stepped_over_and_each_row_names_who_took_it() -> None:
    ledger, second = MemoryLedger.of(20), ScriptedServer()

    async def go() -> Summary:
        async with second.running():
            return await Sending(ledger).to_url(NOWHERE, url(second))

    summary = run(go())
    assert summary.attempts == {SENT: 20}
    assert relays(ledger) == {f"127.0.0.1:{second.port}"}


@pytest.mark.parametrize(
    ("first", "scheme", "user"),
    [
        (ScriptedServer(faults=(Fault("greeting", Kind.PERMANENT, times=99),)), "smtp", ""),
        (ScriptedServer(faults=(Fault("greeting", Kind.CLOSING, times=99),)), "smtp", ""),
        (ScriptedServer(faults=(Fault("ehlo", Kind.DROP, times=99),)), "smtp", ""),
        (ScriptedServer(extensions=(b"AUTH PLAIN",), login=b"\0me\0other"), "smtp", "me:wrong@"),
        (ScriptedServer(extensions=EIGHT), "smtp+starttls", ""),
        (ScriptedServer(extensions=EIGHT), "smtps", ""),
    ],
    ids=["5yz greeting", "421 greeting", "no EHLO", "AUTH refused", "no STARTTLS", "no TLS"],
)
def test_whatever_makes_the_first_unusable_the_second_takes_it(
    first: ScriptedServer, scheme: str, user: str
) -> None:
    ledger, second = MemoryLedger.of(5), ScriptedServer()
    over(first, second, ledger, scheme=scheme, user=user)
    assert ledger.states() == {SENT: 5}
    assert not first.accepted
    assert relays(ledger) == {f"127.0.0.1:{second.port}"}


def test_a_certificate_that_proves_nothing_is_no_relay_of_ours() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    ledger, first, second = MemoryLedger.of(3), ScriptedServer(tls=context), ScriptedServer()
    over(first, second, ledger, scheme="smtps")
    assert ledger.states() == {SENT: 3}
    assert not first.commands, "not one command went to a relay that could not prove its name"


def test_a_storm_of_421_in_the_middle_moves_the_rest_and_nobody_gets_it_twice() -> None:
    first = ScriptedServer(
        faults=(
            Fault("mail", Kind.CLOSING, first=11, times=9999),
            Fault("greeting", Kind.CLOSING, first=3, times=9999),
        )
    )
    second, ledger = ScriptedServer(), MemoryLedger.of(40)
    over(first, second, ledger)
    assert ledger.states() == {SENT: 40}
    assert len(first.recipients) == 10
    assert sorted(first.recipients + second.recipients) == sorted(
        ledger.address(number) for number in ledger.rows
    )
    assert len(relays(ledger)) == 2


@pytest.mark.parametrize(
    ("first", "second", "encoding"),
    [
        (EIGHT, EIGHT, "8bit"),
        (EIGHT, SEVEN, "quoted-printable"),
        (SEVEN, EIGHT, "quoted-printable"),
    ],
)
def test_bytes_are_fixed_as_every_relay_can_carry_them(
    first: tuple[bytes, ...], second: tuple[bytes, ...], encoding: str
) -> None:
    ledger = MemoryLedger.of(6)
    over(ScriptedServer(extensions=first), ScriptedServer(extensions=second), ledger)
    assert {row.fixed.encoding for row in ledger.rows.values() if row.fixed} == {encoding}


@pytest.mark.parametrize("down", ["first", "second"])
def test_a_relay_that_cannot_be_asked_is_taken_to_carry_seven_bits(down: str) -> None:
    ledger, server = MemoryLedger.of(4), ScriptedServer(extensions=EIGHT)

    async def go() -> Summary:
        async with server.running():
            pair = (NOWHERE, url(server)) if down == "first" else (url(server), NOWHERE)
            return await Sending(ledger).to_url(*pair)

    run(go())
    assert ledger.states() == {SENT: 4}
    assert {row.fixed.encoding for row in ledger.rows.values() if row.fixed} == {"quoted-printable"}


def test_what_was_fixed_as_8bit_waits_for_a_relay_that_can_carry_it() -> None:
    ledger, able = MemoryLedger.of(2), ScriptedServer(extensions=EIGHT)

    async def alone() -> Summary:
        async with able.running():
            return await Sending(ledger).to(able.port)

    able.faults = (Fault("rcpt", Kind.TRANSIENT, times=9),)
    run(alone())
    assert ledger.states() == {DEFERRED: 2}
    for row in ledger.rows.values():
        row.state = DeliveryState.QUEUED
    unable = ScriptedServer(extensions=SEVEN)

    async def go() -> Summary:
        async with unable.running():
            return await Sending(ledger).to_url(NOWHERE, url(unable))

    summary = run(go())
    assert ledger.states() == {DEFERRED: 2}
    assert summary.next_due is not None
    assert summary.next_due > NOW
    assert "8BITMIME" in ledger.rows[1].reason
    assert not unable.accepted


def test_two_relays_that_cannot_be_used_are_both_named_and_nobody_is_lost() -> None:
    ledger = MemoryLedger.of(3)
    refusing = ScriptedServer(faults=(Fault("greeting", Kind.PERMANENT, times=99),))

    async def go() -> Summary:
        async with refusing.running():
            return await Sending(ledger).to_url(NOWHERE, url(refusing))

    with pytest.raises(RelayError, match=r"127\.0\.0\.1:9 cannot be reached.*; and the relay 127"):
        run(go())
    assert ledger.states() == {DeliveryState.QUEUED: 3}


def test_a_mistake_in_the_second_url_names_its_own_setting() -> None:
    from newsletter.delivery.relay import parse_relays
    from newsletter.errors import SettingsError

    with pytest.raises(SettingsError, match="smtp_fallback_url names no relay"):
        parse_relays("smtp://127.0.0.1", "http://127.0.0.1")
