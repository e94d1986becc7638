"""While the database is away the pages say so, and whoever is told that they left has left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from newsletter.store.database import Database
from newsletter.store.values import SubscriptionState
from tests.builders import make_digest
from tests.web.newsstand import Newsstand, furnish

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@contextmanager
def away(database: Database) -> Iterator[None]:
    """The file elsewhere, or a PostgreSQL that lets nobody in and has thrown everybody out."""
    if database.file is not None:
        aside = database.file.with_suffix(".aside")
        database.file.rename(aside)
        yield
        aside.rename(database.file)
        return
    name = database.engine.url.database or ""
    url = database.engine.url.set(database="postgres", drivername="postgresql")
    with psycopg.connect(url.render_as_string(False), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        yield
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


@pytest.fixture
def stand(database: Database) -> Newsstand:
    return furnish(database, make_digest())


def test_a_one_click_gets_no_200_until_it_is_back_and_then_takes_them_off(stand: Newsstand) -> None:
    with away(stand.database):
        for _ in range(2):
            answer = stand.client.post(stand.leave_path(), data=ONE_CLICK)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["cache-control"] == "no-store"
    assert stand.subscription().state is SubscriptionState.ACTIVE
    assert stand.client.post(stand.leave_path(), data=ONE_CLICK).status_code == 200
    assert stand.subscription().state is SubscriptionState.LEFT


def test_every_page_is_a_kind_one_meanwhile_and_itself_again_after(stand: Newsstand) -> None:
    for path in (*stand.public_paths, *stand.private_paths):
        with away(stand.database):
            answer = stand.client.get(path, headers={"accept-language": "zh"})
        assert answer.status_code in (200, 503), path  # what needs no database is there
        if answer.status_code == 503 and path.startswith(("/u/", "/p/", "/lists/", "/archive/")):
            assert "请稍后再试" in answer.text, path
            assert "retry-after" in answer.headers, path
        assert stand.client.get(path).status_code == 200, path


def test_whether_it_is_ready_says_so(stand: Newsstand) -> None:
    with away(stand.database):
        assert stand.client.get("/readyz").status_code == 503
        assert stand.client.get("/healthz").status_code == 200
    assert stand.client.get("/readyz").status_code == 200
