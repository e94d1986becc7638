"""What comes back of mail whose reader has another address by then, or was erased."""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.store import breaker
from newsletter.store.database import Database
from newsletter.store.erasures import ErasureKey, erase
from newsletter.store.feedback import feedback
from newsletter.store.moving import move
from newsletter.store.suppressions import suppression
from newsletter.store.values import SubscriptionState, Way
from tests.store.stage import LIST, NOW
from tests.tracking.mailed import Mailed, mail, mail_again
from tests.tracking.returned_mail import arf, dsn, envelope, our_headers

OLD, NEW = "ann@old.example", "ann@new.example"
KEY = ErasureKey("a key for tests, and for nothing else at all")


def moved(database: Database, mailed: Mailed) -> None:
    with database.write() as session:
        move(session, mailed.person(OLD).id, NEW, way=Way.PAGE, now=NOW)


def reason(database: Database, address: str) -> str:
    with database.read() as session:
        found = suppression(session, address)
    return found.reason if found else ""


def full(delivery_id: int) -> bytes:
    return dsn(to=envelope(delivery_id), status="5.2.2", diagnostic="smtp; 552 5.2.2 mailbox full")


def test_a_late_bounce_of_the_old_address_is_not_held_against_the_new_one(
    database: Database,
) -> None:
    mailed = mail(database, [OLD])
    moved(database, mailed)
    mailed.take(dsn(to=envelope(mailed.ids[OLD]), recipient=OLD))
    assert (reason(database, OLD), reason(database, NEW)) == ("bounce", "")
    assert mailed.person(NEW).subscriptions[LIST].state is SubscriptionState.ACTIVE
    with database.read() as session:
        assert [one.address for one in feedback(session)] == [OLD]
    assert list(mail_again(database, 1).ids) == [NEW]


def test_full_mailboxes_before_the_move_do_not_count_against_the_new_address(
    database: Database,
) -> None:
    mailed = mail(database, [OLD])
    for week in range(1, 4):
        mailed.take(full(mailed.ids[OLD]))
        mailed = mail_again(database, week)
    mailed.take(full(mailed.ids[OLD]))
    moved(database, mailed)
    mailed = mail_again(database, 4)
    mailed.take(full(mailed.ids[NEW]))
    assert (reason(database, OLD), reason(database, NEW)) == ("", "")


def test_what_the_breaker_gives_back_is_the_address_that_bounced(database: Database) -> None:
    crowd = [OLD, *(f"reader{number}@old.example" for number in range(15))]
    mailed = mail(database, crowd)
    moved(database, mailed)
    mailed.take(*(dsn(to=envelope(mailed.ids[address])) for address in crowd[:9]))
    assert reason(database, OLD) == "bounce"
    mailed.take(*(dsn(to=envelope(mailed.ids[address])) for address in crowd[9:]))
    assert {reason(database, address) for address in crowd} == {""}
    with database.write() as session:
        breaker.decide(session, mailed.stage.issue_id, suppress_them=True, now=NOW)
    assert (reason(database, OLD), reason(database, NEW)) == ("bounce", "")


def test_who_complained_is_mailed_at_neither_address(database: Database) -> None:
    mailed = mail(database, [OLD])
    moved(database, mailed)
    mailed.take(arf(returned=our_headers(mailed.ids[OLD])))
    assert {reason(database, address) for address in (OLD, NEW)} == {"complaint"}
    assert mailed.ways(NEW) == [Way.COMPLAINT]


@pytest.mark.parametrize("what", ["bounce", "complaint"])
def test_what_comes_back_of_an_erased_person_suppresses_no_address_at_all(
    database: Database, what: str
) -> None:
    mailed = mail(database, [OLD])
    with database.write() as session:
        erase(session, OLD, KEY, NOW + dt.timedelta(hours=1))
    number = mailed.ids[OLD]
    report = dsn(to=envelope(number)) if what == "bounce" else arf(returned=our_headers(number))
    mailed.take(report)
    assert (reason(database, OLD), reason(database, "")) == ("", "")
