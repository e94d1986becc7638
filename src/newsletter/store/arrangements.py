"""What editors decided for an issue, stored by entries' ids: a key changes when an id is learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlmodel import Session, col, select

from newsletter.content.arranging import Arrangement, Editorial
from newsletter.content.entry import Entry, Tier
from newsletter.content.serial import dump, load
from newsletter.store.editing_tables import ArrangementRow
from newsletter.store.tables import EntryRow


@dataclass(frozen=True, kw_only=True)
class Decided:
    """An `Arrangement` with the ids of entries in place of their keys."""

    order: tuple[int, ...] = ()
    tiers: Mapping[int, Tier] = field(default_factory=lambda: MappingProxyType({}))
    dropped: frozenset[int] = frozenset()
    editorial: Mapping[Editorial, Mapping[str, str]] = field(
        default_factory=lambda: MappingProxyType({})
    )


def decided(session: Session, issue_id: int) -> Decided:
    """What was decided for an issue so far."""
    row = session.get(ArrangementRow, issue_id, populate_existing=True)
    return Decided() if row is None else load(Decided, row.body)


def decide(session: Session, issue_id: int, choices: Decided) -> None:
    """Stores what is decided for an issue from now on."""
    row = session.get(ArrangementRow, issue_id) or ArrangementRow(issue_id=issue_id, body="")
    row.body = dump(choices)
    session.add(row)
    session.flush()


def by_keys(session: Session, choices: Decided) -> Arrangement:
    """The same with the keys that the entries have now; those that are gone are left out."""
    ids = {*choices.order, *choices.tiers, *choices.dropped}
    keys = _keys(session, ids) if ids else {}
    return Arrangement(
        order=tuple(keys[number] for number in choices.order if number in keys),
        tiers={keys[number]: tier for number, tier in choices.tiers.items() if number in keys},
        dropped=frozenset(keys[number] for number in choices.dropped if number in keys),
        editorial=choices.editorial,
    )


def left_out(session: Session, issue_id: int) -> tuple[Entry, ...]:
    """The entries that editors left out of an issue."""
    dropped = decided(session, issue_id).dropped
    rows = session.exec(
        select(EntryRow.body).where(col(EntryRow.id).in_(dropped)).order_by(col(EntryRow.id))
    )
    return tuple(load(Entry, body) for body in rows)


def ids_of(session: Session, keys: tuple[str, ...]) -> tuple[int, ...]:
    """The ids of stored entries in the order of their keys."""
    rows = session.exec(select(EntryRow.key, EntryRow.id).where(col(EntryRow.key).in_(keys)))
    found = dict(rows.all())
    return tuple(number for key in keys if (number := found.get(key)) is not None)


def _keys(session: Session, ids: set[int]) -> dict[int, str]:
    rows = session.exec(select(EntryRow.id, EntryRow.key).where(col(EntryRow.id).in_(ids)))
    return {number: key for number, key in rows if number is not None}
