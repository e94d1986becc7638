from __future__ import annotations

import asyncio
import datetime as dt

from fastapi import FastAPI
from sqlmodel import select

from newsletter.cli.forgetting import forget, with_forgetting
from newsletter.store import confirmations
from newsletter.store.confirmations import Wish, WishKind
from newsletter.store.database import Database
from newsletter.store.tables import ConfirmationRow
from tests.store.stage import LIST, NOW, sync


def ask(database: Database, at: dt.datetime) -> None:
    wish = Wish(
        kind=WishKind.JOIN,
        list_name=LIST,
        address="ada@example.test",
        language="en",
        network="203.0.113.0/24",
    )
    with database.write() as session:
        sync(session)
        number = confirmations.ask(session, wish, at)
        confirmations.confirm(session, number, None, at)


def networks(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.exec(select(ConfirmationRow.network)))


def test_networks_are_forgotten_after_the_lists_retention_time_and_not_before(
    database: Database,
) -> None:
    ask(database, NOW)
    forget(database, NOW + dt.timedelta(days=179))
    assert networks(database) == ["203.0.113.0/24"]
    forget(database, NOW + dt.timedelta(days=181))
    assert networks(database) == [""]


def test_serve_forgets_from_its_start_on(database: Database) -> None:
    ask(database, dt.datetime(2020, 1, 1, tzinfo=dt.UTC))

    async def serve() -> None:
        async with with_forgetting(database, None)(FastAPI()):
            for _ in range(200):
                if networks(database) == [""]:
                    return
                await asyncio.sleep(0.02)

    asyncio.run(serve())
    assert networks(database) == [""]
