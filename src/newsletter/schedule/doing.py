"""The clock's hands in earnest: drafts, mails to editors, and the freezing of what goes out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from newsletter import checking, forecasting, workflow
from newsletter.checking import Report
from newsletter.content.mailinglist import MailingList
from newsletter.content.moments import local_day
from newsletter.content.timing import ReviewPolicy
from newsletter.delivery.letters import Letters
from newsletter.errors import ConflictError
from newsletter.rendering.checks import Severity
from newsletter.rendering.templates import files_print
from newsletter.schedule.hands import News
from newsletter.store import editors, issues, lists, reviews
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.outbox import Mail
from newsletter.store.reviews import ReviewState
from newsletter.store.slots import Slot

MOST_FINDINGS = 12
"""Findings that a reminder lists; the page has them all."""

Prove = Callable[[Issue], None]
"""Makes sure that readers of an issue can leave; raises a NewsletterError where they could not."""


@dataclass(frozen=True)
class Doing:
    """`public_url` takes the place of each list's own, `folders` hold templates."""

    db: Database
    letters: Letters
    folders: Sequence[Path]
    public_url: str
    prove: Prove

    def assemble(self, slot: Slot, now: dt.datetime) -> None:
        """The draft of its days; one that was frozen by hand stays as it is."""
        workflow.issue_of_week(self.db, slot.list_name, slot.window, now, self.public_url)

    def release(self, slot: Slot, now: dt.datetime, *, approved: bool) -> None:
        """Proves, checks and freezes. What nobody has to read is put together once more, so that
        what came in since the draft is in it; what was approved goes as it was approved.

        Raises:
            TooFewError: it has fewer entries than its list wants.
            NewsletterError: it may not go as it is, or not now.
        """
        with self.db.read() as session:
            mailing_list = lists.get_list(session, slot.list_name)
            issue = issues.get_issue(session, slot.list_name, slot.issue)
            judged = reviews.review(session, issue.id, self.files)
        fine = judged.state is ReviewState.APPROVED
        if judged.state is ReviewState.CHANGES_WANTED:
            raise ConflictError(f"{issue.ref}: {judged.by} wants changes: approve it first")
        if approved and not fine:
            raise ConflictError(f"{issue.ref} was changed after its approval: approve it anew")
        if mailing_list.schedule.review is ReviewPolicy.NONE and not fine:
            issue = workflow.assemble_issue(
                self.db, slot.list_name, slot.window, now, self.public_url
            )
        workflow.refuse_few(self.db, issue)
        self.prove(issue)
        _refuse_errors(issue, self._look(issue, now))
        workflow.freeze(self.db, issue, self.folders, now)

    def reminder(self, slot: Slot, until: dt.datetime | None, now: dt.datetime) -> Sequence[Mail]:
        """A mail to each editor: what is in the draft, what is wrong with it, what follows."""
        with self.db.read() as session:
            mailing_list = lists.get_list(session, slot.list_name)
            issue = issues.get_issue(session, slot.list_name, slot.issue)
        report = self._look(issue, now)
        worst = sorted(report.findings, key=lambda finding: finding.severity is Severity.WARNING)
        values = {
            "issue": issue.ref,
            "entries": len(issue.digest.entries),
            "readers": forecasting.forecast(self.db, issue, now).recipients,
            "goes": in_zone(slot.send_at, mailing_list),
            "until": in_zone(until, mailing_list) if until else "",
            "unreviewed": mailing_list.schedule.unreviewed.value,
            "link": self.letters.links(mailing_list).edit(),
            "findings": worst[:MOST_FINDINGS],
            "errors": report.errors,
            "more": max(0, len(worst) - MOST_FINDINGS),
        }
        with self.db.read() as session:
            to = _editors(session, mailing_list)
        return self._mails("remind", mailing_list, to, now, values)

    def files(self, template: str) -> str:
        """What tells the files of a template from any others."""
        return files_print(self.folders, template)

    def alarm(
        self, slot: Slot, news: News, reason: str, until: dt.datetime | None, now: dt.datetime
    ) -> Sequence[Mail]:
        """A mail to each editor, and to the list's `alarm` address: what did not happen, why, and
        what to do."""
        with self.db.read() as session:
            mailing_list = lists.get_list(session, slot.list_name)
            to = _editors(session, mailing_list)
        alarm = mailing_list.schedule.alarm
        if alarm and alarm not in to:
            to = (*to, alarm)
        values = {
            "issue": slot.ref,
            "news": news.value,
            "reason": reason,
            "goes": in_zone(slot.send_at, mailing_list),
            "until": in_zone(until, mailing_list) if until else "",
            "unreviewed": mailing_list.schedule.unreviewed.value,
            "link": self.letters.links(mailing_list).edit(),
        }
        return self._mails("alarm", mailing_list, to, now, values)

    def _look(self, issue: Issue, now: dt.datetime) -> Report:
        today = local_day(issue.digest.list, now)
        return checking.check(self.db, issue, self.folders, today)

    def _mails(
        self,
        kind: str,
        mailing_list: MailingList,
        to: Sequence[str],
        now: dt.datetime,
        values: Mapping[str, Any],
    ) -> tuple[Mail, ...]:
        if not to:
            log = structlog.get_logger("newsletter.schedule")
            log.warning("nobody to tell", issue=values["issue"], mail=kind)
        language = mailing_list.languages[0]
        return tuple(
            self.letters.write(kind, mailing_list, address, language, now, values) for address in to
        )


def in_zone(at: dt.datetime, mailing_list: MailingList) -> str:
    """An instant as the list's zone tells it: `Thu 2026-02-12 08:00 CET`."""
    return f"{at.astimezone(ZoneInfo(mailing_list.schedule.zone)):%a %Y-%m-%d %H:%M %Z}"


def _editors(session: Any, mailing_list: MailingList) -> tuple[str, ...]:
    """Those who edit the list or, where nobody was named, who answers its mail."""
    found = tuple(editor.address for editor in editors.editors(session, mailing_list.name))
    return found or tuple(filter(None, (mailing_list.reply_to,)))


def _refuse_errors(issue: Issue, report: Report) -> None:
    errors = [found for found in report.findings if found.severity is Severity.ERROR]
    if errors:
        first = errors[0]
        raise ConflictError(
            f"{issue.ref}: {len(errors)} errors, such as {first.where}: {first.what}: mend what "
            f"`newsletter check {issue.ref}` says"
        )
