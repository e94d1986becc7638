from __future__ import annotations

import datetime as dt

import pytest

from newsletter.errors import NotFoundError
from newsletter.store import breaker, unproven
from newsletter.store.database import Database
from newsletter.store.departures import undo_leave
from newsletter.store.feedback import FeedbackKind, feedback, unread_message
from newsletter.store.lifting import lift
from newsletter.store.subscribers import suppress
from newsletter.store.suppressions import unsuppress
from newsletter.store.values import DeliveryState, SubscriptionState, Way
from newsletter.tokens import Purpose
from tests.store.stage import LIST, NOW
from tests.tracking.mailed import Mailed, mail, mail_again, refuse
from tests.tracking.returned_mail import (
    arf,
    away,
    dsn,
    envelope,
    leave_mail,
    message_id,
    our_headers,
    our_text,
    qmail,
)

ANN, BO = "ann@reader.example", "bo@reader.example"


def full(delivery_id: int) -> bytes:
    return dsn(to=envelope(delivery_id), status="5.2.2", diagnostic="smtp; 552 5.2.2 mailbox full")


def test_a_hard_bounce_suppresses_at_once_and_changes_nothing_when_read_again(
    database: Database,
) -> None:
    mailed = mail(database, [ANN, BO])
    report = dsn(to=envelope(mailed.ids[ANN]))
    first, second = mailed.take(report), mailed.take(report, report)
    assert (first.messages, first.suppressed) == ({"bounce": 1}, 1)
    assert first.bounces == {"bad address": 1}
    assert (second.messages, second.suppressed, second.bounces) == ({"known before": 2}, 0, {})
    assert mailed.suppressed(ANN) == "bounce"
    assert mailed.state(ANN) is DeliveryState.BOUNCED
    assert mailed.ways(ANN) == [Way.BOUNCE]
    assert (mailed.suppressed(BO), mailed.state(BO)) == ("", DeliveryState.SENT)


@pytest.mark.parametrize("clue", ["envelope", "headers", "message id"])
def test_who_it_was_is_known_by_whatever_is_left(database: Database, clue: str) -> None:
    mailed = mail(database, [BO, ANN])
    number = mailed.ids[ANN]
    reports = {
        "envelope": dsn(to=envelope(number), recipient="other@elsewhere.example"),
        "headers": dsn(returned=our_headers(number), recipient="other@elsewhere.example"),
        "message id": dsn(
            returned=f"Message-ID: {message_id(number)}\n", recipient="Ann@READER.example"
        ),
    }
    mailed.take(reports[clue])
    assert (mailed.suppressed(ANN), mailed.suppressed(BO)) == ("bounce", "")


def forged(mailed: Mailed, address: str, what: str) -> bytes:
    """What a stranger can write about `address`: at best with a neighbour's Message-ID, or with the
    text of a mail that was forwarded to them, and with what that refers to."""
    number = mailed.ids[address]
    neighbour = f"Message-ID: {message_id(number)}\n"
    text, header = our_text(number), our_headers(number, purpose=Purpose.LEAVE)
    return {
        "bounce": dsn(recipient=address),
        "prose": qmail("bounces@news.example.org", address, "No such mailbox. (#5.1.1)"),
        "complaint": arf(recipient=address, returned="Subject: yours\n"),
        "guessed id": dsn(recipient="x@elsewhere.example", returned=neighbour),
        "forwarded, complaint": arf(returned=f"Subject: Fwd\n\n{text}"),
        "forwarded, as a header": arf(returned=header),
        "forwarded, with its id": arf(recipient=address, returned=f"{neighbour}\n{text}"),
        "forwarded, bounce": dsn(recipient="x@elsewhere.example", returned=header),
        "forwarded, prose": qmail("bounces@a.example", "x@a.example", f"(#5.1.1)\n\n{text}"),
    }[what]


FORGED = [
    "bounce",
    "prose",
    "complaint",
    "guessed id",
    "forwarded, complaint",
    "forwarded, as a header",
    "forwarded, with its id",
    "forwarded, bounce",
    "forwarded, prose",
]


@pytest.mark.parametrize("what", FORGED)
def test_what_anybody_could_have_written_suppresses_nobody(database: Database, what: str) -> None:
    mailed = mail(database, [ANN, BO])
    report = forged(mailed, ANN, what)
    taken = mailed.take(report, report)
    assert taken.messages == {"unproven": 1, "known before": 1}
    assert (taken.suppressed, taken.held) == (0, 1)
    assert (mailed.suppressed(ANN), mailed.state(ANN)) == ("", DeliveryState.SENT)
    assert mailed.person(ANN).subscriptions[LIST].state is SubscriptionState.ACTIVE
    with database.read() as session:
        (held,) = unproven.waiting(session)
    assert (held.domain, held.people) == ("reader.example", 1)
    assert "only a server" in held.why


@pytest.mark.parametrize("what", ["bounce", "complaint", "forwarded, complaint"])
@pytest.mark.parametrize("believed", [True, False])
def test_the_admins_word_settles_what_was_unproven(
    database: Database, what: str, believed: bool
) -> None:
    mailed = mail(database, [ANN, BO])
    report = forged(mailed, ANN, what)
    mailed.take(report)
    issue_id = mailed.stage.issue_id
    with database.write() as session:
        assert unproven.decide(session, issue_id, suppress_them=believed, now=NOW) == 1
    assert mailed.suppressed(ANN) == (what.rpartition(" ")[2] if believed else "")
    assert (mailed.state(ANN) is DeliveryState.BOUNCED) is (believed and what == "bounce")
    mailed.take(report)
    with database.write() as session, pytest.raises(NotFoundError, match="bounces review"):
        unproven.decide(session, issue_id, suppress_them=True, now=NOW)


def test_what_is_proven_later_waits_for_nobody(database: Database) -> None:
    mailed = mail(database, [ANN, BO])
    mailed.take(forged(mailed, ANN, "bounce"))
    mailed.take(dsn(to=envelope(mailed.ids[ANN])))
    assert mailed.suppressed(ANN) == "bounce"
    with database.read() as session:
        assert unproven.waiting(session) == ()


def test_forged_reports_trip_no_breaker(database: Database) -> None:
    mailed = mail(database, [*CROWD, *OTHERS])
    mailed.take(*(forged(mailed, address, "bounce") for address in CROWD[:15]))
    true = mailed.take(dsn(to=envelope(mailed.ids[CROWD[20]])))
    assert (true.suppressed, true.held) == (1, 0)


def test_an_address_alone_says_nothing_long_after_the_mail(database: Database) -> None:
    mailed = mail(database, [ANN])
    taken = mailed.take(dsn(recipient=ANN), now=NOW + dt.timedelta(days=11))
    assert taken.messages == {"unread": 1}
    assert mailed.suppressed(ANN) == ""


def test_a_message_id_that_was_never_sent_proves_nothing(database: Database) -> None:
    mailed = mail(database, [ANN])
    wrong = message_id(mailed.ids[ANN]).replace("698d8b70", "698d8b71")
    mailed.take(dsn(returned=f"Message-ID: {wrong}\n", recipient=ANN))
    assert mailed.suppressed(ANN) == ""


@pytest.mark.parametrize("status", ["5.1.7", "5.1.8", "5.7.1", "5.7.26"])
def test_what_blames_us_or_the_message_never_suppresses(database: Database, status: str) -> None:
    mailed = mail(database, [ANN])
    for week in range(1, 8):
        mailed.take(dsn(to=envelope(mailed.ids[ANN]), status=status, diagnostic=""))
        assert mailed.state(ANN) is DeliveryState.BOUNCED
        mailed = mail_again(database, week)
    assert mailed.suppressed(ANN) == ""


def test_soft_bounces_suppress_after_five_issues_in_a_row(database: Database) -> None:
    mailed = mail(database, [ANN, BO])
    for week in range(1, 5):
        mailed.take(full(mailed.ids[ANN]))
        assert mailed.suppressed(ANN) == ""
        mailed = mail_again(database, week)
    mailed.take(full(mailed.ids[ANN]))
    assert (mailed.suppressed(ANN), mailed.suppressed(BO)) == ("bounce", "")


def test_an_issue_that_arrives_ends_the_row_of_soft_bounces(database: Database) -> None:
    mailed = mail(database, [ANN])
    for week in range(1, 9):
        if week != 4:
            mailed.take(full(mailed.ids[ANN]))
        mailed = mail_again(database, week)
    assert mailed.suppressed(ANN) == ""


def test_a_complaint_leaves_and_suppresses_once(database: Database) -> None:
    mailed = mail(database, [ANN, BO])
    complaint = arf(returned=our_headers(mailed.ids[ANN]))
    taken = mailed.take(complaint, complaint)
    assert taken.messages == {"complaint": 1, "known before": 1}
    assert taken.suppressed == 1
    assert mailed.suppressed(ANN) == "complaint"
    assert mailed.ways(ANN) == [Way.COMPLAINT]
    assert mailed.person(ANN).subscriptions[LIST].state is SubscriptionState.LEFT
    assert mailed.state(ANN) is DeliveryState.SENT
    assert mailed.suppressed(BO) == ""


def test_a_complaint_about_a_mail_that_quotes_ours_is_not_about_ours(database: Database) -> None:
    mailed = mail(database, [ANN, BO])
    theirs = f"From: {ANN}\nTo: c@elsewhere.example\nSubject: Fwd: AI for Science\n\nLook:\n"
    report = arf(returned=theirs + our_text(mailed.ids[ANN]), recipient="c@elsewhere.example")
    assert mailed.take(report).messages == {"unproven": 1}
    assert mailed.suppressed(ANN) == ""
    ours = our_headers(mailed.ids[BO]) + "\n" + our_text(mailed.ids[ANN])
    assert mailed.take(arf(returned=ours)).messages == {"complaint": 1}
    assert (mailed.suppressed(ANN), mailed.suppressed(BO)) == ("", "complaint")


def test_what_is_complained_of_with_proof_later_waits_for_nobody(database: Database) -> None:
    mailed = mail(database, [ANN])
    mailed.take(forged(mailed, ANN, "forwarded, complaint"))
    mailed.take(arf(returned=our_headers(mailed.ids[ANN])))
    assert mailed.suppressed(ANN) == "complaint"
    with database.read() as session:
        assert unproven.waiting(session) == ()


@pytest.mark.parametrize("field", ["Return-Path", "Original-Mail-From"])
def test_a_complaint_is_proven_by_the_envelope_of_mail_whose_header_had_no_own_token(
    database: Database, field: str
) -> None:
    mailed = mail(database, [ANN])
    older = our_headers(mailed.ids[ANN], purpose=Purpose.LEAVE)
    report = arf(returned=f"{field}: <{envelope(mailed.ids[ANN])}>\n{older}")
    assert mailed.take(report).messages == {"complaint": 1}
    assert mailed.suppressed(ANN) == "complaint"


@pytest.mark.parametrize("purpose", [Purpose.ENVELOPE, Purpose.LEAVE])
def test_a_mail_that_asks_to_leave_is_honoured_once(database: Database, purpose: Purpose) -> None:
    mailed = mail(database, [ANN])
    asked = leave_mail(mailed.ids[ANN], purpose=purpose)
    assert mailed.take(asked, asked).messages == {"leave": 1, "known before": 1}
    assert mailed.ways(ANN) == [Way.MAIL]
    assert mailed.suppressed(ANN) == ""


def test_automatic_answers_and_delays_change_nothing(database: Database) -> None:
    mailed = mail(database, [ANN])
    to = envelope(mailed.ids[ANN])
    taken = mailed.take(away(to), dsn(to=to, action="delayed", status="4.4.1"), b"Subject: hi\n\n")
    assert taken.messages == {"automatic reply": 1, "delay": 1, "other mail": 1}
    assert (mailed.state(ANN), mailed.suppressed(ANN)) == (DeliveryState.SENT, "")


def test_what_cannot_be_read_is_kept_once(database: Database) -> None:
    mailed = mail(database, [ANN])
    strange = b"From: MAILER-DAEMON@x.example\nSubject: Undeliverable\n\n\xff\0?\n"
    assert mailed.take(strange, strange).messages == {"unread": 1, "known before": 1}
    with database.read() as session:
        (kept,) = feedback(session, FeedbackKind.UNREAD)
        assert unread_message(session, kept.id) == strange


def test_prose_counts_as_a_report_does(database: Database) -> None:
    mailed = mail(database, [ANN])
    mailed.take(qmail(envelope(mailed.ids[ANN]), ANN, "Sorry, no such mailbox. (#5.1.1)"))
    assert mailed.suppressed(ANN) == "bounce"


CROWD = [f"reader{number}@big.example" for number in range(30)]
OTHERS = [f"reader{number}@small{number}.example" for number in range(370)]


def test_an_outage_of_a_provider_suppresses_nobody_until_an_admin_says_so(
    database: Database,
) -> None:
    mailed = mail(database, [*CROWD, *OTHERS])
    reports = [dsn(to=envelope(mailed.ids[address])) for address in CROWD[:15]]
    before = mailed.take(*reports[:9])  # too few to tell an outage from a few bad addresses
    assert (before.suppressed, before.held) == (9, 0)
    after = mailed.take(*reports[9:])
    assert (after.suppressed, after.held) == (0, 15)
    assert {mailed.suppressed(address) for address in CROWD} == {""}
    assert {mailed.person(a).subscriptions[LIST].state for a in CROWD} == {"active"}
    elsewhere = mailed.take(dsn(to=envelope(mailed.ids[OTHERS[0]])))
    assert (elsewhere.suppressed, elsewhere.held) == (1, 0)
    with database.read() as session:
        (held,) = breaker.held(session)
    assert (held.domain, held.people, held.attempted) == ("big.example", 15, 30)


@pytest.mark.parametrize("believed", [True, False])
def test_the_admins_word_settles_what_was_held(database: Database, believed: bool) -> None:
    mailed = mail(database, [*CROWD, *OTHERS])
    mailed.take(*(dsn(to=envelope(mailed.ids[address])) for address in CROWD[:15]))
    with database.write() as session:
        people = breaker.decide(session, mailed.stage.issue_id, suppress_them=believed, now=NOW)
    assert people == 15
    assert mailed.suppressed(CROWD[0]) == ("bounce" if believed else "")
    with database.write() as session, pytest.raises(NotFoundError, match="bounces review"):
        breaker.decide(session, mailed.stage.issue_id, suppress_them=believed, now=NOW)
    later = mailed.take(dsn(to=envelope(mailed.ids[CROWD[20]])))
    assert (later.suppressed, later.held) == (int(believed), 0)


def test_a_twentieth_of_the_whole_issue_holds_every_domain(database: Database) -> None:
    mailed = mail(database, OTHERS)
    taken = mailed.take(*(dsn(to=envelope(mailed.ids[address])) for address in OTHERS[:19]))
    assert (taken.suppressed, taken.held) == (0, 19)


def test_refusals_while_sending_go_through_the_same_breaker(database: Database) -> None:
    mailed = mail(database, [*CROWD, *OTHERS])
    issue_id = mailed.stage.issue_id
    refuse(database, issue_id, OTHERS[:2], "bad address: no such mailbox")
    refuse(database, issue_id, OTHERS[2:4], "refused: by policy")
    with database.write() as session:
        breaker.accuse_refused(session, issue_id, NOW)
        assert breaker.settle(session, issue_id, NOW).suppressed == 2
        breaker.accuse_refused(session, issue_id, NOW)
        assert breaker.settle(session, issue_id, NOW) == breaker.Settled()
    assert mailed.suppressed(OTHERS[0]) == "bounce"
    assert mailed.suppressed(OTHERS[2]) == ""


def test_what_the_breaker_gives_back_leaves_other_reasons_alone(database: Database) -> None:
    mailed = mail(database, [*CROWD, *OTHERS])
    with database.write() as session:
        suppress(session, CROWD[0], "complaint", NOW)
    mailed.take(*(dsn(to=envelope(mailed.ids[address])) for address in CROWD[:9]))
    mailed.take(*(dsn(to=envelope(mailed.ids[address])) for address in CROWD[9:15]))
    assert mailed.suppressed(CROWD[0]) == "complaint"
    assert mailed.suppressed(CROWD[1]) == ""


def test_a_bounce_of_somebody_who_came_back_is_news_of_the_next_mail_only(
    database: Database,
) -> None:
    mailed = mail(database, [ANN])
    report = dsn(to=envelope(mailed.ids[ANN]))
    mailed.take(report)
    with database.write() as session:
        unsuppress(session, ANN)
        undo_leave(session, LIST, mailed.person(ANN).id, NOW)
    mailed.take(report)
    assert mailed.suppressed(ANN) == ""


def test_who_may_be_mailed_again_has_all_their_chances_again(database: Database) -> None:
    mailed = mail(database, [ANN])
    for week in range(1, 5):
        mailed.take(full(mailed.ids[ANN]))
        mailed = mail_again(database, week)
    mailed.take(full(mailed.ids[ANN]))
    assert mailed.suppressed(ANN) == "bounce"
    lifted = NOW + dt.timedelta(weeks=4, days=1)
    with database.write() as session:
        lift(session, ANN, "asked for it", lifted)
    mailed = mail_again(database, 5)
    mailed.take(full(mailed.ids[ANN]))
    assert mailed.suppressed(ANN) == ""


@pytest.mark.parametrize(
    "poison", [b"\0", b"\xff\xfe", b"=?utf-8?b?AA==?=", b"=?utf-8?q?=ED=A0=80?=", b"=?no?q?=FF?="]
)
def test_what_no_database_keeps_as_text_does_not_stop_the_reading(
    database: Database, poison: bytes
) -> None:
    mailed = mail(database, [ANN, BO])
    riddle = (
        b"From: MAILER-DAEMON@mx.example\nSubject: a riddle %s here\nContent-Type: "
        b"multipart/report; report-type=delivery-status; boundary=x\n\nnothing %s\n"
    )
    mailed.take(riddle % (poison, poison))
    mailed.take(dsn(to=envelope(mailed.ids[ANN])).replace(b"550", b"550 %s" % poison))
    mailed.take(
        arf(returned=our_headers(mailed.ids[BO])).replace(b"Subject:", b"Subject: " + poison)
    )
    with database.read() as session:
        assert [item.kind for item in feedback(session)] == ["complaint", "bounce", "unread"]
