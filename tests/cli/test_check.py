"""What embarrasses is said before a send, and an error stops it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run

ASSEMBLE = ("issues", "assemble", "ai-for-science", "--week", "2026-W06")
FAILED = ("entries", "edit", "2602.04139", "texts.zh.summary=摘要生成失败")


def with_failure(filled: Run) -> Run:
    for words in (FAILED, ASSEMBLE):
        assert filled(*words).code == 0
    return filled


def test_the_sample_issue_has_warnings_that_are_true_and_no_error(filled: Run) -> None:
    shown = filled("check", ISSUE)
    assert (shown.code, shown.err) == (0, "")
    found = json.loads(filled("check", ISSUE, "--json").out)
    assert found["errors"] == 0
    assert (found["selections"], found["readers"]) == (3, 3)
    codes = {finding["code"] for finding in found["findings"]}
    assert {"example-address", "nothing-for-many", "untranslated"} <= codes
    assert not codes & {"contrast", "mjml", "malformed-link", "remote-resource", "template-markup"}
    assert f"0 errors, {len(found['findings'])} warnings; looked at all 3 selections" in shown.out


def test_one_reader_is_not_all_readers(filled: Run) -> None:
    assert "looked at all 3 selections of all 3 readers" in filled("check", ISSUE).out
    for name in ("bo", "cy"):
        filled("subscribers", "unsubscribe", f"{name}@reader.example")
    assert "looked at the only selection of the only reader" in filled("check", ISSUE).out


def test_a_failed_summary_is_an_error_with_its_place_and_the_command_that_mends_it(
    filled: Run,
) -> None:
    shown = with_failure(filled)("check", ISSUE)
    assert shown.code == 1
    assert "error    placeholder-text: arxiv:2602.04139: texts.zh.summary" in shown.out
    assert "newsletter entries edit 2602.04139 texts.zh.summary=" in shown.out
    found = json.loads(filled("check", ISSUE, "--json").out)
    assert found["errors"] == 1
    assert found["findings"][0]["severity"] == "error"


def test_an_error_stops_a_send_until_it_is_forced(filled: Run, mail: Path) -> None:
    stopped = with_failure(filled)("send", ISSUE, "--unchecked", "--yes")
    assert stopped.code == 1
    assert "摘要生成失败" in stopped.out
    assert stopped.err.startswith(f"newsletter: {ISSUE} has 1 error and was not sent")
    assert "--force" in stopped.err
    assert stopped.err.count("\n") == 1
    assert not list(mail.iterdir())
    assert json.loads(filled("status", ISSUE, "--json").out)["state"] == "draft"
    assert filled("send", ISSUE, "--unchecked", "--yes", "--force").code == 0
    assert len(list(mail.iterdir())) == 2


@pytest.mark.usefixtures("mail")
def test_what_is_under_way_is_not_looked_at_again(filled: Run) -> None:
    with_failure(filled)("send", ISSUE, "--unchecked", "--yes", "--force")
    again = filled("send", ISSUE, "--unchecked", "--yes")
    assert (again.code, "placeholder-text" in again.out) == (0, False)


def test_links_to_this_machine_stop_a_real_send(
    filled: Run, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_PUBLIC_URL", "http://localhost:8080")
    filled(*ASSEMBLE)
    stopped = filled("send", ISSUE, "--unchecked", "--yes")
    assert stopped.code == 1
    assert "loopback-address: list.toml: public_url" in stopped.out
    assert not list(mail.iterdir())


def test_a_template_of_your_own_is_judged_with_file_and_line(filled: Run, tmp_path: Path) -> None:
    path = tmp_path / "templates" / "weekly" / "issue.mjml"
    lines = path.read_text("utf-8").split("\n")
    at = next(number for number, line in enumerate(lines) if "<mj-column>" in line)
    lines[at] = lines[at].replace("<mj-column>", '<mj-column widht="100%">')
    path.write_text("\n".join(lines), "utf-8")
    shown = filled("check", ISSUE)
    assert shown.code == 1
    assert f"mjml: weekly/issue.mjml:{at + 1}" in shown.out
    assert "is width meant?" in shown.out


def test_a_template_that_does_not_render_is_a_finding(filled: Run, tmp_path: Path) -> None:
    path = tmp_path / "templates" / "weekly" / "issue.mjml"
    path.write_text("{% if %}\n" + path.read_text("utf-8"), "utf-8")
    shown = filled("check", ISSUE)
    assert (shown.code, shown.err) == (1, "")
    assert "error    template: weekly/issue.mjml:1" in shown.out


def test_a_misspelt_component_is_named_although_nothing_compiles(
    filled: Run, tmp_path: Path
) -> None:
    path = tmp_path / "templates" / "shared" / "entry.mjml"
    text = path.read_text("utf-8").replace("<mj-text", "<mj-txt").replace("</mj-text", "</mj-txt")
    path.write_text(text, "utf-8")
    line = text[: text.index("<mj-txt")].count("\n") + 1
    shown = filled("check", ISSUE)
    assert (shown.code, shown.err) == (1, "")
    assert f"mjml: shared/entry.mjml:{line}" in shown.out
    assert "MJML has no <mj-txt>; is mj-text meant?" in shown.out
