from __future__ import annotations

import datetime as dt

from newsletter.content.entry import Tier
from newsletter.content.preferences import Preferences
from newsletter.store.admission import MOST_REFUSALS, Added, Admission, Member
from newsletter.store.database import Database
from newsletter.store.departures import departures
from newsletter.store.fanout import audience_preview
from newsletter.store.histories import history
from newsletter.store.members import import_rows
from newsletter.store.subscribers import show
from newsletter.store.suppressions import suppress
from newsletter.store.values import SubscriptionState, Way
from tests.store.stage import LIST, NOW, join, sync

EARLIER = dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
TODAY = NOW.date()
LEFT = SubscriptionState.LEFT


def bring(database: Database, *members: Member, force: str = "") -> Added:
    with database.write() as session:
        sync(session)
        return import_rows(session, LIST, members, source="a file", now=NOW, force=force)


def test_who_left_elsewhere_has_left_here_since_then(database: Database) -> None:
    gone = Member(address="ann@example.test", state=LEFT, left_at=EARLIER, left_reason="NORMAL")
    assert bring(database, gone).added == 1
    with database.read() as session:
        person = show(session, gone.address)
        (departure,) = departures(session, person.id)
    assert person.subscriptions[LIST].left_at == EARLIER
    assert (departure.way, departure.at, departure.reason) == (Way.IMPORT, EARLIER, "NORMAL")
    again = bring(database, Member(address="ann@example.test"))
    assert again.refusals[0].admission is Admission.LEFT


def test_whose_mail_bounced_elsewhere_is_mailed_by_no_list(database: Database) -> None:
    cleaned = Member(address="ann@example.test", state=LEFT, suppressed="bounce")
    bring(database, cleaned)
    with database.read() as session:
        found = show(session, cleaned.address).suppression
    assert found is not None
    assert found.reason == "bounce"
    assert bring(database, Member(address="ann@example.test"), force="a form").revived == 1
    with database.read() as session:
        assert show(session, cleaned.address).suppression is None


def test_somebody_on_the_list_who_bounced_elsewhere_leaves_it(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, "ann@example.test")
    cleaned = Member(address="ANN@example.test", state=LEFT, suppressed="bounce")
    assert bring(database, cleaned).leaving == 1
    with database.read() as session:
        person = show(session, "ann@example.test")
    assert person.subscriptions[LIST].state is LEFT
    assert person.suppression is not None


def test_what_a_row_says_of_its_consent_is_kept(database: Database) -> None:
    bring(
        database,
        Member(address="dated@example.test", consent_at=EARLIER),
        Member(address="sourced@example.test", consent_source="a fair"),
        Member(address="silent@example.test"),
    )
    with database.read() as session:
        found = [
            show(session, f"{who}@example.test").subscriptions[LIST]
            for who in ("dated", "sourced", "silent")
        ]
    assert [(one.consent_at, one.consent_source) for one in found] == [
        (EARLIER, "a file"),
        (NOW, "a fair, a file"),
        (NOW, "a file"),
    ]


def test_whoever_is_mailed_by_force_has_the_reason_for_their_consent(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, "on@example.test")
        for address in ("on@example.test", "off@example.test"):
            suppress(session, address, "complaint", NOW)
    given = [
        Member(address=f"{who}@example.test", consent_at=EARLIER, consent_source="a form")
        for who in ("on", "off", "new")
    ]
    bring(database, *given, force="they wrote to us")
    with database.read() as session:
        on, off, new = (show(session, f"{who}@example.test") for who in ("on", "off", "new"))
        (lifted,) = (
            event
            for event in history(session, on.id, on.address)
            if event.what == "may be mailed again"
        )
    assert {on.suppression, off.suppression} == {None}
    assert lifted.detail == "forced: they wrote to us"
    assert off.subscriptions[LIST].consent_source == "forced: they wrote to us"
    assert off.subscriptions[LIST].consent_at == NOW
    assert new.subscriptions[LIST].consent_source == "a form", "nothing was forced"


def test_thousands_are_put_on_a_list_and_refusals_are_counted(database: Database) -> None:
    addresses = [f"reader{number}@example.test" for number in range(5_000)]
    gone = [Member(address=address, state=LEFT) for address in addresses[:1_500]]
    assert bring(database, *gone).added == 1_500
    found = bring(database, *(Member(address=address.upper()) for address in addresses))
    assert (found.added, found.refused) == (3_500, 1_500)
    assert len(found.refusals) == MOST_REFUSALS
    assert (found + found).refused == 3_000
    assert len((found + found).refusals) == MOST_REFUSALS


def test_choices_are_numbered_in_the_order_in_which_people_come(database: Database) -> None:
    """So that whatever breaks a tie by that number (as whom an issue is shown first) does it
    alike on every machine."""
    choices = [Preferences(lowest_tier=tier, most=most) for most in range(1, 9) for tier in Tier]
    people = (
        Member(address=f"reader-{number}@example.test", preferences=choice)
        for number, choice in enumerate(choices)
    )
    bring(database, *people)
    with database.read() as session:
        found = [choice.preferences for choice, _ in audience_preview(session, LIST, today=TODAY)]
    assert found == choices
