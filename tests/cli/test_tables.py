"""Tables and prose on a terminal: on a narrow one nothing that matters is cut away, nor words."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from newsletter.cli import edge
from newsletter.rendering.plaintext import columns

HEADINGS = ("id", "made at", "kind", "to", "subject", "reply")
ROWS = (
    (1, "2026-11-20 19:24:09", "confirmation", "ann@reader.example", "海岸：请确认订阅", ""),
    (2, "2026-11-20 19:24:10", "test", "bo@reader.example", "Feb 9 – 15: Ice " * 9, "ok"),
)


def printed(monkeypatch: pytest.MonkeyPatch, width: int, *, cut: int = 2) -> list[str]:
    file = io.StringIO()
    console = Console(
        file=file, force_terminal=True, color_system=None, width=width, soft_wrap=True
    )
    monkeypatch.setattr(edge, "out", console)
    edge.show_table(HEADINGS, ROWS, cut=cut)
    return file.getvalue().splitlines()


def test_where_there_is_room_each_row_is_one_line_and_the_last_columns_are_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heading, first, second = printed(monkeypatch, 110)
    assert heading.split() == ["id", "made", "at", "kind", "to", "subject", "reply"]
    assert "ann@reader.example  海岸：请确认订阅" in first
    assert "…" in second


def test_on_a_narrow_terminal_each_row_has_its_cells_below_one_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = printed(monkeypatch, 60)
    assert lines[:6] == [
        "id       1",
        "made at  2026-11-20 19:24:09",
        "kind     confirmation",
        "to       ann@reader.example",
        "subject  海岸：请确认订阅",
        "",
    ]
    assert lines[6].split() == ["id", "2"]
    assert lines[-1].split() == ["reply", "ok"]
    assert "…" not in "".join(lines)


SAID = "11 of 12 entries are on no topic but general: 一个蛋白质语言模型，从序列给出结构; and more"


def told(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> list[str]:
    file = io.StringIO()
    console = Console(
        file=file, force_terminal=terminal, color_system=None, width=40, soft_wrap=True
    )
    monkeypatch.setattr(edge, "out", console)
    edge.show_prose(SAID, "    ", "  - ")
    return file.getvalue().splitlines()


def test_prose_is_broken_between_words_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = told(monkeypatch, terminal=True)
    assert lines[0] == "  - 11 of 12 entries are on no topic but"
    assert all(line.startswith("    ") and columns(line) <= 40 for line in lines[1:])


def test_prose_is_one_line_where_it_is_piped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, terminal=False) == [f"  - {SAID}"]
