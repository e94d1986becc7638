"""Links in mail outlive the keys that they were signed with, as long as those stay in the ring."""

from __future__ import annotations

from starlette.testclient import TestClient

from newsletter.store.values import SubscriptionState, Way
from newsletter.tokens import Keyring
from newsletter.web.app import create_app
from tests.web.newsstand import KEYS, Newsstand

NEWER = ("the newest of the made-up keys, long too", "a newer made-up key, as long as the others")
MEI = "mei@mail.example.net"


def under(newsstand: Newsstand, *secrets: str) -> TestClient:
    """The same pages, started anew with other keys."""
    app = create_app(
        newsstand.database,
        Keyring.of(secrets),
        clock=lambda: newsstand.clock,
        public_url="https://news.example.org",
        templates=(),
    )
    return TestClient(app, base_url="https://news.example.org", follow_redirects=False)


def test_every_link_of_an_old_mail_works_after_two_rotations(newsstand: Newsstand) -> None:
    before = {path: newsstand.client.get(path) for path in newsstand.private_paths}
    rotated = under(newsstand, *NEWER, *KEYS)
    for path, response in before.items():
        again = rotated.get(path)
        assert (again.status_code, len(again.text)) == (200, len(response.text)), path
    old_button = newsstand.leave_path()
    assert rotated.post(old_button, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert newsstand.subscription().state is SubscriptionState.LEFT
    assert [departure.way for departure in newsstand.departures()] == [Way.ONE_CLICK]
    assert newsstand.subscription(MEI).state is SubscriptionState.ACTIVE


def test_what_a_lost_key_has_signed_opens_nothing(newsstand: Newsstand) -> None:
    lost = under(newsstand, *NEWER)
    before = newsstand.dump()
    for path in newsstand.private_paths:
        assert lost.get(path).status_code == 404
    assert lost.post(newsstand.leave_path(), data={"choice": "leave"}).status_code == 404
    assert newsstand.dump() == before
