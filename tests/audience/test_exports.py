from __future__ import annotations

import datetime as dt
import io

import pytest

from newsletter.audience.subscriber_csv import stream_subscribers
from newsletter.errors import ImportFileError
from newsletter.store.admission import Member
from newsletter.store.values import SubscriptionState
from tests.audience.reading import people_and_problems
from tests.builders import make_list

LEFT, ACTIVE, PENDING = (
    SubscriptionState.LEFT,
    SubscriptionState.ACTIVE,
    SubscriptionState.PENDING,
)
MAILCHIMP = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,LEID,EUID"


def read(text: str, topics: str = "", mapping: dict[str, str] | None = None) -> list[Member]:
    people, problems = people_and_problems(
        text.encode(), "export.csv", make_list(), topics, mapping
    )
    assert problems == []
    return people


def told(member: Member) -> tuple[str, SubscriptionState, str, str]:
    at = member.consent_at.isoformat() if member.consent_at else ""
    return member.address, member.state, at[:16], member.suppressed


def test_mailchimps_subscribed_keep_the_time_and_the_source_of_their_consent() -> None:
    people = read(
        f"{MAILCHIMP}\n"
        "ann@example.test,Ann,2,2019-05-01 09:00:00,192.0.2.1,2019-05-01 09:05:00,1,a\n"
        "bo@example.test,Bo,2,5/2/19 10:00,192.0.2.1,,2,b\n"
    )
    assert [told(member) for member in people] == [
        ("ann@example.test", ACTIVE, "2019-05-01T09:05", ""),
        ("bo@example.test", ACTIVE, "2019-05-02T10:00", ""),
    ]
    assert [m.consent_source for m in people] == [
        "Mailchimp, confirmed by mail",
        "Mailchimp, signed up",
    ]


def passed_over(text: str, **options: object) -> list[str]:
    told: list[str] = []
    people = stream_subscribers(
        lambda: io.BytesIO(text.encode()),
        "export.csv",
        mailing_list=make_list(),
        problem=lambda problem: pytest.fail(problem.reason),
        passed_over=told.extend,
        **options,  # type: ignore[arg-type]  # as given
    )
    list(people)
    return told


def test_a_lists_own_fields_at_mailchimp_are_named_and_can_be_taken_in() -> None:
    text = (
        f"{MAILCHIMP},TIMEZONE,Topics,What do you read?\n"
        "ann@example.test,Ann,2,2019-05-01 09:00:00,,,1,a,Europe/Rome,proofs,all of it\n"
    )
    assert passed_over(text) == ["Topics", "What do you read?"]
    assert passed_over(text, topics="Topics") == ["What do you read?"]
    assert (
        passed_over(f"{MAILCHIMP},UNSUB_TIME\nann@example.test,,,2019-05-01,,,,,2020-01-01\n") == []
    )
    (ann,) = read(text, topics="Topics")
    assert ann.preferences.follows == frozenset({"proofs"})


def test_choices_that_were_put_by_hand_into_another_services_file_are_named() -> None:
    text = (
        "email,name,subscribed_to_emails,created_at,labels,tiers,Topics\n"
        "ann@example.test,Ann,true,2022-01-01T00:00:00.000Z,,,proofs\n"
    )
    assert passed_over(text) == ["Topics"]
    assert passed_over(text, mapping={"Topics": "topics"}) == []


def test_mailchimps_unsubscribed_come_as_those_who_left_then() -> None:
    (ann,) = read(
        f"{MAILCHIMP},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON\n"
        "ann@example.test,Ann,2,2019-05-01 09:00:00,,,1,a,2020-01-02 03:04:05,May,NORMAL\n"
    )
    assert told(ann) == ("ann@example.test", LEFT, "2019-05-01T09:00", "")
    assert ann.left_at == dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert ann.left_reason == "NORMAL"


def test_mailchimps_cleaned_are_not_to_be_mailed_by_any_list() -> None:
    (ann,) = read(
        f"{MAILCHIMP},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE\n"
        "ann@example.test,Ann,2,2019-05-01 09:00:00,,,1,a,2020-01-02 03:04:05,May\n"
    )
    assert told(ann) == ("ann@example.test", LEFT, "2019-05-01T09:00", "bounce")


def test_mailchimps_reason_in_a_readers_own_words_is_kept() -> None:
    (ann,) = read(
        "Email Address,OPTIN_TIME,UNSUB_REASON,UNSUB_REASON_OTHER,LAST_CHANGED\n"
        "ann@example.test,2019-05-01 09:00:00,OTHER,I have moved,2020-01-02 03:04:05\n"
    )
    assert ann.state is LEFT
    assert ann.left_reason == "OTHER: I have moved"
    assert ann.left_at == dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def test_who_left_mailchimp_has_left_in_any_language_of_its_columns() -> None:
    (ann,) = read(
        "Adresse e-mail,OPTIN_TIME,CONFIRM_TIME,UNSUB_TIME\n"
        "ann@example.test,2019-05-01 09:00:00,,2020-01-02 03:04:05\n",
        mapping={"Adresse e-mail": "address"},
    )
    assert told(ann) == ("ann@example.test", LEFT, "2019-05-01T09:00", "")


def test_listmonks_blocklist_is_kept() -> None:
    people = read(
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        '1,ann@example.test,Ann,"{""city"": ""Ulm""}",enabled,'
        "2021-01-02 03:04:05.678901 +0000 UTC,2021-01-02 03:04:05 +0000 UTC\n"
        "2,bo@example.test,Bo,{},blocklisted,"
        "2021-01-02 05:04:05.6 +0200 CEST,2022-01-02 00:00:00 +0000 UTC\n"
        "3,cy@example.test,Cy,{},disabled,"
        "2021-01-02 03:04:05 +0000 +0000,0001-01-01 00:00:00 +0000 UTC\n"
    )
    assert [told(member) for member in people] == [
        ("ann@example.test", ACTIVE, "2021-01-02T03:04", ""),
        ("bo@example.test", LEFT, "2021-01-02T05:04", "blocked"),
        ("cy@example.test", LEFT, "2021-01-02T03:04", ""),
    ]
    assert people[1].consent_at == dt.datetime(2021, 1, 2, 3, 4, 5, 600_000, tzinfo=dt.UTC)
    assert people[1].left_at == dt.datetime(2022, 1, 2, tzinfo=dt.UTC)
    assert people[2].left_at is None


@pytest.mark.parametrize("plan", ["", ",plan"])
def test_substacks_readers_without_mail_have_left(plan: str) -> None:
    gap = "," if plan else ""
    people = read(
        f"email,active_subscription,expiry{plan},email_disabled,created_at,first_payment_at\n"
        f"ann@example.test,false,{gap},false,2025-01-01T00:00:00.000Z,\n"
        f"bo@example.test,true,2026-01-01{gap},true,2025-01-01T00:00:00.000Z,\n"
    )
    assert [told(member)[:2] for member in people] == [
        ("ann@example.test", ACTIVE),
        ("bo@example.test", LEFT),
    ]


def test_substacks_list_of_subscribers_is_known_too() -> None:
    (ann,) = read(
        "Email,Name,Stripe plan,Cancel date,Start date,Paid upgrade date,Activity,Type\n"
        "ann@example.test,Ann,,,2025-01-01T10:21:38.759Z,,4,Free\n"
    )
    assert told(ann) == ("ann@example.test", ACTIVE, "2025-01-01T10:21", "")
    assert ann.consent_source == "Substack"


def test_ghosts_members_who_take_no_mail_have_left() -> None:
    people = read(
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,"
        "created_at,deleted_at,labels,tiers\n"
        "1,ann@example.test,Ann,,true,false,,2022-01-01T00:00:00.000Z,,,\n"
        "2,bo@example.test,Bo,,false,false,,2022-01-01T00:00:00.000Z,,,\n"
    )
    assert [told(member)[:3] for member in people] == [
        ("ann@example.test", ACTIVE, "2022-01-01T00:00"),
        ("bo@example.test", LEFT, "2022-01-01T00:00"),
    ]


def test_a_column_of_an_export_can_be_the_topics() -> None:
    (ann,) = read(
        "id,email,subscribed_to_emails,created_at,labels\n"
        "1,ann@example.test,true,2022-01-01T00:00:00.000Z,proofs\n",
        topics="labels",
    )
    assert ann.preferences.follows == frozenset({"proofs"})


@pytest.mark.parametrize("kind", ["nonsubscribed_email_audience", "archived"])
def test_mailchimps_contacts_who_never_subscribed_are_not_imported(kind: str) -> None:
    row = "ann@example.test,Ann,2,,,2019-05-01 09:05:00,1,a"
    with pytest.raises(ImportFileError, match="never subscribed, or were archived: nobody"):
        people_and_problems(
            f"{MAILCHIMP}\n{row}\n".encode(), f"{kind}_export_a1b2c3.csv", make_list()
        )


def test_a_row_of_mailchimps_without_any_consent_is_no_subscriber_in_whatever_file() -> None:
    people, (problem,) = people_and_problems(
        f"{MAILCHIMP}\n"
        "ann@example.test,Ann,2,,,,1,a\n"
        "bo@example.test,Bo,2,,,2015-03-16 14:40:47,2,b\n".encode(),
        "renamed.csv",
        make_list(),
    )
    assert [member.address for member in people] == ["bo@example.test"], "imported there"
    assert (problem.line, "never subscribed" in problem.reason) == (2, True)


def test_what_listmonks_file_does_not_say_is_said() -> None:
    told: list[str] = []
    text = (
        "uuid,email,name,attributes,status,created_at,updated_at\n1,a@example.test,A,{},enabled,,\n"
    )
    list(
        stream_subscribers(
            lambda: io.BytesIO(text.encode()),
            "subscribers.csv",
            mailing_list=make_list(),
            problem=lambda problem: pytest.fail(problem.reason),
            notice=told.append,
        )
    )
    (notice,) = told
    assert "who left the list" in notice
