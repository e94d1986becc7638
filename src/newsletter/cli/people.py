"""`newsletter subscribers list|history`, and all that is stored of one person."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from newsletter.cli.addressing import AddressArgument
from newsletter.cli.arguments import ListOption, a_day
from newsletter.cli.departing import database_about, erasure_key
from newsletter.cli.edge import (
    JsonOption,
    database,
    only_list,
    settings,
    show_json,
    show_table,
)
from newsletter.content.serial import plain
from newsletter.errors import NotFoundError
from newsletter.store import histories, lists
from newsletter.store import subscribers as store
from newsletter.store.erasures import erasure
from newsletter.store.people import people
from newsletter.store.values import SubscriptionState


def list_(
    list_name: ListOption = "",
    topic: Annotated[str, typer.Option(help="Only who follows this topic by name.")] = "",
    status: Annotated[
        SubscriptionState | None, typer.Option(help="Only who is in this state.")
    ] = None,
    since: Annotated[
        dt.date | None,
        typer.Option(metavar="DAY", parser=a_day, help="Only who joined since then."),
    ] = None,
    bounced: Annotated[
        bool, typer.Option("--bounced", help="Only whose mail has come back.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """The people of a list."""
    with database() as db:
        name = only_list(db, list_name)
        with db.read() as session:
            topics = lists.get_list(session, name).topics
            if topic and topic not in topics:
                known = ", ".join(one.name for one in topics.topics)
                raise NotFoundError(f"{name} has no topic {topic!r}; it has {known}")
            found = people(
                session,
                name,
                topic=topic,
                state=status,
                since=dt.datetime.combine(since, dt.time(), dt.UTC) if since else None,
                bounced=bounced,
            )
            if json:
                show_json([plain(person) for person in found])
                return
            show_table(
                ("address", "state", "follows", "joined", "suppressed"),
                (
                    (
                        p.address,
                        p.state,
                        "everything" if p.preferences.follows is None else p.preferences.follows,
                        p.consent_at,
                        p.suppressed,
                    )
                    for p in found
                ),
            )


def history(address: AddressArgument, json: JsonOption = False) -> None:
    """All that happened to a person.

    Consent, mail, bounces, leaving, coming back.
    """
    with database_about(address) as db, db.read() as session:
        person = store.show(session, address)
        earlier = erasure(session, address, erasure_key(settings()))
        events = histories.history(session, person.id, person.address, erased=earlier)
    if json:
        show_json([plain(event) for event in events])
        return
    show_table(
        ("at", "list", "issue", "what", "detail"),
        [(e.at, e.list_name, e.issue, e.what, e.detail) for e in events],
    )
