from __future__ import annotations

import asyncio
import datetime as dt

from fastapi import FastAPI
from sqlmodel import SQLModel, select

from newsletter.cli.forgetting import forget, with_forgetting
from newsletter.store import clicks, confirmations
from newsletter.store.click_tables import ClickRow, RecentClickRow
from newsletter.store.clicks import Click
from newsletter.store.confirmations import Wish, WishKind
from newsletter.store.database import Database
from newsletter.store.tables import ConfirmationRow
from tests.store.stage import LIST, NOW, set_stage, sync


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


def test_numbers_of_clicks_are_forgotten_with_them(database: Database) -> None:
    stage = set_stage(database, ["ada@example.test"])
    stage.commit(claims=[stage.claim(due) for due in stage.due()])
    with database.write() as session:
        clicks.count(session, 1, [Click(0, scanner=False, at=NOW)], [])
    forget(database, NOW + dt.timedelta(days=180))
    assert rows(database, ClickRow) == 1
    forget(database, NOW + dt.timedelta(days=181))
    assert rows(database, ClickRow) == 0


def test_serve_judges_all_clicks_before_it_ends(database: Database) -> None:
    stage = set_stage(database, ["ada@example.test"])
    stage.commit(claims=[stage.claim(due) for due in stage.due()])

    async def serve() -> None:
        async with with_forgetting(database, None)(FastAPI()):
            await asyncio.to_thread(opened_now, database)

    asyncio.run(serve())
    assert (rows(database, RecentClickRow), rows(database, ClickRow)) == (0, 1)


def opened_now(database: Database) -> None:
    with database.write() as session:
        clicks.note(session, 1, 0, scanner=False, now=dt.datetime.now(dt.UTC))


def rows(database: Database, table: type[SQLModel]) -> int:
    with database.read() as session:
        return len(session.exec(select(table)).all())
