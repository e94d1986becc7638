"""`newsletter status`: where every issue is, or one of them with what hinders it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer
from sqlmodel import Session

from newsletter.cli.canary import describe
from newsletter.cli.edge import (
    JsonOption,
    database,
    out,
    show_facts,
    show_json,
    show_table,
    split_issue,
)
from newsletter.cli.standing import show_standing
from newsletter.cli.unread import warn_of_unread_mail
from newsletter.content.mailinglist import InDoubt
from newsletter.content.numbers import counted
from newsletter.content.serial import plain
from newsletter.store import canary, issues, ledger
from newsletter.store.canary import Canary
from newsletter.store.database import Database
from newsletter.store.deliveries import DeliveryView
from newsletter.store.doubts import left_behind
from newsletter.store.endings import Ending, ending
from newsletter.store.issues import Issue
from newsletter.store.senders import alive_in
from newsletter.store.values import DeliveryState
from newsletter.store.waves import WaitingWave, waiting_waves


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """How far an issue is. `left` are those of the doubtful whose sender has ended."""

    issue: Issue
    counts: Mapping[DeliveryState, int]
    skips: Mapping[str, int]
    few: Canary | None
    waves: Sequence[WaitingWave]
    doubtful: Sequence[str]
    left: Sequence[DeliveryView]
    ended: Ending | None


def status(
    issue: Annotated[str | None, typer.Argument(metavar="[ISSUE]")] = None, json: JsonOption = False
) -> None:
    """Every issue with its deliveries by state; or one, in full.

    Of one issue it also says why readers were skipped; without any, what is next and what is late.
    """
    with database() as db, db.read() as session:
        if issue is None:
            _show_all(db, session, json)
            return
        found = _standing(db, session, issues.get_issue(session, *split_issue(issue)))
    if json:
        show_json(_as_json(found))
    else:
        _show(found)


def _show_all(db: Database, session: Session, json: bool) -> None:
    warn_of_unread_mail(session)
    rows = [
        (found, _counts(session, found, left_behind(session, found.id, alive_in(db))))
        for found in issues.list_issues(session)
    ]
    if json:
        show_json([_summary(found, counts) for found, counts in rows])
        return
    # Somebody who looks wants to see what is; a program, the same columns each time.
    states = [s for s in DeliveryState if not out.is_terminal or any(c.get(s) for _, c in rows)]
    show_table(
        ("issue", "state", *states),
        [(f.ref, f.state, *(c.get(s, 0) for s in states)) for f, c in rows],
        cut=0,
    )
    show_standing(session)


def _standing(db: Database, session: Session, issue: Issue) -> _Standing:
    left = left_behind(session, issue.id, alive_in(db))
    held = ledger.deliveries(session, issue.id, state=DeliveryState.IN_DOUBT)
    return _Standing(
        issue=issue,
        counts=_counts(session, issue, left),
        skips=issues.skips(session, issue.id),
        few=canary.canary(session, issue.id),
        waves=waiting_waves(session, issue.id),
        doubtful=[row.address for row in (*held, *left)],
        left=left,
        ended=ending(session, issue.list_name),
    )


def _as_json(found: _Standing) -> dict[str, object]:
    return {
        **_summary(found.issue, found.counts),
        "note": found.issue.note,
        "canary": plain(found.few) if found.few else None,
        "waves": [{"at": wave.at, "readers": wave.readers} for wave in found.waves],
        "skipped_because": found.skips,
        "in_doubt": found.doubtful,
        "list_ended": found.ended.at if found.ended else None,
    }


def _show(found: _Standing) -> None:
    issue = found.issue
    show_facts(
        {
            "issue": issue.ref,
            "state": f"{issue.state}: {issue.note}" if issue.note else issue.state,
            **({"list": f"ended on {found.ended.at:%Y-%m-%d}"} if found.ended else {}),
            **({"canary": describe(found.few)} if found.few else {}),
            "days": f"{issue.period.first} to {issue.period.last}",
            "entries": len(issue.digest.entries),
            **{state: number for state, number in found.counts.items() if number},
        }
    )
    for wave in found.waves:
        at = f"{wave.at.astimezone():%a %H:%M %Z}"
        out.print(f"  wave of {at}: {counted(wave.readers, 'reader')}")
    for reason, number in found.skips.items():
        out.print(f"  skipped, {reason}: {number}")
    for address in found.doubtful:
        out.print(f"  in doubt: {address}")
    if found.left:
        resends = issue.digest.list.policies.in_doubt is InDoubt.RESEND
        out.print(
            f"their sender ended: `newsletter send {issue.ref}` "
            f"{'sends them the same again' if resends else 'holds them'}; "
            f"`newsletter deliveries resolve {issue.ref} ADDRESS` settles one by hand"
        )


def _counts(
    session: Session, found: Issue, left: Sequence[DeliveryView]
) -> dict[DeliveryState, int]:
    """Deliveries by state; what dead senders left is in doubt, whatever its row still says."""
    counts = dict(issues.counts(session, found.id))
    if left:
        sending, doubtful = DeliveryState.SENDING, DeliveryState.IN_DOUBT
        counts[sending] = counts.get(sending, 0) - len(left)
        counts[doubtful] = counts.get(doubtful, 0) + len(left)
    return counts


def _summary(found: Issue, counts: Mapping[DeliveryState, int]) -> dict[str, object]:
    return {
        "issue": found.ref,
        "state": found.state,
        "first_day": found.period.first,
        "last_day": found.period.last,
        "entries": len(found.digest.entries),
        "deliveries": {state.value: counts.get(state, 0) for state in DeliveryState},
    }
