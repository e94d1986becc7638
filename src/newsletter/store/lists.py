"""Lists: the database follows their files, and nobody's choice is lost on the way."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from newsletter.content.entry import Entry
from newsletter.content.mailinglist import MailingList
from newsletter.content.preferences import Preferences
from newsletter.content.serial import dump, load
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store.instants import instant, seconds
from newsletter.store.selections import preferences_id
from newsletter.store.tables import EntryRow, ListRow, PreferencesRow, SubscriptionRow
from newsletter.store.values import SubscriptionState


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What following a list's file changed: one line a difference, none when nothing did; and
    the drafts that were made anew to say so, too."""

    list: str
    created: bool
    changes: tuple[str, ...]
    drafts: tuple[str, ...] = ()


def get_list(session: Session, name: str) -> MailingList:
    """The list of that name, as its file was when it was last followed.

    Raises:
        NotFoundError: there is none.
    """
    return load(MailingList, _row(session, name).body)


def list_names(session: Session) -> tuple[str, ...]:
    """The names of all lists, in order."""
    return tuple(session.exec(select(ListRow.name).order_by(ListRow.name)))


def synced_at(session: Session, name: str) -> dt.datetime:
    """When a list's file was last followed.

    Raises:
        NotFoundError: there is no such list.
    """
    return instant(_row(session, name).synced_at)


def sync_list(
    session: Session,
    mailing_list: MailingList,
    renames: Mapping[str, str],
    *,
    drop_topics: frozenset[str] = frozenset(),
    now: dt.datetime,
) -> SyncReport:
    """Makes the store follow a list's file; subscribers and lists are never deleted.

    `renames` are topics' old names and their new ones: who named the old one has the new one
    now. A topic in `drop_topics` is taken out of people's choices; whoever followed it alone has
    chosen nothing then, and gets no mail.

    Raises:
        ConflictError: a topic that people follow or mute would vanish otherwise.
    """
    row = session.get(ListRow, mailing_list.name)
    body = dump(mailing_list)
    if row is None:
        session.add(ListRow(name=mailing_list.name, body=body, synced_at=seconds(now)))
        session.flush()
        topics = f"{len(mailing_list.topics.topics)} topics"
        return SyncReport(list=mailing_list.name, created=True, changes=(f"new, with {topics}",))
    before = load(MailingList, row.body)
    gone = [t.name for t in before.topics.topics if t.name not in mailing_list.topics]
    moves: dict[str, str | None] = {old: new for old, new in renames.items() if old in gone}
    lost = [name for name in gone if name not in moves]
    _refuse_lost(session, mailing_list.name, [name for name in lost if name not in drop_topics])
    moves |= dict.fromkeys(lost)
    lines = [*_differences(json.loads(row.body), json.loads(body))]
    if moves:
        lines += _move_people(session, mailing_list.name, moves)
        _move_entries(session, moves)
    row.body, row.synced_at = body, seconds(now)
    session.add(row)
    session.flush()
    return SyncReport(list=mailing_list.name, created=False, changes=tuple(lines))


def _row(session: Session, name: str) -> ListRow:
    row = session.get(ListRow, name)
    if row is None:
        names = list_names(session)
        those = f"there are {', '.join(names)}" if names else "there are none yet"
        raise NotFoundError(
            f"there is no list {name!r}; {those}: `newsletter lists sync` follows the files"
        )
    return row


def _refuse_lost(session: Session, list_name: str, names: list[str]) -> None:
    for name in names:
        people = sum(
            number
            for _, choice, number in _choices(session, list_name)
            if name in (choice.follows or ()) or name in choice.mutes
        )
        if people:
            raise ConflictError(
                f'{list_name}: {_people(people)} chose the topic "{name}", which the file lacks: '
                f'write was = ["{name}"] in the topic that takes its place, '
                f"or give --drop-topic {name}"
            )


def _choices(session: Session, list_name: str) -> list[tuple[int, Preferences, int]]:
    """Each distinct preferences on a list, with the number of people who have not left."""
    staying = func.count().filter(col(SubscriptionRow.state) != SubscriptionState.LEFT)
    rows = session.exec(
        select(PreferencesRow, staying)
        .join(SubscriptionRow, col(SubscriptionRow.preferences_id) == PreferencesRow.id)
        .where(SubscriptionRow.list_name == list_name)
        .group_by(col(PreferencesRow.id))
    )
    return [(row.id or 0, load(Preferences, row.body), number) for row, number in rows]


def _move_people(
    session: Session, list_name: str, moves: Mapping[str, str | None]
) -> Iterator[str]:
    touched: dict[str, int] = {}
    for number, choice, people in _choices(session, list_name):
        named = ((choice.follows or frozenset()) | choice.mutes) & moves.keys()
        if not named:
            continue
        new = replace(
            choice,
            follows=None if choice.follows is None else _moved(choice.follows, moves),
            mutes=_moved(choice.mutes, moves),
        )
        session.connection().execute(
            update(SubscriptionRow)
            .where(
                col(SubscriptionRow.list_name) == list_name,
                col(SubscriptionRow.preferences_id) == number,
            )
            .values(preferences_id=preferences_id(session, new))
        )
        for name in named:
            touched[name] = touched.get(name, 0) + people
    for name, people in sorted(touched.items()):
        have = "has" if people == 1 else "have"
        to = f"{have} {moves[name]} instead" if moves[name] else f"no longer {have} it"
        yield f"{_people(people)} who chose {name} {to}"


def _people(number: int) -> str:
    return "one person" if number == 1 else f"{number} people"


def _moved(names: frozenset[str], moves: Mapping[str, str | None]) -> frozenset[str]:
    return frozenset(new for name in names if (new := moves.get(name, name)) is not None)


def _move_entries(session: Session, moves: Mapping[str, str | None]) -> None:
    """An editor's choice of topics follows a rename; a dropped topic is passed over anyway."""
    for row in session.exec(select(EntryRow).where(col(EntryRow.edited).contains('"topics"'))):
        entry = load(Entry, row.body)
        if entry.topics and moves.keys() & set(entry.topics):
            topics = tuple(dict.fromkeys(moves.get(name) or name for name in entry.topics))
            row.body = dump(replace(entry, topics=topics))
            session.add(row)


def _differences(before: object, after: object, place: str = "") -> Iterator[str]:
    """The differences of two values in JSON, a line each, named by their place."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            inner = f"{place}.{key}" if place else key
            yield from _differences(_shape(before.get(key)), _shape(after.get(key)), inner)
    elif before != after:
        yield f"{place}: {_shown(before)} → {_shown(after)}"


def _shape(value: object) -> object:
    """A list of topics by their names, so that one that moved is not every one that changed."""
    if (
        isinstance(value, list)
        and value
        and all(isinstance(v, dict) and "name" in v for v in value)
    ):
        return {item["name"]: item for item in value}
    return value


def _shown(value: object) -> str:
    if value in (None, "", [], {}):
        return "nothing"
    if isinstance(value, dict) and "name" in value and "titles" in value:
        return "a topic"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
