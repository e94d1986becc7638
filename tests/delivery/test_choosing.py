"""Plans are made with the rows: a message is the same whether its plan was kept or is made anew."""

from __future__ import annotations

import pytest
from sqlmodel import col, delete, select

from newsletter.content.preferences import Preferences
from newsletter.delivery.choosing import Choosing
from newsletter.delivery.committer import Skipped
from newsletter.delivery.connection import Capabilities
from newsletter.delivery.messages import Messages
from newsletter.delivery.shard import Prepared
from newsletter.errors import ConflictError
from newsletter.store import issues, ledger, subscribers
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.tables import PlanRow
from newsletter.store.values import Skip
from tests.builders import make_digest
from tests.delivery.test_engine import KEYRING, READERS, compiled_forms
from tests.store.stage import LIST, NOW, TODAY, join, sync

NOTHING = {
    "none@example.org": Preferences(follows=frozenset()),
    "nobody@example.org": Preferences(follows=frozenset({"proteins"}), only_topics=True),
}


def going_out(database: Database) -> Issue:
    """An issue with its rows and plans, two subscriptions a chunk."""
    with database.write() as session:
        sync(session)
        for address, preferences in (READERS | NOTHING).items():
            join(session, address, preferences)
        draft = issues.save_draft(session, make_digest(), NOW)
        issues.freeze(session, draft.id, compiled_forms(), NOW)
    with database.read() as session:
        choosing = Choosing(database, issues.issue_by_id(session, draft.id))
    more = True
    while more:
        with database.write() as session:
            more = issues.fan_out(
                session, draft.id, choosing.skip, today=TODAY, chunk=2, choose=choosing.body
            )
    with database.write() as session:
        return issues.begin_sending(session, draft.id)


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


def test_a_draft_has_no_plans(database: Database) -> None:
    with database.write() as session:
        sync(session)
        draft = issues.save_draft(session, make_digest(), NOW)
    with pytest.raises(ConflictError, match="it has no plans yet"):
        Choosing(database, draft)
