"""The content values as canonical JSON and back: sorted keys, no spare space, letters as they are.

Equal values give equal text, so that a text can be compared and hashed in their place.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter

from newsletter.content.entry import Tier
from newsletter.content.entrysets import entry_set, flags, from_flags
from newsletter.content.planning import Grounds, Plan, Rule, Verdict
from newsletter.content.preferences import Preferences

T = TypeVar("T")

_SETS = {"follows", "mutes", "had"}

_DIGITS = b"012".ljust(256)
"""From a depth to its digit."""

_OCTET = 256

_ONLY = [bytes([octet == number for octet in range(_OCTET)]) for number in range(_OCTET)]
"""For each number, from an octet to 1 if it is that number, else 0."""

_RULES = {rule.value: rule for rule in Rule}


def dump(value: object) -> str:
    """`value`, a dataclass of `content`, as canonical JSON."""
    return _json(plain(value))


def load(kind: type[T], text: str) -> T:
    """The inverse of `dump`.

    Raises:
        ValueError: `text` is not a value of that kind.
    """
    wanted: Any = kind  # mypy takes no type for hashable
    found: T = _adapter(wanted).validate_json(text)
    return found


def load_preferences(text: str) -> Preferences:
    """`load` for preferences that we have stored: it believes them, and takes a third of the time.

    One text comes with nearly every message.
    """
    found = orjson.loads(text)
    for name in _SETS & found.keys():
        found[name] = None if found[name] is None else frozenset(found[name])
    found["lowest_tier"] = Tier(found["lowest_tier"])
    found["languages"] = tuple(found["languages"])
    return Preferences(**found)


def dump_plan(plan: Plan) -> str:
    """A plan as short text: a digit an entry for its depth, two for the number of its verdict."""
    few = len(plan.grounds) <= _OCTET
    return orjson.dumps(
        {
            "depths": flags(plan.titles + 2 * plan.full, plan.total).translate(_DIGITS).decode(),
            "kinds": [tuple(verdict) for verdict in plan.grounds],
            # Each entry's octet is multiplied by the number of the one set that it is in.
            "verdicts": flags(_weighed(plan.grounds), plan.total).hex() if few else plan.kinds,
            "editorial": plan.editorial,
            "choosy": plan.choosy,
            "languages": plan.languages,
            "html": plan.html,
        }
    ).decode()


def _weighed(grounds: Grounds) -> int:
    return sum([number * entries for number, entries in enumerate(grounds.values())])


def load_plan(text: str) -> Plan:
    """The inverse of `dump_plan`."""
    found = orjson.loads(text)
    depths, numbers = found["depths"].encode(), found["verdicts"]
    kinds = [Verdict(_RULES[rule], topic) for rule, topic in found["kinds"]]
    if isinstance(numbers, str):
        octets = bytes.fromhex(numbers)
        grounds = {kind: from_flags(octets.translate(_ONLY[n])) for n, kind in enumerate(kinds)}
    else:
        grounds = {
            kind: entry_set(i for i, number in enumerate(numbers) if number == n)
            for n, kind in enumerate(kinds)
        }
    return Plan(
        total=len(depths),
        full=from_flags(depths.translate(_ONLY[ord("2")])),
        titles=from_flags(depths.translate(_ONLY[ord("1")])),
        grounds=grounds,
        editorial=found["editorial"],
        choosy=found["choosy"],
        languages=tuple(found["languages"]),
        html=found["html"],
    )


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _json(plain: Any) -> str:
    return _ENCODER.encode(plain)


def plain(value: object) -> Any:
    """`value` in JSON's own types, sets sorted."""
    if is_dataclass(value):
        said = {f.name: getattr(value, f.name) for f in fields(value)}
        # A field that came later leaves the text of what does not use it as it was.
        unsaid = [f.name for f in fields(value) if f.metadata and not said[f.name]]
        return {name: plain(part) for name, part in said.items() if name not in unsaid}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(plain, value))
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return value


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
