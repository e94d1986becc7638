"""Editors come in by a mailed link, once, and are out when they are removed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default

import pytest
from sqlmodel import Session

from newsletter.delivery.inviting import mail_link
from newsletter.delivery.letters import Letters
from newsletter.errors import AddressError, NotFoundError, TokenError
from newsletter.store import editors, outbox
from newsletter.store.database import Database
from newsletter.tokens import Keyring
from newsletter.visits import LINK_FOR, Opens, Pass, seal, unseal
from tests.builders import make_list
from tests.store.stage import LIST, NOW, sync

ADA = "ada@desk.example.org"
KEYS = Keyring.of(["0123456789abcdef" * 2, "fedcba9876543210" * 2])
LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def desk(database: Database) -> Iterator[Session]:
    with database.write() as session:
        sync(session)
        yield session


def test_an_editor_is_added_once_and_named(desk: Session) -> None:
    found, new = editors.add(desk, LIST, "Ada@Desk.example.org", NOW)
    assert (found.address, found.name, new) == ("Ada@desk.example.org", found.address, True)
    again, new = editors.add(desk, LIST, ADA, LATER, name=" Ada  Example ")
    assert (again.id, again.name, new) == (found.id, "Ada Example", False)
    assert editors.editors(desk) == editors.editors(desk, LIST) == (again,)
    assert editors.editor_at(desk, "ADA@desk.example.org") == again


def test_a_link_opens_once_and_its_successor_ends_it(desk: Session) -> None:
    found, _ = editors.add(desk, LIST, ADA, NOW)
    first = editors.new_link(desk, found.id)
    second = editors.new_link(desk, found.id)
    with pytest.raises(TokenError, match="ask for another"):
        editors.enter(desk, found.id, first, LATER)
    entered, visit = editors.enter(desk, found.id, second, LATER)
    assert entered.entered_at == LATER
    assert editors.visiting(desk, found.id, visit) == entered
    for stamp in (second, ""):
        with pytest.raises(TokenError, match="ask for another"):
            editors.enter(desk, found.id, stamp, LATER)


def test_who_is_removed_is_out_at_once(desk: Session) -> None:
    found, _ = editors.add(desk, LIST, ADA, NOW)
    link = editors.new_link(desk, found.id)
    _, visit = editors.enter(desk, found.id, link, NOW)
    link = editors.new_link(desk, found.id)
    assert editors.remove(desk, LIST, ADA).lists == (LIST,)
    # Whoever comes next may get the number of who is gone, and none of their ways in.
    other, _ = editors.add(desk, LIST, "bela@desk.example.org", NOW)
    assert editors.visiting(desk, found.id, visit) is None
    assert editors.visiting(desk, other.id, visit) is None
    with pytest.raises(TokenError):
        editors.enter(desk, other.id, link, NOW)
    with pytest.raises(NotFoundError, match="editors list"):
        editors.remove(desk, LIST, ADA)


def test_signing_out_ends_every_visit(desk: Session) -> None:
    found, _ = editors.add(desk, LIST, ADA, NOW)
    _, visit = editors.enter(desk, found.id, editors.new_link(desk, found.id), NOW)
    editors.end_visits(desk, found.id)
    assert editors.visiting(desk, found.id, visit) is None


def test_only_addresses_and_lists_that_there_are(desk: Session) -> None:
    with pytest.raises(AddressError):
        editors.add(desk, LIST, "nobody", NOW)
    with pytest.raises(NotFoundError):
        editors.add(desk, "no-list", ADA, NOW)


def test_the_mailed_link_lets_in(database: Database) -> None:
    with database.write() as session:
        sync(session)
        found, _ = editors.add(session, LIST, ADA, NOW, name="Ada Example")
    letters = Letters(KEYS, (), "https://news.example.org")
    mail_id = mail_link(database, letters, make_list(), found, NOW)
    with database.read() as session:
        content, _ = outbox.letter(session, mail_id)
    body = message_from_bytes(content, policy=default).get_body(("plain",))
    assert body is not None
    shown = body.get_content()
    assert "Ada Example" in shown or "You edit AI for Science" in shown
    (link,) = [word for word in shown.split() if "/edit/enter/" in word]
    assert link.startswith("https://news.example.org/edit/enter/")
    granted = unseal(KEYS, Opens.LINK, link.rpartition("/")[2], LATER)
    with database.write() as session:
        entered, _ = editors.enter(session, granted.editor_id, granted.stamp, LATER)
    assert entered.name == "Ada Example"


PASS = Pass(editor_id=7, stamp="abc", until=NOW + LINK_FOR)


def test_a_pass_holds_until_its_time_under_every_key_of_the_ring() -> None:
    text = seal(KEYS, Opens.VISIT, PASS)
    assert unseal(KEYS, Opens.VISIT, text, NOW) == PASS
    older = Keyring.of(["x" * 32, "0123456789abcdef" * 2])
    assert unseal(older, Opens.VISIT, text, NOW) == PASS
    with pytest.raises(TokenError, match="expired"):
        unseal(KEYS, Opens.VISIT, text, PASS.until)


@pytest.mark.parametrize("spoil", [lambda t: t[:-2] + "xx", lambda _: "", lambda t: "é" + t[1:]])
def test_a_pass_that_is_none_opens_nothing(spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(TokenError, match="not valid"):
        unseal(KEYS, Opens.LINK, spoil(seal(KEYS, Opens.LINK, PASS)), NOW)


def test_a_pass_for_one_purpose_opens_no_other() -> None:
    with pytest.raises(TokenError, match="not valid"):
        unseal(KEYS, Opens.VISIT, seal(KEYS, Opens.LINK, PASS), NOW)
    with pytest.raises(TokenError, match="not valid"):
        unseal(Keyring.of(["x" * 32]), Opens.LINK, seal(KEYS, Opens.LINK, PASS), NOW)
