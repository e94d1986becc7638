"""Files that travel with the program: templates, sample lists and sample documents."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def packaged(kind: str) -> Path:
    """The folder of `kind` (`templates`, `subscribers`, `samples`): inside the installed package,
    or, in a checkout, at its root."""
    inside = _HERE / "data" / kind
    return inside if inside.is_dir() else _HERE.parents[1] / kind
