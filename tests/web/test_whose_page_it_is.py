"""A page about one list says whose it is, and leads to it and its archive."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from starlette.testclient import TestClient

from newsletter.store.database import Database
from newsletter.tokens import Purpose
from tests.builders import make_digest
from tests.web.mailed import mails, paths
from tests.web.newsstand import Newsstand, furnish

ADDRESS = {"address": "new@mail.example.net"}
NO_ADDRESS = {"address": "nonsense"}
NOTHING: dict[str, str] = {}


def named(stand: Newsstand, path: str, form: Mapping[str, str] | None = None) -> str:
    """The page, whose masthead names the list."""
    answer = stand.client.get(path) if form is None else stand.client.post(path, data=form)
    assert answer.headers["content-type"].startswith("text/html"), path
    masthead = answer.text.partition("<main")[0]
    assert '<a class="name" href="/lists/ai-for-science">AI for Science</a>' in masthead, path
    assert "/style/ai-for-science.css" in masthead, path
    return answer.text


@pytest.mark.parametrize("form", [ADDRESS, NO_ADDRESS])
def test_the_answer_to_a_wish_for_another_address_leads_back(
    newsstand: Newsstand, form: dict[str, str]
) -> None:
    page = named(newsstand, f"{newsstand.choose_path()}/address", form)
    assert f'href="{newsstand.choose_path()}"' in page


def test_an_answer_that_is_asked_for_in_another_language_is_the_choices(
    newsstand: Newsstand,
) -> None:
    path = newsstand.choose_path()
    answer = newsstand.client.get(f"{path}/address?lang=zh")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?lang=zh")


def test_the_pages_of_joining_and_confirming_do(newsstand: Newsstand) -> None:
    join = "/lists/ai-for-science/subscribe"
    named(newsstand, join, NO_ADDRESS)
    named(newsstand, join, ADDRESS)
    (link,) = paths(mails(newsstand, ADDRESS["address"])[-1])
    for form in (None, NOTHING, None):
        named(newsstand, link, form)


def test_the_pages_of_confirming_another_address_do(newsstand: Newsstand) -> None:
    named(newsstand, f"{newsstand.choose_path()}/address", ADDRESS)
    (link,) = paths(mails(newsstand, ADDRESS["address"])[-1])
    for form in (None, NOTHING, None):
        named(newsstand, link, form)


def test_an_address_that_has_been_taken_is_told_on_the_lists_page(newsstand: Newsstand) -> None:
    taken = "mei@mail.example.net"
    newsstand.client.post(f"{newsstand.choose_path()}/address", data={"address": taken})
    (link,) = paths(mails(newsstand, taken)[-1])
    assert "That address cannot be used" in named(newsstand, link, {})


def test_nothing_chosen_and_too_often_do(newsstand: Newsstand) -> None:
    named(newsstand, newsstand.leave_path(), {"choice": "nonsense"})
    newsstand.client = TestClient(newsstand.app, client=("203.0.113.77", 5000))
    for _ in range(20):
        newsstand.client.post("/lists/ai-for-science/subscribe", data=ADDRESS)
    assert "That was often" in named(newsstand, "/lists/ai-for-science/subscribe", ADDRESS)
    assert "That was often" in named(newsstand, f"{newsstand.choose_path()}/address", ADDRESS)


def test_a_message_that_is_not_sent_yet_does(sqlite_database: Database) -> None:
    stand = furnish(sqlite_database, make_digest())
    with sqlite_database.write() as session:
        session.connection().exec_driver_sql("UPDATE deliveries SET message_id = NULL")
    token = stand.token(Purpose.VIEW)
    assert "has not been sent" in named(stand, f"/v/{token}")


def test_a_lists_name_stands_in_chinese_marks_in_a_chinese_heading(newsstand: Newsstand) -> None:
    page = newsstand.client.get(f"{newsstand.leave_path()}?lang=zh").text
    assert "<h1>要退订《科学智能周报》吗？</h1>" in page
    left = newsstand.client.post(f"{newsstand.leave_path()}?lang=zh", data={"choice": "leave"})
    assert "<h1>您已退订《科学智能周报》</h1>" in left.text
