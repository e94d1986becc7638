"""A shard of deliveries: draining, refusals, reuse, failures of the ledger and of the relay."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Sequence

import pytest

from newsletter.content.mailinglist import InDoubt
from newsletter.delivery.judging import Retry
from newsletter.delivery.sender import Summary
from newsletter.errors import DatabaseError, RelayError
from newsletter.store.values import Claim, DeliveryState, Due, Outcome
from tests.delivery.memory_ledger import NOW, MemoryLedger, Row
from tests.delivery.scripted_server import Fault, Kind, ScriptedServer
from tests.delivery.sending import PATIENT, Sending, run
from tests.delivery.test_faults import PIPELINED, WAYS, agree

SENT, FAILED = DeliveryState.SENT, DeliveryState.FAILED
QUEUED, DEFERRED = DeliveryState.QUEUED, DeliveryState.DEFERRED


def go(sending: Sending, server: ScriptedServer) -> Summary:
    async def through() -> Summary:
        async with server.running():
            return await sending.to(server.port)

    return run(through())


@WAYS
def test_everybody_gets_it_once_over_several_connections(extensions: tuple[bytes, ...]) -> None:
    ledger, server = MemoryLedger.of(200), ScriptedServer(extensions=extensions)
    summary = go(Sending(ledger, connections=4), server)
    assert summary.attempts == {SENT: 200}
    assert len(set(server.recipients)) == len(server.recipients) == 200
    assert server.connections == 4


@WAYS
@pytest.mark.parametrize("size", [100, 15_000, 20_000, 800_000])
def test_any_size_arrives_whole_with_its_dots(extensions: tuple[bytes, ...], size: int) -> None:
    ledger, server = MemoryLedger.of(3), ScriptedServer(extensions=extensions)
    go(Sending(ledger, size=size), server)
    assert {
        message.octets.count(b"\r\n..a line with a dot\r\n") for message in server.accepted
    } == {1}
    assert all(len(message.octets) > size * 0.9 for message in server.accepted)


def test_the_next_envelope_travels_with_the_current_message() -> None:
    ledger, server = MemoryLedger.of(5), ScriptedServer(extensions=PIPELINED)
    go(Sending(ledger, connections=1), server)
    verbs = [line[:4] for line in server.commands]
    assert verbs == [b"EHLO", *[b"MAIL", b"RCPT", b"DATA"] * 5, b"QUIT"]


@WAYS
@pytest.mark.parametrize(("reuse", "connections"), [(1, 10), (3, 4), (10, 1)])
def test_connections_are_replaced_after_the_agreed_number_of_letters(
    extensions: tuple[bytes, ...], reuse: int, connections: int
) -> None:
    ledger, server = MemoryLedger.of(10), ScriptedServer(extensions=extensions)
    go(Sending(ledger, connections=1, options=f"&reuse={reuse}"), server)
    assert ledger.states() == {SENT: 10}
    assert server.connections == connections


def test_a_page_that_cannot_be_read_ends_the_send_after_what_was_begun() -> None:
    ledger, server = MemoryLedger.of(200), ScriptedServer(extensions=PIPELINED)
    page = ledger.page

    def fail(after: int, limit: int = 50) -> list[Due]:
        if after >= 100:
            raise DatabaseError("the database is gone")
        return page(after, limit)

    ledger.page = fail  # type: ignore[method-assign]  # one test's own page
    with pytest.raises(DatabaseError, match="is gone"):
        go(Sending(ledger), server)
    agree(ledger, server)


def test_a_message_that_cannot_be_made_is_skipped_and_the_others_go() -> None:
    ledger, server = MemoryLedger.of(5), ScriptedServer(extensions=PIPELINED)
    ledger.unmade = 3
    summary = go(Sending(ledger), server)
    assert ledger.states() == {SENT: 4, DeliveryState.SKIPPED: 1}
    assert ledger.rows[3].reason == "no message can be made: the to of 3 fits no header"
    assert summary.skipped == 1


@WAYS
def test_a_claim_is_durable_before_the_first_octet_of_the_message(
    extensions: tuple[bytes, ...],
) -> None:
    ledger, server = MemoryLedger.of(20), ScriptedServer(extensions=extensions)
    taken: list[bool] = []

    def before(_outcomes: Sequence[Outcome], claims: Sequence[Claim]) -> None:
        taken.extend(ledger.address(claim.delivery_id) in server.unanswered for claim in claims)
        taken.extend(ledger.address(claim.delivery_id) in server.recipients for claim in claims)

    ledger.before_commit = before
    go(Sending(ledger), server)
    assert len(taken) == 40
    assert not any(taken)


@WAYS
def test_an_outcome_is_durable_before_the_next_message_of_its_connection(
    extensions: tuple[bytes, ...],
) -> None:
    ledger, server = MemoryLedger.of(20), ScriptedServer(extensions=extensions)

    def before(_outcomes: Sequence[Outcome], _claims: Sequence[Claim]) -> None:
        recorded = sum(row.state is SENT for row in ledger.rows.values())
        assert len(server.accepted) - recorded <= 1

    ledger.before_commit = before
    go(Sending(ledger, connections=1), server)
    assert ledger.states() == {SENT: 20}


@WAYS
def test_who_leaves_between_the_page_and_the_claim_gets_nothing(
    extensions: tuple[bytes, ...],
) -> None:
    ledger, server = MemoryLedger.of(10), ScriptedServer(extensions=extensions)

    def leave(_outcomes: Sequence[Outcome], claims: Sequence[Claim]) -> None:
        if any(claim.delivery_id == 4 for claim in claims):
            ledger.rows[4].state = DeliveryState.SKIPPED

    ledger.before_commit = leave
    go(Sending(ledger), server)
    assert ledger.states() == {SENT: 9, DeliveryState.SKIPPED: 1}
    assert "reader4@example.org" not in server.recipients
    assert server.cut_short == 1


def test_a_pause_stops_at_the_next_claim_and_keeps_the_queue() -> None:
    ledger, server = MemoryLedger.of(200), ScriptedServer(extensions=PIPELINED)

    def pause(_outcomes: Sequence[Outcome], _claims: Sequence[Claim]) -> None:
        ledger.goes_out = len(server.accepted) < 5

    ledger.before_commit = pause
    go(Sending(ledger), server)
    agree(ledger, server)
    assert ledger.states()[QUEUED] > 180


def test_a_refused_recipient_does_not_disturb_the_letters_around_it() -> None:
    def refuse(recipient: str) -> bytes | None:
        return b"550 5.1.1 unknown\r\n" if recipient in ("reader2@example.org",) else None

    for anyway in (False, True):
        ledger = MemoryLedger.of(4)
        server = ScriptedServer(extensions=PIPELINED, refuse=refuse, go_ahead_anyway=anyway)
        go(Sending(ledger, connections=1), server)
        assert ledger.states() == {SENT: 3, FAILED: 1}
        assert ledger.rows[2].reason == "bad address: no such mailbox"
        assert server.connections == 1
        assert server.empty == anyway, "RFC 2920 §3.1: an empty message after an unwanted 354"
        agree(ledger, server)


@WAYS
def test_stop_drains_and_leaves_nothing_in_doubt(extensions: tuple[bytes, ...]) -> None:
    ledger, server = MemoryLedger.of(300), ScriptedServer(extensions=extensions)
    stop = asyncio.Event()
    seen: list[Outcome] = []

    def observe(outcome: Outcome) -> None:
        seen.append(outcome)
        if len(seen) == 20:
            stop.set()

    summary = go(Sending(ledger, stop=stop, observe=observe), server)
    agree(ledger, server)
    assert summary.stopped
    assert set(ledger.states()) == {SENT, QUEUED}
    assert 20 <= ledger.states()[SENT] <= 24


def test_a_relay_that_does_not_answer_a_stop_leaves_at_most_one_doubt_a_connection() -> None:
    ledger = MemoryLedger.of(50)
    server = ScriptedServer(
        extensions=PIPELINED, faults=(Fault("body", Kind.STALL, first=10, times=99),)
    )
    stop = asyncio.Event()
    sending = Sending(ledger, stop=stop, drain=0.05, timeouts=PATIENT)

    async def through() -> None:
        async with server.running():
            task = asyncio.ensure_future(sending.to(server.port))
            while len(server.accepted) < 10:  # the tenth is the first that has no answer
                server.took_one.clear()
                await server.took_one.wait()
            stop.set()
            await task

    run(through())
    agree(ledger, server)
    assert 1 <= ledger.states()[DeliveryState.IN_DOUBT] <= 2


@WAYS
def test_a_ledger_that_fails_stops_the_sender_before_the_next_message(
    extensions: tuple[bytes, ...],
) -> None:
    ledger, server = MemoryLedger.of(100), ScriptedServer(extensions=extensions)
    commits = 0

    def fail(_outcomes: Sequence[Outcome], claims: Sequence[Claim]) -> None:
        nonlocal commits
        commits += 1
        if commits > 10 and claims:
            raise OSError(28, "No space left on device")

    ledger.before_commit = fail
    with pytest.raises(DatabaseError, match="No space left on device"):
        go(Sending(ledger), server)
    agree(ledger, server)
    assert QUEUED in ledger.states()


def test_a_ledger_that_stays_gone_leaves_what_it_knew_and_at_most_one_doubt_a_connection() -> None:
    ledger, server = MemoryLedger.of(100), ScriptedServer(extensions=PIPELINED)

    def fail(_outcomes: Sequence[Outcome], _claims: Sequence[Claim]) -> None:
        if len(server.accepted) > 10:
            raise OSError(28, "No space left on device")

    ledger.before_commit = fail
    with pytest.raises(DatabaseError):
        go(Sending(ledger, connections=4), server)
    unsettled = [n for n, row in ledger.rows.items() if row.state is DeliveryState.SENDING]
    assert len(unsettled) <= 4
    for number, row in ledger.rows.items():
        arrived = ledger.address(number) in server.recipients
        assert row.state is SENT or not arrived or number in unsettled


def test_a_relay_that_restarts_is_waited_for_and_nobody_notices() -> None:
    server = ScriptedServer(
        extensions=PIPELINED,
        faults=(
            Fault("mail", Kind.CLOSING, first=10, times=2),
            Fault("greeting", Kind.CLOSING, first=3, times=2),
        ),
    )
    ledger = MemoryLedger.of(40)
    go(Sending(ledger), server)
    agree(ledger, server)
    assert ledger.states() == {SENT: 40}


def test_a_relay_that_takes_connections_and_fails_them_all_is_given_up() -> None:
    server = ScriptedServer(extensions=PIPELINED, faults=(Fault("body", Kind.DROP, times=9999),))
    ledger = MemoryLedger.of(100)
    with pytest.raises(RelayError, match="takes connections and then fails them"):
        go(Sending(ledger), server)
    agree(ledger, server)
    assert ledger.states()[QUEUED] > 85, "a dying relay does not put a whole audience in doubt"


def test_fewer_connections_than_wished_are_enough() -> None:
    server = ScriptedServer(
        extensions=PIPELINED, faults=(Fault("greeting", Kind.CLOSING, first=3, times=9999),)
    )
    ledger = MemoryLedger.of(60)
    go(Sending(ledger, connections=6), server)
    assert ledger.states() == {SENT: 60}


def test_what_only_authentication_can_mend_halts_the_issue_and_fails_nobody() -> None:
    refusal = b"550 5.7.26 unauthenticated - gsmtp\r\n"
    server = ScriptedServer(
        extensions=PIPELINED, faults=(Fault("body", Kind.PERMANENT, times=9999, reply=refusal),)
    )
    ledger = MemoryLedger.of(50)
    summary = go(Sending(ledger), server)
    assert "authentication" in summary.halt
    assert set(ledger.states()) == {DEFERRED, QUEUED}
    assert ledger.states()[DEFERRED] <= 2


def test_a_deferred_delivery_comes_back_later_and_not_now() -> None:
    server = ScriptedServer(extensions=PIPELINED, faults=(Fault("rcpt", Kind.TRANSIENT, first=2),))
    ledger = MemoryLedger.of(3)
    summary = go(Sending(ledger, connections=1), server)
    assert ledger.states() == {SENT: 2, DEFERRED: 1}
    assert summary.next_due == NOW + dt.timedelta(minutes=5)


@pytest.mark.parametrize("policy", InDoubt)
def test_a_doubt_is_held_or_sent_again_by_the_lists_policy(policy: InDoubt) -> None:
    server = ScriptedServer(extensions=PIPELINED, faults=(Fault("body", Kind.DROP, first=2),))
    ledger = MemoryLedger.of(3)
    go(Sending(ledger, connections=1, retry=Retry(in_doubt=policy)), server)
    held = policy is InDoubt.HOLD
    assert ledger.states()[DeliveryState.IN_DOUBT if held else DEFERRED] == 1


@pytest.mark.parametrize(
    ("extensions", "address", "reason"),
    [
        ((b"PIPELINING",), "rené@example.org", "SMTPUTF8"),
        ((b"PIPELINING", b"SIZE 400"), "ada@example.org", "the relay takes 400 at most"),
    ],
)
def test_what_the_relay_cannot_carry_fails_without_asking_it(
    extensions: tuple[bytes, ...], address: str, reason: str
) -> None:
    ledger = MemoryLedger.of(1)
    ledger.address = lambda _number: address
    server = ScriptedServer(extensions=extensions)
    go(Sending(ledger, size=1000), server)
    assert ledger.rows[1].state is FAILED
    assert reason in ledger.rows[1].reason
    assert not any(line.startswith(b"MAIL") for line in server.commands)


def test_an_address_that_would_break_a_command_never_reaches_the_wire() -> None:
    ledger = MemoryLedger({1: Row(), 2: Row()})
    ledger.address = lambda number: ("a@example.org>\r\nRSET", "ada@example.org")[number - 1]
    server = ScriptedServer(extensions=PIPELINED)
    go(Sending(ledger), server)
    assert ledger.rows[1].state is FAILED
    assert server.recipients == ["ada@example.org"]
    assert not any(line.startswith(b"RSET") for line in server.commands)


def test_a_ledger_that_fails_over_nothing_but_a_skip_is_told_too() -> None:
    ledger, server = MemoryLedger.of(1), ScriptedServer()
    ledger.unmade = 1
    real = ledger.page

    def page(after: int, limit: int = 50) -> list[Due]:
        if after:  # nobody waits for the skip while the next page is read
            time.sleep(0.1)
        return real(after, limit)

    def fail(_outcomes: Sequence[Outcome], _claims: Sequence[Claim]) -> None:
        raise DatabaseError("the disk is full")

    ledger.before_commit, vars(ledger)["page"] = fail, page
    with pytest.raises(DatabaseError, match="the disk is full"):
        go(Sending(ledger), server)
    assert ledger.states() == {QUEUED: 1}
