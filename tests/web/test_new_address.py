from __future__ import annotations

from typing import Any

import pytest

from newsletter.errors import ConflictError, NotFoundError
from newsletter.store import subscribers
from newsletter.store.database import Database
from newsletter.store.given_up import GivenUp
from newsletter.store.moving import move
from newsletter.store.values import Way
from tests.builders import make_digest
from tests.web.mailed import mails, paths
from tests.web.newsstand import ERASURE_KEY, NOW, Newsstand, furnish

ADA, NEW = "ada@mail.example.net", "lovelace@new.example.net"
BY: Any = {"way": Way.ADMIN, "now": NOW}


def ask(newsstand: Newsstand, address: str) -> str:
    path = f"{newsstand.choose_path()}/address"
    response = newsstand.client.post(path, data={"address": address})
    assert "Please look into your mail" in response.text
    (link,) = paths(mails(newsstand, address)[-1])
    return link


def test_the_new_address_confirms_and_everything_else_stays(database: Database) -> None:
    newsstand = furnish(database, make_digest())
    before = newsstand.subscription()
    link = ask(newsstand, NEW)
    assert newsstand.subscription() == before
    assert "Nothing has changed yet" in newsstand.client.get(link).text
    assert newsstand.subscription() == before
    assert "The address has changed" in newsstand.client.post(link).text
    assert newsstand.subscription(NEW) == before
    assert newsstand.client.post(link).status_code == 200, "to confirm again changes nothing"
    assert "l•••@n•••.net" in newsstand.client.get(newsstand.choose_path()).text


def test_the_mail_to_the_new_address_masks_the_old_one(newsstand: Newsstand) -> None:
    ask(newsstand, NEW)
    body = mails(newsstand, NEW)[0].get_body(("plain",))
    assert body is not None
    assert "a•••@m•••.net" in body.get_content()
    assert ADA not in mails(newsstand, NEW)[0].as_string()


@pytest.mark.parametrize("why", ["taken", "suppressed"])
def test_an_address_that_cannot_be_used_changes_nothing(newsstand: Newsstand, why: str) -> None:
    address = "mei@mail.example.net" if why == "taken" else NEW
    link = ask(newsstand, address)
    with newsstand.database.write() as session:
        if why == "suppressed":
            subscribers.suppress(session, NEW, "complaint", NOW)
    before = newsstand.dump()
    assert newsstand.client.post(link).status_code == 409
    assert newsstand.dump() == before


def test_a_move_by_the_admin_says_what_hinders_it(database: Database) -> None:
    newsstand = furnish(database, make_digest())
    with database.write() as session:
        ada = subscribers.show(session, ADA).id
        assert move(session, ada, ADA.upper(), **BY).before == ADA, "another spelling of the same"
        with pytest.raises(ConflictError, match="is a subscriber already"):
            move(session, ada, "mei@mail.example.net", **BY)
        with pytest.raises(NotFoundError):
            move(session, 999_999, NEW, **BY)
    assert newsstand.subscription(ADA)


def given_up(newsstand: Newsstand) -> bool:
    with newsstand.database.read() as session:
        return ADA in GivenUp(session, ERASURE_KEY).among([ADA])


def test_no_import_adds_the_old_address_until_its_owner_signs_up_by_it(database: Database) -> None:
    newsstand = furnish(database, make_digest())
    link = ask(newsstand, NEW)
    assert not given_up(newsstand), "not confirmed yet"
    newsstand.client.post(link)
    assert given_up(newsstand)
    newsstand.client.post("/lists/ai-for-science/subscribe", data={"address": ADA})
    (confirming,) = paths(mails(newsstand, ADA)[-1])
    assert given_up(newsstand), "anybody may have written it into the form"
    assert "You are on the list" in newsstand.client.post(confirming).text
    assert newsstand.subscription(ADA)
    assert not given_up(newsstand)
