"""Who gets what, and who gets nothing."""

from __future__ import annotations

from dataclasses import replace

from newsletter.content.entry import EntryText
from newsletter.content.mailinglist import Policies, Untranslated
from newsletter.content.preferences import Preferences
from newsletter.rendering.checks import Severity
from tests.rendering.checks.looking import clean_digest, clean_entries, found, look

NOBODY = frozenset[str]()


def test_entries_that_only_general_has_are_named() -> None:
    first, *others = clean_entries()
    digest = clean_digest([replace(first, topics=("general",)), *others])
    finding = found(look(digest), "general-only")
    assert finding.entries == (first.key,)
    assert finding.readers == 42
    assert "1 of 8" in finding.what
    assert first.title in finding.what


def test_a_list_without_topics_has_general_entries_only_and_means_it() -> None:
    digest = clean_digest()
    general = tuple(t for t in digest.list.topics.topics if t.name == "general")
    alone = replace(digest.list, topics=replace(digest.list.topics, topics=general))
    entries = tuple(replace(item, topics=("general",)) for item in digest.entries)
    assert look(replace(digest, list=alone, entries=entries)) == ()


def test_an_entry_that_nobody_gets_is_named() -> None:
    first, *others = clean_entries()
    digest = clean_digest([replace(first, topics=("proofs",)), *others])
    readers = ((Preferences(follows=frozenset({"operators"})), 9),)
    finding = found(look(digest, readers=readers), "unseen-entries")
    assert finding.entries == (first.key,)
    assert "nobody gets 1" in finding.what


def test_more_than_a_fifth_with_nothing_is_worth_a_word() -> None:
    digest = clean_digest()
    few = ((Preferences(), 8), (Preferences(follows=NOBODY), 2))
    assert look(digest, readers=few) == ()
    many = (*few, (Preferences(follows=frozenset({"proofs"})), 1))
    finding = found(look(digest, readers=many), "nothing-for-many")
    assert finding.readers == 3
    assert "3 of 11" in finding.what
    assert "2 chose no topics" in finding.what
    assert "1 find nothing" in finding.what


def test_a_list_without_readers_says_so() -> None:
    digest = clean_digest()
    assert found(look(digest, readers=()), "no-readers").severity is Severity.WARNING


def test_texts_that_fall_back_are_counted_with_their_readers() -> None:
    entries = [replace(e, texts={"en": e.texts["en"]}) for e in clean_entries()]
    both = (Preferences(languages=("en", "zh")), 5)
    readers = ((Preferences(), 30), (Preferences(languages=("zh",)), 12), both)
    finding = found(look(clean_digest(entries), readers=readers), "untranslated")
    assert finding.what.startswith(
        "zh: 8 of 8 texts fall back to another language, for 12 readers: "
    )
    assert finding.what.endswith("; and 5 more")
    assert finding.readers == 12


def test_a_single_reader_is_counted_as_one() -> None:
    entries = [replace(e, texts={"en": e.texts["en"]}) for e in clean_entries()]
    finding = found(
        look(clean_digest(entries), readers=((Preferences(languages=("zh",)), 1),)), "untranslated"
    )
    assert ", for 1 reader: " in finding.what


def test_texts_that_are_held_back_are_counted_too() -> None:
    first, *others = clean_entries()
    entries = [replace(first, texts={"en": first.texts["en"]}), *others]
    held = Policies(untranslated=Untranslated.HOLD)
    finding = found(look(clean_digest(entries, policies=held)), "untranslated")
    title = first.title
    assert finding.what == f"zh: 1 of 8 texts are held back, for 12 readers: {title}"
    assert finding.entries == (first.key,)


def test_what_a_mail_never_shows_is_no_translation() -> None:
    first, *others = clean_entries()
    texts = {"en": first.texts["en"], "zh": EntryText(title="标题", method="方法")}
    entries = [replace(first, texts=texts), *others]
    for policy, become in ((Untranslated.HOLD, "are held back"), (Untranslated.SHOW, "fall back")):
        digest = clean_digest(entries, policies=Policies(untranslated=policy))
        assert f"zh: 1 of 8 texts {become}" in found(look(digest), "untranslated").what


def test_a_note_that_is_not_translated_is_said() -> None:
    digest = replace(clean_digest(), notes={"en": "A quiet week, and a good one."})
    finding = found(look(digest), "untranslated-note")
    assert finding.readers == 12
    assert "zh" in finding.what


def test_one_reader_and_one_entry_are_told_of_as_one() -> None:
    first, *_ = clean_entries()
    one = clean_digest([replace(first, topics=("general",))], policies=Policies(fewest_entries=2))
    told = look(one, readers=((Preferences(), 1),))
    assert "has 1 entry, the list" in found(told, "too-few-entries").what
    assert "1 of 1 entry is on no topic" in found(told, "general-only").what
    nothing = look(clean_digest(), readers=((Preferences(follows=NOBODY), 1),))
    assert "1 of 1 reader gets nothing" in found(nothing, "nothing-for-many").what


def test_fewer_entries_than_the_list_wants_is_an_error() -> None:
    digest = clean_digest(policies=Policies(fewest_entries=9))
    assert found(look(digest), "too-few-entries").severity is Severity.ERROR
