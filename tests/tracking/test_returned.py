from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.replies import Judgement, Stage, classify
from newsletter.tokens import Keyring, Purpose
from newsletter.tracking.returned import Kind, Returned, read_returned
from tests.tracking.returned_mail import (
    RING,
    arf,
    away,
    dsn,
    envelope,
    leave_mail,
    message_id,
    our_headers,
    qmail,
)


def read(octets: bytes) -> Returned:
    return read_returned(octets, RING)


def judged(octets: bytes, domain: str = "reader.example") -> Judgement:
    (failure,) = read(octets).failures
    return classify(Stage.DSN, failure.reply, domain).judgement


@pytest.mark.parametrize("kind", ["message/delivery-status", "message/global-delivery-status"])
@pytest.mark.parametrize("encoded", [False, True])
def test_a_delivery_report_says_who_and_why(kind: str, encoded: bool) -> None:
    found = read(dsn(kind=kind, encoded=encoded))
    (failure,) = found.failures
    assert found.kind is Kind.BOUNCE
    assert failure.address == "ann@reader.example"
    assert (failure.reply.code, failure.reply.enhanced) == (550, "5.1.1")
    assert failure.reply.text == "User unknown"


@pytest.mark.parametrize(
    ("status", "diagnostic", "judgement"),
    [
        ("5.1.1", "", Judgement.BAD_ADDRESS),
        ("5.0.0", "smtp; 550-5.1.1 The account does not exist.\n 550 5.1.1 gsmtp", "bad address"),
        ("5.0.0", "smtp; 550 #5.1.3 bad syntax", Judgement.BAD_ADDRESS),
        ("5.1.6", "X-Notes; moved", Judgement.BAD_ADDRESS),
        ("5.1.10", "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound", Judgement.BAD_ADDRESS),
        ("5.2.1", "smtp; 550 5.2.1 disabled", Judgement.BAD_ADDRESS),
        ("5.4.1", "smtp; 550 5.4.1 Recipient address rejected: Access denied.", "bad address"),
        ("5.1.1", "smtp; 550 5.7.1 our policy", Judgement.REFUSED),
        ("5.1.7", "smtp; 550 5.1.7 bad sender", Judgement.REFUSED),
        ("5.1.8", "", Judgement.REFUSED),
        ("5.7.26", "smtp; 550 5.7.26 unauthenticated", Judgement.REFUSED),
        ("5.2.2", "smtp; 552 5.2.2 over quota", Judgement.MAILBOX_FULL),
        ("4.4.7", "smtp; 450 4.4.7 expired", Judgement.TRY_LATER),
        ("4.4.1", "", Judgement.TRY_LATER),
        ("5.0.0", "smtp; 550 no", Judgement.UNCLASSIFIED),
        ("", "", Judgement.UNCLASSIFIED),
    ],
)
def test_reports_are_judged_as_replies_are(status: str, diagnostic: str, judgement: str) -> None:
    assert judged(dsn(status=status, diagnostic=diagnostic)) == judgement


def test_words_of_a_provider_count_where_its_code_says_nothing() -> None:
    report = dsn(status="5.0.0", diagnostic="smtp; 550 Mailbox not found. http://service.mail.qq")
    assert judged(report, "qq.com") is Judgement.BAD_ADDRESS
    assert judged(report, "reader.example") is Judgement.UNCLASSIFIED


def test_a_delay_is_no_bounce() -> None:
    assert read(dsn(action="delayed", status="4.4.1")).kind is Kind.DELAY


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_report_of_success_is_passed_over(action: str) -> None:
    assert read(dsn(action=action, status="2.0.0", diagnostic="")).kind is Kind.OTHER


def test_a_report_within_a_returned_message_is_not_this_one() -> None:
    inner = dsn(recipient="other@reader.example").decode()
    outer = (
        "From: ann@reader.example\nSubject: Fwd\nContent-Type: multipart/mixed; boundary=o\n\n"
        f"--o\nContent-Type: message/rfc822\n\n{inner}\n--o--\n"
    )
    assert read(outer.encode()).kind is not Kind.BOUNCE


def test_prose_is_read_and_its_code_believed() -> None:
    said = "Sorry, no mailbox here by that name. (#5.1.1)"
    report = qmail("postmaster@news.example.org", "ann@reader.example", said)
    assert read(report).failures[0].address == "ann@reader.example"
    assert judged(report) is Judgement.BAD_ADDRESS


def test_prose_without_a_code_is_unclassified() -> None:
    report = qmail("postmaster@news.example.org", "ann@reader.example", "Sorry, it is no use.")
    assert judged(report) is Judgement.UNCLASSIFIED


def test_an_automatic_answer_is_no_bounce() -> None:
    assert read(away(envelope(7))).kind is Kind.AUTOREPLY


def test_a_readers_own_answer_is_other_mail() -> None:
    mail = b"From: ann@reader.example\nSubject: Re: AI for Science\n\nThank you! User unknown?\n"
    assert read(mail).kind is Kind.OTHER


def test_a_complaint_is_told_by_its_report() -> None:
    found = read(arf(returned=our_headers(7), recipient="ann@reader.example"))
    assert (found.kind, found.addresses) == (Kind.COMPLAINT, ("ann@reader.example",))
    assert found.clues.signed == (7,)


def test_a_complaint_without_the_reader_names_them_by_our_token() -> None:
    found = read(arf(returned=our_headers(7)))
    assert (found.kind, found.addresses, found.clues.signed) == (Kind.COMPLAINT, (), (7,))


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_what_is_no_complaint_stops_no_mail(kind: str) -> None:
    assert read(arf(returned=our_headers(7), kind=kind)).kind is Kind.OTHER


@pytest.mark.parametrize("purpose", [Purpose.ENVELOPE, Purpose.LEAVE])
@pytest.mark.parametrize("before", ["", "unsubscribe ", "[EXTERNAL] Re: ", "退订"])
def test_a_mail_with_the_leaving_token_asks_to_leave(before: str, purpose: Purpose) -> None:
    found = read(leave_mail(7, before, purpose))
    assert (found.kind, found.clues.signed) == (Kind.LEAVE, (7,))


@pytest.mark.parametrize("written", [envelope(7), envelope(7).replace("@", "=") + "@a.example"])
def test_a_robot_that_answers_by_our_envelope_senders_address_asks_nothing(written: str) -> None:
    mail = f"From: gate@b.example\nSubject: Your mail from {written} waits\n\n".encode()
    assert read(mail).kind is Kind.OTHER


def test_a_token_of_another_purpose_or_key_asks_nothing() -> None:
    forged = RING.current.sign(Purpose.MANAGE, 7)
    mail = f"From: a@b.example\nSubject: {forged}\n\n".encode()
    assert read(mail).kind is Kind.OTHER
    other = Keyring.of(["another key, of somebody else altogether"])
    assert read_returned(leave_mail(7), other).kind is Kind.OTHER


def test_who_is_told_by_verp_even_in_capitals() -> None:
    assert read(dsn(to=envelope(7).upper())).clues.signed == (7,)


def test_a_message_id_of_ours_is_found_in_the_returned_headers() -> None:
    found = read(dsn(returned=f"Message-ID: {message_id(9)}\n"))
    assert found.clues.message_ids == ((9, message_id(9)),)


def test_a_report_in_no_known_form_is_unread() -> None:
    mail = b"From: MAILER-DAEMON@mx.example.net\nSubject: Undeliverable\n\n...\n"
    assert read(mail).kind is Kind.UNREAD


def test_parts_without_end_are_not_followed() -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000)
    )
    many = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000
    assert read(deep).kind is Kind.UNREAD
    assert read(many).kind is Kind.UNREAD


PIECES = st.sampled_from(
    [
        dsn(),
        arf(returned=our_headers(7)),
        leave_mail(7),
        b"Content-Type: multipart/report; boundary=b\n\n--b\n",
        b"Content-Type: message/delivery-status\n\n",
        b"Action: failed\nFinal-Recipient: rfc822;\xff\xfe@\nStatus: 5.\n\n",
        b"Subject: =?utf-8?b?\xff?= =?nonsense?q?=ff?=\n",
        b"Content-Transfer-Encoding: base64\nContent-Type: text/plain; charset=nonsense\n\n",
        b"Content-Type: text/plain; charset*=utf-8'%ff\n\n",
        b"bounces+" + b"a" * 30 + b"@x /u/" + b"7" * 32,
    ]
)


@given(st.lists(PIECES | st.binary(max_size=80), max_size=8))
def test_whatever_comes_is_one_kind_or_another(pieces: list[bytes]) -> None:
    found = read(b"".join(pieces))
    assert found.kind in Kind
    assert (found.kind is Kind.BOUNCE) == bool(found.failures)


@given(st.integers(0, 1500), st.binary(min_size=1, max_size=3))
def test_a_damaged_report_raises_nothing(at: int, by: bytes) -> None:
    whole = dsn(to=envelope(7), returned=our_headers(7))
    read(whole[:at] + by + whole[at + len(by) :])
    read(whole[:at])
