"""Editors: who may see and change a list's drafts in a browser, and how they come in.

They have no password. A link is mailed, opens once and for a day, and begins a visit; removing an
editor ends it. What they changed keeps their name.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlmodel import Session, col, delete, select

from newsletter.addresses import address_key, parse_address
from newsletter.errors import NotFoundError, TokenError
from newsletter.store.editing_tables import EditorListRow, EditorRow
from newsletter.store.instants import instant, maybe_instant, seconds
from newsletter.store.lists import get_list


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """A person with the lists that they edit. `name` is what the history calls them; `entered_at`
    when they last came in, None if they never did."""

    id: int
    address: str
    name: str
    lists: tuple[str, ...]
    added_at: dt.datetime
    entered_at: dt.datetime | None


def add(
    session: Session, list_name: str, address: str, now: dt.datetime, *, name: str = ""
) -> tuple[Editor, bool]:
    """Makes somebody an editor of a list; whether they were none before. A `name` takes the place
    of the one they had; without any they are called by their address.

    Raises:
        NotFoundError: there is no such list.
        AddressError: that is no address.
    """
    get_list(session, list_name)
    parsed, called = parse_address(address), " ".join(name.split())
    row = _by_address(session, parsed) or EditorRow(
        address=parsed,
        address_key=address_key(parsed),
        name=called or parsed,
        session=secrets.token_hex(16),
        added_at=seconds(now),
    )
    row.name = called or row.name
    session.add(row)
    session.flush()
    assert row.id is not None  # noqa: S101 - it was flushed
    new = session.get(EditorListRow, (row.id, list_name)) is None
    if new:
        session.add(EditorListRow(editor_id=row.id, list_name=list_name))
        session.flush()
    return _editor(session, row), new


def remove(session: Session, list_name: str, address: str) -> Editor:
    """Takes a list from an editor; with their last one, their visits and links end. Who they were.

    Raises:
        NotFoundError: nobody of that address edits that list.
    """
    row = _by_address(session, address)
    held = None if row is None else session.get(EditorListRow, (row.id, list_name))
    if row is None or held is None:
        raise NotFoundError(
            f"{address} does not edit {list_name}: `newsletter editors list` shows who does"
        )
    before = _editor(session, row)
    session.delete(held)
    session.flush()
    if before.lists == (list_name,):
        session.delete(row)
        session.flush()
    return before


def editors(session: Session, list_name: str | None = None) -> tuple[Editor, ...]:
    """The editors of a list or of all, by address."""
    query = select(EditorRow).order_by(EditorRow.address_key)
    if list_name is not None:
        of_list = select(EditorListRow.editor_id).where(EditorListRow.list_name == list_name)
        query = query.where(col(EditorRow.id).in_(of_list))
    return tuple(_editor(session, row) for row in session.exec(query).all())


def editor_at(session: Session, address: str) -> Editor | None:
    """The editor with that address, if there is one."""
    row = _by_address(session, address)
    return None if row is None else _editor(session, row)


def new_link(session: Session, editor_id: int) -> str:
    """The stamp of a link that is about to be mailed; the one before opens nothing from now on.

    Raises:
        NotFoundError: there is no such editor any more.
    """
    row = session.get(EditorRow, editor_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError("there is no such editor any more")
    row.link = secrets.token_hex(16)
    session.add(row)
    session.flush()
    return row.link


def enter(session: Session, editor_id: int, link: str, now: dt.datetime) -> tuple[Editor, str]:
    """Lets in who has the stamp of the last link, once; the stamp of their visit.

    Raises:
        TokenError: the link was used, another was mailed since, or they are no editor any more.
    """
    row = session.get(EditorRow, editor_id, with_for_update=True, populate_existing=True)
    if row is None or not link or not secrets.compare_digest(row.link, link):
        raise TokenError("this link was used already, or a newer one was sent: ask for another")
    row.link, row.entered_at = "", seconds(now)
    session.add(row)
    session.flush()
    return _editor(session, row), row.session


def visiting(session: Session, editor_id: int, visit: str) -> Editor | None:
    """Whose visit has that stamp; None when it has ended."""
    row = session.get(EditorRow, editor_id)
    if row is None or not secrets.compare_digest(row.session, visit):
        return None
    return _editor(session, row)


def end_visits(session: Session, editor_id: int) -> None:
    """Signs an editor out, wherever they are in."""
    row = session.get(EditorRow, editor_id, with_for_update=True, populate_existing=True)
    if row is not None:
        row.session = secrets.token_hex(16)
        session.add(row)
        session.flush()


def forget(session: Session, address: str) -> None:
    """Removes an editor from every list, as an erasure wants; what they changed stays."""
    row = _by_address(session, address)
    if row is not None:
        session.exec(delete(EditorListRow).where(col(EditorListRow.editor_id) == row.id))
        session.delete(row)
        session.flush()


def _by_address(session: Session, address: str) -> EditorRow | None:
    key = address_key(address)
    return session.exec(select(EditorRow).where(EditorRow.address_key == key)).first()


def _editor(session: Session, row: EditorRow) -> Editor:
    assert row.id is not None  # noqa: S101 - it is stored
    query = select(EditorListRow.list_name).where(EditorListRow.editor_id == row.id)
    return Editor(
        id=row.id,
        address=row.address,
        name=row.name,
        lists=tuple(session.exec(query.order_by(EditorListRow.list_name))),
        added_at=instant(row.added_at),
        entered_at=maybe_instant(row.entered_at),
    )
