"""A reader is not sent a paper again that they have; who has not got it, gets it."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest

from newsletter.content.digest import Digest, assemble
from newsletter.content.entry import Entry, Period
from newsletter.content.planning import Depth, Rule
from newsletter.content.preferences import Preferences
from newsletter.delivery.choosing import skip_reason
from newsletter.delivery.engine import deliver
from newsletter.delivery.relay import parse_relay
from newsletter.delivery.repeating import Repeating
from newsletter.delivery.sender import Manners, Surroundings
from newsletter.delivery.showing import explain, render_for
from newsletter.forecasting import forecast
from newsletter.rendering.forms import compiled_for, compiled_forms
from newsletter.store import issues, ledger
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.steering import cancel
from newsletter.tokens import Keyring
from tests.builders import WEEK, make_entry, make_list
from tests.delivery.scripted_server import ScriptedServer
from tests.delivery.sending import IMPATIENT, PATIENT
from tests.delivery.sending import run_on_asyncio as run
from tests.store.stage import NOW, TODAY, join, sync

KEYRING = Keyring.of(["a key of sufficient length for a test"])
ADA, BELA, CHEN, DORA = (f"{name}@example.org" for name in ("ada", "bela", "chen", "dora"))
LATER = Period(WEEK.first + dt.timedelta(days=3), WEEK.last + dt.timedelta(days=3))
AGAIN = replace(make_entry(1), key="arxiv:2602.00001v2", arxiv_id="2602.00001v2", title="Revised")


def digest(window: Period, *entries: Entry) -> Digest:
    return assemble(make_list(), window, entries, ())


FIRST = digest(WEEK, make_entry(1), make_entry(2, title="Proof search"), make_entry(3))
SECOND = digest(LATER, AGAIN, make_entry(2, title="Proof search"), make_entry(4))


def freeze(database: Database, made: Digest) -> Issue:
    with database.write() as session:
        draft = issues.save_draft(session, made, NOW)
        issues.freeze(session, draft.id, compiled_forms(made, ()), NOW)
        judge = lambda preferences: skip_reason(made, preferences)  # noqa: E731 - one line of use
        while issues.fan_out(session, draft.id, judge, today=TODAY, chunk=1000):
            pass
        return issues.begin_sending(session, draft.id)


def send(database: Database, issue: Issue) -> dict[str, bytes]:
    server = ScriptedServer()

    async def go() -> None:
        async with server.running():
            around = Surroundings(clock=lambda: NOW, chance=lambda: 0.5, stop=asyncio.Event())
            manners = Manners(timeouts=PATIENT, persistence=IMPATIENT)
            relay = parse_relay(f"smtp://127.0.0.1:{server.port}?connections=1")
            await deliver(database, issue, relay, KEYRING, around, manners)

    run(go())
    return {message.recipient: message.octets for message in server.accepted}


def titles(message: bytes) -> list[bytes]:
    return [
        title for title in (b"Paper 1", b"Revised", b"Proof search", b"Paper 4") if title in message
    ]


def everything(database: Database, *addresses: str) -> None:
    with database.write() as session:
        sync(session)
        for address in addresses:
            join(session, address)


def test_who_has_it_is_not_sent_it_again_and_who_has_not_is(database: Database) -> None:
    everything(database, ADA)
    with database.write() as session:
        join(session, BELA, Preferences(follows=frozenset({"proofs"}), only_topics=True))
    first = send(database, freeze(database, FIRST))
    assert set(first) == {ADA, BELA}
    everything(database, CHEN)
    second = freeze(database, SECOND)
    shown = send(database, second)
    assert titles(shown[ADA]) == [b"Paper 4"]
    assert titles(shown[CHEN]) == [b"Revised", b"Proof search", b"Paper 4"]
    # Béla follows proofs alone, and has what there is of them: there is nothing left to say.
    assert BELA not in shown
    why = explain(database, second, ADA)
    assert [(e.rule, e.depth) for e in why.entries][:2] == [(Rule.ALREADY_SENT, Depth.ABSENT)] * 2


def test_render_gives_what_would_be_sent_and_then_what_was(database: Database) -> None:
    everything(database, ADA)
    send(database, freeze(database, FIRST))
    compile_for = lambda made, languages: compiled_for(made, languages, ())  # noqa: E731
    with database.write() as session:
        draft = issues.save_draft(session, SECOND, NOW)
    now = render_for(database, draft, ADA, KEYRING, lambda: NOW, compile_for)
    assert titles(now) == [b"Paper 4"]
    second = freeze(database, SECOND)
    before = render_for(database, second, ADA, KEYRING, lambda: NOW, compile_for)
    sent = send(database, second)[ADA]
    after = render_for(database, second, ADA, KEYRING, lambda: NOW, compile_for)
    assert titles(before) == titles(after) == titles(sent) == [b"Paper 4"]
    assert after == before


def test_who_was_skipped_or_failed_or_cancelled_did_not_get_it(database: Database) -> None:
    everything(database, ADA)
    first = freeze(database, FIRST)
    with database.write() as session:
        cancel(session, first.id, NOW)
    assert titles(send(database, freeze(database, SECOND))[ADA]) == [
        b"Revised",
        b"Proof search",
        b"Paper 4",
    ]


def test_of_two_that_go_out_at_once_the_earlier_goes_first(sqlite_database: Database) -> None:
    everything(sqlite_database, ADA)
    first, second = freeze(sqlite_database, FIRST), freeze(sqlite_database, SECOND)
    assert titles(send(sqlite_database, second)[ADA]) == [b"Paper 4"]
    assert titles(send(sqlite_database, first)[ADA]) == [b"Paper 1", b"Proof search"]


@pytest.mark.parametrize("made", [FIRST, digest(LATER, make_entry(4))])
def test_an_issue_without_repeats_asks_nothing_about_anybody(
    sqlite_database: Database, made: Digest
) -> None:
    everything(sqlite_database, ADA)
    send(sqlite_database, freeze(sqlite_database, digest(LATER, make_entry(9))))
    issue = freeze(sqlite_database, replace(made, name="2026-W20"))
    repeating = Repeating(sqlite_database, issue)
    with sqlite_database.read() as session:
        page = ledger.due(session, issue.id, now=NOW, limit=10)
    sqlite_database.close()
    sqlite_database.file.unlink() if sqlite_database.file else None
    assert repeating.page(page) == page


def test_a_forecast_says_that_some_entries_were_in_other_issues(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, ADA)
    send(database, freeze(database, FIRST))
    with database.write() as session:
        draft = issues.save_draft(session, SECOND, NOW)
    seen = forecast(database, draft, NOW)
    assert (seen.recipients, seen.repeated) == (1, 2)
    assert forecast(database, freeze(database, SECOND), NOW).repeated == 2
