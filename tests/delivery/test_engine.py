"""An issue from the store to a real SMTP server and back into the ledger."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from newsletter.content.links import Links
from newsletter.content.preferences import Preferences
from newsletter.delivery.engine import deliver
from newsletter.delivery.messages import Messages
from newsletter.delivery.relay import parse_relay
from newsletter.delivery.sender import Manners, Summary, Surroundings
from newsletter.errors import RelayError
from newsletter.packaged import packaged
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.mime import dot_stuff
from newsletter.rendering.templates import load_template
from newsletter.store import amending, departures, issues, ledger, subscribers
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.values import DeliveryState, Outcome, Skip, Way
from newsletter.tokens import Keyring, Purpose
from tests.builders import make_digest
from tests.delivery.scripted_server import Fault, Kind, ScriptedServer
from tests.delivery.sending import IMPATIENT, PATIENT
from tests.delivery.sending import run_on_asyncio as run
from tests.ports import free_port
from tests.store.stage import LIST, NOW, TODAY, everybody, join, sync

KEYRING = Keyring.of(["a key of sufficient length for a test"])
READERS = {
    "ada@example.org": Preferences(),
    "béla@example.net": Preferences(),
    "chen@例子.example": Preferences(languages=("zh", "en")),
    "dora@example.com": Preferences(follows=frozenset({"proofs"})),
    "emil@example.com": Preferences(html=False),
}


@cache
def compiled_forms() -> dict[str, bytes]:
    digest = make_digest()
    template = load_template([packaged("templates")], digest.list.template)
    links = Links(digest.list.public_url)
    return {
        "+".join(choice): compile_issue(template, digest, choice, links=links).dumps()
        for choice in (("en",), ("zh", "en"))
    }


def going_out(database: Database) -> Issue:
    """An issue with its rows, ready to send."""
    with database.write() as session:
        sync(session)
        for address, preferences in READERS.items():
            join(session, address, preferences)
        draft = issues.save_draft(session, make_digest(), NOW)
        issues.freeze(session, draft.id, compiled_forms(), NOW)
        while issues.fan_out(session, draft.id, everybody, today=TODAY, chunk=1000):
            pass
        return issues.begin_sending(session, draft.id)


async def send(
    database: Database,
    issue: Issue,
    port: int,
    *,
    now: dt.datetime = NOW,
    connections: int = 3,
    observe: Callable[[Outcome], None] = lambda _outcome: None,
    alone: bool = False,
) -> Summary:
    around = Surroundings(
        clock=lambda: now,
        chance=lambda: 0.5,
        stop=asyncio.Event(),
        observe=observe,
        alone=alone,
    )
    manners = Manners(timeouts=PATIENT, persistence=IMPATIENT)
    relay = parse_relay(f"smtp://127.0.0.1:{port}?connections={connections}")
    return await deliver(database, issue, relay, KEYRING, around, manners)


def states(database: Database, issue: Issue) -> dict[str, DeliveryState]:
    with database.read() as session:
        return {view.address: view.state for view in ledger.deliveries(session, issue.id)}


class Keeper:
    """aiosmtpd's handler that keeps the octets of DATA as they came."""

    def __init__(self) -> None:
        self.kept: dict[str, Envelope] = {}

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.kept[envelope.rcpt_tos[0]] = envelope
        return "250 2.0.0 kept"


@contextmanager
def catcher() -> Iterator[tuple[Keeper, int]]:
    keeper = Keeper()
    controller = Controller(
        keeper,
        hostname="127.0.0.1",
        port=free_port(),
        decode_data=False,
        enable_SMTPUTF8=True,
        ready_timeout=60,
    )
    controller.start()
    try:
        yield keeper, controller.port
    finally:
        controller.stop()


def rendered(database: Database, issue: Issue, address: str) -> bytes:
    with database.read() as session:
        view = ledger.delivery_for(session, issue.id, address)
    assert view is not None
    return Messages(database, issue, KEYRING, lambda: NOW).render(view, 0)


@pytest.mark.parametrize("alone", [False, True])
def test_what_arrives_is_what_render_shows_octet_for_octet(database: Database, alone: bool) -> None:
    issue = going_out(database)
    with catcher() as (keeper, port):
        summary = run(send(database, issue, port, alone=alone))
        again = run(send(database, issue, port))
    assert summary.attempts == {DeliveryState.SENT: len(READERS)}
    assert again.attempts == {}, "a second send finds nothing left to do"
    assert set(states(database, issue).values()) == {DeliveryState.SENT}
    assert set(keeper.kept) == {
        "ada@example.org",
        "béla@example.net",
        "chen@xn--fsqu00a.example",
        "dora@example.com",
        "emil@example.com",
    }
    for address, wire in zip(READERS, sorted(keeper.kept), strict=True):
        assert keeper.kept[wire].original_content == rendered(database, issue, address)


def test_the_pipelined_way_sends_the_same_octets_dots_doubled(sqlite_database: Database) -> None:
    issue = going_out(sqlite_database)
    server = ScriptedServer()

    async def go() -> None:
        async with server.running():
            await send(sqlite_database, issue, server.port)

    run(go())
    assert len(server.accepted) == len(READERS)
    for message in server.accepted:
        if message.recipient in READERS:
            expected = rendered(sqlite_database, issue, message.recipient)
            assert message.octets == dot_stuff(expected)


def test_the_envelope_sender_says_whose_delivery_it_is(sqlite_database: Database) -> None:
    issue = going_out(sqlite_database)
    server = ScriptedServer()

    async def go() -> None:
        async with server.running():
            await send(sqlite_database, issue, server.port)

    run(go())
    for message in server.accepted:
        local, _, domain = message.sender.partition("@")
        assert domain == "news.example.org"
        assert len(local) <= 64
        assert local == local.lower()
        delivery_id = KEYRING.open(Purpose.ENVELOPE, local.removeprefix("bounces+"))
        with sqlite_database.read() as session:
            told = ledger.delivery(session, delivery_id).address
        assert told.partition("@")[0] == message.recipient.partition("@")[0]


@pytest.mark.parametrize(
    ("extensions", "encoding"),
    [((b"PIPELINING", b"8BITMIME"), b"8bit"), ((b"PIPELINING",), b"quoted-printable")],
)
def test_eight_bits_travel_only_where_the_relay_offers_to_carry_them(
    sqlite_database: Database, extensions: tuple[bytes, ...], encoding: bytes
) -> None:
    issue = going_out(sqlite_database)
    server = ScriptedServer(extensions=extensions)

    async def go() -> None:
        async with server.running():
            await send(sqlite_database, issue, server.port)

    run(go())
    assert {b"Content-Transfer-Encoding: " + encoding in m.octets for m in server.accepted} == {
        True
    }
    mails = [line for line in server.commands if line.startswith(b"MAIL")]
    assert all((b"BODY=8BITMIME" in line) == (encoding == b"8bit") for line in mails)
    assert states(sqlite_database, issue)["béla@example.net"] is DeliveryState.FAILED


def test_whoever_leaves_while_their_envelope_is_open_gets_nothing(database: Database) -> None:
    issue = going_out(database)

    def all_others_leave(outcome: Outcome) -> None:
        with database.write() as session:
            for view in list(ledger.deliveries(session, issue.id)):
                if view.id != outcome.delivery_id:
                    departures.leave(session, LIST, view.subscriber_id, way=Way.PAGE, now=NOW)

    server = ScriptedServer()

    async def go() -> None:
        async with server.running():
            await send(database, issue, server.port, connections=1, observe=all_others_leave)

    run(go())
    assert len(server.accepted) == 1
    assert server.cut_short == len(READERS) - 1, "opened, and never given a final dot"
    found = list(states(database, issue).values())
    assert found.count(DeliveryState.SKIPPED) == len(READERS) - 1


def test_what_a_dead_sender_left_is_sent_again_with_the_same_octets(database: Database) -> None:
    issue = going_out(database)
    first = ScriptedServer(faults=(Fault("body", Kind.DROP, times=99),), keep_unanswered=True)

    async def die() -> None:
        async with first.running():
            sending = asyncio.ensure_future(send(database, issue, first.port))
            await first.took_one.wait()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    run(die())
    later = NOW + dt.timedelta(hours=1)
    second = ScriptedServer()

    async def resume() -> Summary:
        async with second.running():
            return await send(database, issue, second.port, now=later)

    run(resume())
    assert set(states(database, issue).values()) == {DeliveryState.SENT}
    again = {message.recipient: message.octets for message in second.accepted}
    assert first.accepted
    for message in first.accepted:
        assert again[message.recipient] == message.octets


def test_an_issue_that_is_paused_stops_and_keeps_its_queue(sqlite_database: Database) -> None:
    issue = going_out(sqlite_database)
    with sqlite_database.write() as session:
        from newsletter.store.tables import IssueRow

        row = session.get(IssueRow, issue.id)
        assert row is not None
        row.state = "paused"
    server = ScriptedServer()

    async def go() -> Summary:
        async with server.running():
            return await send(sqlite_database, issue, server.port)

    assert run(go()).attempts == {}
    assert set(states(sqlite_database, issue).values()) == {DeliveryState.QUEUED}


def test_readers_with_nothing_in_the_issue_are_skipped_with_the_reason(
    sqlite_database: Database,
) -> None:
    issue = going_out(sqlite_database)
    with sqlite_database.write() as session:
        person = subscribers.show(session, "ada@example.org")
        choice = Preferences(follows=frozenset())
        subscribers.set_preferences(session, LIST, person.id, choice)
    server = ScriptedServer()

    async def go() -> Summary:
        async with server.running():
            return await send(sqlite_database, issue, server.port)

    assert run(go()).skipped == 1
    with sqlite_database.read() as session:
        view = ledger.delivery_for(session, issue.id, "ada@example.org")
    assert view is not None
    assert (view.state, view.reason) == (DeliveryState.SKIPPED, Skip.NOTHING_CHOSEN)


def test_no_relay_at_all_is_one_clear_line_and_loses_nobody(sqlite_database: Database) -> None:
    issue = going_out(sqlite_database)
    port = free_port()
    with pytest.raises(RelayError, match=f"127.0.0.1:{port} cannot be reached"):
        run(send(sqlite_database, issue, port))
    assert set(states(sqlite_database, issue).values()) == {DeliveryState.QUEUED}


def test_an_edition_that_was_made_before_the_sender_had_the_issue_is_what_it_sends(
    sqlite_database: Database,
) -> None:
    """As when somebody amends it in the hold of its canary."""
    before = going_out(sqlite_database)
    with sqlite_database.write() as session:
        digest = replace(make_digest(), notes={"en": "Mended."})
        amended = amending.amend(session, before.id, digest, compiled_forms(), NOW)
    assert amended.edition is not None
    server = ScriptedServer()

    async def go() -> None:
        async with server.running():
            await send(sqlite_database, before, server.port)

    run(go())
    with sqlite_database.read() as session:
        fixed = [view.fixed for view in ledger.deliveries(session, before.id)]
    assert {facts and facts.edition for facts in fixed} == {amended.edition.id}
