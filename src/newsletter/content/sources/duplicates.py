"""A paper that one document names twice: one entry, nothing of either lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from newsletter.content.entry import Entry, EntryText, arxiv_key, fold_title
from newsletter.content.merging import merge, same_paper
from newsletter.content.sources.document import Remark


def united(found: Iterable[tuple[int, Entry]]) -> tuple[list[Entry], list[Remark], list[str]]:
    """Entries without repetition, a remark for each repeated one, and the texts that stepped back.

    The first place is kept, the higher tier, and the categories and links of both. Where both say
    something in the same field, the first one's words stay and the other's are given back.
    """
    entries: list[Entry] = []
    remarks: list[Remark] = []
    stepped_back: list[str] = []
    seen: dict[str, list[int]] = {}
    for line, entry in found:
        names = _names(entry)
        places = (place for name in names for place in seen.get(name, ()))
        place = next((p for p in places if same_paper(entries[p], entry)), None)
        if place is None:
            place = len(entries)
            entries.append(entry)
        else:
            remarks.append(Remark(line, f"{entry.title!r} stands here again; made one entry"))
            entries[place], lost = _unite(entries[place], entry)
            stepped_back.extend(lost)
            remarks.extend(Remark(line, f"kept aside: {text}") for text in lost)
        for name in names:
            if place not in seen.setdefault(name, []):
                seen[name].append(place)
    return entries, remarks, stepped_back


def _names(entry: Entry) -> tuple[str, ...]:
    by_id = (arxiv_key(entry.arxiv_id),) if entry.arxiv_id else ()
    return (*by_id, "title:" + fold_title(entry.title))


def _unite(first: Entry, second: Entry) -> tuple[Entry, list[str]]:
    occupied = {
        f"texts.{language}.{name}"
        for language, text in first.texts.items()
        for name in text.filled()
    }
    kept, _ = merge(first, second, edited=frozenset({"title", "authors", *occupied}))
    lost = [
        "\n".join(value) if isinstance(value, tuple) else value
        for language, text in second.texts.items()
        for name in _clashing(first.texts.get(language), text)
        for value in [getattr(text, name)]
    ]
    return kept, lost


def _clashing(first: EntryText | None, second: EntryText) -> list[str]:
    if first is None:
        return []
    both = (f.name for f in fields(EntryText) if getattr(first, f.name) and getattr(second, f.name))
    return [name for name in both if getattr(first, name) != getattr(second, name)]
