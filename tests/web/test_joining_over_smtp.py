"""From the form to the list over real SMTP: the link is taken from what the server received."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

from newsletter.delivery.outbox import flush
from newsletter.store.values import SubscriptionState
from tests.delivery.scripted_server import ScriptedServer
from tests.delivery.sending import run
from tests.delivery.test_outbox import MANNERS, around, relay_to
from tests.web.mailed import paths
from tests.web.newsstand import NOW, Newsstand

NEW = "Zoe+papers@mail.example.net"


def test_the_confirmation_the_welcome_and_the_issue_arrive_and_work(newsstand: Newsstand) -> None:
    server = ScriptedServer()

    async def sent() -> None:
        async with server.running():
            await flush(newsstand.database, relay_to(server), around(NOW), MANNERS)

    form = "/lists/ai-for-science/subscribe"
    newsstand.client.post(form, data={"address": NEW, "follow": "proofs"})
    run(sent())
    newsstand.client.post(received(server)[0])
    assert newsstand.subscription(NEW).state is SubscriptionState.ACTIVE
    run(sent())
    view, leave, _ = received(server)
    assert newsstand.client.get(view).status_code == 200
    newsstand.client.post(leave, data={"List-Unsubscribe": "One-Click"})
    assert newsstand.subscription(NEW).state is SubscriptionState.LEFT
    assert server.recipients == [NEW, NEW, NEW]


def received(server: ScriptedServer) -> list[str]:
    """The paths of the links in the latest issue or, before it came, the last message."""
    taken = [one.octets.replace(b"\r\n..", b"\r\n.") for one in server.accepted]
    latest = next((octets for octets in taken if b"List-Id:" in octets), taken[-1])
    return paths(message_from_bytes(latest, policy=default))
