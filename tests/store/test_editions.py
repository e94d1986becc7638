"""What an edition keeps for its messages, read a page at a time."""

from __future__ import annotations

import gc

from newsletter.store.database import Database
from newsletter.store.editions import choices

PAGES = 50


def test_reading_pages_leaves_next_to_nothing_to_the_collector_of_cycles(
    sqlite_database: Database,
) -> None:
    # A send looks for cycles rarely: the ids of every page would stay, and grow with the readers.
    def read(page: int) -> None:
        with sqlite_database.read() as session:
            assert choices(session, 1, range(500 * page, 500 * page + 500)) == {}

    read(0)
    gc.collect()
    gc.disable()
    try:
        for page in range(PAGES):
            read(page)
        left = gc.collect()
    finally:
        gc.enable()
    assert left < PAGES
