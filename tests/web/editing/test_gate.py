"""Only who was let in sees the page, and only the page itself changes anything."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import ISSUE
from tests.web.editing.project import PORT, Project

EVIL = "http://evil.example"
CHANGES = [
    ("move", {"entry": "x", "position": 1}),
    ("note", {"language": "en", "field": "note", "text": "x"}),
    ("undo", {}),
    ("assemble", {}),
    ("approve", {"seen": ""}),
    ("test", {"addresses": ["somebody@reader.example"]}),
]


def test_the_link_lets_in_and_its_key_leaves_the_address(project: Project) -> None:
    visitor = project.visitor()
    assert visitor.get("/edit").status_code == 403
    assert visitor.get("/edit", params={"key": "guess"}).status_code == 403
    entered = visitor.get("/edit", params={"issue": ISSUE, "key": project.gate.key})
    assert entered.status_code == 303
    assert "key=" not in entered.headers["location"]
    assert entered.headers["location"].endswith("/edit?issue=ai-for-science%2F2026-W06")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert visitor.get("/edit").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1:1", ""])
def test_another_name_for_this_machine_opens_nothing(project: Project, host: str) -> None:
    for path in ("/edit", "/edit/api/issues", "/edit/assets/edit.css"):
        answer = project.client.get(path, headers={"host": host})
        assert answer.status_code == 421
    answer = project.client.get("/edit", params={"key": project.gate.key}, headers={"host": host})
    assert answer.status_code == 421


@pytest.mark.parametrize(("what", "values"), CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": EVIL},
        {"origin": "null"},
        {"origin": ""},
        {"origin": f"http://127.0.0.1:{PORT + 1}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_what_another_site_posts_changes_nothing(
    project: Project, what: str, values: dict[str, Any], headers: dict[str, str]
) -> None:
    before = project.get("words"), project.get("shown")["key"]
    answer = project.client.post(
        f"/edit/api/{what}", json={"issue": ISSUE, **values}, headers=headers
    )
    assert answer.status_code == 403
    assert (project.get("words"), project.get("shown")["key"]) == before


def test_without_the_cookie_nothing_is_changed_nor_shown(project: Project) -> None:
    visitor = project.visitor()
    for path in ("api/shown", "api/findings", "api/audience", "api/readers", "api/changes"):
        assert visitor.get(f"/edit/{path}", params={"issue": ISSUE}).status_code == 403
    assert visitor.post("/edit/api/undo", json={"issue": ISSUE}).status_code == 403


def test_what_changes_something_is_never_a_get(project: Project) -> None:
    for what, _ in CHANGES:
        answer = project.client.get(f"/edit/api/{what}", params={"issue": ISSUE})
        assert answer.status_code == 405


def test_every_answer_is_held_to_a_policy_and_is_not_kept(project: Project) -> None:
    page = project.client.get("/edit")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<script type" in page.text
    assert "style=" not in page.text
    made = project.get("shown")["message"]["id"]
    frame = project.client.get(f"/edit/frame/{made}")
    policy = frame.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert "sandbox allow-same-origin allow-popups" in policy
    assert "frame-ancestors 'self'" in policy
    for answer in (page, frame, project.client.get("/edit/api/issues")):
        assert answer.headers.get("cache-control", "no-store") == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
