"""Whoever bounced, complained or was suppressed, and signs up by the form: what is mailed."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from newsletter.delivery.outbox import flush
from newsletter.store import breaker, outbox_views, subscribers
from newsletter.store.histories import history
from newsletter.store.lifting import lift
from newsletter.store.outbox import MailKind
from newsletter.store.suppressions import suppress
from newsletter.store.values import DeliveryState, SubscriptionState, Way
from tests.delivery.scripted_server import ScriptedServer
from tests.delivery.test_outbox import MANNERS, around, relay_to
from tests.web.mailed import mails, paths
from tests.web.newsstand import NOW, Newsstand

ADA, NEW = "ada@mail.example.net", "new@mail.example.net"
FORM = "/lists/ai-for-science/subscribe"
DAY = dt.timedelta(days=1)


def bounce(newsstand: Newsstand) -> None:
    with newsstand.database.write() as session:
        breaker.accuse(session, newsstand.deliveries[ADA], "bad address: no such mailbox", NOW)
        breaker.settle(session, 1, NOW)
    assert newsstand.subscription(ADA).state is SubscriptionState.LEFT


def sign_up(newsstand: Newsstand, address: str = ADA) -> str:
    response = newsstand.client.post(FORM, data={"address": address})
    assert response.status_code == 200
    return response.text


def sent(newsstand: Newsstand) -> list[str]:
    """Whom a relay got mail for, when all that was due was sent."""
    server = ScriptedServer()

    async def send() -> None:
        async with server.running():
            await flush(newsstand.database, relay_to(server), around(newsstand.clock), MANNERS)

    asyncio.run(send())
    return list(server.recipients)


def suppression(newsstand: Newsstand) -> str:
    with newsstand.database.read() as session:
        found = subscribers.show(session, ADA).suppression
    return found.reason if found else ""


@pytest.mark.parametrize("reason", ["complaint", "admin", "blocked"])
def test_who_complained_or_was_suppressed_by_hand_is_mailed_nothing(
    newsstand: Newsstand, reason: str
) -> None:
    newsstand.client.post(newsstand.leave_path(), data={"choice": "leave"})
    with newsstand.database.write() as session:
        suppress(session, ADA, reason, NOW)
    assert sign_up(newsstand) == sign_up(newsstand, NEW), "the page tells nobody"
    assert sent(newsstand) == [NEW]
    with newsstand.database.read() as session:
        (ours,) = [v for v in outbox_views.mails(session) if v.to == ADA]
    assert (ours.kind, ours.state, ours.reason) == (
        MailKind.CONFIRMATION,
        DeliveryState.SKIPPED,
        "suppressed",
    )
    assert suppression(newsstand) == reason
    with newsstand.database.write() as session:
        lift(session, ADA, "wrote to us", NOW)
    newsstand.clock += DAY
    sign_up(newsstand)
    assert sent(newsstand) == [ADA]


def test_an_address_that_bounced_works_again_once_a_wish_is_confirmed_from_it(
    newsstand: Newsstand,
) -> None:
    bounce(newsstand)
    assert sign_up(newsstand) == sign_up(newsstand, NEW), "the page tells nobody"
    assert sent(newsstand) == [ADA, NEW]
    assert suppression(newsstand) == "bounce", "to ask is no proof"
    newsstand.client.post(paths(mails(newsstand, ADA)[0])[0])
    assert suppression(newsstand) == ""
    assert newsstand.subscription(ADA).state is SubscriptionState.ACTIVE
    assert sent(newsstand)[0] == ADA, "the welcome goes"
    assert [d.way for d in newsstand.departures(ADA) if d.undone_at is None] == [Way.BOUNCE]
    with newsstand.database.read() as session:
        told = history(session, subscribers.show(session, ADA).id, ADA)
    assert "may be mailed again" in [event.what for event in told]


def test_strangers_have_a_dead_address_asked_once_a_week_at_most(newsstand: Newsstand) -> None:
    bounce(newsstand)
    asked = 0
    for _ in range(15):
        sign_up(newsstand)
        asked += len(sent(newsstand))
        newsstand.clock += DAY
    assert asked == 3


def test_a_new_address_that_once_bounced_works_again_when_it_is_confirmed(
    newsstand: Newsstand,
) -> None:
    with newsstand.database.write() as session:
        suppress(session, NEW, "bounce", NOW)
    newsstand.client.post(newsstand.choose_path() + "/address", data={"address": NEW})
    assert sent(newsstand) == [NEW]
    page = newsstand.client.post(paths(mails(newsstand, NEW)[0])[0])
    assert "The address has changed" in page.text
    assert newsstand.subscription(NEW).state is SubscriptionState.ACTIVE
