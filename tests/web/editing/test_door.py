"""Named editors come in by a mailed link, see their lists alone, and go out again."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from newsletter.store import editors, outbox
from newsletter.store.lists import sync_list
from newsletter.store.outbox_views import mails
from newsletter.store.values import DeliveryState
from newsletter.visits import VISIT_FOR
from newsletter.web.app import create_app
from tests.cli.conftest import ISSUE
from tests.web.editing.project import LIST, NOW, Project

HOME = "https://news.example.org"
ADA = "ada@desk.example"


class Served:
    """The public pages of a project, with one editor."""

    def __init__(self, project: Project) -> None:
        self.project, self.now = project, NOW
        self.app: FastAPI = create_app(
            project.database,
            project.keyring,
            clock=lambda: self.now,
            public_url=HOME,
            templates=project.bench.templates,
        )
        self.client = self.visitor()
        with project.database.write() as session:
            self.ada, _ = editors.add(session, LIST, ADA, NOW, name="Ada")

    def visitor(self) -> TestClient:
        return TestClient(self.app, base_url=HOME, headers={"origin": HOME}, follow_redirects=False)

    def mailed(self) -> list[str]:
        """The paths of the links that were mailed, the oldest first."""
        with self.project.database.read() as session:
            waiting = [mail for mail in mails(session) if mail.state is DeliveryState.QUEUED]
            letters = [outbox.letter(session, mail.id)[0] for mail in waiting]
        return [self._link(letter) for letter in reversed(letters)]

    def _link(self, letter: bytes) -> str:
        message = message_from_bytes(letter, policy=default)
        assert isinstance(message, EmailMessage)
        part = message.get_body(("plain",))
        found = re.search(r"https://\S+/edit/enter/\S+", part.get_content() if part else "")
        assert found is not None
        return urlsplit(found[0]).path

    def come_in(self) -> None:
        self.client.post("/edit/link", data={"address": ADA})
        assert self.client.post(self.mailed()[-1]).status_code == 303


@pytest.fixture
def served(project: Project) -> Served:
    return Served(project)


def test_who_is_not_in_gets_the_form_and_nothing_else(served: Served) -> None:
    page = served.client.get("/edit")
    assert page.status_code == 200
    assert "Mail me a link" in page.text
    assert "assets/edit.js" not in page.text
    for path in ("api/issues", f"api/shown?issue={ISSUE}", "frame/x"):
        assert served.client.get(f"/edit/{path}").status_code == 401
    refused = served.client.post("/edit/api/undo", json={"issue": ISSUE})
    assert refused.status_code == 401


def test_an_editor_comes_in_by_a_link_that_opens_once(served: Served) -> None:
    asked = served.client.post("/edit/link", data={"address": "ADA@desk.example"})
    assert "Please look into your mail" in asked.text
    (link,) = served.mailed()
    scanned = served.client.get(link)
    assert (scanned.status_code, served.client.get(link).status_code) == (200, 200)
    entered = served.client.post(link)
    assert (entered.status_code, entered.headers["location"]) == (303, "/edit")
    cookie = entered.headers["set-cookie"]
    for word in ("HttpOnly", "SameSite=lax", "Secure", "Path=/edit"):
        assert word in cookie
    assert "edit.js" in served.client.get("/edit").text
    assert served.client.get("/edit/api/issues").json()["editor"] == "Ada"
    assert served.visitor().post(link).status_code == 404


def test_an_editor_who_is_in_gets_the_texts_of_an_entry_to_word_them(served: Served) -> None:
    served.come_in()
    key = served.project.issue().digest.entries[0].entry.key
    asked = {"issue": ISSUE, "key": key}
    found = served.client.get("/edit/api/entry", params=asked)
    assert (found.status_code, found.json()["key"]) == (200, key)
    words = {"issue": ISSUE, "entry": key, "field": "title", "text": "Another title"}
    assert served.client.post("/edit/api/text", json=words).status_code == 200
    assert served.client.get("/edit/api/entry", params=asked).json()["title"] == "Another title"
    assert served.visitor().get("/edit/api/entry", params=asked).status_code == 401


def test_another_site_lets_nobody_in(served: Served) -> None:
    """Whoever is let in as somebody else would work in their name."""
    served.client.post("/edit/link", data={"address": ADA})
    (link,) = served.mailed()
    for site in ("cross-site", "same-site", "none"):
        refused = served.visitor().post(link, headers={"sec-fetch-site": site})
        assert (refused.status_code, refused.headers.get("set-cookie")) == (404, None)
    assert served.client.head(link).status_code == 200
    own = {"sec-fetch-site": "same-origin", "origin": "null"}
    assert served.client.post(link, headers=own).status_code == 303, "and it was not used up"


def test_a_stranger_gets_the_same_answer_and_no_mail(served: Served) -> None:
    known = served.client.post("/edit/link", data={"address": ADA})
    mails_then = len(served.mailed())
    stranger = served.client.post("/edit/link", data={"address": "eve@desk.example"})
    assert stranger.text == known.text
    assert len(served.mailed()) == mails_then


def test_what_an_editor_changes_has_their_name(served: Served) -> None:
    served.come_in()
    note = {"issue": ISSUE, "language": "en", "field": "note", "text": "From Ada."}
    assert served.client.post("/edit/api/note", json=note).status_code == 200
    words = served.client.get("/edit/api/words", params={"issue": ISSUE}).json()
    assert words["edits"][0]["who"] == "Ada"


def test_another_site_cannot_act_for_an_editor(served: Served) -> None:
    served.come_in()
    for origin in ("https://evil.example", "null", ""):
        answer = served.client.post(
            "/edit/api/undo", json={"issue": ISSUE}, headers={"origin": origin}
        )
        assert answer.status_code == 403


def test_an_editor_of_another_list_sees_nothing_of_this_one(served: Served) -> None:
    served.come_in()
    made = served.client.get("/edit/api/shown", params={"issue": ISSUE}).json()["message"]["id"]
    with served.project.database.write() as session:
        row = editors.editor_at(session, ADA)
        assert row is not None
        other = served.project.issue().digest.list
        sync_list(session, replace(other, name="other"), {}, now=NOW)
        editors.add(session, "other", ADA, NOW)
        editors.remove(session, LIST, ADA)
    assert served.client.get("/edit/api/issues").json()["issues"] == []
    for path in ("shown", "findings", "numbers", "audience", "words", "readers", "changes"):
        answer = served.client.get(f"/edit/api/{path}", params={"issue": ISSUE})
        assert answer.status_code == 404
    assert served.client.get(f"/edit/frame/{made}").status_code == 404
    assert served.client.get(f"/edit/message/{made}").status_code == 404


def test_a_visit_ends_when_they_go_out_are_removed_or_stay_too_long(served: Served) -> None:
    served.come_in()
    assert "signed out" in served.client.post("/edit/out").text
    assert served.client.get("/edit/api/issues").status_code == 401
    served.come_in()
    served.now += VISIT_FOR + dt.timedelta(seconds=1)
    assert served.client.get("/edit/api/issues").status_code == 401
    served.now = NOW
    served.come_in()
    with served.project.database.write() as session:
        editors.remove(session, LIST, ADA)
    assert served.client.get("/edit/api/issues").status_code == 401


def test_lists_are_as_they_are_stored_where_many_work(served: Served) -> None:
    served.come_in()
    path = served.project.folder / "subscribers" / LIST / "list.toml"
    path.write_text("broken", "utf-8")
    shown = served.client.get("/edit/api/shown", params={"issue": ISSUE}).json()
    assert (shown["troubles"], shown["synced"]) == ([], True)
