"""`/ontimez` for a monitor: 200 while every list is on time, and nothing but times in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import text

from newsletter.content.moments import moment_on
from newsletter.schedule.planning import basis
from newsletter.store import lists, slots
from tests.web.newsstand import NOW, Newsstand


def plan(newsstand: Newsstand, send: dt.datetime) -> None:
    """A slot whose draft should have been made just now, and which goes out at `send`."""
    name = newsstand.digest.list.name
    with newsstand.database.write() as session:
        found = lists.get_list(session, name)
        moment = moment_on(found, dt.date(2026, 2, 19))
        early = replace(moment, assemble=send - dt.timedelta(hours=1), send=send)
        slots.plan(session, name, "2026-W07", early, basis(found, ()))


def test_it_says_when_a_list_went_last_and_goes_next(newsstand: Newsstand) -> None:
    answer = newsstand.client.get("/ontimez")
    assert answer.status_code == 200
    found = answer.json()["lists"][newsstand.digest.list.name]
    assert set(found) == {"last", "next", "late", "ended"}
    assert (found["next"], found["late"]) == ("2026-02-19T07:00:00+00:00", False)
    assert dt.datetime.fromisoformat(found["last"]) <= NOW
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "trouble",
    [
        "UPDATE slots SET state = 'missed', note = 'secret.example is down'",
        "UPDATE slots SET attempts = 3, error = 'secret.example is down'",
    ],
)
def test_it_says_that_a_list_is_late_and_not_why(newsstand: Newsstand, trouble: str) -> None:
    plan(newsstand, NOW + dt.timedelta(hours=1))
    assert newsstand.client.get("/ontimez").status_code == 200
    with newsstand.database.write() as session:
        session.connection().execute(text(trouble))
    answer = newsstand.client.get("/ontimez")
    assert answer.status_code == 503
    assert answer.json()["late"] is True
    assert "secret" not in answer.text


def test_a_clock_that_does_not_run_is_noticed(newsstand: Newsstand) -> None:
    plan(newsstand, NOW + dt.timedelta(minutes=45))  # its draft is a quarter of an hour late
    assert newsstand.client.get("/ontimez").status_code == 503


def test_a_database_that_cannot_say_is_as_good_as_late(newsstand: Newsstand) -> None:
    with newsstand.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE slots")
    answer = newsstand.client.get("/ontimez")
    assert (answer.status_code, answer.json()) == (503, {"late": True})
