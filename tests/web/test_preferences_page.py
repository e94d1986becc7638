from __future__ import annotations

import datetime as dt
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given

from newsletter.content.entry import Tier
from newsletter.content.preferences import GREATEST_MOST, Preferences
from newsletter.store import subscribers
from newsletter.tokens import TEST_DELIVERY, Purpose
from newsletter.web.choices import ChoicesForm
from tests.builders import TOPICS, make_list
from tests.content.strategies import preferences
from tests.web.newsstand import Newsstand

ADA = "ada@mail.example.net"
NAMES = [topic.name for topic in TOPICS.topics]
PREFERENCES = preferences(NAMES, most=GREATEST_MOST)


class _Fields(HTMLParser):
    """What a browser would send of a page's form if it were sent as it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.sent.setdefault(self._select, []).append(value)
        elif tag == "input" and (
            given.get("type") not in ("radio", "checkbox") or "checked" in given
        ):
            self.sent.setdefault(name, []).append(value)


def as_shown(newsstand: Newsstand) -> dict[str, list[str]]:
    fields = _Fields()
    fields.feed(newsstand.client.get(newsstand.choose_path()).text)
    return fields.sent


def store(newsstand: Newsstand, preferences: Preferences) -> None:
    with newsstand.database.write() as session:
        person = subscribers.show(session, ADA)
        subscribers.set_preferences(session, "ai-for-science", person.id, preferences)


@pytest.mark.parametrize(
    "preferences",
    [
        Preferences(),
        Preferences(follows=frozenset({"operators"}), mutes=frozenset({"proofs"})),
        Preferences(only_topics=True, lowest_tier=Tier.NOTABLE, html=False, most=12),
        Preferences(most=GREATEST_MOST),
        Preferences(languages=("zh", "en"), follows=frozenset({"general", "proofs"})),
    ],
)
def test_sending_the_form_as_it_is_shown_changes_nothing(
    newsstand: Newsstand, preferences: Preferences
) -> None:
    store(newsstand, preferences)
    data: Any = as_shown(newsstand)
    assert newsstand.client.post(newsstand.choose_path(), data=data).status_code == 200
    assert newsstand.subscription().preferences == preferences


@given(PREFERENCES)
def test_every_preferences_survive_the_form(preferences: Preferences) -> None:
    form = ChoicesForm(
        scope="everything" if preferences.follows is None else "chosen",
        follow=sorted(preferences.follows or ()),
        mute=sorted(preferences.mutes),
        only_topics="yes" if preferences.only_topics else "",
        lowest_tier=preferences.lowest_tier,
        most=preferences.most or "",
        languages="+".join(preferences.languages),
        html="yes" if preferences.html else "no",
    )
    assert form.preferences(make_list(), preferences) == preferences


def test_choices_are_stored_and_shown_again(newsstand: Newsstand) -> None:
    data = {
        "scope": "chosen",
        "follow": ["operators", "no-such-topic"],
        "mute": ["proofs"],
        "only_topics": "yes",
        "lowest_tier": "notable",
        "most": "7",
        "languages": "en+zh",
        "html": "no",
        "pause_until": "2026-03-01",
    }
    page = newsstand.client.post(newsstand.choose_path(), data=data)
    assert "Saved" in page.text
    assert newsstand.subscription().preferences == Preferences(
        follows=frozenset({"operators"}),
        mutes=frozenset({"proofs"}),
        only_topics=True,
        lowest_tier=Tier.NOTABLE,
        languages=("en", "zh"),
        html=False,
        most=7,
    )
    assert newsstand.subscription().paused_until == dt.date(2026, 3, 1)
    shown = as_shown(newsstand)
    assert shown["follow"] == ["operators"]
    assert shown["pause_until"] == ["2026-03-01"]


def test_who_got_everything_and_ticks_topics_gets_those(newsstand: Newsstand) -> None:
    data = {"scope": "everything", "follow": ["operators"]}
    newsstand.client.post(newsstand.choose_path(), data=data)
    assert newsstand.subscription().preferences.follows == frozenset({"operators"})
    assert as_shown(newsstand)["scope"] == ["chosen"]
    # Now the topics were ticked when it was shown, and what was moved is the choice above them.
    newsstand.client.post(newsstand.choose_path(), data=data)
    assert newsstand.subscription().preferences.follows is None


def test_a_pause_until_a_day_that_has_come_is_none(newsstand: Newsstand) -> None:
    data = {"scope": "everything", "pause_until": "2026-02-12"}
    newsstand.client.post(newsstand.choose_path(), data=data)
    assert newsstand.subscription().paused_until is None


def test_who_ticks_no_topic_is_told_that_no_mail_will_come(newsstand: Newsstand) -> None:
    page = newsstand.client.post(newsstand.choose_path(), data={"scope": "chosen"})
    assert "no mail will come" in page.text


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"scope": "some"},
        {"scope": "everything", "most": "0"},
        {"scope": "everything", "most": "many"},
        {"scope": "everything", "pause_until": "soon"},
        {"scope": "everything", "lowest_tier": "best"},
    ],
)
def test_what_the_form_cannot_hold_is_refused_whole(
    newsstand: Newsstand, data: dict[str, str]
) -> None:
    before = newsstand.dump()
    assert newsstand.client.post(newsstand.choose_path(), data=data).status_code == 400
    assert newsstand.dump() == before


def test_who_has_left_changes_nothing_here(newsstand: Newsstand) -> None:
    newsstand.client.post(newsstand.leave_path(), data={"choice": "leave"})
    before = newsstand.dump()
    page = newsstand.client.post(newsstand.choose_path(), data={"scope": "everything"})
    assert "You are not on this list" in page.text
    assert newsstand.dump() == before


def test_a_test_messages_link_chooses_for_nobody(newsstand: Newsstand) -> None:
    token = newsstand.keyring.current.sign(Purpose.MANAGE, TEST_DELIVERY)
    before = newsstand.dump()
    page = newsstand.client.post(f"/p/{token}", data={"scope": "everything"})
    assert "test message" in page.text
    assert newsstand.dump() == before
