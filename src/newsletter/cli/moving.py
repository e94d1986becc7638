"""`newsletter subscribers move`: another address for a person, by the admin."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.addresses import parse_address
from newsletter.cli.addressing import OldAddressArgument
from newsletter.cli.departing import database_about, erasure_key
from newsletter.cli.edge import err, now, out, settings
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
    address, key = parse_address(new), erasure_key(settings())
    with database_about(old) as db, db.write() as session:
        person = store.show(session, old)
        moved = move_person(session, person.id, address, way=Way.ADMIN, now=now(), key=key)
    out.print(f"{moved.before} is now {address}; mail that has not gone out yet goes there")
    if not moved.kept_out:
        err.print(
            "erasure_key is not set, or not the one of before: importing a file that has "
            f"{moved.before} would add it again"
        )
