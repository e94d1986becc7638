from __future__ import annotations

import datetime as dt

from newsletter.content.preferences import Preferences
from newsletter.store import issues
from newsletter.store.database import Database
from newsletter.store.departures import undo_leave
from newsletter.store.leaving_rates import Leaving, Share, leaving
from newsletter.store.subscribers import leave, set_preferences
from newsletter.store.values import Way
from tests.store.stage import LIST, NOW, join, set_stage, sync
from tests.tracking.mailed import Mailed, mail, mail_again

PEOPLE = [f"reader{number}@example.test" for number in range(10)]
HOUR = dt.timedelta(hours=1)


def go(mailed: Mailed, number: int, after: dt.timedelta, way: Way, topic: str = "") -> None:
    address = PEOPLE[number]
    with mailed.stage.database.write() as session:
        place = (session, LIST, mailed.person(address).id)
        delivery = mailed.ids[address]
        leave(*place, way=way, now=NOW + after, delivery_id=delivery, topic=topic)


def rates(database: Database, issue: str = "") -> Leaving:
    with database.read() as session:
        return leaving(session, LIST, issue)


def test_leaves_are_parts_of_what_was_mailed_and_of_who_gets_the_topic(database: Database) -> None:
    with database.write() as session:
        sync(session)
        for number, address in enumerate(PEOPLE):
            follows = frozenset({"operators"}) if number < 4 else None
            mutes = frozenset({"proofs"} if number == 4 else ())
            join(session, address, Preferences(follows=follows, mutes=mutes))
    mailed = mail(database, PEOPLE)
    go(mailed, 0, HOUR, Way.ONE_CLICK)
    go(mailed, 1, 3 * HOUR, Way.ONE_CLICK)
    go(mailed, 9, 5 * HOUR, Way.PAGE, topic="proofs")
    go(mailed, 8, 70 * HOUR, Way.PAGE)
    with database.write() as session:
        undo_leave(session, LIST, mailed.person(PEOPLE[8]).id, NOW)
    found = rates(database)
    assert found.everyone == Share(3, 10)
    assert found.ways == {"one-click": Share(2, 10), "page": Share(1, 10)}
    assert found.topics == {"proofs": Share(1, 5)}
    assert found.median_seconds == 3 * 3600
    assert found.ways["one-click"].rate == 0.2


def test_a_reader_counts_for_what_they_had_chosen_when_they_were_mailed(
    database: Database,
) -> None:
    mailed = mail(database, PEOPLE)
    go(mailed, 0, HOUR, Way.PAGE, topic="proofs")
    with database.write() as session:
        for address in PEOPLE[1:]:
            never = Preferences(mutes=frozenset({"proofs"}))
            set_preferences(session, LIST, mailed.person(address).id, never)
    assert rates(database).topics == {"proofs": Share(1, 10)}


def test_each_issue_has_its_own(database: Database) -> None:
    first = mail(database, PEOPLE)
    go(first, 0, HOUR, Way.PAGE)
    second = mail_again(database, 1)
    go(second, 1, 2 * HOUR, Way.MAIL)
    go(second, 2, 2 * HOUR, Way.MAIL)
    with database.read() as session:
        names = [issues.issue_by_id(session, one.stage.issue_id).name for one in (first, second)]
    assert [rates(database, name).everyone for name in names] == [Share(1, 10), Share(2, 9)]
    assert rates(database).everyone == Share(3, 19)


def test_where_nothing_was_mailed_nothing_is_a_rate(database: Database) -> None:
    set_stage(database, PEOPLE[:2])
    found = rates(database)
    assert (found.everyone, found.everyone.rate, found.median_seconds) == (Share(0, 0), None, None)
