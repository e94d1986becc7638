"""People are told from scanners by the clicks in one message, side by side."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.store.clicks import Click
from newsletter.tracking.clicks import FEWEST, MOST_AT_ONCE, SOON, by_people, plainly_automatic

AT = dt.datetime(2026, 2, 12, 12, tzinfo=dt.UTC)
BROWSERS = (
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
    ),
    (
        "Mozilla/5.0 (Linux; Android 15; CUBOT X90) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/140.0.0.0 Mobile Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; V2318A) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.49"
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Lynx/2.9.2 libwww-FM/2.14 SSL-MM/1.4.1",
)
MACHINES = (
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/124.0.0.0 Safari/537.36",
    "facebookexternalhit/1.1",
    "Slackbot-LinkExpanding 1.0",
    "curl/8.5.0",
    "python-requests/2.32.3",
    "Go-http-client/2.0",
    "Java/17.0.9",
    "",
)


def after(seconds: float, number: int, *, scanner: bool = False) -> Click:
    return Click(number, scanner, AT + dt.timedelta(seconds=seconds))


links = st.frozensets(st.integers(0, 30), max_size=12)
clicks = st.lists(
    st.builds(after, st.integers(0, 900), st.integers(0, 30), scanner=st.booleans()),
    max_size=25,
)


@pytest.mark.parametrize("agent", BROWSERS)
def test_a_browser_is_no_machine(agent: str) -> None:
    assert not automatic(agent=agent)


@pytest.mark.parametrize("agent", MACHINES)
def test_programs_that_say_so_are_machines(agent: str) -> None:
    assert automatic(agent=agent)


def test_the_header_alone_a_prefetch_and_haste_are_a_machines() -> None:
    assert automatic(head=True)
    assert automatic(purpose="prefetch;anonymous-client-ip")
    assert automatic(now=AT + SOON - dt.timedelta(seconds=1))
    assert not automatic(now=AT + SOON)
    assert not automatic(mailed_at=None, now=AT)


def automatic(
    *,
    head: bool = False,
    agent: str = BROWSERS[0],
    purpose: str = "",
    mailed_at: dt.datetime | None = AT,
    now: dt.datetime = AT + dt.timedelta(hours=1),
) -> bool:
    return plainly_automatic(head=head, agent=agent, purpose=purpose, mailed_at=mailed_at, now=now)


def test_who_opens_some_links_in_some_minutes_is_a_person() -> None:
    found = [after(60 * number, number) for number in range(5)]
    assert by_people(found, frozenset(range(9))) == tuple(found)


def test_whoever_opens_every_link_of_a_message_is_a_scanner_however_slowly() -> None:
    found = [after(60 * number, number) for number in range(5)]
    assert by_people(found, frozenset(range(5))) == ()


def test_the_only_two_links_of_a_message_may_be_opened_by_a_person() -> None:
    found = [after(0, 0), after(30, 1)]
    assert len(found) < FEWEST
    assert by_people(found, frozenset({0, 1})) == tuple(found)


def test_more_links_at_once_than_a_hand_can_open_are_a_scanners() -> None:
    hasty = [after(number, number) for number in range(MOST_AT_ONCE + 1)]
    assert by_people(hasty, frozenset(range(300))) == ()
    assert by_people(hasty[:-1], frozenset(range(300))) == tuple(hasty[:-1])


def test_a_get_beside_a_head_is_of_the_same_machine_and_one_much_later_is_not() -> None:
    head, get, person = after(0, 4, scanner=True), after(1, 4), after(300, 4)
    assert by_people([head, get, person], frozenset(range(9))) == (person,)


@given(clicks, links)
def test_only_what_was_opened_and_not_plainly_a_machines_is_a_persons(
    found: list[Click], of_message: frozenset[int]
) -> None:
    people = by_people(found, of_message)
    assert set(people) <= {click for click in found if not click.scanner}


@given(clicks, links, st.builds(after, st.integers(0, 900), st.integers(0, 30)))
def test_what_a_scanner_adds_makes_nobody_more_of_a_person(
    found: list[Click], of_message: frozenset[int], more: Click
) -> None:
    flagged = Click(more.number, True, more.at)
    assert set(by_people([*found, flagged], of_message)) <= set(by_people(found, of_message))


@given(clicks)
def test_nothing_is_held_against_anybody_because_a_message_is_not_known(
    found: list[Click],
) -> None:
    alone = [click for click in found if not click.scanner][:MOST_AT_ONCE]
    assert by_people(alone, frozenset()) == tuple(alone)
