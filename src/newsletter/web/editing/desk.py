"""What the editors' routes share: the bench, and how an issue is named and opened."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Query, Request

from newsletter.errors import NotFoundError
from newsletter.web.editing.bench import Bench
from newsletter.web.editing.gate import Editor
from newsletter.web.editing.watches import Watches


@dataclass(frozen=True)
class Desk:
    """`first` is the issue that is shown when none is asked for. `stop` ends what is streamed.
    `under` is the path of the public URL, where the pages are reached below one. `sends` tells
    whether this process sends what comes into the outbox."""

    bench: Bench
    first: str = ""
    under: str = ""
    sends: bool = False
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    watches: Watches = field(default_factory=Watches)


def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


TheDesk = Annotated[Desk, Depends(_desk)]
"""The parameter by which a route gets at the desk."""


def _editor(request: Request) -> Editor:
    found: Editor = request.state.editor
    return found


WhoAsks = Annotated[Editor, Depends(_editor)]
"""The parameter by which a route gets at whoever asks."""


Reference = Annotated[str, Query(max_length=320)]
"""The parameter that names an issue, `LIST/NAME`."""


def opened(request: Request, reference: str) -> tuple[str, str]:
    """`LIST/NAME` as its two parts, for an editor of that list.

    Raises:
        NotFoundError: it names no issue, or one that is none of theirs.
    """
    list_name, _, name = reference.partition("/")
    if not name or not _editor(request).may(list_name):
        raise NotFoundError(f"there is no issue {reference!r} for you to look at")
    return list_name, name
