from __future__ import annotations

import datetime as dt

from newsletter.store import confirmations
from newsletter.store.confirmations import Wish, WishKind
from newsletter.store.database import Database
from newsletter.store.departures import undo_leave
from newsletter.store.erasures import ErasureKey, erase
from newsletter.store.joining import join as join_again
from newsletter.store.ledger import skip
from newsletter.store.reports import issue_report, last_reports, list_report
from newsletter.store.subscribers import leave
from newsletter.store.values import DeliveryState, SubscriptionState, Way
from tests.store.stage import LIST, NOW, outcome, set_stage
from tests.tracking.mailed import Mailed, mail, mail_again
from tests.tracking.returned_mail import arf, dsn, envelope, leave_mail, our_headers

KEY = ErasureKey("a made-up key of erasures, long enough")
PEOPLE = [f"reader{number}@example{number % 3}.test" for number in range(20)]


def go(mailed: Mailed, number: int, after: dt.timedelta, topic: str = "", reason: str = "") -> None:
    address = PEOPLE[number]
    with mailed.stage.database.write() as session:
        leave(
            session,
            LIST,
            mailed.person(address).id,
            way=Way.PAGE,
            now=NOW + after,
            delivery_id=mailed.ids[address],
            topic=topic,
            reason=reason,
        )


def test_an_issue_is_told_in_what_was_measured(database: Database) -> None:
    mailed = mail(database, PEOPLE)
    mailed.take(dsn(to=envelope(mailed.ids[PEOPLE[0]])))
    mailed.take(dsn(to=envelope(mailed.ids[PEOPLE[1]]), status="5.7.1", diagnostic=""))
    mailed.take(arf(returned=our_headers(mailed.ids[PEOPLE[2]])))
    mailed.take(leave_mail(mailed.ids[PEOPLE[3]]))
    go(mailed, 4, dt.timedelta(minutes=5), reason="too-many: really")
    go(mailed, 5, dt.timedelta(hours=5), topic="proofs", reason="too-many")
    go(mailed, 6, dt.timedelta(days=3))
    go(mailed, 7, dt.timedelta(days=30))
    with database.write() as session:
        undo_leave(session, LIST, mailed.person(PEOPLE[7]).id, NOW)
    with database.read() as session:
        found = issue_report(session, mailed.stage.issue_id)
    assert (found.accepted, found.complaints, found.waiting) == (20, 1, 0)
    assert found.bounced == {"bad address": 1, "refused": 1}
    assert (found.leaves.total, found.leaves.undone) == (6, 1)
    assert found.leaves.ways == {"page": 3, "bounce": 1, "complaint": 1, "mail": 1}
    assert found.leaves.scopes == {"list": 5, "proofs": 1}
    assert found.leaves.reasons == {"too-many": 2, "bad address": 1}
    assert found.leaves.since_mail == {"within an hour": 4, "within a day": 1, "within a week": 1}
    assert found.rate(found.leaves.total) == 0.3


def test_what_has_not_gone_out_is_told_by_its_reasons(database: Database) -> None:
    stage = set_stage(database, PEOPLE[:6])
    due = stage.due()
    stage.commit(claims=[stage.claim(one) for one in due[:3]])
    later = NOW + dt.timedelta(hours=1)
    stage.commit(
        [
            outcome(due[0].delivery_id, DeliveryState.DEFERRED, due=later, reason="try later: x"),
            outcome(due[1].delivery_id, DeliveryState.FAILED, reason="refused: by policy"),
            outcome(due[2].delivery_id, DeliveryState.IN_DOUBT),
        ]
    )
    with database.write() as session:
        skip(session, [due[3].delivery_id], "paused")
        found = issue_report(session, stage.issue_id)
    assert found.accepted == 0
    assert found.rate(0) is None
    assert found.deferred == {"example0.test": 1}
    assert (found.failed, found.skipped) == ({"refused": 1}, {"paused": 1})
    assert (found.waiting, found.in_doubt) == (2, 1)


def test_growth_is_from_one_issue_to_the_next(database: Database) -> None:
    first = mail(database, PEOPLE)
    go(first, 0, dt.timedelta(days=1))
    second = mail_again(database, 1)
    with database.read() as session:
        latest, before = last_reports(session, LIST, 5)
        whole = list_report(session, LIST, NOW + dt.timedelta(weeks=2), 1)
    assert (latest.issue, latest.accepted) == (
        issue_name(second),
        19,
    )
    assert latest.growth is not None
    assert before.growth is not None
    assert (latest.growth.joined, latest.growth.left) == (0, {"page": 1})
    assert (before.growth.joined, before.growth.left) == (20, {})
    assert whole.people[SubscriptionState.ACTIVE] == 19
    assert (whole.growth.joined, whole.growth.left) == (20, {"page": 1})
    assert len(whole.issues) == 1


def test_who_comes_back_joins_once_more_and_the_erased_are_not_counted(database: Database) -> None:
    mailed = mail(database, PEOPLE)
    go(mailed, 0, dt.timedelta(days=1))
    go(mailed, 1, dt.timedelta(days=1))
    later = NOW + dt.timedelta(days=2)
    with database.write() as session:
        wish = Wish(kind=WishKind.JOIN, list_name=LIST, address=PEOPLE[0], language="en")
        asked = confirmations.ask(session, wish, later)
        found = confirmations.confirmation(session, asked)
        assert found is not None
        join_again(session, found, later)
        erase(session, PEOPLE[1], KEY, later)
        whole = list_report(session, LIST, later, 1)
    assert whole.people[SubscriptionState.ACTIVE] == 19
    assert (whole.growth.joined, whole.growth.left) == (20, {"page": 1})


def issue_name(mailed: Mailed) -> str:
    with mailed.stage.database.read() as session:
        return issue_report(session, mailed.stage.issue_id).issue
