"""What an editor does on the page is stored, with a history, and can be undone."""

from __future__ import annotations

from typing import Any

import pytest

from newsletter import workflow
from newsletter.store import entries, outbox_views, reviews
from newsletter.store.lists import sync_list
from newsletter.store.values import DeliveryState
from tests.cli.conftest import ISSUE
from tests.web.editing.project import ANN, BO, LIST, NOW, Project


def titles(project: Project) -> list[str]:
    return [entry["title"] for entry in project.get("shown")["entries"]]


def keys(project: Project) -> list[str]:
    return [entry["key"] for entry in project.get("shown")["entries"]]


def test_an_entry_is_moved_and_moved_back(project: Project) -> None:
    before = keys(project)
    said = project.post("move", entry=before[1], position=1)["said"]
    assert said.startswith("moved “")
    assert keys(project)[:2] == [before[1], before[0]]
    assert [item.entry.key for item in project.issue().digest.entries] == keys(project)
    assert project.get("shown")["undoable"]
    assert project.post("undo")["said"].startswith("undone: moved")
    assert keys(project) == before
    assert not project.get("shown")["undoable"]
    project.post("redo")
    assert keys(project)[0] == before[1]


def test_an_entry_is_left_out_of_this_issue_and_taken_back_in(project: Project) -> None:
    first = keys(project)[0]
    project.post("drop", entry=first)
    assert first not in keys(project)
    assert [one["key"] for one in project.get("words")["left_out"]] == [first]
    project.post("restore", entry=first)
    assert keys(project)[0] == first


def test_another_tier_puts_an_entry_elsewhere(project: Project) -> None:
    first = keys(project)[0]
    project.post("tier", entry=first, tier="notable")
    found = {entry["key"]: entry["tier"] for entry in project.get("shown")["entries"]}
    assert found[first] == "notable"
    with project.database.read() as session:
        assert entries.get_entry(session, first).entry.tier == "breakthrough"
    project.post("tier", entry=first, tier=None)
    assert project.get("shown")["entries"][0]["tier"] == "breakthrough"


def test_texts_are_worded_in_each_language(project: Project) -> None:
    first = keys(project)[0]
    project.post("text", entry=first, field="texts.zh.impact", text="新的摘要。")
    assert project.get("entry", key=first)["texts"]["zh"]["impact"] == "新的摘要。"
    made = project.get("shown", to=BO)["message"]  # who reads everything, in Chinese
    assert "新的摘要。" in project.frame(made["id"])
    edit = project.get("words")["edits"][0]
    assert (edit["who"], edit["after"]) == ("Ada Editor", "新的摘要。")


@pytest.mark.parametrize("field", ["note", "summary", "takeaway"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_words_around_the_papers_are_this_issues(
    project: Project, field: str, language: str
) -> None:
    project.post("note", language=language, field=field, text="Said by hand.")
    assert project.get("words")["said"][field][language] == "Said by hand."
    made = project.get("shown", speak=language)["message"]
    assert "Said by hand." in project.frame(made["id"])
    project.post("undo")
    assert project.get("words")["said"][field].get(language) != "Said by hand."


def test_what_cannot_be_said_is_refused_in_a_line(project: Project) -> None:
    first = keys(project)[0]
    wrong: list[tuple[str, dict[str, Any], int]] = [
        ("text", {"entry": first, "field": "title", "text": ""}, 409),
        ("text", {"entry": first, "field": "nothing", "text": "x"}, 409),
        ("note", {"language": "fr", "field": "note", "text": "x"}, 404),
        ("tier", {"entry": first, "tier": "best"}, 400),
        ("move", {"entry": "arxiv:0000.00000", "position": 1}, 404),
        ("move", {"entry": first, "position": 0}, 400),
    ]
    for what, values, status in wrong:
        answer = project.client.post(f"/edit/api/{what}", json={"issue": ISSUE, **values})
        assert answer.status_code == status, answer.text
        assert "\n" not in answer.json()["error"]


def test_a_frozen_issue_stays_as_it_is(project: Project) -> None:
    first = keys(project)[0]
    workflow.freeze(project.database, project.issue(), project.bench.templates, NOW)
    assert not project.get("shown")["draft"]
    for what in ("drop", "undo", "assemble"):
        asked = {"issue": ISSUE, "entry": first}
        answer = project.client.post(f"/edit/api/{what}", json=asked)
        assert answer.status_code == 409


def test_a_test_goes_into_the_outbox_as_what_is_shown(project: Project) -> None:
    sent = project.post("test", to=ANN, speak="zh", addresses=["Somebody@Test.example"])
    with project.database.read() as session:
        (found,) = outbox_views.mails(session)
    assert (found.id, found.to) == (sent["mails"][0], "Somebody@test.example")
    assert found.state is DeliveryState.QUEUED
    assert found.subject == project.get("shown", to=ANN, speak="zh")["message"]["subject"]
    assert project.client.get(f"/edit/api/mail/{found.id}").json()["state"] == "queued"
    refused = project.client.post(
        "/edit/api/test", json={"issue": ISSUE, "addresses": ["no address"]}
    )
    assert refused.status_code == 409


def test_of_two_editors_with_the_same_text_open_neither_overwrites_the_other_unseen(
    project: Project,
) -> None:
    key = project.issue().digest.entries[0].entry.key
    field = {"entry": key, "field": "texts.en.summary"}
    words = {"language": "en", "field": "note"}
    for what, where, seen in (
        ("text", field, project.get("entry", key=key)["texts"]["en"]["summary"]),
        ("note", words, ""),
    ):
        project.post(what, **where, text="Bo's words.", seen=f"{seen}\r\n")
        asked = {"issue": ISSUE, **where, "text": "Ann's words.", "seen": seen}
        late = project.client.post(f"/edit/api/{what}", json=asked)
        assert (late.status_code, "it says “Bo's words.” now" in late.text) == (409, True)
        assert project.post(what, **where, text="Ann's words.", seen=None)["said"]


def test_nobody_approves_what_they_have_not_seen(project: Project) -> None:
    seen = project.get("review")["seen"]
    project.post("note", language="en", field="note", text="Another word.")
    late = project.client.post("/edit/api/approve", json={"issue": ISSUE, "seen": seen})
    assert late.status_code == 409
    project.post("approve", seen=project.get("review")["seen"], note="Good.")
    review = project.get("review")
    assert (review["state"], review["by"], review["note"]) == ("approved", "Ada Editor", "Good.")
    project.post("note", language="en", field="note", text="And another.")
    assert project.get("review")["changed"]


def test_an_approval_is_of_the_templates_files_too(project: Project) -> None:
    path = project.template("weekly/issue.mjml")
    text = path.read_text("utf-8")
    seen = project.get("review")["seen"]
    path.write_text(text.replace("{{ masthead() }}", "{{ masthead() }}{{ masthead() }}"), "utf-8")
    late = project.client.post("/edit/api/approve", json={"issue": ISSUE, "seen": seen})
    assert late.status_code == 409
    project.post("approve", seen=project.get("review")["seen"])
    assert project.get("review")["state"] == "approved"
    path.write_text(text, "utf-8")
    assert project.get("review")["changed"]


def test_nobody_approves_what_a_broken_template_cannot_show(project: Project) -> None:
    path = project.template("weekly/issue.mjml")
    path.write_text(path.read_text("utf-8").replace("masthead()", "masthead("), "utf-8")
    seen = project.get("review")["seen"]
    refused = project.client.post("/edit/api/approve", json={"issue": ISSUE, "seen": seen})
    assert refused.status_code == 422
    assert "weekly/issue.mjml" in refused.json()["error"]
    assert project.get("review")["state"] == "draft"


def test_who_wants_changes_says_which(project: Project) -> None:
    seen = project.get("review")["seen"]
    mute = project.client.post("/edit/api/reject", json={"issue": ISSUE, "seen": seen})
    assert mute.status_code == 409
    project.post("reject", seen=seen, note="The second title.")
    with project.database.read() as session:
        found = reviews.review(session, project.issue().id, project.bench.files)
    assert (found.state, found.note) == ("changes wanted", "The second title.")


def test_a_list_file_that_was_not_followed_yet_is_shown_and_not_approved(
    project: Project,
) -> None:
    path = project.folder / "subscribers" / LIST / "list.toml"
    path.write_text(
        path.read_text("utf-8").replace('"AI for Science"', '"AI for Sceptics"'), "utf-8"
    )
    shown = project.get("shown", to=ANN)
    assert not shown["synced"]
    assert "AI for Sceptics" in project.frame(shown["message"]["id"])
    assert project.issue().digest.list.title("en") == "AI for Science"
    early = project.client.post(
        "/edit/api/approve", json={"issue": ISSUE, "seen": project.get("review")["seen"]}
    )
    assert "lists sync" in early.json()["error"]
    written = project.bench.standing(*ISSUE.split("/")).issue.digest.list
    with project.database.write() as session:
        sync_list(session, written, {}, now=NOW)
    assert project.get("shown")["synced"]
    project.post("assemble")
    assert project.get("shown")["stored"]
