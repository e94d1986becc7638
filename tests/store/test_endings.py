"""Lists that end: what is refused of them from then on, and what is as it was."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from threading import Thread

import pytest
from sqlalchemy import text
from sqlmodel import Session

from newsletter.content.preferences import Preferences
from newsletter.errors import ConflictError, EndedError, NotFoundError
from newsletter.store import confirmations, endings, issues, outbox, outbox_views, retrying
from newsletter.store.confirmations import Wish, WishKind
from newsletter.store.database import Database
from newsletter.store.joining import join as confirm_joining
from newsletter.store.lists import sync_list
from newsletter.store.outbox import Mail, MailKind
from newsletter.store.retrying import Which
from newsletter.store.steering import cancel, pause, resume
from newsletter.store.values import DeliveryState
from tests.builders import make_digest, make_list
from tests.store.stage import LIST, NOW, TODAY, join, outcome, set_stage, sync

READER = "ada@example.test"


def mail(kind: MailKind, to: str = READER, list_name: str = LIST) -> Mail:
    return Mail(
        kind=kind,
        list_name=list_name,
        to=to,
        subject=kind,
        envelope_sender="bounces@example.test",
        message_id=f"<{kind}.{to}@example.test>",
        content=b"Subject: x\r\n\r\n",
    )


def wish(session: Session, kind: WishKind, address: str) -> int:
    asked = Wish(kind=kind, list_name=LIST, address=address, language="en")
    return confirmations.ask(session, asked, NOW)


def skipped(session: Session) -> set[tuple[str, str]]:
    return {
        (view.kind, view.to)
        for view in outbox_views.mails(session)
        if (view.state, view.reason) == (DeliveryState.SKIPPED, endings.SKIPPED)
    }


def test_a_list_ends_once_and_goes_on_once(database: Database) -> None:
    with database.write() as session:
        sync(session)
        assert endings.end(session, LIST, NOW, "eva") == 0
        assert endings.end(session, LIST, NOW, "bo") is None
        assert endings.ending(session, LIST) == endings.Ending(NOW, "eva")
        assert (endings.ended_lists(session), endings.going_lists(session)) == (
            frozenset({LIST}),
            (),
        )
        with pytest.raises(EndedError, match=r"ended on 2026-02-12: .* lists reopen"):
            endings.refuse_ended(session, LIST)
    later = NOW + dt.timedelta(days=3)
    with database.write() as session:
        assert endings.reopen(session, LIST, later, "eva")
        assert not endings.reopen(session, LIST, later, "eva")
        endings.refuse_ended(session, LIST)
        found = endings.reopening(session, LIST)
        assert found is not None
        assert found.at == later
        assert endings.end(session, LIST, later, "eva") == 0, "and may end again"
        for change in (endings.end, endings.reopen):
            with pytest.raises(NotFoundError, match="no list 'nope'"):
                change(session, "nope", NOW, "eva")


def test_following_its_file_does_not_open_it_again(database: Database) -> None:
    with database.write() as session:
        sync(session)
        endings.end(session, LIST, NOW, "eva")
        sync_list(session, make_list(titles={"en": "Another"}), {}, now=NOW)
        assert endings.has_ended(session, LIST)


def test_nobody_joins_a_list_that_has_ended(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, READER)
        number = wish(session, WishKind.JOIN, "new@example.test")
        assert confirmations.waiting(session, LIST, NOW) == 1
        assert confirmations.waiting(session, LIST, NOW + dt.timedelta(days=8)) == 0
        endings.end(session, LIST, NOW, "eva")
        asked = confirmations.confirmation(session, number)
        assert asked is not None
        with pytest.raises(EndedError):
            join(session, "cy@example.test", Preferences())
        with pytest.raises(EndedError):
            confirm_joining(session, asked, NOW)
        endings.reopen(session, LIST, NOW, "eva")
        assert confirm_joining(session, asked, NOW)[1], "its link works again"


def test_no_issue_of_it_is_frozen_nor_sent_again(database: Database) -> None:
    stage = set_stage(database, (READER,))
    due = stage.due()[0]
    stage.commit(claims=[stage.claim(due)])
    stage.commit([outcome(due.delivery_id, DeliveryState.FAILED)])
    with database.write() as session:
        issues.finish_if_done(session, stage.issue_id, NOW)
        draft = issues.save_draft(session, replace(make_digest(), name="2026-W07"), NOW)
        endings.end(session, LIST, NOW, "eva")
        with pytest.raises(EndedError):
            issues.freeze(session, draft.id, {"en": b"compiled"}, NOW)
        with pytest.raises(EndedError):
            retrying.queue_again(session, stage.issue_id, Which(), NOW, TODAY)


def test_a_list_does_not_end_while_an_issue_is_on_its_way(database: Database) -> None:
    stage = set_stage(database, (READER,))
    ref = f"{LIST}/{make_digest().name}"
    for step in (pause, resume):
        with database.write() as session, pytest.raises(ConflictError, match=f"cancel {ref}"):
            endings.end(session, LIST, NOW, "eva")
        with database.write() as session:
            step(session, stage.issue_id)
    with database.write() as session:
        cancel(session, stage.issue_id, NOW)
        assert endings.end(session, LIST, NOW, "eva") == 0


def test_an_issue_that_is_frozen_beside_the_end_is_not_overlooked(
    postgresql_database: Database,
) -> None:
    database, ended = postgresql_database, list[object]()
    with database.write() as session:
        sync(session)
        draft = issues.save_draft(session, make_digest(), NOW)

    def end() -> None:
        try:
            with database.write() as session:
                ended.append(endings.end(session, LIST, NOW, "eva"))
        except ConflictError as error:
            ended.append(error)

    beside = Thread(target=end)
    with database.write() as session:
        issues.freeze(session, draft.id, {"en": b"compiled"}, NOW)
        beside.start()
        give_up = time.monotonic() + 60
        while not (ended or waits_for_a_lock(database)) and time.monotonic() < give_up:
            time.sleep(0.01)
    beside.join(60)
    assert [type(one) for one in ended] == [ConflictError]


def waits_for_a_lock(database: Database) -> bool:
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    with database.read() as session:
        found = session.connection().execute(text(f"{asked} AND wait_event_type = 'Lock'"))
        return int(found.scalar_one()) > 0


def test_what_waits_in_the_outbox_for_it_is_skipped_and_the_rest_goes(database: Database) -> None:
    going = (MailKind.LINKS, MailKind.TEST, MailKind.ENTRY)
    with database.write() as session:
        sync(session)
        sync_list(session, make_list(name="other"), {}, now=NOW)
        for kind in MailKind:
            outbox.put(session, mail(kind), NOW)
            outbox.put(session, mail(kind, list_name="other"), NOW)
        wish(session, WishKind.MOVE, "moved@example.test")
        outbox.put(session, mail(MailKind.CONFIRMATION, "moved@example.test"), NOW)
        assert endings.end(session, LIST, NOW, "eva") == len(MailKind) - len(going)
        assert skipped(session) == {(kind, READER) for kind in MailKind if kind not in going}
