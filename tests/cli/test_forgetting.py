from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from fastapi import FastAPI
from sqlmodel import SQLModel, select

from newsletter.cli import forgetting
from newsletter.cli.forgetting import forget, with_forgetting
from newsletter.settings import Settings
from newsletter.store import clicks, confirmations, feedback
from newsletter.store.choice_changes import CONSENT
from newsletter.store.choice_tables import ChangeRow
from newsletter.store.click_tables import ClickRow, RecentClickRow
from newsletter.store.clicks import Click
from newsletter.store.confirmation_tables import ConfirmationRow
from newsletter.store.confirmations import Wish, WishKind
from newsletter.store.database import Database
from newsletter.store.instants import seconds
from newsletter.store.values import Way
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
    forget(database, Settings(), NOW + dt.timedelta(days=179))
    assert networks(database) == ["203.0.113.0/24"]
    forget(database, Settings(), NOW + dt.timedelta(days=181))
    assert networks(database) == [""]


def test_serve_forgets_from_its_start_on(database: Database) -> None:
    ask(database, dt.datetime(2020, 1, 1, tzinfo=dt.UTC))

    async def serve() -> None:
        async with with_forgetting(database, Settings(), None)(FastAPI()):
            for _ in range(3000):
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
    forget(database, Settings(), NOW + dt.timedelta(days=180))
    assert rows(database, ClickRow) == 1
    forget(database, Settings(), NOW + dt.timedelta(days=181))
    assert rows(database, ClickRow) == 0


def test_earlier_choices_are_forgotten_in_time_and_no_consent_is(database: Database) -> None:
    def change(what: str) -> ChangeRow:
        return ChangeRow(subscriber_id=1, list_name=LIST, way=Way.PAGE, what=what, at=seconds(NOW))

    set_stage(database, ["ada@example.test"])
    with database.write() as session:
        session.add_all((change("mutes"), change(CONSENT)))
        session.add(ChangeRow(subscriber_id=1, way=Way.PAGE, what="address", at=seconds(NOW)))
    forget(database, Settings(), NOW + dt.timedelta(days=180))
    assert rows(database, ChangeRow) == 3
    forget(database, Settings(), NOW + dt.timedelta(days=181))
    with database.read() as session:
        assert set(session.exec(select(ChangeRow.what))) == {CONSENT, "address"}


def test_reports_that_nobody_could_read_are_forgotten_without_a_mailbox(database: Database) -> None:
    with database.write() as session:
        feedback.record_unread(session, "x", b"a riddle", NOW, why="a riddle")
    forget(database, Settings(unread_days=30), NOW + dt.timedelta(days=31))
    with database.read() as session:
        assert [item.kept for item in feedback.feedback(session)] == [0]


def test_a_fault_of_ours_does_not_end_all_later_forgetting(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    often: list[int] = []

    def fault(*_: object, **__: object) -> None:
        often.append(1)
        raise ZeroDivisionError("ada@example.test")

    monkeypatch.setattr(forgetting, "settle", fault)
    monkeypatch.setattr(forgetting, "CLICKS_EVERY", 0.01)

    async def serve() -> None:
        async with with_forgetting(database, Settings(), None)(FastAPI()):
            for _ in range(3000):
                if len(often) > 1:
                    return
                await asyncio.sleep(0.02)

    asyncio.run(serve())
    assert len(often) > 2  # the last of them at the end


def test_serve_judges_all_clicks_before_it_ends(database: Database) -> None:
    stage = set_stage(database, ["ada@example.test"])
    stage.commit(claims=[stage.claim(due) for due in stage.due()])

    async def serve() -> None:
        async with with_forgetting(database, Settings(), None)(FastAPI()):
            await asyncio.to_thread(opened_now, database)

    asyncio.run(serve())
    assert (rows(database, RecentClickRow), rows(database, ClickRow)) == (0, 1)


def opened_now(database: Database) -> None:
    with database.write() as session:
        clicks.note(session, 1, 0, scanner=False, now=dt.datetime.now(dt.UTC))


def rows(database: Database, table: type[SQLModel]) -> int:
    with database.read() as session:
        return len(session.exec(select(table)).all())
