"""Behind the welcome: the latest issue by the choices of who joined, once."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from newsletter.content.digest import Digest, assemble
from newsletter.content.entry import Period
from newsletter.content.mailinglist import Clicks, Policies
from newsletter.delivery.repeating import without_had
from newsletter.store import fanout, issues, outbox, outbox_views, subscribers
from newsletter.store.database import Database
from newsletter.store.deliveries import delivery
from newsletter.store.erasures import ErasureKey, erase
from newsletter.store.feedback import FeedbackKind, feedback, unread_message
from newsletter.store.histories import history
from newsletter.store.outbox import MailKind
from newsletter.store.steering import pause
from newsletter.store.tables import DeliveryRow
from newsletter.store.values import Claim, DeliveryState, Outcome, SubscriptionState, Way
from newsletter.tokens import Purpose
from newsletter.tracking.inbound import take_in
from tests.builders import WEEK, make_digest, make_entry, make_list
from tests.tracking.returned_mail import arf
from tests.web.mailed import mails, paths
from tests.web.newsstand import NOW, Newsstand, furnish

ADA = "ada@mail.example.net"
NEW = "Zoë+papers@mail.example.net"
DAY = dt.timedelta(days=1)


def operators_and_proofs(window: Period = WEEK) -> Digest:
    entries = [
        make_entry(1, title="Learned operators for slow flows"),
        make_entry(2, title="Proof search at scale", categories=("math.LO",)),
    ]
    return assemble(make_list(), window, entries, ())


def join(newsstand: Newsstand, address: str = NEW, **fields: object) -> None:
    form = {"address": address} | fields
    newsstand.client.post("/lists/ai-for-science/subscribe", data=form)
    asked = [mail for mail in mails(newsstand, address) if "/confirm/" in text(mail)][-1]
    newsstand.client.post(paths(asked)[0])


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def page(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def kinds(newsstand: Newsstand) -> list[tuple[MailKind, DeliveryState]]:
    with newsstand.database.read() as session:
        return [(v.kind, v.state) for v in reversed(outbox_views.mails(session))]


def header_link(mail: EmailMessage) -> str:
    return urlsplit(str(mail["List-Unsubscribe"]).strip("<>")).path


def take(newsstand: Newsstand, message: bytes) -> dict[str, int]:
    ring = newsstand.keyring
    return dict(take_in(newsstand.database, ring, [message], lambda: NOW).messages)


def test_who_confirms_gets_the_latest_issue_by_their_own_choices(database: Database) -> None:
    digest = make_digest()
    newsstand = furnish(database, digest)
    join(newsstand, follow=["operators"], languages="zh+en")
    _, welcome, issue = mails(newsstand, NEW)
    assert "behind this one" in text(welcome)
    chosen = {
        i for i, item in enumerate(digest.entries) if {"operators", "general"} & {*item.topics}
    }
    assert 0 < len(chosen) < len(digest.entries)
    for index, item in enumerate(digest.entries):
        assert (item.entry.title in text(issue)) is (index in chosen), item.entry.title
    assert issue["Content-Language"] == "zh, en"
    assert issue["List-Id"]
    assert issue["Message-ID"] != welcome["Message-ID"]


def test_its_links_lead_to_their_own_subscription_and_leave_in_one_click(
    newsstand: Newsstand,
) -> None:
    join(newsstand)
    issue = mails(newsstand, NEW)[-1]
    view, leave, manage = paths(issue)
    assert "z•••" in newsstand.client.get(manage).text.lower()
    seen = newsstand.client.get(view).text
    assert make_digest().entries[0].entry.title in seen
    assert not any(path in seen for path in (view, leave, manage, header_link(issue)))
    assert issue["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for path in (leave, header_link(issue)):
        asked = newsstand.client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert asked.text == "Done.\n"
        assert newsstand.subscription(NEW).state is SubscriptionState.LEFT
        newsstand.client.post(path, data={"choice": "undo"})
        assert newsstand.subscription(NEW).state is SubscriptionState.ACTIVE
    assert newsstand.subscription(ADA).state is SubscriptionState.ACTIVE


def test_its_view_opens_nothing_else_and_no_other_link_opens_it(newsstand: Newsstand) -> None:
    join(newsstand)
    view = paths(mails(newsstand, NEW)[-1])[0]
    token = view.rpartition("/")[2]
    for elsewhere in ("/u/", "/p/", "/confirm/", "/c/"):
        path = elsewhere + token + ("/0" if elsewhere == "/c/" else "")
        assert newsstand.client.get(path).status_code == 404
    for purpose in set(Purpose) - {Purpose.VIEW, Purpose.VIEW_WELCOME}:
        assert (
            newsstand.client.get(f"/v/{newsstand.keyring.current.sign(purpose, 1)}").status_code
            == 404
        )


def test_an_issue_that_has_nothing_for_them_is_not_sent(database: Database) -> None:
    newsstand = furnish(database, operators_and_proofs())
    join(newsstand, follow="force-fields")
    assert [kind for kind, _ in kinds(newsstand)] == ["confirmation", "welcome"]
    assert "behind this one" not in text(mails(newsstand, NEW)[-1])


def test_a_list_that_does_not_say_so_welcomes_alone(database: Database) -> None:
    newsstand = furnish(database, make_digest(policies=Policies(welcome_with_issue=False)))
    join(newsstand)
    assert [kind for kind, _ in kinds(newsstand)] == ["confirmation", "welcome"]


def test_a_paused_issue_is_handed_to_nobody_new(newsstand: Newsstand) -> None:
    with newsstand.database.write() as session:
        pause(session, 1, "a mistake in it")
    join(newsstand)
    assert [kind for kind, _ in kinds(newsstand)] == ["confirmation", "welcome"]


def test_nobody_is_sent_it_twice_however_often_they_join(newsstand: Newsstand) -> None:
    join(newsstand)
    leave = header_link(mails(newsstand, NEW)[-1])
    for _ in range(2):
        newsstand.client.post(leave, data={"List-Unsubscribe": "One-Click"})
        newsstand.clock += DAY
        join(newsstand)
        assert newsstand.subscription(NEW).state is SubscriptionState.ACTIVE
    found = [kind for kind, _ in kinds(newsstand)]
    assert (found.count(MailKind.WELCOME), found.count(MailKind.ISSUE)) == (3, 1)


def test_who_was_sent_it_as_a_reader_does_not_get_it_again(newsstand: Newsstand) -> None:
    newsstand.client.post(newsstand.leave_path(), data={"choice": "leave"})
    join(newsstand, ADA)
    assert newsstand.subscription(ADA).state is SubscriptionState.ACTIVE
    assert MailKind.ISSUE not in [kind for kind, _ in kinds(newsstand)]


@pytest.mark.parametrize(
    "form", [{"List-Unsubscribe": "One-Click"}, {"choice": "pause", "weeks": "4"}]
)
def test_who_leaves_or_pauses_before_it_is_on_the_wire_is_not_sent_it(
    newsstand: Newsstand, form: dict[str, str]
) -> None:
    join(newsstand)
    newsstand.client.post(header_link(mails(newsstand, NEW)[1]), data=form)
    assert kinds(newsstand)[-1] == (MailKind.ISSUE, DeliveryState.SKIPPED)


def test_the_next_issue_leaves_out_what_came_with_the_welcome(database: Database) -> None:
    newsstand = furnish(database, operators_and_proofs())
    join(newsstand, follow="operators")
    later = Period(WEEK.first + DAY, WEEK.last + DAY)
    with database.write() as session:
        draft = issues.save_draft(session, operators_and_proofs(later), NOW)
        person = subscribers.show(session, NEW)
        chosen = newsstand.subscription(NEW).preferences
        wanted = without_had(session, draft, person.id, chosen)
    assert wanted.had == {"arxiv:2602.00001"}, "they did not follow the other one"


def test_its_links_are_uncounted_where_the_list_counts(database: Database) -> None:
    newsstand = furnish(database, make_digest(policies=Policies(clicks=Clicks.COUNTED)))
    join(newsstand)
    issue = mails(newsstand, NEW)[-1]
    assert "/c/" not in page(issue)
    assert 'href="https://arxiv.org/abs/2602.' in page(issue)


def test_a_mail_that_asks_to_leave_with_its_token_is_honoured(newsstand: Newsstand) -> None:
    join(newsstand)
    token = header_link(mails(newsstand, NEW)[-1]).rpartition("/")[2]
    asked = f"From: {ADA}\nSubject: {token}\n\n".encode()
    assert take(newsstand, asked) == {"leave": 1}
    assert take(newsstand, asked) == {"known before": 1}
    assert [departure.way for departure in newsstand.departures(NEW)] == [Way.MAIL]
    assert newsstand.subscription(ADA).state is SubscriptionState.ACTIVE


def test_a_complaint_about_it_unsubscribes_and_suppresses(newsstand: Newsstand) -> None:
    join(newsstand)
    issue = mails(newsstand, NEW)[-1]
    returned = f"List-Unsubscribe: {issue['List-Unsubscribe']}\nSubject: Latest\n"
    assert take(newsstand, arf(returned=returned)) == {"complaint": 1}
    assert take(newsstand, arf(returned=returned)) == {"known before": 1}
    with newsstand.database.read() as session:
        person = subscribers.show(session, NEW)
    assert person.suppression is not None
    assert person.suppression.reason == "complaint"
    assert [departure.way for departure in newsstand.departures(NEW)] == [Way.COMPLAINT]


def test_whom_it_was_forwarded_to_cannot_complain_in_their_name(newsstand: Newsstand) -> None:
    join(newsstand)
    issue = mails(newsstand, NEW)[-1]
    assert "/u/" in text(issue)
    report = arf(returned=f"Subject: Fwd\nReferences: {issue['Message-ID']}\n\n{text(issue)}")
    assert take(newsstand, report) == {"unread": 1}
    with newsstand.database.read() as session:
        assert subscribers.show(session, NEW).suppression is None
        (kept,) = feedback(session, FeedbackKind.UNREAD)
        assert unread_message(session, kept.id) == report
    assert "anybody with the mail's text" in kept.text


def test_erasing_its_reader_forgets_it(newsstand: Newsstand) -> None:
    join(newsstand)
    view = paths(mails(newsstand, NEW)[-1])[0]
    with newsstand.database.write() as session:
        erase(session, NEW, ErasureKey("a key for erasures in tests, of good length"), NOW)
    assert newsstand.dump()["welcome_issues"] == []
    assert "Paper" not in newsstand.client.get(view).text


def test_a_crash_before_all_is_in_the_outbox_leaves_the_wish_to_be_confirmed_again(
    newsstand: Newsstand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> bool:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("newsletter.web.joining.put_once", crash)
        with pytest.raises(ZeroDivisionError):
            join(newsstand)
    assert newsstand.subscription(NEW).state is SubscriptionState.PENDING
    newsstand.client.post(paths(mails(newsstand, NEW)[0])[0])
    assert newsstand.subscription(NEW).state is SubscriptionState.ACTIVE
    assert [kind for kind, _ in kinds(newsstand)] == ["confirmation", "welcome", "issue"]


def test_a_correction_and_the_history_know_of_it(newsstand: Newsstand) -> None:
    join(newsstand)
    with newsstand.database.write() as session:
        found = outbox.due(session, now=NOW, limit=9)
        claims = [
            Claim(delivery_id=d.delivery_id, fixed=d.fixed, plan="", at=NOW)
            for d in found
            if d.fixed
        ]
        outbox.commit(session, [], claims, sender="test")
        sent = [
            Outcome(delivery_id=d.delivery_id, state=DeliveryState.SENT, at=NOW, relay="test")
            for d in found
        ]
        outbox.commit(session, sent, [], sender="test")
    with newsstand.database.read() as session:
        person = subscribers.show(session, NEW)
        told = history(session, person.id, NEW)
        concerned = fanout.audience_preview(session, "ai-for-science", today=NOW.date(), corrects=1)
        people = sum(number for _, number in concerned)
    assert people == len(newsstand.deliveries) + 1
    assert ("accepted by the relay", "2026-W06") in [(e.what, e.issue) for e in told]


def test_a_leave_that_is_taken_back_gives_it_back_within_a_day(newsstand: Newsstand) -> None:
    join(newsstand)
    leave = header_link(mails(newsstand, NEW)[-1])
    for wait, state in ((DAY, DeliveryState.QUEUED), (DAY, DeliveryState.SKIPPED)):
        newsstand.client.post(leave, data={"choice": "leave"})
        newsstand.clock += wait
        newsstand.client.post(leave, data={"choice": "undo"})
        assert newsstand.subscription(NEW).state is SubscriptionState.ACTIVE
        assert kinds(newsstand)[-1] == (MailKind.ISSUE, state)


def test_what_came_with_a_welcome_is_not_given_back_as_a_delivery(newsstand: Newsstand) -> None:
    with newsstand.database.write() as session:
        row = session.get(DeliveryRow, newsstand.deliveries[ADA])
        assert row is not None
        row.state = DeliveryState.QUEUED
        session.add(row)
    newsstand.client.post(newsstand.leave_path(), data={"choice": "leave"})
    join(newsstand, ADA)
    assert kinds(newsstand)[-1] == (MailKind.ISSUE, DeliveryState.QUEUED)
    newsstand.client.post(newsstand.leave_path(), data={"choice": "leave"})
    newsstand.client.post(newsstand.leave_path(), data={"choice": "undo"})
    with newsstand.database.read() as session:
        assert delivery(session, newsstand.deliveries[ADA]).state is DeliveryState.SKIPPED
    assert kinds(newsstand)[-1] == (MailKind.ISSUE, DeliveryState.QUEUED)
