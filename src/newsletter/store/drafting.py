"""A draft: a function of what is stored and of what editors decided for that issue."""

from __future__ import annotations

from dataclasses import replace

from sqlmodel import Session, col, select

from newsletter.content.arranging import AS_STORED
from newsletter.content.digest import Digest, assemble
from newsletter.content.entry import Period
from newsletter.content.mailinglist import MailingList
from newsletter.content.serial import dump, load
from newsletter.content.window import issue_name
from newsletter.store.arrangements import by_keys, decided
from newsletter.store.entries import briefs_in, entries_in
from newsletter.store.tables import IssueRow
from newsletter.store.taking_in import taken_in
from newsletter.store.values import IssueState


def draft_digest(
    session: Session, mailing_list: MailingList, window: Period, name: str = ""
) -> Digest:
    """The digest of the list's issue for `window`, as it would be put together now: with the
    editor's choices and notes, if that issue is there, and with what it takes in of other days.

    `name` is the issue's own where that is known.
    """
    name = name or name_of(session, mailing_list, window)
    row = session.exec(
        select(IssueRow)
        .where(IssueRow.list_name == mailing_list.name, IssueRow.name == name)
        .with_for_update()  # so that putting it together loses nothing that is written meanwhile
    ).first()
    issue_id = None if row is None else row.id
    besides, briefs = taken_in(session, mailing_list, window, issue_id)
    digest = assemble(
        mailing_list,
        window,
        entries_in(session, window),
        briefs_in(session, window),
        AS_STORED if issue_id is None else by_keys(session, decided(session, issue_id)),
        besides=besides,
        briefs_besides=briefs,
    )
    if row is None:
        return digest
    return replace(digest, name=name, notes=load(Digest, row.digest).notes)


def name_of(session: Session, mailing_list: MailingList, window: Period) -> str:
    """The name of the list's issue for `window`: the one that it has, although the list may begin
    its week on another day by now, or the one that it will have."""
    wanted = issue_name(window, mailing_list.week_starts)
    query = select(IssueRow.name).where(
        IssueRow.list_name == mailing_list.name,
        IssueRow.first_day == window.first,
        IssueRow.last_day == window.last,
        col(IssueRow.announces).is_(False),
    )
    found = session.exec(query.order_by(col(IssueRow.id))).all()
    return wanted if wanted in found else next(iter(found), wanted)


def redraw(session: Session, row: IssueRow, mailing_list: MailingList | None = None) -> bool:
    """Puts a draft together anew, its list as it was or as `mailing_list` says; whether it says
    something else now."""
    before = load(Digest, row.digest)
    body = dump(draft_digest(session, mailing_list or before.list, before.period, row.name))
    if body == row.digest:
        return False
    row.digest = body
    session.add(row)
    session.flush()
    return True


def redraw_all(session: Session) -> None:
    """Puts every draft together anew, after an entry was changed that any of them may have."""
    for row in drafts(session):
        redraw(session, row)


def follow_list(session: Session, mailing_list: MailingList) -> tuple[str, ...]:
    """Puts those of a list's drafts together anew that were made when it said something else, and
    names them. What editors decided and wrote stays."""
    return tuple(
        f"{row.list_name}/{row.name}"
        for row in drafts(session)
        if row.list_name == mailing_list.name
        and load(Digest, row.digest).list != mailing_list
        and redraw(session, row, mailing_list)
    )


def lead_to(session: Session, issue_id: int, public_url: str) -> None:
    """Lets a draft's links lead to `public_url`, and changes nothing else of it. Its review tells
    it from the one that was judged."""
    query = select(IssueRow).where(IssueRow.id == issue_id, IssueRow.state == IssueState.DRAFT)
    row = session.exec(query.with_for_update()).first()
    if row is not None:
        row.digest = dump(led_to(load(Digest, row.digest), public_url))
        session.add(row)
        session.flush()


def led_to(digest: Digest, public_url: str) -> Digest:
    """The same digest, with links that lead to `public_url`."""
    return replace(digest, list=replace(digest.list, public_url=public_url))


def drafts(session: Session) -> tuple[IssueRow, ...]:
    """The rows of all drafts of issues, the oldest first."""
    query = select(IssueRow).where(
        IssueRow.state == IssueState.DRAFT, col(IssueRow.announces).is_(False)
    )
    return tuple(session.exec(query.order_by(col(IssueRow.id))).all())
