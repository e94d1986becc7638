from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

from newsletter.store.database import Database
from tests.builders import make_digest
from tests.web.mailed import mails, paths
from tests.web.newsstand import NOW, Newsstand, furnish

ADA = "ada@mail.example.net"


def ask(newsstand: Newsstand, address: str) -> str:
    response = newsstand.client.post("/manage", data={"address": address})
    assert response.status_code == 200
    return response.text


def test_everybody_is_answered_alike_and_only_readers_are_mailed(newsstand: Newsstand) -> None:
    newsstand.client.post(newsstand.leave_path("mei@mail.example.net"), data={"choice": "leave"})
    answers = {
        ask(newsstand, address)
        for address in ("Ada@mail.example.net", "mei@mail.example.net", "nobody@example.net")
    }
    assert len(answers) == 1
    (mail,) = mails(newsstand)
    assert mail["To"] == "Ada@mail.example.net"
    (manage,) = paths(mail)
    assert "a•••@m•••.net" in newsstand.client.get(manage).text


def test_asking_again_and_again_sends_one_mail_a_day(database: Database) -> None:
    newsstand = furnish(database, make_digest())
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: ask(newsstand, ADA), range(6)))
    assert len(mails(newsstand)) == 1
    newsstand.clock = NOW + dt.timedelta(days=1)
    ask(newsstand, ADA)
    assert len(mails(newsstand)) == 2


def test_what_is_no_address_is_said_beside_the_field(newsstand: Newsstand) -> None:
    before = newsstand.dump()
    response = newsstand.client.post("/manage", data={"address": "ada@"})
    assert response.status_code == 400
    assert 'aria-invalid="true"' in response.text
    assert newsstand.dump() == before


def test_the_mailed_link_opens_no_other_page(newsstand: Newsstand) -> None:
    ask(newsstand, ADA)
    (manage,) = paths(mails(newsstand)[0])
    token = manage.removeprefix("/p/")
    for place in ("u", "v", "confirm"):
        assert newsstand.client.get(f"/{place}/{token}").status_code == 404
