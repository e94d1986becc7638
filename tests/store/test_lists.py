from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from newsletter.content.entry import Entry
from newsletter.content.mailinglist import MailingList
from newsletter.content.preferences import Preferences
from newsletter.content.sources.document import Document
from newsletter.content.topics import TopicTree
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store import entries, lists, subscribers
from newsletter.store.database import Database
from newsletter.store.entry_edits import set_text
from newsletter.store.values import Way
from tests.builders import TOPICS, make_entry, make_list
from tests.store.stage import LIST, NOW, join, sync

RENAMED = make_list(
    topics=TopicTree(
        tuple(replace(t, name="theorems") if t.name == "proofs" else t for t in TOPICS.topics)
    )
)
DROPPED = make_list(topics=TopicTree(tuple(t for t in TOPICS.topics if t.name != "proofs")))
CHOICES = {
    "follower@example.test": Preferences(follows=frozenset({"proofs", "operators"})),
    "devotee@example.test": Preferences(follows=frozenset({"proofs"})),
    "muter@example.test": Preferences(mutes=frozenset({"proofs"})),
    "everything@example.test": Preferences(),
}


@pytest.fixture
def peopled(database: Database) -> Database:
    with database.write() as session:
        sync(session)
        for address, choice in CHOICES.items():
            join(session, address, choice)
    return database


def choices(database: Database) -> dict[str, Preferences]:
    with database.read() as session:
        return {member.address: member.preferences for member in subscribers.export(session, LIST)}


def follow(
    database: Database, mailing_list: MailingList, renames: dict[str, str], *drop: str
) -> lists.SyncReport:
    with database.write() as session:
        return lists.sync_list(session, mailing_list, renames, drop_topics=frozenset(drop), now=NOW)


def test_a_list_is_made_then_followed_and_its_differences_are_told(database: Database) -> None:
    assert follow(database, make_list(), {}).created
    again = follow(database, make_list(), {})
    assert (again.created, again.changes) == (False, ())
    changed = follow(database, make_list(reply_to="desk@news.example.org"), {})
    assert changed.changes == ("reply_to: editors@news.example.org → desk@news.example.org",)
    retitled = replace(TOPICS.topics[0], titles={"en": "Force fields", "zh": "机器学习力场"})
    tree = TopicTree((retitled, *TOPICS.topics[1:]))
    changes = follow(database, make_list(reply_to="desk@news.example.org", topics=tree), {}).changes
    assert changes == (
        "topics.topics.force-fields.titles.en: Machine-learning force fields → Force fields",
    )
    with database.read() as session:
        assert lists.get_list(session, LIST).topics == tree
        assert lists.list_names(session) == (LIST,)


def test_when_its_file_was_followed_last_is_known_although_it_said_the_same(
    database: Database,
) -> None:
    follow(database, make_list(), {})
    later = NOW + dt.timedelta(days=7)
    with database.write() as session:
        lists.sync_list(session, make_list(), {}, now=later)
        assert lists.synced_at(session, LIST) == later


def test_an_unknown_list_names_those_that_exist(peopled: Database) -> None:
    with peopled.read() as session, pytest.raises(NotFoundError, match="there are ai-for-science"):
        lists.get_list(session, "ai-for-sience")


def test_a_topic_that_people_chose_does_not_vanish(peopled: Database) -> None:
    with pytest.raises(ConflictError, match=r"3 people.*was = \[\"proofs\"\].*--drop-topic proofs"):
        follow(peopled, DROPPED, {})
    with peopled.read() as session:
        assert lists.get_list(session, LIST) == make_list()
    assert choices(peopled) == CHOICES


def test_a_topic_that_only_those_who_left_had_chosen_may_vanish(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, "gone@example.test", Preferences(follows=frozenset({"proofs"})))
        gone = subscribers.show(session, "gone@example.test").id
        subscribers.leave(session, LIST, gone, way=Way.PAGE, now=NOW)
    follow(database, DROPPED, {})


def test_a_renamed_topic_is_kept_by_all_who_named_it(peopled: Database) -> None:
    report = follow(peopled, RENAMED, {"proofs": "theorems"})
    assert "3 people who chose proofs have theorems instead" in report.changes
    assert choices(peopled) == {
        "follower@example.test": Preferences(follows=frozenset({"theorems", "operators"})),
        "devotee@example.test": Preferences(follows=frozenset({"theorems"})),
        "muter@example.test": Preferences(mutes=frozenset({"theorems"})),
        "everything@example.test": Preferences(),
    }
    assert follow(peopled, RENAMED, {"proofs": "theorems"}).changes == ()


def test_a_dropped_topic_leaves_nothing_chosen_never_everything(peopled: Database) -> None:
    follow(peopled, DROPPED, {}, "proofs")
    assert choices(peopled) == {
        "follower@example.test": Preferences(follows=frozenset({"operators"})),
        "devotee@example.test": Preferences(follows=frozenset()),
        "muter@example.test": Preferences(),
        "everything@example.test": Preferences(),
    }


def test_an_editors_choice_of_topics_follows_a_rename(peopled: Database) -> None:
    paper: Entry = make_entry(1)
    document = Document(
        key="k", name="n", format="listing", entries=(paper,), brief=None, remarks=()
    )
    with peopled.write() as session:
        entries.import_document(session, document, "sha", NOW)
        set_text(session, paper.key, "topics", "proofs, operators", who="ada", now=NOW)
    follow(peopled, RENAMED, {"proofs": "theorems"})
    with peopled.read() as session:
        assert entries.get_entry(session, paper.key).entry.topics == ("theorems", "operators")
