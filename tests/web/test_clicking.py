"""`/c/TOKEN/NUMBER` leads to the links of an issue, to nothing else, and counts without who."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text as sql
from starlette.testclient import TestClient

from newsletter.content.mailinglist import Clicks, Policies
from newsletter.errors import DatabaseError
from newsletter.rendering.counting import frozen_targets
from newsletter.store import subscribers
from newsletter.store.click_tables import ClickRow, RecentClickRow
from newsletter.store.clicks import forget
from newsletter.store.database import Database
from newsletter.store.erasures import ErasureKey, erase
from newsletter.store.histories import everything
from newsletter.tokens import TEST_DELIVERY, Key, Keyring, Purpose
from newsletter.tracking.clicks import settle
from newsletter.web import click as counting
from newsletter.web.app import create_app
from newsletter.web.limits import Limit
from tests.builders import make_digest
from tests.web.clicking import BROWSER, counting_newsstand, links_of, page_of, report
from tests.web.newsstand import KEYS, NOW, Newsstand, copy_newsstand, furnish

ADA, MEI = "ada@mail.example.net", "mei@mail.example.net"
LATER = NOW + dt.timedelta(hours=2)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Newsstand:
    stand = counting_newsstand(tmp_path_factory.mktemp("counting"))
    stand.database.close()
    return stand


@pytest.fixture
def stand(made: Newsstand, tmp_path: Path) -> Iterator[Newsstand]:
    copied = copy_newsstand(made, tmp_path)
    copied.client.headers["user-agent"] = made.client.headers["user-agent"]
    copied.clock = LATER
    yield copied
    copied.database.close()


def path(stand: Newsstand, number: object, address: str = ADA) -> str:
    return f"/c/{stand.token(Purpose.CLICK, address)}/{number}"


def leads_nowhere(stand: Newsstand, where: str) -> None:
    before = stand.dump()
    response = stand.client.get(where)
    assert response.status_code == 404, where
    assert "location" not in response.headers
    assert "@" not in response.text
    assert stand.dump() == before


def test_each_link_of_a_sent_message_leads_to_what_the_page_shows(stand: Newsstand) -> None:
    shown = stand.client.get(stand.view_path()).text
    links = links_of(stand, ADA)
    assert len(links) == 8
    for link in links:
        response = stand.client.get(link)
        assert response.status_code == 302
        assert response.content == b""
        assert f'href="{response.headers["location"]}"' in shown


def test_the_way_on_says_nothing_of_where_it_came_from(stand: Newsstand) -> None:
    headers = stand.client.get(path(stand, 0)).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "noindex" in headers["x-robots-tag"]
    assert "set-cookie" not in headers
    assert stand.token(Purpose.CLICK) not in headers["location"]
    head = stand.client.head(path(stand, 0))
    assert (head.status_code, head.headers["location"]) == (302, headers["location"])


def test_view_in_browser_leads_straight_and_counts_nothing(stand: Newsstand) -> None:
    before = stand.dump()
    shown = stand.client.get(stand.view_path())
    assert "/c/" in page_of(stand, ADA)
    assert "/c/" not in shown.text
    assert stand.token(Purpose.CLICK) not in shown.text
    assert 'href="https://arxiv.org/abs/2602.00001"' in shown.text
    assert stand.dump() == before


@pytest.mark.parametrize(
    "number",
    ["25", "999999", "1000000", "-1", "+1", "01", "1_0", "1.0", "1e0", "%201", "x", "١", ""],
)
def test_a_number_that_no_link_of_the_issue_has_leads_nowhere(
    stand: Newsstand, number: str
) -> None:
    leads_nowhere(stand, path(stand, number))


def test_no_other_token_opens_a_link(stand: Newsstand) -> None:
    delivery = stand.deliveries[ADA]
    stranger = Key("a key that somebody else made up, long enough")
    for purpose in Purpose:
        if purpose is not Purpose.CLICK:
            leads_nowhere(stand, f"/c/{stand.token(purpose)}/0")
    leads_nowhere(stand, f"/c/{stranger.sign(Purpose.CLICK, delivery)}/0")
    leads_nowhere(stand, f"/c/{stand.keyring.current.sign(Purpose.CLICK, TEST_DELIVERY)}/0")
    leads_nowhere(stand, f"/c/{stand.keyring.current.sign(Purpose.CLICK, 10**6)}/0")


def test_a_links_token_opens_nothing_else(stand: Newsstand) -> None:
    token = stand.token(Purpose.CLICK)
    before = stand.dump()
    for place in ("/u", "/p", "/v", "/confirm"):
        assert stand.client.get(f"{place}/{token}").status_code == 404
    data = {"List-Unsubscribe": "One-Click"}
    assert stand.client.post(f"/u/{token}", data=data).status_code == 404
    assert stand.client.post(path(stand, 0), data=data).status_code == 405
    assert stand.dump() == before


within_one = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


@within_one
@given(token=st.text(LETTERS, max_size=40), number=st.integers(0, 30))
def test_a_made_up_token_leads_nowhere(stand: Newsstand, token: str, number: int) -> None:
    leads_nowhere(stand, f"/c/{token}/{number}")


@within_one
@given(at=st.integers(0, 23), letter=st.sampled_from(LETTERS), cut=st.integers(1, 23))
def test_a_changed_or_cut_token_leads_nowhere(
    stand: Newsstand, at: int, letter: str, cut: int
) -> None:
    token = stand.token(Purpose.CLICK)
    changed = token[:at] + letter + token[at + 1 :]
    if changed != token:
        leads_nowhere(stand, f"/c/{changed}/0")
    leads_nowhere(stand, f"/c/{token[: cut % len(token)]}/0")


@within_one
@given(at=st.integers(1, 23))
def test_two_readers_tokens_put_together_lead_nowhere(stand: Newsstand, at: int) -> None:
    one, other = stand.token(Purpose.CLICK), stand.token(Purpose.CLICK, MEI)
    mixed = one[:at] + other[at:]
    if mixed not in (one, other):
        leads_nowhere(stand, f"/c/{mixed}/0")


@pytest.mark.parametrize(
    "hostile",
    [
        "javascript:alert(1)",
        "//evil.example/x",
        "/\\evil.example",
        "https://ok.example/\r\nSet-Cookie: a=b",
        "https://ok.example/ x",
        "https://user:secret@evil.example/",
        "data:text/html,hello",
        "https://ok.example/" + "x" * 600,
        "",
    ],
)
def test_a_stored_link_that_is_no_ordinary_address_is_not_followed(
    stand: Newsstand, hostile: str
) -> None:
    with stand.database.engine.begin() as connection:
        connection.execute(sql("UPDATE links SET url = :url WHERE number = 0"), {"url": hostile})
    leads_nowhere(stand, path(stand, 0))


def test_nothing_in_a_request_changes_where_a_link_leads(stand: Newsstand) -> None:
    wanted = stand.client.get(path(stand, 0)).headers["location"]
    query = "?url=https://evil.example&next=//evil.example"
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example", "x-original-url": "/x"}
    response = stand.client.get(path(stand, 0) + query, headers=headers)
    assert response.headers["location"] == wanted


def test_what_has_not_been_sent_has_no_links(stand: Newsstand) -> None:
    with stand.database.engine.begin() as connection:
        connection.execute(sql("UPDATE deliveries SET edition_id = NULL, state = 'queued'"))
    leads_nowhere(stand, path(stand, 0))


def test_a_link_works_years_later_and_after_two_rotations(stand: Newsstand) -> None:
    old = path(stand, 0)
    newer = (
        "the newest of the made-up keys, long too",
        "a newer made-up key, as long as the others",
    )
    rotated = Keyring.of((*newer, *KEYS))
    client = TestClient(_app(stand, rotated), follow_redirects=False)
    stand.clock = NOW + dt.timedelta(days=3000)
    response = client.get(old)
    assert response.headers["location"] == "https://arxiv.org/abs/2602.00001"
    lost = TestClient(_app(stand, Keyring.of(KEYS[1:])), follow_redirects=False)
    assert lost.get(old).status_code == 404


def _app(stand: Newsstand, keyring: Keyring) -> FastAPI:
    return create_app(
        stand.database,
        keyring,
        clock=lambda: stand.clock,
        public_url="https://news.example.org",
        templates=(),
    )


def test_an_erased_readers_old_mail_still_leads_on(stand: Newsstand) -> None:
    with stand.database.write() as session:
        erase(session, ADA, ErasureKey("an erasure key of a good length, made up"), LATER)
    assert stand.client.get(path(stand, 0)).status_code == 302


def test_what_lasts_of_a_click_cannot_say_whose_it_was(stand: Newsstand) -> None:
    for address in (ADA, MEI):
        stand.client.get(path(stand, 0, address))
    stand.client.get(path(stand, 3))
    settle(stand.database, LATER + dt.timedelta(minutes=10))
    dump = stand.dump()
    assert dump["recent_clicks"] == []
    assert sorted(row[1:] for row in dump["clicks"]) == [
        (0, LATER.date(), 2, 0),
        (3, LATER.date(), 1, 0),
    ]
    known = {"edition_id", "number", "day", "people", "scanners"}
    assert set(ClickRow.model_fields) == known
    assert set(RecentClickRow.model_fields) == {"delivery_id", "number", "scanner", "at"}


def test_clicks_are_judged_ten_minutes_after_the_first_and_not_before(stand: Newsstand) -> None:
    stand.client.get(path(stand, 0))
    stand.clock = LATER + 9 * MINUTE
    stand.client.get(path(stand, 1))
    assert settle(stand.database, stand.clock) == 0
    assert (report(stand).people, report(stand).undecided) == (0, 2)
    assert settle(stand.database, LATER + 10 * MINUTE) == 1
    assert (report(stand).people, report(stand).undecided) == (2, 0)


def test_a_link_opened_again_within_minutes_counts_once_and_later_again(
    stand: Newsstand,
) -> None:
    for minutes in (0, 1, 2, 30):
        stand.clock = LATER + minutes * MINUTE
        settle(stand.database, stand.clock)
        stand.client.get(path(stand, 0))
    settle(stand.database, LATER + 60 * MINUTE)
    assert report(stand).people == 2


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}),
        ("GET", {"user-agent": ""}),
        ("GET", {"sec-purpose": "prefetch;prerender"}),
        ("GET", {"purpose": "prefetch"}),
    ],
)
def test_what_is_plainly_automatic_is_counted_apart(
    stand: Newsstand, method: str, headers: dict[str, str]
) -> None:
    stand.client.request(method, path(stand, 0), headers=headers)
    settle(stand.database, LATER + 10 * MINUTE)
    assert (report(stand).people, report(stand).scanners) == (0, 1)


def test_what_comes_within_seconds_of_the_mail_is_counted_apart(stand: Newsstand) -> None:
    stand.clock = NOW + dt.timedelta(seconds=4)
    stand.client.get(path(stand, 0))
    stand.clock = NOW + 5 * MINUTE
    stand.client.get(path(stand, 1))
    settle(stand.database, LATER)
    assert (report(stand).people, report(stand).scanners) == (1, 1)


def test_a_database_in_trouble_counts_nothing_and_leads_on(
    stand: Newsstand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DatabaseError("the database is written by too many")

    monkeypatch.setattr(counting, "note", refuse)
    assert stand.client.get(path(stand, 0)).status_code == 302
    assert report(stand).undecided == 0


def test_a_token_makes_no_more_rows_than_its_message_has_links(stand: Newsstand) -> None:
    for _ in range(20):
        for number in (0, 1):
            stand.client.get(path(stand, number))
            stand.client.head(path(stand, number))
    assert len(stand.dump()["recent_clicks"]) == 4


def test_a_network_that_asks_too_often_is_led_on_and_not_counted(stand: Newsstand) -> None:
    site = stand.app.state.site
    stand.app.state.site = replace(site, clicks=Limit(3, MINUTE))
    for number in range(8):
        assert stand.client.get(path(stand, number)).status_code == 302
    assert report(stand).undecided == 3


def test_recent_clicks_are_shown_to_their_reader_and_erased_with_them(stand: Newsstand) -> None:
    stand.client.get(path(stand, 0))
    stand.client.get(path(stand, 1, MEI))
    with stand.database.write() as session:
        person = subscribers.show(session, ADA)
        (shown,) = everything(session, person.id, ADA)["recent_clicks"]
        assert (shown["delivery_id"], shown["number"]) == (stand.deliveries[ADA], 0)
        erase(session, ADA, ErasureKey("an erasure key of a good length, made up"), LATER)
    assert [row[0] for row in stand.dump()["recent_clicks"]] == [stand.deliveries[MEI]]


def test_numbers_are_forgotten_after_the_lists_retention_time_and_links_are_not(
    stand: Newsstand,
) -> None:
    stand.client.get(path(stand, 0))
    settle(stand.database, LATER + 10 * MINUTE)
    days = dt.timedelta(days=180)
    for list_name, now, left in (
        (stand.digest.list.name, LATER + days, 1),
        ("another-list", LATER + 2 * days, 1),
        (stand.digest.list.name, LATER + days + dt.timedelta(days=1), 0),
    ):
        with stand.database.write() as session:
            forget(session, list_name, days, now)
        assert len(stand.dump()["clicks"]) == left
    assert stand.client.get(path(stand, 0)).status_code == 302


def test_a_link_of_another_edition_or_issue_is_not_reached(stand: Newsstand) -> None:
    """A later edition has fewer links, in another order: whoever has it gets its own, whoever has
    the first keeps the first's."""
    with stand.database.engine.begin() as connection:
        connection.execute(
            sql(
                "INSERT INTO editions (issue_id, number, digest, frozen_at) "
                "SELECT issue_id, 2, digest, frozen_at FROM editions"
            )
        )
        connection.execute(
            sql("INSERT INTO links (edition_id, number, url, entries) VALUES (2, 0, :url, '7')"),
            {"url": "https://second.example/only"},
        )
        connection.execute(
            sql("UPDATE deliveries SET edition_id = 2 WHERE id = :id"),
            {"id": stand.deliveries[MEI]},
        )
    second = stand.client.get(path(stand, 0, MEI)).headers["location"]
    assert second == "https://second.example/only"
    assert stand.client.get(path(stand, 0)).headers["location"] != second
    leads_nowhere(stand, path(stand, 1, MEI))
    assert stand.client.get(path(stand, 1)).status_code == 302


def test_a_list_that_does_not_count_has_no_such_links(newsstand: Newsstand) -> None:
    assert frozen_targets(make_digest()) == ()
    leads_nowhere(newsstand, path(newsstand, 0))
    assert newsstand.dump()["links"] == []


def test_it_counts_on_both_databases(database: Database) -> None:
    stand = furnish(database, make_digest(policies=Policies(clicks=Clicks.COUNTED)))
    stand.clock = LATER
    agent = {"user-agent": BROWSER}
    for number in (0, 0, 1):
        assert stand.client.get(path(stand, number), headers=agent).status_code == 302
        settle(stand.database, LATER + 10 * MINUTE)
    stand.client.head(path(stand, 1), headers=agent)
    settle(stand.database, LATER + 10 * MINUTE)
    assert (report(stand).people, report(stand).scanners) == (3, 1)
    with database.write() as session:
        forget(session, stand.digest.list.name, dt.timedelta(days=1), LATER + dt.timedelta(days=3))
    assert (report(stand).people, report(stand).since) == (0, None)


SAID = "how often the links in an issue are opened"


def test_the_lists_page_tells_people_that_links_are_counted(stand: Newsstand) -> None:
    where = f"/lists/{stand.digest.list.name}"
    assert SAID in stand.client.get(where).text
    assert "链接被打开的次数" in stand.client.get(f"{where}?lang=zh").text


def test_the_page_of_a_list_that_counts_nothing_says_nothing_of_it(newsstand: Newsstand) -> None:
    assert SAID not in newsstand.client.get(f"/lists/{newsstand.digest.list.name}").text


def test_logs_hold_neither_the_token_nor_where_a_link_leads(
    stand: Newsstand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as events:
        stand.client.get(path(stand, 0))
        stand.client.head(path(stand, 99))
        settle(stand.database, LATER + 10 * MINUTE)
    ours = [record.getMessage() for record in caplog.records if record.name != "httpx2"]
    said = f"{events}{ours}"
    assert "/c/{token}/{number}" in said
    assert stand.token(Purpose.CLICK) not in said
    assert "arxiv.org" not in said
    assert "@" not in said
