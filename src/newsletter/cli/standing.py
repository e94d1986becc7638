"""What `status` says of each list, and `serve` when it begins: what went last, what is next."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlmodel import Session

from newsletter.cli.edge import now, out, settings
from newsletter.cli.vanished import warn_of_vanished
from newsletter.schedule.outlook import standing
from newsletter.store import lists, slots

WHEN = "%a %Y-%m-%d %H:%M %Z"


def show_standing(session: Session, *, begins: bool = False) -> None:
    """When each list went out last and goes out next, and what did not happen; `begins` where a
    clock is about to."""
    at = now()
    for name in lists.list_names(session):
        found = lists.get_list(session, name)
        stands, zone = standing(session, found, at), ZoneInfo(found.schedule.zone)
        last = "nothing went out yet"
        if stands.last is not None:
            verb = "went out" if stands.last.finished else "is going out since"
            last = f"{stands.last.issue} {verb} {stands.last.at.astimezone(zone):{WHEN}}"
        out.print(
            f"{name}: {last}; next {stands.next.issue} {stands.next.send.astimezone(zone):{WHEN}}"
        )
        for late in stands.late:
            out.print(f"  {late}")
        if not begins and not slots.all_slots(session, name):
            out.print("  no clock has kept it yet: start `newsletter serve`")
    warn_of_vanished(session, settings().lists_folder)
