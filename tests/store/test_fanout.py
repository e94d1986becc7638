"""Making the rows of a long list costs each chunk what it costs of a short one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from newsletter.store import issues
from newsletter.store.database import Database
from tests.builders import make_digest
from tests.store.stage import NOW, TODAY, everybody, join, sync


def test_a_chunk_is_found_without_sorting_the_whole_list(sqlite_database: Database) -> None:
    asked: list[tuple[str, Any]] = []
    with sqlite_database.write() as session:
        sync(session)
        for number in range(5):
            join(session, f"reader{number}@example.test")
        draft = issues.save_draft(session, make_digest(), NOW)
        issues.freeze(session, draft.id, {}, NOW)
    with sqlite_database.write() as session:
        connection = session.connection()

        @event.listens_for(connection, "before_cursor_execute")
        def note(_c: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
            asked.append((statement, values))

        assert issues.fan_out(session, draft.id, everybody, today=TODAY, chunk=2)
        chunks = [one for one in asked if "FROM subscriptions JOIN subscribers" in one[0]]
        assert len(chunks) == 1
        statement, values = chunks[0]
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    told = " ".join(step[-1] for step in steps)
    assert "subscriptions USING INTEGER PRIMARY KEY" in told
    assert "TEMP B-TREE" not in told
