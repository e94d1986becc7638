"""A list that has ended, as its pages say it: nobody joins, and every link of sent mail works."""

from __future__ import annotations

import pytest

from newsletter.store import endings, issues
from newsletter.store.confirmations import Wish, WishKind
from newsletter.store.values import SubscriptionState
from newsletter.web.joining import ask
from tests.web.mailed import mails, paths
from tests.web.newsstand import NOW, Newsstand

LIST = "ai-for-science"
FORM = f"/lists/{LIST}/subscribe"
NEW = "zoe@mail.example.net"


def end(newsstand: Newsstand) -> None:
    with newsstand.database.write() as session:
        for issue in issues.list_issues(session, LIST):
            issues.finish_if_done(session, issue.id, NOW)
        endings.end(session, LIST, NOW, "eva")


def reopen(newsstand: Newsstand) -> None:
    with newsstand.database.write() as session:
        endings.reopen(session, LIST, NOW, "eva")


def test_the_form_is_gone_and_says_so_kindly(newsstand: Newsstand) -> None:
    end(newsstand)
    before = newsstand.dump()
    for answer in (
        newsstand.client.get(FORM),
        newsstand.client.post(FORM, data={"address": NEW}),
    ):
        assert answer.status_code == 410
        assert "This newsletter has ended" in answer.text
        assert f"/archive/{LIST}" in answer.text
        assert "<form" not in answer.text
    assert "本通讯已停刊" in newsstand.client.get(f"{FORM}?lang=zh").text
    assert newsstand.dump() == before, "nothing is stored, nothing mailed"


def test_a_list_that_ends_while_somebody_asks_mails_them_nothing(newsstand: Newsstand) -> None:
    end(newsstand)
    wish = Wish(kind=WishKind.JOIN, list_name=LIST, address=NEW, language="en")
    ask(newsstand.app.state.site, newsstand.digest.list, wish, NOW)
    assert mails(newsstand, NEW) == []


def test_a_link_that_would_confirm_waits_for_the_list_to_go_on(newsstand: Newsstand) -> None:
    newsstand.client.post(FORM, data={"address": NEW})
    (path,) = paths(mails(newsstand, NEW)[-1])
    end(newsstand)
    before = newsstand.dump()
    for method in ("GET", "POST"):
        answer = newsstand.client.request(method, path)
        assert (answer.status_code, "This newsletter has ended" in answer.text) == (410, True)
    assert newsstand.dump() == before
    reopen(newsstand)
    assert "You are on the list" in newsstand.client.post(path).text
    end(newsstand)
    assert "This was confirmed before" in newsstand.client.post(path).text


def test_every_link_of_mail_that_was_sent_works_as_before(newsstand: Newsstand) -> None:
    public = [path for path in newsstand.public_paths if path != FORM]
    before = {path: newsstand.client.get(path).status_code for path in public}
    end(newsstand)
    assert {path: newsstand.client.get(path).status_code for path in public} == before
    for path in newsstand.private_paths:
        assert newsstand.client.get(path).status_code == 200
    choices = newsstand.choose_path()
    assert "This newsletter has ended" in newsstand.client.get(choices).text
    saved = newsstand.client.post(choices, data={"scope": "chosen", "follow": "proofs"})
    assert "Saved" in saved.text
    left = newsstand.client.post(newsstand.leave_path(), data={"List-Unsubscribe": "One-Click"})
    assert left.status_code == 200
    assert newsstand.subscription().state is SubscriptionState.LEFT
    assert "proofs" in (newsstand.subscription().preferences.follows or ())


@pytest.mark.parametrize("path", ["/", f"/lists/{LIST}"])
def test_it_is_named_as_ended_without_a_way_to_subscribe(newsstand: Newsstand, path: str) -> None:
    assert "This newsletter has ended" not in newsstand.client.get(path).text
    end(newsstand)
    page = newsstand.client.get(path).text
    assert "This newsletter has ended" in page
    assert FORM not in page


def test_the_way_to_ones_choices_is_mailed_as_before(newsstand: Newsstand) -> None:
    end(newsstand)
    newsstand.client.post("/manage", data={"address": "ada@mail.example.net"})
    assert any("/p/" in path for path in paths(mails(newsstand, "ada@mail.example.net")[-1]))


def test_monitors_are_told_and_are_not_alarmed(newsstand: Newsstand) -> None:
    end(newsstand)
    answer = newsstand.client.get("/ontimez")
    assert answer.status_code == 200
    found = answer.json()["lists"][LIST]
    assert (found["ended"], found["next"], found["late"]) == (True, None, False)
