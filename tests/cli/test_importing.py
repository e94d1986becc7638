from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsletter.cli import importing
from tests.cli.conftest import Run

EXPORT = (
    "uuid,email,name,attributes,status,created_at,updated_at\n"
    "1,ann@reader.example,Ann,{},enabled,2021-01-02T03:04:05Z,2021-01-02T03:04:05Z\n"
    "2,dee@reader.example,Dee,{},blocklisted,2021-01-02T03:04:05Z,2022-01-02T00:00:00Z\n"
    "3,eve@reader.example,Eve,{},enabled,2021-01-02T03:04:05Z,2021-01-02T03:04:05Z\n"
    "4,nobody,No,{},enabled,2021-01-02T03:04:05Z,2021-01-02T03:04:05Z\n"
)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(filled: Run, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(EXPORT)
    before = filled("subscribers", "list", "--json").out
    dry = json.loads(filled("subscribers", "import", "export.csv", "--dry-run", "--json").out)
    assert (dry["added"], dry["known"], dry["problem_rows"]) == (2, 1, 1)
    assert "nothing was changed" in filled("subscribers", "import", "export.csv", "--dry-run").out
    assert filled("subscribers", "list", "--json").out == before
    real = json.loads(filled("subscribers", "import", "export.csv", "--json").out)
    assert {**real, "dry_run": True} == dry
    assert "must not be mailed: blocked" in filled("subscribers", "show", "dee@reader.example").out
    shown = json.loads(filled("subscribers", "show", "eve@reader.example", "--json").out)
    consent = shown["subscriptions"]["ai-for-science"]
    assert consent["consent_at"].startswith("2021-01-02T03:04:05")
    assert consent["consent_source"] == "listmonk"


def test_columns_that_are_passed_over_are_named_with_how_to_map_them(
    ready: Run, tmp_path: Path
) -> None:
    (tmp_path / "sheet.csv").write_text(
        "Name;E-Mail;Topics;Language;Date;\nGus;gus@reader.example;proteins;en;2024-03-01;\n"
    )
    (tmp_path / "map.toml").write_text('Date = "consent_at"\n')
    said = (
        'passed over: Name, Date (--map FILE takes them in, by lines such as "Date" = "consent_at")'
    )
    for words in (("--dry-run",), ()):
        shown = ready("subscribers", "import", "sheet.csv", *words)
        assert (shown.code, shown.err) == (0, "")
        assert f"columns {said}\n" in shown.out
    mapped = ("subscribers", "import", "sheet.csv", "--dry-run", "--json")
    assert json.loads(ready(*mapped).out)["passed_over"] == ["Name", "Date"]
    assert json.loads(ready(*mapped, "--map", "map.toml").out)["passed_over"] == ["Name"]


def test_the_line_that_maps_a_column_names_the_files_own(ready: Run, tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text("Joined;E-Mail;Name\n2024-03-01;gus@reader.example;Gus\n")
    shown = ready("subscribers", "import", "sheet.csv").out
    (line,) = (part for part in shown.splitlines() if "--map" in part)
    assert line.endswith('by lines such as "Joined" = "consent_at")')


def test_a_column_of_topics_in_a_services_file_is_named_with_how_to_take_it(
    ready: Run, tmp_path: Path
) -> None:
    header, _, rows = EXPORT.partition("\n")
    first = rows.partition("\n")[0]
    (tmp_path / "export.csv").write_text(f"{header},Topics\n{first},quantum\n")
    shown = ready("subscribers", "import", "export.csv", "--dry-run").out
    assert "columns passed over: Topics (--map FILE" in shown
    assert '"Topics" = "topics")' in shown


def test_who_comes_as_having_left_is_not_told_as_a_new_reader(ready: Run, tmp_path: Path) -> None:
    (tmp_path / "gone.csv").write_text(
        "email,state\ngus@reader.example,left\nhal@reader.example,bounced\nida@reader.example,\n"
    )
    dry = ready("subscribers", "import", "gone.csv", "--dry-run")
    assert "3 added (2 of them as left or not to be mailed), 0 known, 0 left" in dry.out
    found = json.loads(ready("subscribers", "import", "gone.csv", "--json").out)
    assert (found["added"], found["added_as_left"]) == (3, 2)


def test_after_rows_with_mistakes_it_says_how_to_go_on(ready: Run, tmp_path: Path) -> None:
    again = "mend those lines and import the file again"
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("email,language\ngus@reader.example,en\nhal@reader.example,French\n")
    assert again in ready("subscribers", "import", "sheet.csv").out
    sheet.write_text("email,language\ngus@reader.example,zh\nhal@reader.example,zh\n")
    mended = ready("subscribers", "import", "sheet.csv").out
    assert "1 added, 1 known" in mended
    assert again not in mended
    known = json.loads(ready("subscribers", "show", "gus@reader.example", "--json").out)
    assert known["subscriptions"]["ai-for-science"]["preferences"]["languages"] == ["en"]


def test_nothing_is_said_of_columns_where_each_is_ours_or_known_of_a_service(
    ready: Run, tmp_path: Path
) -> None:
    (tmp_path / "ours.csv").write_text("address,language\ngus@reader.example,en\n")
    (tmp_path / "bare.csv").write_text("hal@reader.example\n")
    (tmp_path / "export.csv").write_text(EXPORT)
    for name in ("ours.csv", "bare.csv", "export.csv"):
        assert "passed over" not in ready("subscribers", "import", name).out


def test_the_summary_tells_who_was_refused_from_what_was_not_read(
    filled: Run, tmp_path: Path
) -> None:
    filled("subscribers", "unsubscribe", "bo@reader.example")
    (tmp_path / "mixed.csv").write_text("email\nbo@reader.example\nnobody\nann@reader.example\n")
    shown = filled("subscribers", "import", "mixed.csv").out
    assert "1 refused (left before, or not to be mailed), 1 problem in the file" in shown


def test_a_long_file_is_taken_in_parts_and_its_progress_told(
    ready: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_CHUNK", 7)
    monkeypatch.setattr(importing, "_METERED", 10)
    lines = "".join(f"reader{number}@reader.example\n" for number in range(50))
    (tmp_path / "long.csv").write_text(f"email\n{lines}")
    shown = ready("subscribers", "import", "long.csv")
    assert "50 added" in shown.out
    assert "importing: 51 of 51" in shown.err
    assert "50 known" in ready("subscribers", "import", "long.csv").out
