"""The public pages as one application."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

from fastapi import FastAPI

from newsletter import __version__
from newsletter.delivery.dkim import Signer
from newsletter.delivery.letters import Letters
from newsletter.store.database import Database
from newsletter.store.erasures import ErasureKey
from newsletter.tokens import Keyring
from newsletter.web import (
    archive,
    assets,
    click,
    confirm,
    feed,
    health,
    leave,
    lists,
    lost,
    metrics,
    new_address,
    preferences,
    subscribe,
    view,
)
from newsletter.web.access_log import AccessLog
from newsletter.web.client import Network
from newsletter.web.editing import door
from newsletter.web.editing.app import create_editing_app, set_up
from newsletter.web.editing.bench import Bench
from newsletter.web.editing.desk import Desk
from newsletter.web.editing.door import VisitGate
from newsletter.web.failures import answer_failures
from newsletter.web.metrics import Metrics
from newsletter.web.pages import Pages
from newsletter.web.paths import Paths
from newsletter.web.protection import Protection
from newsletter.web.site import Site

_PAGES = (
    subscribe,
    confirm,
    leave,
    preferences,
    new_address,
    lost,
    view,
    click,
    feed,  # before the archive, whose issues' names take any word
    archive,
    lists,
    assets,
    health,
    metrics,
    door,
)


def create_app(
    database: Database,
    keyring: Keyring,
    *,
    clock: Callable[[], dt.datetime],
    public_url: str,
    templates: Sequence[Path],
    trusted_proxies: Sequence[Network] = (),
    signer: Signer | None = None,
    measured: Metrics | None = None,
    erasure_key: ErasureKey | None = None,
) -> FastAPI:
    """The pages that links in mail lead to, and those that tell of lists and past issues.

    `clock` gives aware instants; `public_url` is where readers reach the pages (it may hold a
    path, which the proxy in front takes away); `templates` are folders that come before the
    packaged one. `trusted_proxies` are believed when they say whom a request came from;
    `signer` signs (DKIM) what the pages mail; `measured` is what /metrics tells;
    `erasure_key` is of the hashes by which imports leave out addresses that were given up.
    """
    paths = Paths.under(public_url)
    pages = Pages(templates, paths)
    letters = Letters(keyring, templates, public_url, signer)
    site = Site(
        database,
        keyring,
        clock,
        public_url,
        paths,
        pages,
        letters,
        trusted_proxies,
        erasure_key,
    )
    # FastAPI's own documentation pages load scripts from elsewhere; the schema alone stays.
    app = FastAPI(
        title="Newsletter",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.site = site
    app.state.metrics = measured = measured or Metrics()
    for module in _PAGES:
        app.include_router(module.router)
    app.state.desk = desk = Desk(
        Bench(
            database=database,
            keyring=keyring,
            clock=clock,
            templates=templates,
            public_url=public_url,
            signer=signer,
        ),
        under=paths.public_url,
        sends=True,
    )
    set_up(app, create_editing_app(desk, VisitGate(site)))
    answer_failures(app, site)
    app.add_middleware(Protection)
    app.add_middleware(AccessLog, observe=measured.answered)
    return app
