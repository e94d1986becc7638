"""`newsletter subscribers unsubscribe|suppress|unsuppress|erase`: ending mail, by the admin."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from newsletter.addresses import parse_address
from newsletter.cli.addressing import AddressArgument
from newsletter.cli.arguments import OnlyListOption, YesOption
from newsletter.cli.edge import database, err, now, out, settings
from newsletter.errors import ConflictError, NewsletterError, NotFoundError, SettingsError
from newsletter.settings import Settings
from newsletter.store import subscribers as store
from newsletter.store.database import Database
from newsletter.store.erasures import ErasureKey, erasure
from newsletter.store.erasures import erase as erase_person
from newsletter.store.lifting import lift
from newsletter.store.values import SubscriptionState, Way

ReasonOption = Annotated[str, typer.Option(help="Why, in your own words; kept.")]


def erasure_key(found: Settings) -> ErasureKey | None:
    """The key of the settings; None when there is none."""
    return ErasureKey(found.erasure_key.get_secret_value()) if found.erasure_key else None


@contextmanager
def told_of_erasure(db: Database, found: Settings, address: str) -> Iterator[None]:
    """Where nobody has `address` because they were erased, the error within says that."""
    try:
        yield
    except NotFoundError:
        with db.read() as session:
            gone = erasure(session, address, erasure_key(found))
        if gone is None:
            raise
        raise NotFoundError(
            f"the person of {address} was erased on {gone.at:%Y-%m-%d}"
            f"{f' ({gone.reason})' if gone.reason else ''}: nothing else is known of them, and "
            "what was sent to them cannot be made again"
        ) from None


@contextmanager
def database_about(address: str) -> Iterator[Database]:
    """The database, for a command about the person of an address: see `told_of_erasure`."""
    found = settings()
    with database(found) as db, told_of_erasure(db, found, address):
        yield db


def unsubscribe(
    address: AddressArgument,
    list_name: OnlyListOption = "",
    reason: ReasonOption = "",
) -> None:
    """Take somebody off a list, or off all.

    What is queued for them is not sent.
    """
    with database_about(address) as db, db.write() as session:
        person = store.show(session, address)
        if list_name and list_name not in person.subscriptions:
            raise NotFoundError(
                f"{person.address} is not on {list_name}: `newsletter subscribers show "
                f"{person.address}` names their lists"
            )
        names = [
            name
            for name, subscription in person.subscriptions.items()
            if list_name in ("", name) and subscription.state is not SubscriptionState.LEFT
        ]
        for name in names:
            store.leave(session, name, person.id, way=Way.ADMIN, now=now(), reason=reason)
    out.print(f"{person.address}: " + (f"left {', '.join(names)}" if names else "as before"))


def suppress(
    address: AddressArgument,
    reason: ReasonOption,
) -> None:
    """Stop all mail to an address, whether or not anybody has it."""
    parsed = parse_address(address)
    with database() as db, db.write() as session:
        done = store.suppress(session, parsed, "admin", now(), detail=reason)
    out.print(f"{parsed}: {'suppressed' if done else 'was suppressed before'}")


def unsuppress(
    address: AddressArgument,
    reason: ReasonOption,
) -> None:
    """Let an address be mailed again.

    Leaves that bounces caused are taken back; others stand.
    """
    parsed = parse_address(address)
    with database() as db, db.write() as session:
        again = lift(session, parsed, reason, now())
        if again is None:
            raise ConflictError(f"{parsed} is not suppressed; nothing was changed")
    lists = f", and is on {', '.join(again)} again, which bounces took them off" if again else ""
    out.print(f"{parsed}: may be mailed again{lists}")


def erase(
    address: AddressArgument,
    reason: ReasonOption = "",
    yes: YesOption = False,
) -> None:
    """Forget a person.

    No more is kept than a keyed hash that says not to mail them.
    """
    key = erasure_key(settings())
    if key is None:
        raise SettingsError(
            "erasure_key is not set, and nobody can be erased without: write erasure_key = "
            '"…" into newsletter.toml, 32 random characters or more, and never change it'
        )
    with database_about(address) as db:
        with db.read() as session:
            person = store.show(session, address)
        _confirm(f"Erase {person.address}? It cannot be undone.", yes)
        with db.write() as session:
            erase_person(session, person.address, key, now(), reason=reason)
        db.empty_log()
    out.print("erased; no import will bring them back")


def _confirm(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise NewsletterError("nobody is there to ask: say --yes")
    err.print(question, end=" ")
    try:
        agreed = typer.confirm("")
    except typer.Abort:
        err.print()
        agreed = False
    if not agreed:
        raise ConflictError("nothing was changed")
