"""How long it takes from saving a file to the page that shows it: `newsletter preview` in chromium.

The issue is the samples' week. Goal: 200 ms.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from newsletter.store import editing
from tests.web.editing.project import ANN, LIST, Project, make_project
from tests.web.editing.watched import delay, opened, settled
from tests.web.phone import chromium

ROUNDS = 9
GOAL = 0.2  # seconds


def saves(project: Project) -> dict[str, Callable[[int], None]]:
    """What somebody saves, by what it is called; each round differs from the one before."""
    template = project.template("weekly/issue.mjml")
    list_file = project.folder / "subscribers" / LIST / "list.toml"
    mjml, toml = template.read_text("utf-8"), list_file.read_text("utf-8")
    issue = project.issue()
    entry = issue.digest.entries[0].entry.key

    def of_template(number: int) -> None:
        template.write_text(mjml.replace("{{ masthead() }}", "{{ masthead() }}" + _row(number)))

    def of_list(number: int) -> None:
        list_file.write_text(
            toml.replace('en = "AI for Science"', f'en = "AI for Science {number}"')
        )

    def of_entry(number: int) -> None:
        with project.database.write() as session:
            editing.set_text(
                session, entry, "title", f"Title {number}", who="bench", now=project.bench.clock()
            )

    def of_note(number: int) -> None:
        with project.database.write() as session:
            editing.set_note(
                session,
                issue.id,
                "en",
                "note",
                f"*{number}*",
                who="bench",
                now=project.bench.clock(),
            )

    return {
        "a template": of_template,
        "list.toml": of_list,
        "an entry": of_entry,
        "a note": of_note,
    }


def _row(number: int) -> str:
    return f"<mj-section><mj-column><mj-text>round {number}</mj-text></mj-column></mj-section>"


def main() -> None:
    with TemporaryDirectory() as folder, chromium() as browser:
        project = Project(make_project(Path(folder)))
        with project.served() as url:
            page = opened(browser, f"{url}&to={ANN}")
            settled(page)
            entries = len(project.issue().digest.entries)
            print(f"from saving to the page that shows it, {entries} papers, median of {ROUNDS}")
            for name, save in saves(project).items():
                found = sorted(_delays(page, save))
                least, middle, most = found[0], statistics.median(found), found[-1]
                within = "" if middle <= GOAL else "  (over the goal of 200 ms)"
                print(
                    f"  {name:<12} {middle * 1000:4.0f} ms, from {least * 1000:.0f} "
                    f"to {most * 1000:.0f}{within}"
                )
        project.database.close()


def _delays(page: Page, save: Callable[[int], None]) -> list[float]:
    found = []
    for number in range(ROUNDS):
        found.append(delay(page, partial(save, number)))
        settled(page)
    return found


if __name__ == "__main__":
    main()
