from __future__ import annotations

import datetime as dt

import pytest

from newsletter.content.preferences import Preferences
from newsletter.content.topics import Topic, TopicTree
from newsletter.errors import NotFoundError
from newsletter.store import departures, lists, subscribers, suppressions
from newsletter.store.admission import Admission, Member
from newsletter.store.database import Database
from newsletter.store.members import import_rows
from newsletter.store.suppressions import Suppression
from newsletter.store.values import SubscriptionState, Way
from tests.builders import make_list
from tests.store.stage import LIST, NOW, join, sync

ADA = "Ada.Example@example.test"
LATER = NOW + dt.timedelta(hours=1)


def members(*names: str, **changes: object) -> list[Member]:
    return [Member(address=f"{name}@example.test", **changes) for name in names]  # type: ignore[arg-type]  # as given


def test_a_person_is_found_however_the_address_is_written(database: Database) -> None:
    with database.write() as session:
        sync(session)
        assert join(session, ADA, Preferences(most=3)) is Admission.ADDED
        assert join(session, ADA.lower()) is Admission.KNOWN
    with database.read() as session:
        person = subscribers.show(session, ADA.upper())
    assert person.address == ADA
    assert person.subscriptions[LIST].preferences == Preferences(most=3)
    assert (person.subscriptions[LIST].consent_at, person.suppression) == (NOW, None)


def test_nobody_and_no_list_are_told(database: Database) -> None:
    with database.write() as session:
        with pytest.raises(NotFoundError, match="nobody has the address"):
            subscribers.show(session, ADA)
        with pytest.raises(NotFoundError, match="newsletter lists sync"):
            join(session, ADA)


def test_leaving_twice_is_one_departure(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, ADA)
        ada = subscribers.show(session, ADA).id
        leaves = [
            subscribers.leave(session, LIST, ada, way=Way.ONE_CLICK, now=NOW, reason="too many")
            for _ in range(3)
        ]
        assert leaves == [True, False, False]
        (departure,) = departures.departures(session, ada)
        assert (departure.way, departure.reason, departure.at) == (Way.ONE_CLICK, "too many", NOW)
        assert subscribers.state_counts(session, LIST) == {
            SubscriptionState.PENDING: 0,
            SubscriptionState.ACTIVE: 0,
            SubscriptionState.LEFT: 1,
        }


def test_leaving_a_topic_is_leaving_that_alone_and_can_be_undone(database: Database) -> None:
    with database.write() as session:
        sync(session)
        before = Preferences(follows=frozenset({"proofs", "operators"}))
        join(session, ADA, before)
        ada = subscribers.show(session, ADA).id
        assert subscribers.leave(session, LIST, ada, way=Way.PAGE, topic="proofs", now=NOW)
        after = subscribers.show(session, ADA).subscriptions[LIST]
        assert after.state is SubscriptionState.ACTIVE
        assert after.preferences.follows == frozenset({"operators"})
        assert after.preferences.mutes == {"proofs"}
        assert not subscribers.leave(session, LIST, ada, way=Way.PAGE, topic="proofs", now=NOW)
        assert departures.undo_leave(session, LIST, ada, LATER, topic="proofs")
        assert subscribers.show(session, ADA).subscriptions[LIST].preferences == before
        (departure,) = departures.departures(session, ada)
        assert (departure.topic, departure.undone_at) == ("proofs", LATER)
        with pytest.raises(NotFoundError, match="no topic 'alchemy'"):
            subscribers.leave(session, LIST, ada, way=Way.PAGE, topic="alchemy", now=NOW)


@pytest.mark.parametrize("topic", ["physics", "fluids"])
@pytest.mark.parametrize(
    "follows", [{"physics"}, {"fluids"}, {"physics", "fluids"}, {"proofs"}, None]
)
def test_undoing_the_leave_of_a_topic_sends_what_was_sent_before(
    database: Database, follows: set[str] | None, topic: str
) -> None:
    physics, proofs = Topic(name="physics", titles={}), Topic(name="proofs", titles={})
    tree = TopicTree((physics, Topic(name="fluids", titles={}, parent="physics"), proofs))
    before = Preferences(follows=None if follows is None else frozenset(follows))
    with database.write() as session:
        lists.sync_list(session, make_list(topics=tree), {}, now=NOW)
        join(session, ADA, before)
        ada = subscribers.show(session, ADA).id
        left = subscribers.leave(session, LIST, ada, way=Way.PAGE, topic=topic, now=NOW)
        assert left is before.gets(tree.lineage(topic)), "what they do not get they cannot leave"
        departures.undo_leave(session, LIST, ada, LATER, topic=topic)
        after = subscribers.show(session, ADA).subscriptions[LIST].preferences
    lines = [tree.lineage(one.name) for one in tree.topics]
    assert [after.gets(line) for line in lines] == [before.gets(line) for line in lines]


def test_an_import_adds_and_never_revives(database: Database) -> None:
    with database.write() as session:
        sync(session)
        for name in ("stays", "left", "leaving"):
            join(session, f"{name}@example.test", Preferences(most=3))
        left = subscribers.show(session, "left@example.test").id
        subscribers.leave(session, LIST, left, way=Way.PAGE, now=NOW)
        subscribers.suppress(session, "bad@example.test", "bounce", NOW)
        rows = [
            *members("stays", "left", "bad", "new", "new"),
            *members("leaving", "gone", state=SubscriptionState.LEFT),
        ]
        report = import_rows(session, LIST, rows, source="a file", now=LATER)
        assert (report.added, report.known, report.leaving) == (2, 2, 1)
        assert {(r.member.address, r.admission) for r in report.refusals} == {
            ("left@example.test", Admission.LEFT),
            ("bad@example.test", Admission.SUPPRESSED),
        }
        assert subscribers.state_counts(session, LIST) == {
            SubscriptionState.PENDING: 0,
            SubscriptionState.ACTIVE: 2,
            SubscriptionState.LEFT: 3,
        }
        stays = subscribers.show(session, "stays@example.test").subscriptions[LIST]
        assert stays.preferences == Preferences(most=3)
        new = subscribers.show(session, "new@example.test").subscriptions[LIST]
        assert (new.consent_at, new.consent_source) == (LATER, "a file")
        again = import_rows(session, LIST, rows, source="a file", now=LATER)
        assert (again.added, again.leaving) == (0, 0)


def test_an_export_has_everybody_with_what_an_import_needs(database: Database) -> None:
    rows = [
        Member(
            address=f"reader{number}@example.test",
            preferences=Preferences(most=number % 3 + 1),
            paused_until=dt.date(2026, 3, 1) if number % 2 else None,
            consent_at=NOW,
            consent_source="desk",
        )
        for number in range(1200)
    ]
    with database.write() as session:
        sync(session)
        import_rows(session, LIST, rows, source="a file", now=LATER)
    with database.read() as session:
        assert list(subscribers.export(session, LIST)) == rows


def test_topics_are_counted_by_who_names_them(database: Database) -> None:
    choices = [
        Preferences(),
        Preferences(follows=frozenset()),
        Preferences(follows=frozenset({"proofs"})),
        Preferences(follows=frozenset({"proofs", "operators"}), mutes=frozenset({"general"})),
    ]
    with database.write() as session:
        sync(session)
        for number, choice in enumerate(choices):
            join(session, f"reader{number}@example.test", choice)
        counts = subscribers.topic_counts(session, LIST)
    assert (counts.everything, counts.nothing) == (1, 1)
    assert counts.follows == {"proofs": 2, "operators": 1}
    assert counts.mutes == {"general": 1}


def test_a_suppression_is_kept_with_its_first_reason_until_it_is_lifted(database: Database) -> None:
    with database.write() as session:
        assert subscribers.suppress(session, ADA, "bounce", NOW, detail="550 5.1.1")
        assert not subscribers.suppress(session, ADA.lower(), "complaint", LATER)
        found = suppressions.suppression(session, ADA)
        assert found == Suppression(reason="bounce", detail="550 5.1.1", at=NOW)
        assert suppressions.unsuppress(session, ADA)
        assert not suppressions.unsuppress(session, ADA)
        assert not suppressions.is_suppressed(session, ADA)
