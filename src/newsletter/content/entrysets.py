"""Sets of a digest's entries as integers: an octet for each entry, which is 1 if it is in the set.

What is done for every reader is so done for all entries at once: `|`, `&` and `& ~` join, meet and
take away, `bit_count()` counts.
"""

from __future__ import annotations

from collections.abc import Iterable

EntrySet = int
NO_ENTRIES: EntrySet = 0


def entry_set(indices: Iterable[int]) -> EntrySet:
    """The entries at these positions."""
    found = NO_ENTRIES
    for index in indices:
        found |= 1 << 8 * index
    return found


def flags(entries: EntrySet, total: int) -> bytes:
    """An octet for each of `total` entries, in their order: 1 if it is among `entries`, else 0."""
    return entries.to_bytes(total, "little")


def from_flags(octets: bytes) -> EntrySet:
    """The inverse of `flags`."""
    return int.from_bytes(octets, "little")


def first(entries: EntrySet) -> EntrySet:
    """The first of them alone; none of none."""
    return entries & -entries


def last(entries: EntrySet) -> int:
    """The position of the last of some entries."""
    return (entries.bit_length() - 1) // 8


def beyond(entries: EntrySet, most: int) -> EntrySet:
    """Those after the first `most` of them."""
    while most > 0 and entries:
        entries &= entries - 1  # without its lowest bit, which is the first entry's
        most -= 1
    return entries
