from __future__ import annotations

import datetime as dt

from newsletter.content.mailinglist import Sender
from newsletter.content.preferences import Preferences
from newsletter.store import lists, subscribers
from newsletter.store.values import SubscriptionState, Way
from tests.builders import make_list
from tests.web.newsstand import NOW, Newsstand

ADA = "ada@mail.example.net"
ACTIVE, LEFT = SubscriptionState.ACTIVE, SubscriptionState.LEFT
EVERYTHING = {"choice": "everything"}


def join_others(newsstand: Newsstand) -> None:
    """Ada is on a second list of the same sender, and on one of another."""
    other = Sender(name="Elsewhere", address="mail@elsewhere.example.org")
    with newsstand.database.write() as session:
        for made in (make_list(name="monthly"), make_list(name="strange", sender=other)):
            lists.sync_list(session, made, {}, now=NOW)
            subscribers.add(session, made.name, ADA, Preferences(), consent_source="test", now=NOW)


def states(newsstand: Newsstand) -> dict[str, SubscriptionState]:
    with newsstand.database.read() as session:
        found = subscribers.show(session, ADA).subscriptions
    return {name: one.state for name, one in found.items()}


def test_everything_means_every_list_of_this_sender_and_no_other(newsstand: Newsstand) -> None:
    join_others(newsstand)
    page = newsstand.client.get(newsstand.leave_path()).text
    assert "Leave everything from AI for Science" in page
    newsstand.client.post(newsstand.leave_path(), data=EVERYTHING)
    assert states(newsstand) == {"ai-for-science": LEFT, "monthly": LEFT, "strange": ACTIVE}
    assert {d.way for d in newsstand.departures()} == {Way.PAGE}
    assert len(newsstand.departures()) == 2


def test_leaving_one_list_leaves_the_others_alone(newsstand: Newsstand) -> None:
    join_others(newsstand)
    for data in ({"choice": "leave"}, {"List-Unsubscribe": "One-Click"}):
        newsstand.client.post(newsstand.leave_path(), data=data)
    assert states(newsstand) == {"ai-for-science": LEFT, "monthly": ACTIVE, "strange": ACTIVE}


def test_undo_brings_back_what_this_link_left_and_nothing_else(newsstand: Newsstand) -> None:
    join_others(newsstand)
    with newsstand.database.write() as session:
        person = subscribers.show(session, ADA).id
        earlier = NOW - dt.timedelta(days=3)
        subscribers.leave(session, "monthly", person, way=Way.ADMIN, now=earlier)
    left = newsstand.client.post(newsstand.leave_path(), data=EVERYTHING)
    assert 'name="all" value="yes"' in left.text
    back = newsstand.client.post(newsstand.leave_path(), data={"choice": "undo", "all": "yes"})
    assert "Welcome back" in back.text
    assert states(newsstand) == {"ai-for-science": ACTIVE, "monthly": LEFT, "strange": ACTIVE}


def test_who_has_one_list_is_offered_no_more(newsstand: Newsstand) -> None:
    assert "everything from" not in newsstand.client.get(newsstand.leave_path()).text
