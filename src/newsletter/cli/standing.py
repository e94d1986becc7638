"""What `status` says of each list, and `serve` when it begins: what went last, what is next."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlmodel import Session

from newsletter.cli.edge import now, out, settings
from newsletter.cli.vanished import warn_of_vanished
from newsletter.schedule.outlook import Standing, standing
from newsletter.store import lists, slots
from newsletter.store.outbox import MailKind
from newsletter.store.outbox_views import MailView, mails
from newsletter.store.values import DeliveryState

RECENTLY = dt.timedelta(days=14)
"""For how long it is said that a mail to an editor came back."""

WHEN = "%a %Y-%m-%d %H:%M %Z"


def show_standing(session: Session, *, begins: bool = False) -> None:
    """When each list went out last and goes out next, and what did not happen; `begins` where a
    clock is about to."""
    at, names = now(), lists.list_names(session)
    if not names:
        out.print("no list yet: `newsletter lists sync` takes in subscribers/*/list.toml")
    for name in names:
        found = lists.get_list(session, name)
        stands, zone = standing(session, found, at), ZoneInfo(found.schedule.zone)
        last = "nothing went out yet"
        if stands.last is not None:
            verb = "went out" if stands.last.finished else "is going out since"
            last = f"{stands.last.issue} {verb} {stands.last.at.astimezone(zone):{WHEN}}"
        out.print(f"{name}: {last}; {_to_come(stands, zone)}")
        for late in stands.late:
            out.print(f"  {late}")
        for untold in _untold(session, name, at):
            out.print(f"  {untold}")
        if not begins and stands.next and not slots.all_slots(session, name):
            out.print("  no clock has kept it yet: start `newsletter serve`")
    warn_of_vanished(session, settings().lists_folder)


def _to_come(stands: Standing, zone: ZoneInfo) -> str:
    if stands.next is None:
        on = f" on {stands.ended.at.astimezone(zone):%Y-%m-%d}" if stands.ended else ""
        return f"it ended{on}: `newsletter lists reopen {stands.list_name}` lets it go on"
    return f"next {stands.next.issue} {stands.next.send.astimezone(zone):{WHEN}}"


def _untold(session: Session, list_name: str, at: dt.datetime) -> list[str]:
    """Those whom the clock tells of a list, and whose last such mail has not reached them."""
    last: dict[str, MailView] = {}
    for kind in (MailKind.REMINDER, MailKind.ALARM):
        for mail in mails(session, kind=kind):
            if mail.list_name == list_name and mail.created_at > at - RECENTLY:
                last[mail.to] = max(mail, last.get(mail.to, mail), key=lambda one: one.id)
    return [
        f"{mail.to} was not told ({mail.subject}): {mail.reason or mail.text}"
        for mail in last.values()
        if mail.state in (DeliveryState.FAILED, DeliveryState.BOUNCED)
    ]
