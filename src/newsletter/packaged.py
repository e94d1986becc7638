"""Files that travel with the program: templates, sample lists and sample documents."""

from __future__ import annotations

import shutil
from pathlib import Path

from newsletter.errors import NewsletterError

_HERE = Path(__file__).parent


def packaged(kind: str) -> Path:
    """The folder of `kind` (`templates`, `subscribers`, `samples`): inside the installed package,
    or, in a checkout, at its root."""
    inside = _HERE / "data" / kind
    return inside if inside.is_dir() else _HERE.parents[1] / kind


def copy_out(kind: str, target: Path) -> None:
    """Copies the folder of `kind` to `target`, over what is there, to be changed.

    Raises:
        NewsletterError: `target` cannot be written.
    """
    try:
        shutil.copytree(packaged(kind), target, dirs_exist_ok=True)
    except OSError as error:
        # shutil's own error gathers one of each file; the first says enough.
        reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error.strerror
        raise NewsletterError(f"{target} cannot be written: {reason}") from None
