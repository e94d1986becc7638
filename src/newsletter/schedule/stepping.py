"""One slot's steps: each done, then noted, or its failure noted; and who is told of what.

A step's effect is durable before the slot moves on, and doing it again changes nothing: a draft is
put together anew, a frozen issue is not frozen twice, and the mail to editors is put into the
outbox by the transaction that says they were told. So a clock may be killed anywhere, and the next
one goes on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import structlog
from sqlmodel import Session

from newsletter.content.mailinglist import MailingList, TooFew
from newsletter.content.timing import ReviewPolicy, Unreviewed
from newsletter.errors import NewsletterError, TooFewError
from newsletter.schedule.deciding import Facts, Step, deadline, next_step, retry_at
from newsletter.schedule.hands import Hands, News
from newsletter.store import issues, outbox, reviews, slots
from newsletter.store.database import Database
from newsletter.store.issues import IssueHead
from newsletter.store.outbox import Mail
from newsletter.store.slots import Slot, SlotState
from newsletter.store.values import IssueState

TELL_AFTER = 2
"""Failures of a step in a row after which editors are told: the first may be a proxy's restart."""

MOST_MAILED = 4
"""Issues missed in a row of which each has its mail; the first of these tells of those before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that a tick did: a step of a slot as it was before, or why the step failed."""

    slot: Slot
    step: Step
    error: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """What is due of one slot."""

    db: Database
    hands: Hands
    mailing_list: MailingList
    name: str
    now: dt.datetime

    def done(self) -> Iterator[Event]:
        """Step by step, until none is due or one fails."""
        for _ in Step:
            slot, issue, facts = self._read()
            step = next_step(slot, facts, self.mailing_list.schedule, self.now)
            if step is None:
                self._tell_of_trouble(slot, issue)
                return
            error = self._try(step, slot, issue, facts)
            yield Event(slot=slot, step=step, error=error)
            if error:
                return

    def _read(self) -> tuple[Slot, IssueHead | None, Facts]:
        with self.db.read() as session:
            slot = slots.get_slot(session, self.mailing_list.name, self.name)
            issue = issues.issue_head(session, self.mailing_list.name, self.name)
            draft = issue is not None and issue.state is IssueState.DRAFT
            files = self.hands.files
            review = reviews.review(session, issue.id, files) if issue and draft else None
        return slot, issue, Facts(issue=issue.state if issue else None, review=review)

    @property
    def _read_first(self) -> bool:
        return self.mailing_list.schedule.review is ReviewPolicy.REQUIRED

    def _try(self, step: Step, slot: Slot, issue: IssueHead | None, facts: Facts) -> str:
        """Does a step; why it failed, or empty."""
        log = structlog.get_logger("newsletter.schedule")
        try:
            self._perform(step, slot, issue, facts)
        except NewsletterError as error:
            reason = str(error)  # it says all; a traceback would say less
            log.warning("failed", issue=slot.ref, step=step.value, reason=reason)
        except Exception as error:  # whatever it was, it must not stop the clock unseen
            reason = f"a fault of the program ({type(error).__name__}: {error}); its log says more"
            log.exception("failed", issue=slot.ref, step=step.value)
        else:
            log.info("done", issue=slot.ref, step=step.value)
            return ""
        self._note_failure(slot, reason)
        return reason

    def _perform(self, step: Step, slot: Slot, issue: IssueHead | None, facts: Facts) -> None:
        match step:
            case Step.ASSEMBLE:
                self.hands.assemble(slot, self.now)
                self._advance(slot, SlotState.DRAFTED, slot.remind_at)
            case Step.REMIND:
                self._remind(slot, issue)
            case Step.SEND:
                self._send(slot, approved=facts.approved)
            case Step.FOLLOW:
                self._advance(slot, SlotState.SENDING, self.now)
            case Step.HOLD:
                self._hold(slot, facts)
            case Step.MISS:
                self._miss(slot)
            case Step.SKIP:
                self._pass_over(slot)
            case Step.CLOSE:
                self._settle(slot, SlotState.SENT)
            case Step.CANCELLED:
                self._settle(slot, SlotState.SKIPPED, note="the issue was cancelled")

    def _send(self, slot: Slot, *, approved: bool) -> None:
        try:
            self.hands.release(slot, self.now, approved=approved)
        except TooFewError as error:
            if self.mailing_list.policies.too_few is not TooFew.SKIP:
                raise
            note = f"{str(error).partition(':')[0]}; what it holds goes into the next one"
            mails = self._alarm(slot, News.TOO_FEW, note)
            self._settle(slot, SlotState.SKIPPED, note=note, carry=True, mails=mails)
        else:
            self._advance(slot, SlotState.SENDING, self.now)

    def _remind(self, slot: Slot, issue: IssueHead | None) -> None:
        asked = deadline(slot, self.mailing_list.schedule)
        least = self.now + (slot.send_at - slot.remind_at)
        mails = self.hands.reminder(slot, max(asked, least) if self._read_first else None, self.now)
        with self.db.write() as session:
            if not slots.advance(
                session, slot, SlotState.REMINDED, slot.send_at, reminded=self.now
            ):
                return
            if self._read_first and issue is not None:
                reviews.ask(session, issue.id, self.now, files=self.hands.files)
            _put(session, mails, self.now)

    def _hold(self, slot: Slot, facts: Facts) -> None:
        schedule = self.mailing_list.schedule
        until, note, told = deadline(slot, schedule), "nobody has approved it", True
        if facts.refused and facts.review is not None:
            note = f"{facts.review.by} wants changes: {' '.join(facts.review.note.split())}"
            told = self._read_first and schedule.unreviewed is Unreviewed.SKIP
        mails = self._alarm(slot, News.HELD, note, until if told else None)
        self._advance(slot, SlotState.HELD, until, note=note, mails=mails)

    def _miss(self, slot: Slot) -> None:
        note = slot.error or "no clock ran when it should have gone"
        earlier, later = self._missed_beside(slot)
        mails: Sequence[Mail] = ()
        if later < MOST_MAILED:
            reason = note
            if earlier and later == MOST_MAILED - 1:
                reason = (
                    f"{note}; {earlier} before it missed theirs, too: `newsletter schedule "
                    f"{slot.list_name}` names them, and `newsletter schedule skip --missed "
                    f"{slot.list_name}` lets them all be"
                )
            mails = self._alarm(slot, News.MISSED, reason)
        self._advance(slot, SlotState.MISSED, self.now, note=note, mails=mails)

    def _missed_beside(self, slot: Slot) -> tuple[int, int]:
        """How many of the list's issues before and after one wait for somebody's word as well, or
        will in a moment."""
        with self.db.read() as session:
            found = slots.open_slots(session, slot.list_name)
        grace = dt.timedelta(minutes=self.mailing_list.schedule.grace)
        earlier = sum(one.send_at < slot.send_at for one in found if one.state is SlotState.MISSED)
        later = sum(
            slot.send_at < one.send_at < self.now - grace
            for one in found
            if one.state not in (SlotState.HELD, SlotState.SENDING)
        )
        return earlier, later

    def _pass_over(self, slot: Slot) -> None:
        note = "nobody approved it in time; what it holds goes into the next one"
        mails = self._alarm(slot, News.PASSED_OVER, note)
        self._settle(slot, SlotState.SKIPPED, note=note, carry=True, mails=mails)

    def _note_failure(self, slot: Slot, reason: str) -> None:
        failures = slot.attempts + 1
        due = retry_at(failures, self.now)
        told, mails = "", tuple[Mail, ...]()
        if failures == TELL_AFTER and not slot.told:
            told, mails = reason, tuple(self._alarm(slot, News.FAILED, reason, due))
        with self.db.write() as session:
            if slots.fail(session, slot, reason, due, told=told):
                _put(session, mails, self.now)

    def _tell_of_trouble(self, slot: Slot, issue: IssueHead | None) -> None:
        """Says once of an issue on its way that it does not get on."""
        if slot.state is not SlotState.SENDING or issue is None:
            return
        paused = issue.state is IssueState.PAUSED
        reason = f"paused: {issue.note or 'by hand'}" if paused else slot.error
        if not reason or slot.told == reason:
            return
        mails = self._alarm(slot, News.STOPPED, reason)
        with self.db.write() as session:
            if slots.tell(session, slot, reason):
                _put(session, mails, self.now)

    def _advance(
        self,
        slot: Slot,
        state: SlotState,
        due: dt.datetime,
        *,
        note: str = "",
        mails: Sequence[Mail] = (),
    ) -> None:
        with self.db.write() as session:
            if slots.advance(session, slot, state, due, note=note, told=note):
                _put(session, mails, self.now)

    def _settle(
        self,
        slot: Slot,
        state: SlotState,
        *,
        note: str = "",
        carry: bool = False,
        mails: Sequence[Mail] = (),
    ) -> None:
        with self.db.write() as session:
            if slots.settle(session, slot, state, self.now, note=note, carry=carry):
                _put(session, mails, self.now)

    def _alarm(
        self, slot: Slot, news: News, reason: str, until: dt.datetime | None = None
    ) -> Sequence[Mail]:
        """The mails; none, and a line in the log, where they cannot be written."""
        try:
            return self.hands.alarm(slot, news, reason, until, self.now)
        except NewsletterError as error:
            why = str(error)  # as above
            structlog.get_logger("newsletter.schedule").error("nobody told", reason=why)
        except Exception:  # what went wrong must be on record all the same
            log = structlog.get_logger("newsletter.schedule")
            log.exception("nobody told", issue=slot.ref)
        return ()


def _put(session: Session, mails: Sequence[Mail], now: dt.datetime) -> None:
    for mail in mails:
        outbox.put(session, mail, now)
