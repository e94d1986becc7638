"""The greatest memory, in MB, of rendering a message for each of so many selections, from the
database and as a sender does: `python -m tests.bench.distinct DATABASE ISSUE_ID SELECTIONS`."""

from __future__ import annotations

import sys
from pathlib import Path

from newsletter.delivery.connection import Capabilities
from newsletter.delivery.messages import Messages
from newsletter.store import issues
from newsletter.store.database import Database
from newsletter.store.values import Due
from tests.bench.stage import KEYRING, NOW

_PAGE = 500


def render_all(database: Database, issue_id: int, distinct: int) -> None:
    with database.read() as session:
        issue = issues.issue_by_id(session, issue_id)
    messages = Messages(database, issue, KEYRING, lambda: NOW)
    for start in range(1, distinct + 1, _PAGE):
        page = [_due(number) for number in range(start, min(start + _PAGE, distinct + 1))]
        messages.foresee(page)
        for due in page:
            messages.prepare(due, Capabilities(eight_bit=True))


def _due(number: int) -> Due:
    return Due(
        delivery_id=number,
        subscriber_id=number,
        address="reader@example.org",
        preferences_id=number,
        attempts=0,
        fixed=None,
    )


def peak() -> float:
    """MB, of this program alone: that of getrusage begins with its parent's."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    path, issue_id, distinct = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    database = Database.open(f"sqlite:///{path}")
    try:
        render_all(database, issue_id, distinct)
    finally:
        database.close()
    print(f"{peak():.1f}")


if __name__ == "__main__":
    main()
