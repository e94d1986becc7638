"""What is different between two digests is told, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.arranging import AS_STORED, Arrangement, arranged
from newsletter.content.comparing import Change, compare
from newsletter.content.digest import Digest, assemble
from newsletter.content.entry import Entry
from tests.builders import WEEK, make_brief, make_digest, make_entry, make_list
from tests.content.strategies import digests, entries


@given(digests())
def test_what_is_the_same_has_no_difference(digest: Digest) -> None:
    assert compare(digest, digest) == ()


@given(digests(), digests())
def test_what_came_one_way_went_the_other(one: Digest, other: Digest) -> None:
    there, back = compare(one, other), compare(other, one)
    assert _titles(there, Change.ADDED) == _titles(back, Change.REMOVED)
    assert len(there) == len(back)


def _titles(found: tuple[object, ...], change: Change) -> list[str]:
    return [one.what for one in found if one.change is change]  # type: ignore[attr-defined]  # differences


@given(entries(), st.data())
def test_one_moved_entry_is_one_difference(found: list[Entry], data: st.DataObject) -> None:
    same = [replace(entry, tier=make_entry().tier, categories=()) for entry in found]
    keys = [entry.key for entry in arranged(same, AS_STORED)]
    if len(keys) < 2:
        return
    order = list(keys)
    key = order.pop(data.draw(st.integers(0, len(order) - 1)))
    order.insert(data.draw(st.integers(0, len(order))), key)
    choices = Arrangement(order=tuple(order))
    before, after = (assemble(make_list(), WEEK, same, (), c) for c in (AS_STORED, choices))
    assert len([d for d in compare(before, after) if d.change is Change.MOVED]) <= 1


def test_texts_notes_editorial_and_the_lists_words_are_told() -> None:
    before = make_digest()
    first = before.entries[0]
    texts = {"en": replace(first.entry.texts["en"], impact="Smaller.")}
    changed = replace(first, entry=replace(first.entry, texts=texts), topics=("proofs",))
    brief = make_brief()
    said = replace(brief.texts["en"], takeaway="Ours.", trends=())
    after = replace(
        before,
        entries=(changed, *before.entries[1:]),
        briefs=(replace(brief, texts={**brief.texts, "en": said}),),
        notes={"en": "Hello."},
        list=make_list(reply_to="desk@news.example.org"),
    )
    found = {(d.what, d.field) for d in compare(before, after)}
    title = first.entry.title
    assert found >= {
        (title, "texts.en.impact"),
        (title, "texts.zh.impact"),
        (title, "topics"),
        ("en takeaway", ""),
        ("en note", ""),
        ("the list", "reply_to"),
    }
