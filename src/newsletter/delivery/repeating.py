"""Nobody is sent what they have: a reader's selection without what other issues brought them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from newsletter.content.preferences import Preferences
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.repeats import had, repeats
from newsletter.store.selections import preferences_ids, selected
from newsletter.store.values import Due


class Repeating:
    """What readers of an issue have of it already. `page` gives back what it is given, at no cost,
    unless entries of the issue stood in another one."""

    def __init__(self, database: Database, issue: Issue) -> None:
        self._database = database
        with database.read() as session:
            self._known = repeats(session, issue.id, issue.digest)

    def page(self, found: Sequence[Due]) -> list[Due]:
        """The same deliveries; of a reader who has something of the issue, and whose message is
        not settled, with preferences that name it."""
        if self._known is None:
            return list(found)
        open_ids = {due.subscriber_id for due in found if due.fixed is None}
        with self._database.read() as session:
            seen = had(session, self._known, open_ids)
        if not seen:
            return list(found)
        with self._database.write() as session:
            wanted = {
                due: replace(selected(session, due.preferences_id), had=seen[due.subscriber_id])
                for due in found
                if due.fixed is None and due.subscriber_id in seen
            }
            ids = preferences_ids(session, wanted.values())
        return [
            due._replace(preferences_id=ids[wanted[due]]) if due in wanted else due for due in found
        ]


def without_had(
    session: Session, issue: Issue, subscriber_id: int, preferences: Preferences
) -> Preferences:
    """`preferences` with what that reader has of an issue already."""
    known = repeats(session, issue.id, issue.digest)
    seen = {} if known is None else had(session, known, [subscriber_id])
    return replace(preferences, had=seen[subscriber_id]) if subscriber_id in seen else preferences
