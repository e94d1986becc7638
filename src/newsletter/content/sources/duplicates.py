"""A paper that one document names twice: one entry, nothing of either lost."""

from __future__ import annotations

from collections.abc import Iterable

from newsletter.content.entry import Entry, EntryText, arxiv_key, fold_title
from newsletter.content.merging import merge
from newsletter.content.sources.document import Remark

_OWN = ("title", "authors")


def united(found: Iterable[tuple[int, Entry]]) -> tuple[list[Entry], list[Remark], list[str]]:
    """Entries without repetition, a remark for each repeated one, and the texts that stepped back.

    The first place is kept, the higher tier, and the categories and links of both. Where both say
    something in the same field, the first one's words stay and the other's are given back.
    """
    entries: list[Entry] = []
    remarks: list[Remark] = []
    stepped_back: list[str] = []
    places = _Places()
    for line, entry in found:
        place = places.of(entry)
        if place is None:
            place = len(entries)
            entries.append(entry)
        else:
            remarks.append(Remark(line, f"{entry.title!r} stands here again; made one entry"))
            entries[place], lost = _unite(entries[place], entry)
            stepped_back.extend(lost)
            remarks.extend(Remark(line, f"kept aside: {text}") for text in lost)
        places.add(entries[place], place)
    return entries, remarks, stepped_back


class _Places:
    """Where the entries stand that a further one may be the same paper as.

    It answers as `same_paper` would, in constant time: thousands may share a title.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, int] = {}
        self._by_title: dict[str, int] = {}
        self._without_id: dict[str, int] = {}

    def of(self, entry: Entry) -> int | None:
        title = fold_title(entry.title)
        if entry.arxiv_id is None:
            return self._by_title.get(title)
        place = self._by_id.get(arxiv_key(entry.arxiv_id))
        return self._without_id.get(title) if place is None else place

    def add(self, entry: Entry, place: int) -> None:
        title = fold_title(entry.title)
        self._by_title.setdefault(title, place)
        if entry.arxiv_id is None:
            self._without_id.setdefault(title, place)
        else:
            self._by_id[arxiv_key(entry.arxiv_id)] = place
            self._without_id.pop(title, None)


def _unite(first: Entry, second: Entry) -> tuple[Entry, list[str]]:
    occupied = {
        f"texts.{language}.{name}"
        for language, text in first.texts.items()
        for name in text.filled()
    }
    occupied |= {name for name in _OWN if getattr(first, name)}
    kept, _ = merge(first, second, edited=frozenset(occupied))
    same_title = fold_title(first.title) == fold_title(second.title)
    lost = _clashing(first, second, ("authors",) if same_title else _OWN)
    for language, text in second.texts.items():
        lost += _clashing(first.texts.get(language, EntryText()), text, text.filled())
    return kept, lost


def _clashing(
    first: Entry | EntryText, second: Entry | EntryText, names: Iterable[str]
) -> list[str]:
    """What `second` says in fields where `first` says something else."""
    pairs = [(getattr(first, name), getattr(second, name)) for name in names]
    differing = [ours for theirs, ours in pairs if theirs and ours and theirs != ours]
    return ["\n".join(value) if isinstance(value, tuple) else value for value in differing]
