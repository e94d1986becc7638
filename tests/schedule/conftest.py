"""A list with papers and a reader, which no clock has seen."""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.store.database import Database
from tests.schedule.stage import ClockStage, papers


@pytest.fixture
def stage(sqlite_database: Database) -> ClockStage:
    made = ClockStage(sqlite_database)
    made.follow()
    made.join("ann@reader.example")
    made.publish(*papers(dt.date(2026, 2, 5), 21))
    return made
