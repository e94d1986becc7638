"""Time zones by their IANA names (RFC 6557), in which readers and lists tell the time."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from functools import cache

from newsletter.errors import ZoneError

_REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
_NO_PLACE = frozenset({"localtime", "Factory"})  # files of a system, and no zone of anybody


def parse_zone(text: str) -> str:
    """The zone of that name as IANA spells it, however it is capitalised; "" for an empty text,
    which stands for the list's own zone.

    Raises:
        ZoneError: there is no such zone.
    """
    wanted = text.strip().replace(" ", "_").casefold()
    found = "" if not wanted else _by_folded_name().get(wanted)
    if found is None:
        raise ZoneError(f"{text.strip()!r} is not a time zone: write one like Europe/Berlin")
    return found


@cache
def zones_by_region() -> Mapping[str, tuple[str, ...]]:
    """The zones that are named after a place, by region (`Europe`), for a person to choose from."""
    found: dict[str, tuple[str, ...]] = {}
    for region in _REGIONS:
        names = (name for name in _by_folded_name().values() if name.startswith(f"{region}/"))
        found[region] = tuple(sorted(names))
    return found


@cache
def _by_folded_name() -> Mapping[str, str]:
    names = zoneinfo.available_timezones() - _NO_PLACE
    return {name.casefold(): name for name in names}
