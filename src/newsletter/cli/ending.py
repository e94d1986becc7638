"""`newsletter lists end|reopen`: a list that ends, and one that goes on after all."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from newsletter.cli.arguments import ListArgument, YesOption
from newsletter.cli.asking import make_sure
from newsletter.cli.edge import database, now, out, show_facts
from newsletter.cli.identity import who
from newsletter.content.mailinglist import MailingList
from newsletter.content.numbers import counted
from newsletter.schedule import next_moment
from newsletter.store import confirmations, endings, issues, lists, subscribers
from newsletter.store.database import Database
from newsletter.store.values import IssueState, SubscriptionState


def end(list_name: ListArgument, yes: YesOption = False) -> None:
    """End a list; `reopen` takes it back.

    There is no sign-up, no new issue and no mail about either. What was sent goes on working:
    leaving, choices, the view in a browser, archive and feed.
    """
    with database() as db:
        with db.read() as session:
            found = lists.get_list(session, list_name)
            ended = endings.ending(session, list_name)
            endings.refuse_going(session, list_name)
        if ended is not None:
            out.print(f"{list_name} ended before, on {ended.at:%Y-%m-%d}, by {ended.by}")
            return
        _describe(db, found)
        make_sure(list_name, "to end it", yes=yes, kind="list")
        with db.write() as session:
            skipped = endings.end(session, list_name, now(), who())
    also = f"; {counted(skipped, 'mail')} of it in the outbox skipped" if skipped else ""
    out.print(f"{list_name} has ended{also}; `newsletter lists reopen {list_name}` takes it back")


def reopen(list_name: ListArgument) -> None:
    """Let a list go on that had ended.

    Sign-ups are open at once; issues begin with the next moment of its schedule.
    """
    with database() as db, db.write() as session:
        found = lists.get_list(session, list_name)
        changed = endings.reopen(session, list_name, now(), who())
    if not changed:
        out.print(f"{list_name} had not ended")
        return
    out.print(f"{list_name} goes on; it goes out {next_moment(found, now()):%a %Y-%m-%d %H:%M %Z}")


def _describe(db: Database, found: MailingList) -> None:
    """Whom it concerns, for a last look."""
    with db.read() as session:
        states = subscribers.state_counts(session, found.name)
        wishes = confirmations.waiting(session, found.name, now())
        waiting = len(endings.waiting_mails(session, found.name))
        drafts = [
            issue.ref
            for issue in issues.list_issues(session, found.name)
            if issue.state is IssueState.DRAFT
        ]
    readers = states[SubscriptionState.ACTIVE]
    zone = ZoneInfo(found.schedule.zone)
    show_facts(
        {
            "list": f"{found.title('en')} ({found.name})",
            "readers": f"{readers}, who stay and can leave as before",
            "sign-ups": f"closed, and {wishes} not confirmed yet cannot be" if wishes else "closed",
            "next issue": f"none; it would go out {next_moment(found, now()).astimezone(zone):%F}",
            **({"drafts": f"{', '.join(drafts)}; stay, and cannot be sent"} if drafts else {}),
            **({"outbox": f"{counted(waiting, 'mail')} skipped"} if waiting else {}),
            "goodbye": f"not by itself: first `newsletter send {found.name} --announce note.md`",
        }
    )
