"""Instants as the tables keep them: whole seconds since 1970, UTC."""

from __future__ import annotations

import datetime as dt


def seconds(instant: dt.datetime) -> int:
    """Epoch seconds of an aware instant."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant} says no time zone")
    return int(instant.timestamp())


def instant(found: int) -> dt.datetime:
    """The instant of epoch seconds, in UTC."""
    return dt.datetime.fromtimestamp(found, dt.UTC)


def maybe_instant(found: int | None) -> dt.datetime | None:
    """`instant`, of what may be missing."""
    return None if found is None else instant(found)
