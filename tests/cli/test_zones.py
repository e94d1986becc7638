"""A reader's time zone and what they chose anew, as the admin has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

ANN, BO = "ann@reader.example", "bo@reader.example"


def zone_of(run: Run, address: str) -> str:
    found = json.loads(run("subscribers", "show", address, "--json").out)
    zone: str = found["subscriptions"]["ai-for-science"]["zone"]
    return zone


def test_the_admin_sets_a_zone_and_takes_it_back(filled: Run) -> None:
    assert "changed" in filled("subscribers", "set", ANN, "--zone", "asia/shanghai").out
    assert zone_of(filled, ANN) == "Asia/Shanghai"
    assert "Asia/Shanghai" in filled("subscribers", "show", ANN).out
    assert "as before" in filled("subscribers", "set", ANN, "--zone", "Asia/Shanghai").out
    filled("subscribers", "set", ANN, "--zone", "list")
    assert zone_of(filled, ANN) == ""
    assert "the list's own" in filled("subscribers", "show", ANN).out


def test_what_is_no_zone_is_one_line(filled: Run) -> None:
    told = filled("subscribers", "set", ANN, "--zone", "Bielefeld")
    assert (told.code, told.err.count("\n")) == (1, 1)
    assert "write one like Europe/Berlin" in told.err


def test_somebody_is_added_with_a_zone(filled: Run) -> None:
    filled("subscribers", "add", "di@reader.example", "--zone", "Asia/Tokyo")
    assert zone_of(filled, "di@reader.example") == "Asia/Tokyo"


def test_what_the_admin_changes_is_in_their_history(filled: Run) -> None:
    filled("subscribers", "set", ANN, "--zone", "Asia/Tokyo", "--topics", "all", "--most", "5")
    events = json.loads(filled("subscribers", "history", ANN, "--json").out)
    assert {e["what"]: e["detail"] for e in events if e["what"].startswith("changed")} == {
        "changed follows": "by admin, everything",
        "changed most entries": "by admin, no limit → 5",
        "changed time zone": "by admin, the list's → Asia/Tokyo",
    }
    whole = json.loads(filled("subscribers", "show", ANN, "--everything").out)
    assert len(whole["changes"]) == 3
    filled("subscribers", "move", ANN, "new@reader.example")
    assert "changed address" in filled("subscribers", "history", "new@reader.example").out
    assert ANN not in filled("subscribers", "show", "new@reader.example", "--everything").out


def test_zones_are_exported_and_imported_the_same(filled: Run, tmp_path: Path) -> None:
    filled("subscribers", "set", ANN, "--zone", "Asia/Tokyo")
    exported = filled("subscribers", "export").out
    assert "zone" in exported.splitlines()[0]
    (tmp_path / "people.csv").write_text(exported, "utf-8")
    filled("subscribers", "erase", ANN, "--yes")
    (tmp_path / "people.csv").write_text(exported.replace(ANN, "ann@new.example"), "utf-8")
    filled("subscribers", "import", "people.csv")
    assert zone_of(filled, "ann@new.example") == "Asia/Tokyo"
    assert zone_of(filled, BO) == ""


@pytest.mark.parametrize("column", ["zone", "Time Zone", "timezone"])
def test_a_row_with_a_wrong_zone_is_told_and_the_rest_kept(
    filled: Run, tmp_path: Path, column: str
) -> None:
    rows = f"email,{column}\ne@b.example,Mars/Olympus\nf@b.example,europe/paris\n"
    (tmp_path / "people.csv").write_text(rows, "utf-8")
    told = filled("subscribers", "import", "people.csv")
    assert "'Mars/Olympus' is not a time zone" in told.out + told.err
    assert zone_of(filled, "f@b.example") == "Europe/Paris"


def test_a_list_is_shown_with_its_readers_by_what_they_chose(filled: Run) -> None:
    filled("subscribers", "set", ANN, "--zone", "Asia/Tokyo")
    filled("subscribers", "suppress", BO, "--reason", "a letter")
    shown = filled("lists", "show", "ai-for-science").out
    assert "\nfile followed " in shown
    facts = dict(line.split("  ", 1) for line in map(str.strip, shown.splitlines()) if "  " in line)
    assert facts["on the clock of Asia/Tokyo"].strip() == "1"
    assert facts["on the list's clock"].strip() == "2"
    assert facts["suppressed"].strip() == "1"
    found = json.loads(filled("lists", "show", "ai-for-science", "--json").out)
    assert found["choices"]["languages"] == {"en": 2, "zh": 1}
    assert found["choices"]["zones"] == {"": 2, "Asia/Tokyo": 1}
