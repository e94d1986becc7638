"""Tables on a terminal: on one too narrow for their columns, nothing that matters is cut away."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from newsletter.cli import edge

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
