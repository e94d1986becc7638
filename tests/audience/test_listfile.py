from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.listfile import ListFile, parse_list, read_list_file
from newsletter.content.mailinglist import InDoubt, Policies, Schedule, Sender, Theme
from newsletter.content.topics import GENERAL
from newsletter.errors import ListFileError

LEAST = """\
title = { en = "Weekly", zh = "周报" }
public_url = "https://news.example.org/"
week_starts = "thursday"

[sender]
name = "Weekly"
address = "digest@news.example.org"

[schedule]
weekday = "thursday"
time = "08:00"
zone = "Europe/Berlin"

[theme]
accent = "#112233"

[policies]
in_doubt = "hold"

[[topics]]
name = "physics"
title = { en = "Physics" }
categories = ["physics.*", "cond-mat.dis-nn"]

[[topics]]
name = "fluids"
title = "Fluids"
parent = "physics"
keywords = ["turbul*"]
was = ["flows"]
"""


def parse(text: str) -> ListFile:
    return parse_list(text, "weekly", "list.toml")


def test_a_list_is_read_whole() -> None:
    file = parse(LEAST)
    found = file.list
    assert (found.name, found.title("zh"), found.languages) == ("weekly", "周报", ("en",))
    assert found.public_url == "https://news.example.org"
    assert found.sender == Sender(name="Weekly", address="digest@news.example.org")
    assert found.schedule == Schedule(weekday="thursday", time=dt.time(8), zone="Europe/Berlin")
    assert found.theme == Theme(accent="#112233")
    assert found.policies == Policies(in_doubt=InDoubt.HOLD)
    assert [topic.name for topic in found.topics.topics] == ["physics", "fluids", GENERAL]
    assert found.topics.lineage("fluids") == ("fluids", "physics")
    assert file.renames == {"flows": "fluids"}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("title = {", "title = = {", r"list\.toml:1: this is not TOML"),
        ('title = { en = "Weekly", zh = "周报" }', "", "title: is missing"),
        ('zh = "周报"', 'xx = "?"', "title.xx: 'xx' is not known: write one of en, zh"),
        (
            "week_starts",
            "week_start",
            r"list\.toml:3: week_start: there is no such key; did you me",
        ),
        (
            '"thursday"\n\n',
            "4\n\n",
            r"list\.toml:3: week_starts: 4 is not a weekday: write its name",
        ),
        ('weekday = "thursday"', "weekday = 4", r"list\.toml:10: schedule.weekday: 4 is not a"),
        ('weekday = "thursday"', 'weekday = "thurday"', "did you mean 'thursday'"),
        ('time = "08:00"', 'time = "8 am"', "'8 am' is not a time of day"),
        ("Europe/Berlin", "Europe/Berlino", "'Europe/Berlino' is not a time zone"),
        ("Europe/Berlin", "../etc", "is not a time zone"),
        ("digest@news.example.org", "digest at news", r"list\.toml:7: sender.address: 'digest at"),
        ("https://", "ftp://", "public_url: 'ftp://news.example.org/' is not a URL"),
        ("#112233", "red", r"list\.toml:15: theme.accent: 'red' is not a colour"),
        ('accent = "', 'acent = "', "theme.acent: there is no such key; did you mean 'accent'"),
        ('"hold"', '"wait"', "'wait' is not known: write one of resend, hold"),
        ("in_doubt", 'html_budget = "big"\nin_doubt', "html_budget: must be a whole number"),
        ("in_doubt", "retry_hours = true\nin_doubt", "retry_hours: must be a whole number"),
        ("in_doubt", "retry_hours = 0\nin_doubt", "0 is too small: write 1 or more"),
        ('title = "Fluids"\n', "", r"list\.toml:25: topics\[2\]\.title: is missing"),
        ('"physics"\nkey', '"phisics"\nkey', r"topics\[2\]\.parent: 'phisics'.*mean 'physics'"),
        ('name = "physics"', 'name = "physics"\nparent = "fluids"', "goes round in a circle"),
        ('name = "fluids"', 'name = "physics"', "'physics' stands twice"),
        ('name = "fluids"', 'name = "Fluids!"', "cannot name a topic"),
        ('name = "fluids"', 'name = "none"', "cannot name a topic"),
        ('name = "fluids"', 'name = "general"', "'general' is what no rule maps"),
        ("physics.*", "Physics", "'Physics' is not one of arXiv's"),
        ("turbul*", "tur*bul", r"\* may stand at its end alone"),
        ('was = ["flows"]', 'was = ["physics"]', "'physics' is still a topic"),
        ("parent =", "parents =", "did you mean 'parent'"),
        ('["turbul*"]', '"turbul*"', r"topics\[2\]\.keywords: must be a list in \[ \]"),
        ("week_starts", 'languages = ["en", "de"]\nweek_starts', "'de' is not known"),
    ],
)
def test_what_cannot_be_followed_is_told_with_its_place(old: str, new: str, reason: str) -> None:
    assert old in LEAST
    with pytest.raises(ListFileError, match=reason) as told:
        parse(LEAST.replace(old, new, 1))
    assert "\n" not in str(told.value)


@given(st.text(max_size=200), st.integers(0, len(LEAST)), st.integers(0, 40))
def test_whatever_is_mistyped_is_a_list_or_an_error_of_ours(text: str, at: int, cut: int) -> None:
    told = "list.toml"
    try:
        parse(LEAST[:at] + text + LEAST[at + cut :])
    except ListFileError as error:
        told = str(error)
    assert told.startswith("list.toml")


def test_a_folder_names_its_list(tmp_path: Path) -> None:
    folder = tmp_path / "my-weekly"
    folder.mkdir()
    path = folder / "list.toml"
    path.write_text("\ufeff" + LEAST, encoding="utf-8")
    assert read_list_file(path).list.name == "my-weekly"
    path.write_bytes(LEAST.encode("utf-16"))
    with pytest.raises(ListFileError, match="not UTF-8"):
        read_list_file(path)
    with pytest.raises(ListFileError, match="No such file"):
        read_list_file(folder / "other.toml")
    with pytest.raises(ListFileError, match="cannot name a list"):
        parse_list(LEAST, "My Weekly", "list.toml")
