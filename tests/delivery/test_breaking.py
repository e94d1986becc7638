"""Refusals by the dozen, and a provider that calls everybody unknown, from a real SMTP server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from newsletter.content.preferences import Preferences
from newsletter.delivery.sender import Summary
from newsletter.store import breaker, issues, suppressions
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.values import DeliveryState, IssueState
from tests.builders import make_digest
from tests.delivery.scripted_server import ScriptedServer
from tests.delivery.sending import run
from tests.delivery.test_engine import compiled_forms, send, states
from tests.store.stage import NOW, TODAY, everybody, join, sync

NO_SUCH_USER = b"550 5.1.1 no such user\r\n"
SPAM = b"554 5.7.1 refused as spam\r\n"


def to_many(database: Database, good: int, provider: int) -> Issue:
    """An issue for `good` readers each at a domain of their own, and `provider` at one."""
    addresses = [f"reader@host{number}.example" for number in range(good)]
    addresses += [f"reader{number}@provider.example" for number in range(provider)]
    with database.write() as session:
        sync(session)
        for address in addresses:
            join(session, address, Preferences())
        draft = issues.save_draft(session, make_digest(), NOW)
        issues.freeze(session, draft.id, compiled_forms(), NOW)
        while issues.fan_out(session, draft.id, everybody, today=TODAY, chunk=1000):
            pass
        return issues.begin_sending(session, draft.id)


def sent(database: Database, issue: Issue, refuse: Callable[[str], bytes | None]) -> Summary:
    server = ScriptedServer(refuse=refuse)

    async def go() -> Summary:
        async with server.running():
            return await send(database, issue, server.port)

    return run(go())


def found(database: Database, issue: Issue) -> issues.Issue:
    with database.read() as session:
        return issues.issue_by_id(session, issue.id)


def suppressed(database: Database, addresses: list[str]) -> int:
    with database.read() as session:
        return sum(suppressions.is_suppressed(session, address) for address in addresses)


def test_refusals_by_the_dozen_pause_the_issue_long_before_its_end(database: Database) -> None:
    issue = to_many(database, 60, 0)
    summary = sent(database, issue, lambda _to: SPAM)
    assert "of the first 10 were refused" in summary.halt
    assert found(database, issue).state is IssueState.PAUSED
    assert "were refused" in found(database, issue).note
    counts = Counter(states(database, issue).values())
    assert counts[DeliveryState.QUEUED] > 40
    assert suppressed(database, list(states(database, issue))) == 0


def test_a_few_bad_addresses_are_suppressed_and_nothing_pauses(database: Database) -> None:
    issue = to_many(database, 40, 20)
    bad = ["reader3@provider.example", "reader@host5.example"]
    summary = sent(database, issue, lambda to: NO_SUCH_USER if to in bad else None)
    assert summary.halt == ""
    assert suppressed(database, list(states(database, issue))) == suppressed(database, bad) == 2


def test_a_provider_that_calls_everybody_unknown_erases_nobody(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.delivery.breaking.FEWEST", 30)  # so that the share decides
    issue = to_many(sqlite_database, 40, 20)
    summary = sent(
        sqlite_database, issue, lambda to: NO_SUCH_USER if to.endswith("provider.example") else None
    )
    assert "20 addresses turned bad at once" in summary.halt
    assert "`newsletter bounces review`" in summary.halt
    assert found(sqlite_database, issue).state is IssueState.SENDING, "nothing is left to pause"
    assert suppressed(sqlite_database, list(states(sqlite_database, issue))) == 0
    with sqlite_database.write() as session:
        (held,) = breaker.held(session)
        assert (held.domain, held.people) == ("provider.example", 20)
        breaker.decide(session, issue.id, suppress_them=False, now=NOW)
    again = sent(sqlite_database, issue, lambda _to: None)
    assert again.halt == "", "what was decided is not asked again"
    assert suppressed(sqlite_database, list(states(sqlite_database, issue))) == 0


def test_the_share_is_of_the_first_thousand_or_of_all_there_are(
    sqlite_database: Database,
) -> None:
    issue = to_many(sqlite_database, 500, 0)
    few = {f"reader@host{number}.example" for number in range(0, 500, 40)}
    summary = sent(sqlite_database, issue, lambda to: SPAM if to in few else None)
    assert (len(few), summary.halt) == (13, ""), "13 of 500 is under 3 %"
