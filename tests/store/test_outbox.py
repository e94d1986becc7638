from __future__ import annotations

import datetime as dt

import pytest

from newsletter.content.mailinglist import InDoubt
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store import outbox, suppressions
from newsletter.store.database import Database
from newsletter.store.doubts import as_they_are
from newsletter.store.outbox import Mail, MailKind
from newsletter.store.outbox_doubts import settle
from newsletter.store.outbox_views import mail, mails
from newsletter.store.values import Claim, DeliveryState, Due, Outcome, Skip
from tests.store.stage import LIST, NOW, outcome

ME, OTHER = "0-00000001", "0-00000002"


def make_mail(to: str = "ada@example.test", kind: MailKind = MailKind.CONFIRMATION) -> Mail:
    return Mail(
        kind=kind,
        list_name=LIST,
        to=to,
        subject="Please confirm",
        envelope_sender="bounces+x@news.example.org",
        message_id=f"<{to}>",
        content=f"To: {to}\r\nSubject: Please confirm\r\n\r\nDo.\r\n".encode(),
    )


def put(database: Database, *addresses: str) -> list[int]:
    with database.write() as session:
        return [outbox.put(session, make_mail(to), NOW) for to in addresses]


def due(database: Database, now: dt.datetime = NOW) -> list[Due]:
    with database.read() as session:
        return outbox.due(session, now=now, limit=100)


def commit(
    database: Database, *outcomes: Outcome, claim: list[Due] | None = None, sender: str = ME
) -> frozenset[int]:
    claims = [
        Claim(delivery_id=one.delivery_id, fixed=one.fixed, plan="", at=NOW)
        for one in claim or []
        if one.fixed
    ]
    with database.write() as session:
        return outbox.commit(session, outcomes, claims, sender=sender)


def state(database: Database, mail_id: int) -> DeliveryState:
    with database.read() as session:
        return mail(session, mail_id).state


def test_a_mail_is_due_with_the_bytes_that_were_put_in(database: Database) -> None:
    (number,) = put(database, "ada@example.test")
    (one,) = due(database)
    assert (one.delivery_id, one.address, one.attempts) == (number, "ada@example.test", 0)
    assert one.fixed is not None
    assert (one.fixed.message_id, one.fixed.date) == ("<ada@example.test>", NOW)
    with database.read() as session:
        content, envelope_sender = outbox.letter(session, number)
        assert outbox.is_waiting(session, NOW)
    assert content == make_mail().content
    assert envelope_sender == "bounces+x@news.example.org"


def test_only_one_sender_gets_a_mail(database: Database) -> None:
    put(database, "ada@example.test")
    found = due(database)
    assert commit(database, claim=found) == {found[0].delivery_id}
    assert commit(database, claim=found, sender=OTHER) == frozenset()
    assert due(database) == []


def test_an_outcome_counts_only_from_who_is_sending(database: Database) -> None:
    (number,) = put(database, "ada@example.test")
    commit(database, claim=due(database))
    commit(database, outcome(number), sender=OTHER)
    assert state(database, number) is DeliveryState.SENDING
    commit(database, outcome(number))
    assert state(database, number) is DeliveryState.SENT


def test_a_deferred_mail_waits_for_its_time_and_remembers_the_reply(database: Database) -> None:
    (number,) = put(database, "ada@example.test")
    commit(database, claim=due(database))
    later = NOW + dt.timedelta(minutes=5)
    deferred = outcome(
        number, DeliveryState.DEFERRED, code=451, enhanced="4.3.0", text="later\0", due=later
    )
    commit(database, deferred)
    assert due(database) == []
    (again,) = due(database, later)
    commit(database, claim=[again])
    commit(database, outcome(number))
    with database.read() as session:
        view = mail(session, number)
    assert (view.state, view.attempts, view.first_at) == (DeliveryState.SENT, 2, NOW)
    assert [(a.code, a.text) for a in view.history] == [(451, "later")]


def test_who_is_suppressed_is_not_mailed_whatever_it_is(database: Database) -> None:
    (number,) = put(database, "Ada@Example.test")
    with database.write() as session:
        suppressions.suppress(session, "ada@example.test", "complaint", NOW)
    assert commit(database, claim=due(database)) == frozenset()
    with database.read() as session:
        view = mail(session, number)
    assert (view.state, view.reason) == (DeliveryState.SKIPPED, Skip.SUPPRESSED)


@pytest.mark.parametrize(
    ("policy", "ends"),
    [(InDoubt.RESEND, DeliveryState.QUEUED), (InDoubt.HOLD, DeliveryState.IN_DOUBT)],
)
def test_what_a_dead_sender_left_is_found(
    database: Database, policy: InDoubt, ends: DeliveryState
) -> None:
    first, second = put(database, "ada@example.test", "ben@example.test")
    found = due(database)
    commit(database, claim=found[:1])
    commit(database, claim=found[1:], sender=OTHER)
    with database.write() as session:
        assert outbox.abandon(session, lambda name: name == OTHER, lambda _list: policy, NOW) == (
            first,
        )
    assert state(database, first) is ends
    assert state(database, second) is DeliveryState.SENDING
    with database.read() as session:
        assert [a.state for a in mail(session, first).history] == [DeliveryState.IN_DOUBT]


def test_mails_are_listed_newest_first_and_filtered(database: Database) -> None:
    first, second = put(database, "ada@example.test", "ben@example.test")
    commit(database, claim=due(database)[:1])
    commit(database, outcome(first))
    with database.read() as session:
        assert [view.id for view in mails(session)] == [second, first]
        assert [view.id for view in mails(session, state=DeliveryState.SENT)] == [first]
        assert mails(session, kind=MailKind.TEST) == ()
        assert len(mails(session, limit=1)) == 1
        with pytest.raises(NotFoundError, match="no mail with the id 99"):
            mail(session, 99)
        with pytest.raises(NotFoundError, match="no mail with the id 99"):
            outbox.letter(session, 99)


def dead(_sender: str) -> bool:
    return False


def doubtful(database: Database, *, found: bool) -> int:
    """A mail whose sender died, and was `found` to have."""
    (number,) = put(database, "ada@example.test")
    commit(database, claim=due(database))
    if found:
        with database.write() as session:
            outbox.abandon(session, dead, lambda _list: InDoubt.HOLD, NOW)
    return number


@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize("arrived", [True, False])
def test_one_in_doubt_is_settled_by_hand_which_stands_in_its_history(
    database: Database, found: bool, arrived: bool
) -> None:
    number = doubtful(database, found=found)
    with database.write() as session:
        settled = settle(session, number, arrived=arrived, alive=dead, now=NOW)
    said = "it arrived" if arrived else "sent again"
    assert settled.state is (DeliveryState.SENT if arrived else DeliveryState.QUEUED)
    assert settled.history[-1].text == f"settled by hand: {said}"
    assert bool(due(database)) is not arrived
    with database.write() as session, pytest.raises(ConflictError, match="is not in doubt"):
        settle(session, number, arrived=arrived, alive=dead, now=NOW)


def test_what_a_living_sender_is_at_is_not_in_doubt(database: Database) -> None:
    number = doubtful(database, found=False)
    with database.write() as session, pytest.raises(ConflictError, match="it is sending"):
        settle(session, number, arrived=True, alive=lambda _name: True, now=NOW)


def test_a_dead_senders_mail_is_shown_in_doubt_and_looked_after(database: Database) -> None:
    doubtful(database, found=False)
    with database.read() as session:
        (view,) = as_they_are(mails(session, state=DeliveryState.IN_DOUBT), dead)
        assert outbox.is_waiting(session, NOW), "or it would wait for the next mail"
    assert view.state is DeliveryState.IN_DOUBT
