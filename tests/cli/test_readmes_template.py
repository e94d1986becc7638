"""The template that README shows whole is one: it compiles, and `check` finds nothing in it."""

from __future__ import annotations

import json
import re
import shutil
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from newsletter.packaged import packaged
from tests.cli.conftest import ISSUE, Run

README = Path(__file__).parents[2] / "README.md"


def test_readmes_template_makes_a_mail_without_a_finding(filled: Run, tmp_path: Path) -> None:
    section = README.read_text("utf-8").split("\n## Your own template\n")[1]
    (page,) = re.findall(r"(?ms)^```\n([^`]*<mjml.*?)^```$", section)
    mine = tmp_path / "templates" / "mine"
    mine.mkdir()
    (mine / "issue.mjml").write_text(page, "utf-8")
    for name in ("issue.txt", "subject.txt"):
        shutil.copy(packaged("templates") / "listing" / name, mine)
    file = tmp_path / "subscribers" / "ai-for-science" / "list.toml"
    text = file.read_text("utf-8").replace('template = "weekly"', 'template = "mine"')
    file.write_text(text, "utf-8")
    assert "weekly → mine" in filled("lists", "sync").out
    found = json.loads(filled("check", ISSUE, "--json").out)["findings"]
    assert [one for one in found if "mine" in one["where"] or one["severity"] == "error"] == []
    shown = filled("render", ISSUE, "--to", "ann@reader.example", "--out", "ann.eml")
    assert shown.code == 0
    mail = message_from_bytes((tmp_path / "ann.eml").read_bytes(), policy=default)
    html = mail.get_body(("html",))
    assert html is not None
    assert "Adaptive Protein Tokenization</a></h3>" in html.get_content()
