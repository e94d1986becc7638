"""Issues: the draft, its freezing into an edition, and how far its deliveries are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from newsletter.content.digest import Digest
from newsletter.content.entry import Period
from newsletter.content.links import Target
from newsletter.content.serial import dump, load
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store import printed
from newsletter.store.arrangements import left_out
from newsletter.store.clicks import store_links
from newsletter.store.editions import compiled
from newsletter.store.endings import refuse_ended
from newsletter.store.fanout import audience_preview, fan_out, standing_counts
from newsletter.store.instants import instant, maybe_instant, seconds
from newsletter.store.selections import selected
from newsletter.store.tables import CompiledRow, DeliveryRow, EditionRow, IssueRow, PlanRow
from newsletter.store.values import DeliveryState, IssueState

__all__ = [
    "Edition",
    "Issue",
    "IssueHead",
    "audience_preview",
    "begin_sending",
    "compiled",
    "counts",
    "distinct_plans",
    "fan_out",
    "finish_if_done",
    "freeze",
    "get_issue",
    "issue_by_id",
    "issue_head",
    "issue_state",
    "list_issues",
    "save_draft",
    "selected",
    "skips",
    "standing_counts",
]

_UNFINISHED = tuple(state for state in DeliveryState if not state.final)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What an issue said when it was frozen; `number` counts from 1."""

    id: int
    number: int
    frozen_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One dated edition of a list. `edition` is None while it is a draft; `note` says why it is
    paused, where that is known."""

    id: int
    list_name: str
    name: str
    period: Period
    state: IssueState
    digest: Digest
    edition: Edition | None
    created_at: dt.datetime
    frozen_at: dt.datetime | None
    finished_at: dt.datetime | None
    note: str = ""
    corrects: int | None = None

    @property
    def ref(self) -> str:
        """As people write it: `ai-for-science/2026-W02`."""
        return f"{self.list_name}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueHead:
    """Where an issue is, without what it says."""

    id: int
    state: IssueState
    note: str


def save_draft(
    session: Session, digest: Digest, now: dt.datetime, *, corrects: int | None = None
) -> Issue:
    """Stores a digest as the draft of its issue, over an earlier draft of it. An announcement goes
    to those alone who got the issue whose id is `corrects`, if it says one.

    Raises:
        ConflictError: the issue is frozen; what people were sent does not change.
    """
    row = _find(session, digest.list.name, digest.name)
    if row is None:
        row = IssueRow(
            list_name=digest.list.name,
            name=digest.name,
            first_day=digest.period.first,
            last_day=digest.period.last,
            state=IssueState.DRAFT,
            digest="",
            created_at=seconds(now),
        )
    elif row.state != IssueState.DRAFT:
        raise ConflictError(
            f"{row.list_name}/{row.name} is {row.state} and stays as it was frozen: "
            "entries that came later belong to another issue"
        )
    row.digest = dump(digest)
    row.announces, row.corrects = bool(digest.subject), corrects
    session.add(row)
    session.flush()
    return _issue(session, row)


def get_issue(session: Session, list_name: str, name: str) -> Issue:
    """The issue of that name.

    Raises:
        NotFoundError: the list has no such issue.
    """
    row = _find(session, list_name, name)
    if row is None:
        raise NotFoundError(
            f"there is no issue {list_name}/{name}: `newsletter issues list` shows those there are"
        )
    return _issue(session, row)


def issue_by_id(session: Session, issue_id: int) -> Issue:
    """The issue of that id.

    Raises:
        NotFoundError: there is none.
    """
    return _issue(session, _row(session, issue_id))


def issue_state(session: Session, issue_id: int) -> IssueState:
    """Where an issue is, without reading what it says.

    Raises:
        NotFoundError: there is none of that id.
    """
    state = session.exec(select(IssueRow.state).where(IssueRow.id == issue_id)).first()
    if state is None:
        raise NotFoundError(f"there is no issue with the id {issue_id}")
    return IssueState(state)


def issue_head(session: Session, list_name: str, name: str) -> IssueHead | None:
    """The issue of that name without what it says, or None."""
    query = select(IssueRow.id, IssueRow.state, IssueRow.note)
    found = session.exec(
        query.where(IssueRow.list_name == list_name, IssueRow.name == name)
    ).first()
    if found is None or found[0] is None:
        return None
    return IssueHead(id=found[0], state=IssueState(found[1]), note=found[2])


def list_issues(session: Session, list_name: str | None = None) -> tuple[Issue, ...]:
    """The issues of one list or of all, the latest first."""
    query = select(IssueRow).order_by(col(IssueRow.last_day).desc(), col(IssueRow.id).desc())
    if list_name is not None:
        query = query.where(IssueRow.list_name == list_name)
    return tuple(_issue(session, row) for row in session.exec(query))


def freeze(
    session: Session,
    issue_id: int,
    compiled: Mapping[str, bytes],
    now: dt.datetime,
    targets: Sequence[Target] = (),
    *,
    of: Digest | None = None,
) -> Edition:
    """Fixes what a draft says, with its compiled forms by languages (`en`, `en+zh`), made `of` it,
    and the links that are counted in them.

    Raises:
        EndedError: its list has ended.
        ConflictError: it is frozen already, or says something else than what was compiled.
    """
    row = session.get(IssueRow, issue_id, with_for_update=True, populate_existing=True)
    row = row or _row(session, issue_id)
    if row.state != IssueState.DRAFT:
        raise ConflictError(
            f"{row.list_name}/{row.name} is {row.state}: only a draft can be frozen"
        )
    refuse_ended(session, row.list_name)
    if of is not None and load(Digest, row.digest) != of:
        raise ConflictError(
            f"{row.list_name}/{row.name} was changed just now: look at it and try again"
        )
    row.state, row.frozen_at = IssueState.FROZEN, seconds(now)
    edition = EditionRow(issue_id=issue_id, number=1, digest=row.digest, frozen_at=seconds(now))
    session.add_all((row, edition))
    session.flush()
    made = _edition(edition)
    session.add_all(
        CompiledRow(edition_id=made.id, languages=languages, body=body)
        for languages, body in compiled.items()
    )
    session.flush()
    store_links(session, made.id, targets)
    printed.note(session, made.id, load(Digest, row.digest), left_out(session, issue_id))
    return made


def begin_sending(session: Session, issue_id: int) -> Issue:
    """Lets an issue go out whose fan-out is complete; nothing changes if it is, or went, out.

    Raises:
        ConflictError: it is a draft, paused or cancelled.
    """
    row = _row(session, issue_id)
    if row.state == IssueState.FROZEN:
        row.state = IssueState.SENDING
        session.add(row)
        session.flush()
    elif row.state not in (IssueState.SENDING, IssueState.SENT):
        ref = f"{row.list_name}/{row.name}"
        paused = row.state == IssueState.PAUSED
        mend = f"`newsletter issues resume {ref}` lets it go on" if paused else "it cannot be sent"
        state = f"{row.state} ({row.note})" if row.note else row.state
        raise ConflictError(f"{ref} is {state}: {mend}")
    return _issue(session, row)


def finish_if_done(session: Session, issue_id: int, now: dt.datetime) -> bool:
    """Marks an issue sent when each of its deliveries has ended; whether it is sent now."""
    row = _row(session, issue_id)
    if row.state == IssueState.SENDING and not _unfinished(session, issue_id):
        row.state, row.finished_at = IssueState.SENT, seconds(now)
        session.add(row)
        session.flush()
    return row.state == IssueState.SENT


def counts(session: Session, issue_id: int) -> Mapping[DeliveryState, int]:
    """Number of deliveries in each state that has any, in the order of the states."""
    rows = dict(
        session.exec(
            select(DeliveryRow.state, func.count())
            .where(DeliveryRow.issue_id == issue_id)
            .group_by(col(DeliveryRow.state))
        ).all()
    )
    return {state: rows[state] for state in DeliveryState if state in rows}


def skips(session: Session, issue_id: int) -> Mapping[str, int]:
    """Number of skipped deliveries by reason, the most frequent first."""
    rows = session.exec(
        select(DeliveryRow.reason, func.count())
        .where(DeliveryRow.issue_id == issue_id, DeliveryRow.state == DeliveryState.SKIPPED)
        .group_by(col(DeliveryRow.reason))
    ).all()
    return dict(sorted(rows, key=lambda row: (-row[1], row[0])))


def distinct_plans(session: Session, issue_id: int) -> int:
    """Number of different messages an issue had so far, not counting what is personal in each."""
    same_edition = col(DeliveryRow.edition_id) == PlanRow.edition_id
    same_choice = col(DeliveryRow.preferences_id) == PlanRow.preferences_id
    query = (
        select(func.count(func.distinct(PlanRow.body)))
        .join(DeliveryRow, same_edition & same_choice)
        .where(DeliveryRow.issue_id == issue_id)
    )
    return session.exec(query).one()


def _unfinished(session: Session, issue_id: int) -> bool:
    query = select(DeliveryRow.id).where(
        DeliveryRow.issue_id == issue_id, col(DeliveryRow.state).in_(_UNFINISHED)
    )
    return session.exec(query.limit(1)).first() is not None


def _find(session: Session, list_name: str, name: str) -> IssueRow | None:
    query = select(IssueRow).where(IssueRow.list_name == list_name, IssueRow.name == name)
    return session.exec(query).first()


def _row(session: Session, issue_id: int) -> IssueRow:
    row = session.get(IssueRow, issue_id)
    if row is None:
        raise NotFoundError(f"there is no issue with the id {issue_id}")
    return row


def _edition(row: EditionRow) -> Edition:
    assert row.id is not None  # noqa: S101 - it was flushed or read
    return Edition(id=row.id, number=row.number, frozen_at=instant(row.frozen_at))


def _issue(session: Session, row: IssueRow) -> Issue:
    assert row.id is not None  # noqa: S101 - it was flushed or read
    last = select(EditionRow).where(EditionRow.issue_id == row.id)
    edition = session.exec(last.order_by(col(EditionRow.number).desc()).limit(1)).first()
    return Issue(
        id=row.id,
        list_name=row.list_name,
        name=row.name,
        period=Period(row.first_day, row.last_day),
        state=IssueState(row.state),
        digest=load(Digest, row.digest),
        edition=None if edition is None else _edition(edition),
        created_at=instant(row.created_at),
        frozen_at=maybe_instant(row.frozen_at),
        finished_at=maybe_instant(row.finished_at),
        note=row.note,
        corrects=row.corrects,
    )
