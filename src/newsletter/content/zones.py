"""Time zones by their IANA names (RFC 6557), in which readers and lists tell the time."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from newsletter.errors import ZoneError

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
    """The zones of today's places by region (`Europe`), for a person to choose from.

    They are those of IANA's zone.tab, which is made to be chosen from: one for each clock of each
    country, without the names that are kept for old programs alone.
    """
    found: dict[str, list[str]] = {}
    table = (files("tzdata.zoneinfo") / "zone.tab").read_text("utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            name = line.split("\t")[2]
            found.setdefault(name.partition("/")[0], []).append(name)
    return {region: tuple(sorted(found[region])) for region in sorted(found)}


@cache
def _by_folded_name() -> Mapping[str, str]:
    names = zoneinfo.available_timezones() - _NO_PLACE
    return {name.casefold(): name for name in names}
