"""How the shipped templates look: nothing sticks out, nothing is fetched, dark is dark."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.content.links import Links
from newsletter.content.planning import plan
from newsletter.content.preferences import Preferences
from newsletter.rendering import compile_issue, load_template
from tests.builders import make_digest, make_entries, make_entry, make_values
from tests.e2e.screenshots import shoot

pytestmark = pytest.mark.system("chromium")


@pytest.mark.parametrize("name", ["weekly", "listing"])
@pytest.mark.parametrize("languages", [("en",), ("zh", "en")])
def test_a_message_fits_every_width_and_asks_for_nothing(
    name: str, languages: tuple[str, ...], tmp_path: Path
) -> None:
    entries = [*make_entries(), make_entry(40, title="Donaudampfschifffahrt" * 20)]
    digest = make_digest(entries)
    made = compile_issue(
        load_template([], name), digest, languages, links=Links("https://news.example.org")
    )
    page = made.html(plan(digest, Preferences(languages=languages)), make_values())
    shots = shoot(page, tmp_path, name)
    assert [shot.path.name for shot in shots if shot.overflow > 0] == []
    assert [shot.requests for shot in shots if shot.requests] == []
