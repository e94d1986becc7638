"""Clicks: counted for an issue, link and day, people apart from scanners, and never by whom.

Mail security opens links before anybody reads: often every link of a message, often within seconds.
That shows only where the clicks of one message stand side by side. So each is noted with its
delivery for some minutes, judged together with the others of that message, added to two numbers,
and forgotten. No address, network or program's name is stored, not even for those minutes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import lru_cache

from sqlmodel import Session, select

from newsletter.content.serial import load_plan
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.counting import counted_links
from newsletter.store import clicks
from newsletter.store.clicks import Click
from newsletter.store.database import Database
from newsletter.store.editions import compiled, plan_body
from newsletter.store.tables import DeliveryRow

JUDGED_AFTER = dt.timedelta(minutes=10)
"""How long after the first of them the clicks in a message are judged, and forgotten as its own."""

SOON = dt.timedelta(seconds=15)
"""Sooner after the relay took the mail nobody has found, read and opened it."""

FEWEST = 3
"""Who opens each link of a message that has fewer may well be a person."""

MOST_AT_ONCE = 10
"""Different links that a hand opens within `SOON`."""

_PAGE = 200  # deliveries judged in one transaction

# Of programs that open links by themselves; browsers say none of it (Cubot makes telephones).
_AUTOMATIC = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|scan|preview|prefetch|link.?check|monitor|headless|phantomjs"
    r"|curl|wget|python|java/|perl|ruby|go-http|httpclient|okhttp|axios|node-fetch|undici"
    r"|facebookexternalhit|barracuda|mimecast|proofpoint|symantec|sophos|trendmicro|fireeye"
    r"|forcepoint|zscaler|cloudmark|safelinks",
    re.IGNORECASE,
)


def plainly_automatic(
    *, head: bool, agent: str, purpose: str, mailed_at: dt.datetime | None, now: dt.datetime
) -> bool:
    """Whether one request alone says that no person opened the link.

    `head` is whether it only asked for the header (RFC 9110 §9.3.2), `agent` its User-Agent,
    `purpose` what it says in Sec-Purpose or Purpose, `mailed_at` when the relay took the mail.
    """
    return (
        head
        or not agent
        or _AUTOMATIC.search(agent) is not None
        or "prefetch" in purpose
        or (mailed_at is not None and now - mailed_at < SOON)
    )


def by_people(found: Sequence[Click], of_message: frozenset[int]) -> tuple[Click, ...]:
    """Those of the clicks in one message, of some minutes, that look like a person's.

    `of_message` are all its links; empty if that is not known. None is a person's when each link
    was opened, or more at once than a hand can; nor is what came together with a scanner's.
    """
    opened = {click.number for click in found}
    if (len(opened) >= FEWEST and opened >= of_message > set()) or _hasty(found):
        return ()
    seen = [click.at for click in found if click.scanner]
    return tuple(
        click
        for click in found
        if not click.scanner and all(abs(click.at - at) > SOON for at in seen)
    )


def _hasty(found: Sequence[Click]) -> bool:
    """Whether more than `MOST_AT_ONCE` different links were opened within `SOON`."""
    first: dict[int, dt.datetime] = {}
    for click in sorted(found, key=lambda click: click.at):
        first.setdefault(click.number, click.at)
    times = list(first.values())
    return any(
        late - early <= SOON for early, late in zip(times, times[MOST_AT_ONCE:], strict=False)
    )


def note(db: Database, delivery_id: int, number: int, *, scanner: bool, now: dt.datetime) -> None:
    """Notes a click until it is judged.

    Raises:
        DatabaseError: it could not be stored.
    """
    with db.write() as session:
        clicks.note(session, delivery_id, number, scanner=scanner, now=now)


def settle(db: Database, now: dt.datetime, *, after: dt.timedelta = JUDGED_AFTER) -> int:
    """Judges, counts and forgets the clicks in each message whose first is `after` old or older;
    in how many messages they were."""
    settled = 0
    while True:
        with db.read() as session:
            opened = clicks.ripe(session, now - after, _PAGE)
            known = _Known(session)
            messages = {
                delivery: known.links(delivery) if links >= FEWEST else frozenset[int]()
                for delivery, links in opened.items()
            }
        with db.write() as session:
            for delivery, of_message in messages.items():
                found = clicks.take(session, delivery)
                people = by_people(found, of_message)
                scanners = [click for click in found if click not in people]
                clicks.count(session, delivery, people, scanners)
        settled += len(messages)
        if len(messages) < _PAGE:
            return settled


class _Known:
    """The links of messages; what many of them share is read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._of = lru_cache(maxsize=_PAGE)(self._read)
        self._form = lru_cache(maxsize=4)(self._load)

    def links(self, delivery_id: int) -> frozenset[int]:
        """The numbers of the links in a delivery's message; none if it was never settled."""
        found = self._session.exec(
            select(DeliveryRow.edition_id, DeliveryRow.preferences_id).where(
                DeliveryRow.id == delivery_id
            )
        ).first()
        if found is None or found[0] is None or found[1] is None:
            return frozenset()
        return self._of(found[0], found[1])

    def _read(self, edition: int, preferences: int) -> frozenset[int]:
        body = plan_body(self._session, edition, preferences)
        if body is None:
            return frozenset()
        plan = load_plan(body)
        return counted_links(self._form(edition, "+".join(plan.languages)), plan)

    def _load(self, edition: int, languages: str) -> Compiled:
        return Compiled.loads(compiled(self._session, edition, languages))
