"""Metrics tell a monitor how sending goes, and nobody anything about a person."""

from __future__ import annotations

import datetime as dt

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from newsletter.store import outbox
from newsletter.store.outbox import Mail, MailKind
from newsletter.store.values import DeliveryState, Outcome
from newsletter.web.metrics import Metrics
from tests.web.newsstand import NOW, READERS, Newsstand

HERE, AWAY = ("127.0.0.1", 5), ("198.51.100.7", 5)
Labels = dict[str, str]


def text(stand: Newsstand, client: tuple[str, int] = HERE) -> str:
    with TestClient(stand.app, client=client) as browser:
        found = browser.get("/metrics")
    assert found.status_code == 200
    assert found.headers["content-type"].startswith("text/plain")
    return found.text


def value(shown: str, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(shown):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


def counting(stand: Newsstand) -> Metrics:
    found: Metrics = stand.app.state.metrics
    return found


def outcome(state: DeliveryState, stage: str) -> Outcome:
    return Outcome(delivery_id=1, state=state, at=NOW, relay="mx:25", stage=stage, text="to ada@x")


def test_attempts_are_counted_by_state_and_stage(newsstand: Newsstand) -> None:
    count = counting(newsstand).attempts("issue")
    for _ in range(3):
        count(outcome(DeliveryState.SENT, "body"))
    count(outcome(DeliveryState.DEFERRED, "rcpt"))
    counting(newsstand).attempts("outbox")(outcome(DeliveryState.SENT, "body"))
    shown = text(newsstand)
    name = "newsletter_attempts_total"
    assert value(shown, name, of="issue", state="sent", stage="body") == 3
    assert value(shown, name, of="issue", state="deferred", stage="rcpt") == 1
    assert value(shown, name, of="outbox", state="sent") == 1


def test_durations_of_sends_and_of_requests_by_pattern(newsstand: Newsstand) -> None:
    counting(newsstand).sent(42.0)
    newsstand.client.get("/healthz")
    newsstand.client.get("/u/no-token-of-ours")
    shown = text(newsstand)
    assert value(shown, "newsletter_send_seconds_sum") == 42
    assert value(shown, "newsletter_request_seconds_count", route="/healthz", status="200") == 1
    assert "no-token-of-ours" not in shown


def test_a_method_that_does_not_exist_makes_no_series_of_its_own(newsstand: Newsstand) -> None:
    for number in range(5):
        newsstand.client.request(f"X{number}", "/healthz")
    assert "X0" not in text(newsstand)


def test_what_waits_and_when_lists_go_out(newsstand: Newsstand) -> None:
    mail = Mail(
        kind=MailKind.TEST,
        list_name="weekly",
        to="ada@mail.example.net",
        subject="s",
        envelope_sender="b@example.org",
        message_id="<1@example.org>",
        content=b"Subject: s\r\n\r\n.\r\n",
    )
    with newsstand.database.write() as session:
        outbox.put(session, mail, NOW)
    shown = text(newsstand)
    assert value(shown, "newsletter_outbox", state="queued") == 1
    assert value(shown, "newsletter_issues") == 1
    nearest = value(shown, "newsletter_next_issue_timestamp_seconds")
    assert nearest is not None
    assert NOW < dt.datetime.fromtimestamp(nearest, dt.UTC) <= NOW + dt.timedelta(days=7)


def test_no_address_is_in_any_of_it(newsstand: Newsstand) -> None:
    counting(newsstand).attempts("issue")(outcome(DeliveryState.FAILED, "rcpt"))
    shown = text(newsstand)
    assert "@" not in shown
    assert not any(address.partition("@")[2] in shown for address in READERS)


@pytest.mark.parametrize("client", [AWAY, ("unknown", 0)])
def test_others_are_told_only_where_the_settings_say_so(
    newsstand: Newsstand, client: tuple[str, int]
) -> None:
    with TestClient(newsstand.app, client=client) as browser:
        assert browser.get("/metrics").status_code == 404
        counting(newsstand).public = True
        assert browser.get("/metrics").status_code == 200


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via"])
def test_what_a_proxy_of_this_machine_hands_on_is_from_elsewhere(
    newsstand: Newsstand, header: str
) -> None:
    with TestClient(newsstand.app, client=HERE) as browser:
        assert browser.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404
