from __future__ import annotations

import re

from sqlalchemy import text as sql

from newsletter.store.erasures import ErasureKey, erase
from newsletter.store.values import DeliveryState
from newsletter.tokens import TEST_DELIVERY, Purpose
from tests.web.newsstand import NOW, READERS, Newsstand

MEI = "mei@mail.example.net"


def test_the_readers_own_selection_is_shown(newsstand: Newsstand) -> None:
    everything = newsstand.client.get(newsstand.view_path()).text
    muted = newsstand.client.get(newsstand.view_path(MEI)).text
    assert "Agents that finish proofs in Lean" in everything
    assert "Agents that finish proofs in Lean" not in muted
    assert "Notable survey of catalysts" in everything


def test_it_carries_none_of_the_readers_own_links_and_no_address(newsstand: Newsstand) -> None:
    for address in READERS:
        response = newsstand.client.get(newsstand.view_path(address))
        assert not re.search(r"/[upv]/", response.text)
        assert "nobody" not in response.text
        assert address not in response.text
        for purpose in Purpose:
            assert newsstand.token(purpose, address) not in response.text
        assert "https://news.example.org/lists/ai-for-science" in response.text


def test_who_reads_plain_text_sees_plain_text(newsstand: Newsstand) -> None:
    response = newsstand.client.get(newsstand.view_path("plain@mail.example.net"))
    assert response.headers["content-type"].startswith("text/plain")


def test_its_policy_lets_in_inline_styles_and_nothing_that_runs(newsstand: Newsstand) -> None:
    policy = newsstand.client.get(newsstand.view_path()).headers["content-security-policy"]
    assert "style-src 'unsafe-inline'" in policy
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


def test_later_choices_do_not_change_what_was_sent(newsstand: Newsstand) -> None:
    before = newsstand.client.get(newsstand.view_path()).text
    data = {"scope": "chosen", "follow": "operators", "languages": "zh"}
    newsstand.client.post(newsstand.choose_path(), data=data)
    newsstand.client.post(newsstand.leave_path(), data={"choice": "leave"})
    assert newsstand.client.get(newsstand.view_path()).text == before


def test_what_has_not_been_sent_is_not_shown(newsstand: Newsstand) -> None:
    with newsstand.database.engine.begin() as connection:
        connection.execute(
            sql("UPDATE deliveries SET message_id = NULL, state = :state"),
            {"state": DeliveryState.QUEUED},
        )
    response = newsstand.client.get(newsstand.view_path())
    assert response.status_code == 404
    assert "has not been sent" in response.text


def test_an_erased_readers_link_does_not_say_that_nothing_was_sent(newsstand: Newsstand) -> None:
    path = newsstand.view_path(MEI)
    with newsstand.database.write() as session:
        erase(session, MEI, ErasureKey("an erasure key of a good length, made up"), NOW)
    assert "no longer there" in newsstand.client.get(path).text


def test_a_test_messages_link_shows_nobodys_mail(newsstand: Newsstand) -> None:
    token = newsstand.keyring.current.sign(Purpose.VIEW, TEST_DELIVERY)
    assert "test message" in newsstand.client.get(f"/v/{token}").text
