"""After the canary: waiting for what comes back from the few, and whether the rest may follow."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import suppress

import structlog

from newsletter.content.mailinglist import Policies
from newsletter.delivery.sender import Surroundings
from newsletter.store import canary, issues, steering
from newsletter.store.canary import Fared
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.values import IssueState

LOOK_EVERY = 0.5
"""Seconds between two looks at the clock and the issue."""


async def passes(database: Database, issue: Issue, around: Surroundings) -> bool:
    """Whether the rest of an issue goes out now because its canary went well.

    The few must all have been tried. Then the hold is waited for, from wherever an earlier process
    left it; too many refusals or bounces pause the issue. False, too, without a canary or when told
    to stop.
    """
    with database.write() as session:
        if not canary.is_drawn(session, issue.id) or canary.fared(session, issue.id).left:
            return False
        until = canary.begin_hold(session, issue.id, around.clock())
    log = structlog.get_logger("newsletter.delivery")
    if around.clock() < until:
        log.info("the first few have it; the rest waits", until=f"{until:%Y-%m-%d %H:%M:%S} UTC")
        around.held(until)
    if not await _waited(database, issue, around, until):
        return False
    with database.write() as session:
        reason = too_bad(canary.fared(session, issue.id), issue.digest.list.policies)
        if reason:
            steering.pause(session, issue.id, reason)
        canary.release(session, issue.id)  # resuming a paused issue sends to everybody
    return not reason


def too_bad(fared: Fared, policies: Policies) -> str:
    """Why nobody else should get the issue; empty if it went well enough."""
    if not fared.answered:
        return "of the first few nobody's server has answered"
    for number, most, what in (
        (fared.refused, policies.most_refused, "were refused"),
        (fared.bounced, policies.most_bounced, "came back"),
    ):
        if number * 100 > most * fared.answered:
            return f"of the first {fared.answered}, {number} {what}, more than {most} %"
    return ""


async def _waited(
    database: Database, issue: Issue, around: Surroundings, until: dt.datetime
) -> bool:
    while not around.stop.is_set() and await asyncio.to_thread(_going, database, issue.id):
        left = (until - around.clock()).total_seconds()
        if left <= 0:
            return True
        with suppress(TimeoutError):
            await asyncio.wait_for(around.stop.wait(), min(left, LOOK_EVERY))
    return False


def _going(database: Database, issue_id: int) -> bool:
    with database.read() as session:
        return issues.issue_state(session, issue_id) is IssueState.SENDING
