"""Plans are made with the rows: a message is the same whether its plan was kept or is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlmodel import Session, col, delete, select, update

from newsletter import workflow
from newsletter.content.links import Links
from newsletter.content.planning import Plan, plan
from newsletter.content.preferences import Preferences
from newsletter.content.serial import dump_plan
from newsletter.delivery.choosing import Choosing
from newsletter.delivery.committer import Skipped
from newsletter.delivery.connection import Capabilities
from newsletter.delivery.messages import Messages
from newsletter.delivery.shard import Prepared
from newsletter.delivery.showing import explain
from newsletter.errors import AmendedError, ConflictError
from newsletter.packaged import packaged
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.templates import load_template
from newsletter.store import amending, erasures, issues, ledger, subscribers
from newsletter.store.database import Database
from newsletter.store.erasures import ErasureKey
from newsletter.store.issues import Issue
from newsletter.store.selections import all_selected, preferences_id
from newsletter.store.tables import PlanRow
from newsletter.store.values import Skip
from tests.builders import make_digest, make_entry
from tests.delivery.test_engine import KEYRING, READERS, compiled_forms
from tests.store.stage import LIST, NOW, TODAY, join, sync

NOTHING = {
    "none@example.org": Preferences(follows=frozenset()),
    "nobody@example.org": Preferences(follows=frozenset({"proteins"}), only_topics=True),
}


def frozen(database: Database) -> Issue:
    """An issue whose readers have no rows yet."""
    with database.write() as session:
        sync(session)
        for address, preferences in (READERS | NOTHING).items():
            join(session, address, preferences)
        draft = issues.save_draft(session, make_digest(), NOW)
        issues.freeze(session, draft.id, compiled_forms(), NOW)
        return issues.issue_by_id(session, draft.id)


def going_out(database: Database) -> Issue:
    """An issue with its rows and plans, two subscriptions a chunk."""
    issue = frozen(database)
    choosing, more = Choosing(database, issue), True
    while more:
        with database.write() as session:
            more = issues.fan_out(
                session, issue.id, choosing.skip, today=TODAY, chunk=2, choose=choosing.choose
            )
    with database.write() as session:
        return issues.begin_sending(session, issue.id)


def prepared(database: Database, issue: Issue) -> dict[str, Prepared | Skipped]:
    """The message of each reader who is due."""
    messages = Messages(database, issue, KEYRING, lambda: NOW)
    with database.read() as session:
        due = ledger.due(session, issue.id, now=NOW, limit=100)
    messages.foresee(due)
    return {one.address: messages.prepare(one, Capabilities(eight_bit=True)) for one in due}


def test_a_message_is_the_same_whether_its_plan_was_kept_or_is_made_anew(
    database: Database,
) -> None:
    issue = going_out(database)
    kept = prepared(database, issue)
    with database.write() as session:
        session.exec(delete(PlanRow))
    anew = prepared(database, issue)
    assert kept.keys() == anew.keys() == READERS.keys()
    for address, made in anew.items():
        assert isinstance(made, Prepared)
        assert made.plan, "it is to be kept with the first message by it"
        assert kept[address] == made._replace(plan="")


def test_a_plan_is_kept_for_those_who_get_something_and_the_others_are_told_why(
    database: Database,
) -> None:
    issue = going_out(database)
    with database.read() as session:
        plans = session.exec(select(PlanRow).order_by(col(PlanRow.preferences_id))).all()
        reasons = {view.address: view.reason for view in ledger.deliveries(session, issue.id)}
    assert len(plans) == len(set(READERS.values())), "one for each choice"
    assert {plan.edition_id for plan in plans} == {issue.edition and issue.edition.id}
    assert {address: reasons[address] for address in NOTHING} == {
        "none@example.org": Skip.NOTHING_CHOSEN,
        "nobody@example.org": Skip.NOTHING_FOUND,
    }


def test_the_plans_of_one_edition_are_not_those_of_the_next(database: Database) -> None:
    before = going_out(database)
    old = plans(database)
    after = amended(database, before)
    assert after.edition is not None
    messages = prepared(database, after)
    assert messages.keys() == (READERS | NOTHING).keys() - {"none@example.org"}
    for address, made in messages.items():
        if address in ("dora@example.com", "nobody@example.org"):  # it has nothing on proofs
            assert isinstance(made, Skipped)
        else:
            assert isinstance(made, Prepared)
            assert made.fixed.edition == after.edition.id
            assert b"Paper 4" in made.content
            assert made.plan
    assert plans(database) == old, "those are kept with the first messages by them"


def test_who_is_erased_before_their_message_goes_gets_none_and_the_others_get_theirs(
    database: Database,
) -> None:
    issue = going_out(database)
    everybody = prepared(database, issue)
    with database.write() as session:
        erasures.erase(session, "dora@example.com", ErasureKey("k" * 32), NOW)
    left = prepared(database, issue)
    assert everybody.keys() - left.keys() == {"dora@example.com"}
    assert left == {address: everybody[address] for address in left}


def test_who_chooses_anew_before_their_message_goes_gets_what_they_chose(
    database: Database,
) -> None:
    issue = going_out(database)
    with database.write() as session:
        ada = subscribers.show(session, "ada@example.org")
        subscribers.set_preferences(session, LIST, ada.id, Preferences(html=False))
    messages = prepared(database, issue)
    ada_now, emil = messages["ada@example.org"], messages["emil@example.com"]
    assert isinstance(ada_now, Prepared)
    assert isinstance(emil, Prepared)
    assert b"text/html" not in ada_now.content
    assert ada_now.fixed.preferences_id == emil.fixed.preferences_id


def plans(database: Database) -> dict[tuple[int, int], str]:
    """What is kept, by edition and preferences."""
    with database.read() as session:
        return {
            (row.edition_id, row.preferences_id): row.body for row in session.exec(select(PlanRow))
        }


def amended(database: Database, issue: Issue) -> Issue:
    """The issue with a next edition, of one more entry."""
    digest = make_digest([make_entry(number) for number in range(1, 5)])
    template = load_template([packaged("templates")], digest.list.template)
    links = Links(digest.list.public_url)
    forms = {
        "+".join(choice): compile_issue(template, digest, choice, links=links).dumps()
        for choice in (("en",), ("zh", "en"))
    }
    with database.write() as session:
        return amending.amend(session, issue.id, digest, forms, NOW)


def test_an_issue_amended_while_rows_are_made_has_the_next_editions_plans(
    database: Database,
) -> None:
    issue = frozen(database)
    old = Choosing(database, issue)
    with database.write() as session:
        issues.fan_out(session, issue.id, old.skip, today=TODAY, chunk=2, choose=old.choose)
    after = amended(database, issue)
    with database.write() as session, pytest.raises(AmendedError, match="was amended just now"):
        issues.fan_out(session, issue.id, old.skip, today=TODAY, chunk=2, choose=old.choose)
    assert list(workflow.fan_out(database, issue, NOW))[-1] is False, "none follows"

    assert issue.edition is not None
    assert after.edition is not None
    kept, new = plans(database), Choosing(database, after)
    with database.read() as session:
        choices = all_selected(session, {number for _, number in kept})
    assert {edition for edition, _ in kept} == {issue.edition.id, after.edition.id}
    for (edition, number), body in kept.items():
        assert body == (old if edition == issue.edition.id else new).body(choices[number])
    with database.read() as session:
        assert len(list(ledger.deliveries(session, issue.id))) == len(READERS | NOTHING)


def test_plans_are_made_before_anybody_is_kept_from_writing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = frozen(database)
    writing = False
    made: list[bool] = []
    real_write = Database.write

    @contextmanager
    def write(self: Database) -> Iterator[Session]:
        nonlocal writing
        with real_write(self) as session:
            writing = True
            try:
                yield session
            finally:
                writing = False

    def planned(*given: Any) -> Plan:
        made.append(writing)
        return plan(*given)

    monkeypatch.setattr(Database, "write", write)
    monkeypatch.setattr("newsletter.delivery.choosing.plan", planned)
    monkeypatch.setattr(workflow, "FAN_OUT_CHUNK", 2)
    assert True in list(workflow.fan_out(database, issue, NOW)), "in several steps"
    assert made == [False] * len(set((READERS | NOTHING).values()))


def test_why_somebody_gets_what_tells_of_the_plan_that_is_kept(database: Database) -> None:
    issue = going_out(database)
    with database.write() as session:  # as an earlier version of this program would have planned
        other = plan(issue.digest, Preferences(most=1))
        number = preferences_id(session, Preferences())
        session.exec(
            update(PlanRow)
            .where(col(PlanRow.preferences_id) == number)
            .values(body=dump_plan(other))
        )
    for address, entries in (("ada@example.org", other.depths), ("emil@example.com", None)):
        why = explain(database, issue, address)
        assert not why.sent
        depths = tuple(entry.depth for entry in why.entries)
        assert depths == (entries or plan(issue.digest, Preferences()).depths)
    ada = prepared(database, issue)["ada@example.org"]
    assert isinstance(ada, Prepared)
    titles = [item.entry.title.split(":")[0].encode() for item in issue.digest.entries]
    assert [title in ada.content for title in titles] == [bool(d) for d in other.depths]


def test_a_draft_has_no_plans(database: Database) -> None:
    with database.write() as session:
        sync(session)
        draft = issues.save_draft(session, make_digest(), NOW)
    with pytest.raises(ConflictError, match="it has no plans yet"):
        Choosing(database, draft)
