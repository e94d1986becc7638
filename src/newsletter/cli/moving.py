"""`newsletter subscribers move`: another address for a person, by the admin."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.addresses import parse_address
from newsletter.cli.addressing import OldAddressArgument
from newsletter.cli.departing import database_about
from newsletter.cli.edge import now, out
from newsletter.store import subscribers as store
from newsletter.store.moving import move as move_person
from newsletter.store.values import Way


def move(
    old: OldAddressArgument,
    new: Annotated[str, typer.Argument(metavar="NEW")],
) -> None:
    """Give a person another address.

    Choices, consent and history stay theirs.
    """
    address = parse_address(new)
    with database_about(old) as db, db.write() as session:
        person = store.show(session, old)
        before = move_person(session, person.id, address, way=Way.ADMIN, now=now())
    out.print(f"{before} is now {address}; mail that has not gone out yet goes there")
