"""`newsletter serve`: the public pages and the clock, in one process."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Annotated

import typer
from fastapi import FastAPI

from newsletter.cli.clockwork import Lifespan, with_clock
from newsletter.cli.departing import erasure_key
from newsletter.cli.edge import database, keyring, now, out, settings, template_folders
from newsletter.cli.forgetting import with_forgetting
from newsletter.cli.logs import configure_logs
from newsletter.cli.returning import with_returned_mail
from newsletter.cli.signing import signer
from newsletter.cli.standing import show_standing
from newsletter.delivery.mailhosts import MailHosts
from newsletter.delivery.outbox import beside
from newsletter.delivery.pacing import Paces
from newsletter.delivery.relay import RelaySettings, parse_relays
from newsletter.delivery.sender import Surroundings
from newsletter.settings import Settings
from newsletter.store.database import Database
from newsletter.store.keys import check_keys
from newsletter.web.app import create_app
from newsletter.web.metrics import Metrics
from newsletter.web.serve import serve as serve_app


def serve(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = 8080,
    clock: Annotated[
        bool,
        typer.Option(
            "--schedule/--no-schedule", help="Keep the lists' schedules, and read returned mail."
        ),
    ] = True,
) -> None:
    """Serve the pages, and send issues when their schedules say so.

    What was deferred or interrupted goes on, and returned mail is read.
    """
    found = settings()
    configure_logs(found.log_level)
    ring = keyring(found)
    with database(found) as db:
        with db.write() as session:
            check_keys(session, ring, now())
        # One pace and one count for all that this process sends.
        paces, metrics = Paces(MailHosts()), Metrics(public=found.metrics)
        app = create_app(
            db,
            ring,
            clock=now,
            public_url=found.public_url,
            templates=template_folders(found),
            trusted_proxies=found.trusted_proxies,
            signer=signer(found),
            measured=metrics,
            erasure_key=erasure_key(found),
        )
        app.router.lifespan_context = _work_beside(db, found, paces, metrics, clock=clock)
        if clock:
            with db.read() as session:
                show_standing(session, begins=True)
        serve_app(
            app,
            host=host,
            port=port,
            started=lambda url: out.print(f"serving {url}"),
            stopping=app.state.desk.stop.set,
        )


def _work_beside(
    db: Database, found: Settings, paces: Paces, metrics: Metrics, *, clock: bool
) -> Lifespan:
    """What is done for as long as the pages are served."""
    doing: Lifespan | None = None
    if clock or found.smtp_url:
        relay = parse_relays(found.relay_url, found.fallback_relay_url)
        kept = with_clock(db, found, paces, metrics) if clock else None
        doing = with_outbox(db, relay, kept, paces, metrics)
    if clock and found.mailbox:
        doing = with_returned_mail(db, found, metrics, doing)
    return with_forgetting(db, found, doing)


def with_outbox(
    db: Database,
    relay: RelaySettings,
    then: Lifespan | None,
    paces: Paces | None = None,
    metrics: Metrics | None = None,
) -> Lifespan:
    """What is in the outbox, and comes into it, goes out for as long as the pages are served; they
    do not wait for it."""
    count = (metrics or Metrics()).attempts("outbox")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        around = Surroundings(
            clock=now,
            chance=random.SystemRandom().random,
            stop=asyncio.Event(),
            observe=count,
            paces=paces or Paces(),
        )
        async with beside(db, relay, around), then(app) if then else nullcontext():
            yield

    return lifespan
