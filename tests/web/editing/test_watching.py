"""What is saved or stored is told at once, once, and nothing else is."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

from newsletter.store import editing, issues, lists, subscribers
from newsletter.store.changes import Commits
from newsletter.store.database import Database
from newsletter.web.editing.watching import READY, changes
from tests.builders import WEEK, make_digest, make_list

NOW = dt.datetime(2026, 2, 12, 9, 0, tzinfo=dt.UTC)
PATIENCE = 60.0  # seconds
QUIET = 0.5

Act = Callable[[], None]


def told(database: Database, folders: list[Path], *acts: Act) -> list[str]:
    """What is told after each act."""

    async def watch() -> list[str]:
        stop = asyncio.Event()
        stream = changes(database, "ai-for-science", WEEK, folders, stop)
        assert await asyncio.wait_for(anext(stream), PATIENCE) == READY
        found = [await after(stream, act) for act in acts]
        stop.set()
        assert await asyncio.wait_for(anext(stream, None), PATIENCE) is None
        return found

    async def after(stream: AsyncGenerator[str, None], act: Act) -> str:
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.to_thread(act)
        return await asyncio.wait_for(waiting, PATIENCE)

    return asyncio.run(watch())


def furnished(database: Database) -> Database:
    digest = make_digest()
    with database.write() as session:
        lists.sync_list(session, digest.list, {}, now=NOW)
        issues.save_draft(session, digest, NOW)
    return database


def note(database: Database, text: str) -> Act:
    def act() -> None:
        with database.write() as session:
            issue = issues.get_issue(session, "ai-for-science", make_digest().name)
            editing.set_note(session, issue.id, "en", "note", text, who="x", now=NOW)

    return act


def test_a_saved_file_is_told_by_its_name(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "weekly"
    folder.mkdir(parents=True)

    def save() -> None:
        (folder / "issue.mjml").write_text("<mjml></mjml>", "utf-8")

    folders = [tmp_path / "templates", tmp_path / "not there"]
    assert told(furnished(database), folders, save) == ["weekly/issue.mjml"]


def test_a_change_in_the_store_is_told(database: Database) -> None:
    found = told(furnished(database), [], note(database, "One."), note(database, "Two."))
    assert found == ["stored", "stored"]


def test_what_concerns_no_issue_is_not_told(database: Database) -> None:
    furnished(database)

    def other() -> None:
        with database.write() as session:
            lists.sync_list(session, make_list(name="other"), {}, now=NOW)
            subscribers.suppress(session, "gone@mail.example", "by hand", NOW)

    async def watch() -> bool:
        stop = asyncio.Event()
        stream = changes(database, "ai-for-science", WEEK, [], stop)
        await asyncio.wait_for(anext(stream), PATIENCE)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.to_thread(other)
        done, _ = await asyncio.wait([waiting], timeout=QUIET)
        stop.set()
        await asyncio.wait([waiting])
        return bool(done)

    assert not asyncio.run(watch())


def test_the_counter_moves_when_somebody_commits_and_only_then(database: Database) -> None:
    furnished(database)
    with closing(Commits(database)) as commits:
        first = commits.number()
        assert commits.number() == first
        note(database, "Now.")()
        assert commits.number() != first


def test_it_may_be_closed_while_it_is_asked(database: Database) -> None:
    # SQLite takes the process down when a connection is closed under a query.
    furnished(database)
    for _ in range(50):
        commits, heard = Commits(database), list[int]()
        asking = Thread(target=lambda c, h: h.extend(iter(c.number, 0)), args=(commits, heard))
        asking.start()
        while not heard and asking.is_alive():
            pass
        commits.close()
        asking.join()
        assert heard
        assert commits.number() == 0
