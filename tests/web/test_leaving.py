from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from newsletter.content.entry import Tier
from newsletter.store import subscribers
from newsletter.store.values import SubscriptionState, Way
from newsletter.tokens import TEST_DELIVERY, Purpose
from tests.web.newsstand import NOW, Newsstand

ADA = "ada@mail.example.net"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.mark.parametrize("purpose", [Purpose.ENVELOPE, Purpose.LEAVE])
@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
def test_one_click_leaves_in_either_encoding_without_cookie_or_redirect(
    newsstand: Newsstand, encoding: str, purpose: Purpose
) -> None:
    path = f"/u/{newsstand.token(purpose)}"  # the header's, and the text's or an older header's
    if encoding == "urlencoded":
        response = newsstand.client.post(path, data=ONE_CLICK)
    else:
        # A part with no file name is a plain field, as RFC 8058 §3.2 shows it.
        parts = {"List-Unsubscribe": (None, "One-Click")}
        response = newsstand.client.post(path, files=parts)
    assert response.status_code == 200
    assert "set-cookie" not in response.headers
    assert newsstand.subscription().state is SubscriptionState.LEFT
    (departure,) = newsstand.departures()
    assert departure.way is Way.ONE_CLICK
    assert departure.delivery_id == newsstand.deliveries[ADA]
    assert departure.at == NOW


@pytest.mark.parametrize("purpose", [Purpose.ENVELOPE, Purpose.LEAVE])
def test_the_page_of_either_link_leaves_and_takes_it_back(
    newsstand: Newsstand, purpose: Purpose
) -> None:
    path = f"/u/{newsstand.token(purpose)}"
    assert "a•••" in newsstand.client.get(path).text
    newsstand.client.post(path, data={"choice": "leave"})
    assert newsstand.subscription().state is SubscriptionState.LEFT
    newsstand.client.post(path, data={"choice": "undo"})
    assert newsstand.subscription().state is SubscriptionState.ACTIVE


def test_a_repeated_one_click_is_answered_alike_and_recorded_once(newsstand: Newsstand) -> None:
    first = newsstand.client.post(newsstand.leave_path(), data=ONE_CLICK)
    again = newsstand.client.post(newsstand.leave_path(), data=ONE_CLICK)
    assert (again.status_code, again.text) == (first.status_code, first.text) == (200, "Done.\n")
    assert len(newsstand.departures()) == 1


def test_a_stale_one_click_is_answered_like_any_other(newsstand: Newsstand) -> None:
    stale = newsstand.keyring.current.sign(Purpose.LEAVE, 999_999)
    before = newsstand.dump()
    response = newsstand.client.post(f"/u/{stale}", data=ONE_CLICK)
    assert (response.status_code, response.text) == (200, "Done.\n")
    assert newsstand.dump() == before
    assert newsstand.client.get(f"/u/{stale}").status_code == 200


def test_a_test_messages_link_leaves_nobody(newsstand: Newsstand) -> None:
    token = newsstand.keyring.current.sign(Purpose.LEAVE, TEST_DELIVERY)
    before = newsstand.dump()
    assert "test message" in newsstand.client.get(f"/u/{token}").text
    assert newsstand.client.post(f"/u/{token}", data=ONE_CLICK).status_code == 200
    assert "test message" in newsstand.client.post(f"/u/{token}", data={"choice": "leave"}).text
    assert newsstand.dump() == before


def test_a_link_signed_with_an_older_key_still_leaves(newsstand: Newsstand) -> None:
    older = newsstand.keyring.keys[1].sign(Purpose.LEAVE, newsstand.deliveries[ADA])
    assert newsstand.client.post(f"/u/{older}", data=ONE_CLICK).status_code == 200
    assert newsstand.subscription().state is SubscriptionState.LEFT


def test_the_page_names_the_list_and_masks_the_address(newsstand: Newsstand) -> None:
    page = newsstand.client.get(newsstand.leave_path()).text
    assert "AI for Science" in page
    assert "a•••@m•••.net" in page
    assert ADA not in page


def test_the_pages_button_leaves_with_the_reason(newsstand: Newsstand) -> None:
    data = {"choice": "leave", "reason": "too-many", "words": "I change\r\njobs"}
    page = newsstand.client.post(newsstand.leave_path(), data=data)
    assert "You have left AI for Science" in page.text
    assert newsstand.subscription().state is SubscriptionState.LEFT
    (departure,) = newsstand.departures()
    assert (departure.way, departure.reason) == (Way.PAGE, "too-many: I change jobs")


def test_undo_brings_back_and_the_record_stays(newsstand: Newsstand) -> None:
    left = newsstand.client.post(newsstand.leave_path(), data={"choice": "leave"})
    assert 'value="undo"' in left.text
    back = newsstand.client.post(newsstand.leave_path(), data={"choice": "undo"})
    assert "Welcome back" in back.text
    assert newsstand.subscription().state is SubscriptionState.ACTIVE
    (departure,) = newsstand.departures()
    assert departure.undone_at == NOW


def test_a_one_click_leave_can_be_undone_from_the_page(newsstand: Newsstand) -> None:
    newsstand.client.post(newsstand.leave_path(), data=ONE_CLICK)
    assert 'value="undo"' in newsstand.client.get(newsstand.leave_path()).text
    newsstand.client.post(newsstand.leave_path(), data={"choice": "undo"})
    assert newsstand.subscription().state is SubscriptionState.ACTIVE


@pytest.mark.parametrize(
    ("way", "through"),
    [
        (Way.ADMIN, None),
        (Way.COMPLAINT, ADA),
        (Way.PAGE, "mei@mail.example.net"),  # stands for another mail than this one
    ],
)
def test_a_leave_by_other_ways_is_not_this_links_to_undo(
    newsstand: Newsstand, way: Way, through: str | None
) -> None:
    delivery_id = newsstand.deliveries[through] if through else None
    with newsstand.database.write() as session:
        person = subscribers.show(session, ADA)
        subscribers.leave(
            session, "ai-for-science", person.id, way=way, now=NOW, delivery_id=delivery_id
        )
    assert 'value="undo"' not in newsstand.client.get(newsstand.leave_path()).text
    newsstand.client.post(newsstand.leave_path(), data={"choice": "undo"})
    assert newsstand.subscription().state is SubscriptionState.LEFT


def test_a_leave_cannot_be_undone_years_later(newsstand: Newsstand) -> None:
    newsstand.client.post(newsstand.leave_path(), data={"choice": "leave"})
    newsstand.clock = NOW + dt.timedelta(days=400)
    newsstand.client.post(newsstand.leave_path(), data={"choice": "undo"})
    assert newsstand.subscription().state is SubscriptionState.LEFT


def test_leaving_a_topic_stays_on_the_list_and_can_be_undone(newsstand: Newsstand) -> None:
    data = {"choice": "topic", "topic": "proofs"}
    page = newsstand.client.post(newsstand.leave_path(), data=data)
    assert "Proof automation" in page.text
    assert newsstand.subscription().state is SubscriptionState.ACTIVE
    assert newsstand.subscription().preferences.mutes == {"proofs"}
    assert newsstand.departures()[0].topic == "proofs"
    newsstand.client.post(newsstand.leave_path(), data={"choice": "undo", "topic": "proofs"})
    assert newsstand.subscription().preferences.mutes == frozenset()


def test_leaving_the_last_topic_says_that_no_mail_will_come(newsstand: Newsstand) -> None:
    address = "plain@mail.example.net"
    data = {"choice": "topic", "topic": "operators"}
    page = newsstand.client.post(newsstand.leave_path(address), data=data)
    assert "no mail will come" in page.text


def test_a_topic_that_the_list_lacks_is_not_left(newsstand: Newsstand) -> None:
    before = newsstand.dump()
    data = {"choice": "topic", "topic": "astrology"}
    assert newsstand.client.post(newsstand.leave_path(), data=data).status_code == 404
    assert newsstand.dump() == before


def test_a_pause_lasts_the_weeks_that_were_chosen_and_can_be_ended(newsstand: Newsstand) -> None:
    page = newsstand.client.post(newsstand.leave_path(), data={"choice": "pause", "weeks": "4"})
    assert "12 March 2026" in page.text
    assert newsstand.subscription().paused_until == dt.date(2026, 3, 12)
    newsstand.client.post(newsstand.leave_path(), data={"choice": "resume"})
    assert newsstand.subscription().paused_until is None


def test_fewer_mails_are_those_with_a_breakthrough_and_can_be_taken_back(
    newsstand: Newsstand,
) -> None:
    before = newsstand.subscription("mei@mail.example.net").preferences
    path = newsstand.leave_path("mei@mail.example.net") + "?lang=en"
    assert "Fewer mails" in newsstand.client.get(path).text
    page = newsstand.client.post(path, data={"choice": "fewer"})
    assert "Mail comes only when there is a breakthrough" in page.text
    found = newsstand.subscription("mei@mail.example.net")
    assert found.state is SubscriptionState.ACTIVE
    assert found.preferences == replace(before, lowest_tier=Tier.BREAKTHROUGH)
    assert "Fewer mails" not in newsstand.client.get(path).text, "there are no fewer"
    assert 'name="tier" value="listed"' in page.text
    newsstand.client.post(path, data={"choice": "more", "tier": "listed"})
    assert newsstand.subscription("mei@mail.example.net").preferences == before
    assert not newsstand.departures("mei@mail.example.net")


def test_the_leaving_link_takes_back_fewer_mails_and_no_choice_of_the_readers_own(
    newsstand: Newsstand,
) -> None:
    newsstand.client.post(
        newsstand.choose_path(), data={"scope": "everything", "lowest_tier": "notable"}
    )
    newsstand.client.post(newsstand.leave_path(), data={"choice": "more", "tier": "listed"})
    assert newsstand.subscription().preferences.lowest_tier is Tier.NOTABLE


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"choice": "more", "tier": "x"},
        {"choice": "pause", "weeks": "999"},
        {"choice": "pause", "weeks": "²"},
        {"choice": "topic"},
        {"choice": "nothing"},
        {"List-Unsubscribe": "Two-Clicks"},
        {"choice": "x" * 1000},
    ],
)
def test_a_post_that_asks_for_nothing_we_know_changes_nothing(
    newsstand: Newsstand, data: dict[str, str]
) -> None:
    before = newsstand.dump()
    response = newsstand.client.post(newsstand.leave_path(), data=data)
    assert response.status_code == 400
    assert "Nothing was changed" in response.text
    assert newsstand.dump() == before


def test_the_page_speaks_the_readers_language_whatever_the_browser_wants(
    newsstand: Newsstand,
) -> None:
    path = newsstand.leave_path("mei@mail.example.net")
    response = newsstand.client.get(path, headers={"accept-language": "en"})
    assert response.headers["content-language"] == "zh"
    assert "科学智能周报" in response.text
    assert "Leave" in newsstand.client.get(f"{path}?lang=en").text


def test_preferences_survive_leaving_and_coming_back(newsstand: Newsstand) -> None:
    before = newsstand.subscription("mei@mail.example.net").preferences
    path = newsstand.leave_path("mei@mail.example.net")
    newsstand.client.post(path, data={"choice": "leave"})
    newsstand.client.post(path, data={"choice": "undo"})
    assert newsstand.subscription("mei@mail.example.net").preferences == before
    assert before.lowest_tier is Tier.LISTED


def test_many_one_clicks_at_once_are_all_answered_and_each_reader_leaves_once(
    newsstand: Newsstand,
) -> None:
    def click(address: str) -> int:
        client = TestClient(newsstand.app)
        return client.post(newsstand.leave_path(address), data=ONE_CLICK).status_code

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(click, list(newsstand.deliveries) * 8))
    assert set(answers) == {200}
    for address in newsstand.deliveries:
        assert newsstand.subscription(address).state is SubscriptionState.LEFT
        assert len(newsstand.departures(address)) == 1
