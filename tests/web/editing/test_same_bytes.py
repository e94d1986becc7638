"""What the page shows is what `render` prints and what goes over the wire, octet for octet."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.cli.catcher import catcher
from newsletter.content.entry import Tier
from newsletter.store import subscribers
from newsletter.web.editing.asking import Asked, who
from tests.cli.conftest import ISSUE, invoke
from tests.web.editing.project import ANN, BO, LIST, NOW, Project


def shown(project: Project, **asked: str) -> bytes:
    made = project.get("shown", **asked)["message"]
    return project.client.get(f"/edit/message/{made['id']}").content


def rendered(project: Project, address: str) -> bytes:
    out = project.folder / "rendered.eml"
    with patch("newsletter.cli.issues.now", lambda: NOW):
        result = invoke(project.folder, "render", ISSUE, "--to", address, "--out", out)
    assert result.code == 0, result.err
    return out.read_bytes()


@pytest.mark.parametrize("address", [ANN, BO])
def test_a_draft_is_shown_as_render_gives_it(project: Project, address: str) -> None:
    assert shown(project, to=address) == rendered(project, address)


def test_what_was_changed_on_the_page_is_what_render_gives(project: Project) -> None:
    first, second = (entry["key"] for entry in project.get("shown")["entries"][:2])
    before = shown(project, to=ANN)
    project.post("move", entry=second, position=1)
    project.post("tier", entry=first, tier="notable")
    project.post("note", language="en", field="note", text="*Welcome back.*")
    project.post("text", entry=second, field="texts.en.summary", text="Said anew.")
    after = shown(project, to=ANN)
    assert after != before
    assert after == rendered(project, ANN)


def test_a_sent_issue_is_shown_as_it_went_over_the_wire(project: Project) -> None:
    with catcher(project.folder / "mail") as url:
        with patch.dict("os.environ", {"NEWSLETTER_SMTP_URL": url}):
            sent = invoke(project.folder, "send", ISSUE, "--yes", "--force", "--unchecked")
        assert sent.code == 0, sent.err
    wire = {_to(path): path.read_bytes() for path in (project.folder / "mail/new").iterdir()}
    assert set(wire) == {ANN, BO}
    for address, octets in wire.items():
        assert shown(project, to=address) == octets == rendered(project, address)


def _to(path: Path) -> str:
    head = path.read_bytes().partition(b"\r\n\r\n")[0].decode()
    return next(line[4:] for line in head.splitlines() if line.startswith("To: "))


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    follow=st.lists(st.sampled_from(["materials", "proteins", "agents"]), unique=True),
    tier=st.sampled_from(list(Tier)),
    most=st.sampled_from(["", 1, 5]),
    only=st.sampled_from(["", "yes"]),
    speak=st.sampled_from(["en", "zh", "en+zh", "zh+en"]),
    form=st.sampled_from(["html", "text"]),
)
def test_preferences_clicked_together_are_shown_as_a_reader_who_has_them_gets_it(
    project: Project, follow: list[str], tier: Tier, most: str, only: str, speak: str, form: str
) -> None:
    asked = {
        "scope": "chosen" if follow else "everything",
        "follow": follow,
        "lowest_tier": tier,
        "most": most,
        "only_topics": only,
        "speak": speak,
        "form": form,
    }
    made = project.get("shown", **asked)["message"]
    issue = project.bench.standing(LIST, ISSUE.partition("/")[2]).issue
    with project.database.write() as session:
        wanted = who(
            session, Asked.model_validate({"issue": ISSUE, **asked}), issue, NOW.date()
        ).preferences
        person = subscribers.show(session, ANN)
        subscribers.set_preferences(session, LIST, person.id, wanted)
    own = project.get("shown", to=ANN)["message"]
    for part in ("subject", "text", "links", "shown", "more"):
        assert made[part] == own[part]
    assert project.frame(made["id"]) == project.frame(own["id"])
