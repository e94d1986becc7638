"""Time zones as a page offers them: no page without a script can tell a reader's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from gettext import NullTranslations

from newsletter.content.timing import Schedule, Waves
from newsletter.content.zones import zones_by_region
from newsletter.web.choices import LISTS_OWN


@dataclass(frozen=True, slots=True)
class Zone:
    """One to choose; `value` is what the form sends."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Region:
    """The zones of one part of the world, under its name in the language of the page."""

    words: str
    zones: tuple[Zone, ...]


@dataclass(frozen=True, slots=True)
class Zones:
    """The list's own and what belongs to no region, then the regions; and what a choice does."""

    first: tuple[Zone, ...]
    regions: tuple[Region, ...]
    note: str


def zones(words: NullTranslations, schedule: Schedule, chosen: str) -> Zones:
    """All that can be chosen on a list with such a schedule; `chosen` is among them, even if it is
    the kind of name that an import may bring and nobody is offered (`CET`)."""
    own, offered = schedule.zone, zones_by_region()
    first = [Zone(LISTS_OWN, words.gettext("As the list: %s") % own), Zone("UTC", "UTC")]
    if chosen not in ("", "UTC", *(name for names in offered.values() for name in names)):
        first.append(Zone(chosen, chosen))
    named = regions(words)
    return Zones(
        tuple(first),
        tuple(
            Region(named.get(region, region), tuple(Zone(name, _place(name)) for name in names))
            for region, names in offered.items()
        ),
        _note(words, schedule),
    )


def _note(words: NullTranslations, schedule: Schedule) -> str:
    _ = words.gettext
    if schedule.waves is Waves.READER:
        return _("Your mail comes at %s by this clock.") % f"{schedule.rule.time:%H:%M}"
    return _("This list goes to everybody at once, so it makes no difference now.")


def regions(words: NullTranslations) -> Mapping[str, str]:
    """The regions by IANA's names of them."""
    _ = words.gettext
    return {
        "Africa": _("Africa"),
        "America": _("America"),
        "Antarctica": _("Antarctica"),
        "Arctic": _("Arctic"),
        "Asia": _("Asia"),
        "Atlantic": _("Atlantic"),
        "Australia": _("Australia"),
        "Europe": _("Europe"),
        "Indian": _("Indian Ocean"),
        "Pacific": _("Pacific"),
    }


def _place(name: str) -> str:
    """`America/Argentina/Buenos_Aires` as `Argentina/Buenos Aires`."""
    return name.partition("/")[2].replace("_", " ")
