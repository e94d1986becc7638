"""`newsletter subscribers move`: another address for a person, by the admin."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.addresses import parse_address
from newsletter.cli.edge import database, out
from newsletter.store import subscribers as store
from newsletter.store.moving import move as move_person


def move(
    old: Annotated[str, typer.Argument(metavar="OLD")],
    new: Annotated[str, typer.Argument(metavar="NEW")],
) -> None:
    """Give a person another address; choices, consent and history stay theirs."""
    address = parse_address(new)
    with database() as db, db.write() as session:
        before = move_person(session, store.show(session, old).id, address)
    out.print(f"{before} is now {address}; mail that has not gone out yet goes there")
