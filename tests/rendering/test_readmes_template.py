"""The template that README shows compiles, and messages from it keep the law."""

from __future__ import annotations

import re
from pathlib import Path

from newsletter.content.planning import plan
from newsletter.content.preferences import Preferences
from newsletter.rendering.compiling import compile_alone, compile_issue
from newsletter.rendering.templates import load_template
from tests.builders import make_digest, make_values
from tests.golden.kinds import LINKS

README = Path(__file__).parents[2] / "README.md"


def test_the_template_in_readme_works_as_it_stands(tmp_path: Path) -> None:
    shown = re.search(r"(?ms)^```\n([^`]*<mjml .*?</mjml>\n)^```$", README.read_text("utf-8"))
    assert shown is not None
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "issue.mjml").write_text(shown[1], "utf-8")
    (folder / "issue.txt").write_text('{% include "foot.txt" %}', "utf-8")
    (folder / "subject.txt").write_text("{{ issue.title }}", "utf-8")
    made, digest = load_template([tmp_path], "mine"), make_digest()
    compiled = compile_issue(made, digest, ("en",), links=LINKS)
    for wanted in (Preferences(), Preferences(follows=frozenset({"proofs"}), only_topics=True)):
        chosen = plan(digest, wanted, compiled)
        alone = compile_alone(made, digest, chosen, links=LINKS)
        page = compiled.html(chosen, make_values())
        assert page == alone.html(chosen, make_values())
        assert "Agents that finish proofs in Lean" in page
        assert "/u/leave2token" in page
