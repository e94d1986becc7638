"""The page is told of an issue what its readers get, what is wrong with it, and its numbers."""

from __future__ import annotations

from typing import Any

from newsletter.content.preferences import GREATEST_MOST
from newsletter.web.editing.clients import Client
from tests.cli.conftest import ISSUE
from tests.web.editing.project import ANN, BO, CY, LIST, Project


def test_as_whom_is_any_subscriber_a_common_selection_or_one_clicked_together(
    project: Project,
) -> None:
    ann = project.get("shown", to=ANN)
    assert ann["who"]["says"] == "Proteins and biomolecules · English"
    audience = project.get("audience")
    assert (audience["readers"], audience["selections"]) == (3, 3)
    (chosen,) = (one for one in audience["common"] if one["says"] == ann["who"]["says"])
    common = project.get("shown", choice=chosen["id"])
    assert not common["who"]["own"]
    assert common["message"]["text"] == ann["message"]["text"]
    clicked = project.get("shown", scope="chosen", follow=["proteins"], speak="en")
    assert clicked["message"]["text"] == ann["message"]["text"]


def test_as_many_papers_may_be_tried_as_a_reader_may_choose(project: Project) -> None:
    most = project.get("audience")["greatest_most"]
    assert most == GREATEST_MOST
    assert project.get("shown", scope="everything", most=most)["who"]["preferences"]["most"] == most


def test_language_and_form_are_tried_over_the_readers_own(project: Project) -> None:
    own, other = project.get("shown", to=ANN), project.get("shown", to=ANN, speak="zh+en")
    assert own["who"]["own"]
    assert not other["who"]["own"]
    assert other["who"]["preferences"]["languages"] == ["zh", "en"]
    assert not project.get("shown", to=ANN, form="text")["message"]["html"]


def test_who_gets_no_mail_is_said_to(project: Project) -> None:
    assert project.get("shown", to=CY)["who"]["nothing"] == "no topics chosen"
    assert project.get("shown", to=ANN)["who"]["nothing"] is None


def test_readers_are_found_by_a_part_and_one_after_the_other(project: Project) -> None:
    assert project.get("readers", like="BO@")["addresses"] == [BO]
    beside = [project.get("readers", beside=at, step=1)["address"] for at in ("", ANN, BO, CY)]
    assert beside == [ANN, BO, CY, ANN]
    back = project.get("readers", beside=ANN, step=-1)
    assert (back["address"], back["number"], back["readers"]) == (CY, 3, 3)


def test_every_link_is_told_with_its_target(project: Project) -> None:
    links = project.get("shown", to=ANN)["message"]["links"]
    personal = [link for link in links if link["personal"]]
    assert personal
    assert all(
        "/u/" in one["url"] or "/p/" in one["url"] or "/v/" in one["url"] for one in personal
    )
    frame = project.frame(project.get("shown", to=ANN)["message"]["id"])
    assert frame.count("data-link=") == len(links)
    for one in personal:
        assert one["url"] not in frame


def test_findings_name_the_entries_that_they_are_about(project: Project) -> None:
    shown = project.get("shown")
    first = shown["entries"][0]["key"]
    project.post("text", entry=first, field="texts.en.impact", text="Summary generation failed")
    found = project.get("findings")
    (failed,) = (one for one in found["findings"] if "Summary generation failed" in one["what"])
    assert failed["places"] == [0]
    assert found["key"] == project.get("shown")["key"]


def test_the_numbers_stand_beside_those_of_the_issue_before(project: Project) -> None:
    numbers = project.get("numbers")
    assert numbers["before"] is None
    assert numbers["now"]["entries"] == len(project.get("shown")["entries"])
    assert (numbers["now"]["recipients"], numbers["now"]["skipped"]) == (2, {"no topics chosen": 1})
    assert sum(numbers["now"]["tiers"].values()) == numbers["now"]["entries"]


def test_a_broken_template_tells_its_line_over_the_last_good_view(project: Project) -> None:
    before = project.get("shown", to=ANN)["message"]["id"]
    path = project.template("weekly/issue.mjml")
    good = path.read_text("utf-8")
    path.write_text(good.replace("{{ masthead() }}", "{{ masthead( }}"), "utf-8")
    shown = project.get("shown", to=ANN)
    (trouble,) = shown["troubles"]
    assert trouble["file"] == "weekly/issue.mjml"
    assert any(at == trouble["line"] and "masthead( }}" in text for at, text in trouble["excerpt"])
    assert shown["message"]["id"] == before
    path.write_text(good, "utf-8")
    assert project.get("shown", to=ANN)["troubles"] == []


def test_a_template_that_was_never_good_tells_why_and_shows_nothing(project: Project) -> None:
    project.template("weekly/issue.mjml").write_text("{% if %}", "utf-8")
    shown = project.get("shown", to=ANN)
    assert shown["message"] is None
    assert shown["troubles"][0]["line"] == 1


def test_a_broken_list_file_tells_its_line_and_the_stored_list_is_shown(project: Project) -> None:
    path = project.folder / "subscribers" / LIST / "list.toml"
    path.write_text("title = \n" + path.read_text("utf-8"), "utf-8")
    shown = project.get("shown", to=ANN)
    (trouble,) = shown["troubles"]
    assert (trouble["file"], trouble["line"]) == (f"{LIST}/list.toml", 1)
    assert shown["message"] is not None


def test_each_client_is_shown_its_own_way(project: Project) -> None:
    made = project.get("shown", to=ANN)["message"]["id"]
    seen = {client: project.frame(made, client=client) for client in Client}
    assert len(set(seen.values())) == len(Client)
    assert "<style" not in seen[Client.UNSTYLED]
    assert project.frame(made, dark=True) != seen[Client.MODERN]
    off = project.client.get(f"/edit/frame/{made}", params={"images": False})
    assert "img-src" not in off.headers["content-security-policy"]


def test_an_issue_that_is_not_there_is_said_so(project: Project) -> None:
    for path in ("shown", "findings", "numbers", "audience", "words"):
        answer = project.client.get(f"/edit/api/{path}", params={"issue": f"{LIST}/2020-W01"})
        assert answer.status_code == 404
    assert project.client.get("/edit/frame/nothing").status_code == 404
    assert project.client.get("/edit/assets/gate.py").status_code == 404
    assert (
        project.client.get("/edit/api/shown", params={"issue": ISSUE, "most": 0}).status_code == 400
    )


def test_looking_changes_nothing(project: Project) -> None:
    def everything() -> dict[str, Any]:
        return {
            name: project.get(name, **({"key": first} if name == "entry" else {}))
            for name in ("shown", "words", "entry", "numbers", "audience", "findings")
        }

    first = project.get("shown")["entries"][0]["key"]
    before = (project.folder / "newsletter.db").read_bytes()
    seen = everything()
    assert everything() == seen
    assert (project.folder / "newsletter.db").read_bytes() == before
