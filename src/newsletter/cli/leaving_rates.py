"""How often readers leave, as a report shows it."""

from __future__ import annotations

from typing import Any

from newsletter.content.numbers import counted
from newsletter.content.serial import plain
from newsletter.store.leaving_rates import Leaving, Share

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def leaving_facts(found: Leaving) -> dict[str, object]:
    """Rates by way and by topic, and how soon."""
    topics = sum(share.number for share in found.topics.values())
    facts: dict[str, object] = {
        "leaves through its mails": _share(found.everyone),
        **{f"  by {way}": _share(share) for way, share in found.ways.items()},
        **({"  from the whole list": found.everyone.number - topics} if topics else {}),
        **{
            f"  from the topic {name}": f"{_share(share)} of those who get it"
            for name, share in found.topics.items()
        },
    }
    if found.median_seconds is not None:
        facts["  half of them within"] = _span(found.median_seconds)
    return facts


def leaving_json(found: Leaving) -> dict[str, Any]:
    """The same with its rates, for `--json`."""
    return {
        "everyone": _plain(found.everyone),
        "ways": {way: _plain(share) for way, share in found.ways.items()},
        "topics": {name: _plain(share) for name, share in found.topics.items()},
        "median_seconds": found.median_seconds,
    }


def _plain(share: Share) -> dict[str, Any]:
    return {**plain(share), "rate": share.rate}


def _share(share: Share) -> str:
    rate = share.rate
    return (
        f"{share.number} ({rate:.2%})" if rate is not None and share.number else f"{share.number}"
    )


def _span(seconds: int) -> str:
    for length, unit in _UNITS:
        if seconds >= length:
            return counted(round(seconds / length), unit)
    return "a minute"
