from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run

ANN = "ann@reader.example"


def test_the_admin_ends_and_takes_up_mail_and_the_history_tells(filled: Run) -> None:
    assert (
        "left ai-for-science" in filled("subscribers", "unsubscribe", ANN, "--reason", "moved").out
    )
    assert "as before" in filled("subscribers", "unsubscribe", ANN).out
    assert filled("subscribers", "suppress", ANN, "--reason", "a letter").code == 0
    assert filled("subscribers", "unsuppress", ANN, "--reason", "a second letter").code == 0
    told = filled("subscribers", "unsuppress", ANN, "--reason", "again")
    assert (told.code, told.err.count("\n")) == (1, 1)
    events = json.loads(filled("subscribers", "history", ANN, "--json").out)
    assert [(event["what"], event["detail"]) for event in events] == [
        ("joined", "import of people.csv"),
        ("left the list", "by admin, moved"),
        ("may be mailed again", "a second letter"),
    ]
    assert "a second letter" in filled("subscribers", "history", ANN).out


def test_who_left_is_on_the_list_again_by_force_alone(filled: Run, tmp_path: Path) -> None:
    filled("subscribers", "unsubscribe", ANN)
    (tmp_path / "again.csv").write_text(f"email\n{ANN}\n")
    assert "1 refused" in filled("subscribers", "import", "again.csv").out
    forced = ("--force-resubscribe", "signed a form")
    assert "1 on it again" in filled("subscribers", "import", "again.csv", *forced).out
    shown = json.loads(filled("subscribers", "show", ANN, "--json").out)
    assert shown["subscriptions"]["ai-for-science"]["state"] == "active"


def test_an_erased_person_is_gone_and_render_says_so(filled: Run, mail: Path) -> None:
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    assert list(mail.iterdir())
    refused = filled("subscribers", "erase", ANN)
    assert (refused.code, refused.err) == (1, "newsletter: nobody is there to ask: say --yes\n")
    assert filled("subscribers", "erase", ANN, "--yes", "--reason", "asked").code == 0
    told = filled("render", ISSUE, "--to", ANN)
    assert told.code == 1
    assert "was erased on" in told.err
    assert "was erased" in filled("subscribers", "add", ANN).err
    assert "2 known, 0 left, 1 refused" in filled("subscribers", "import", "people.csv").out
    assert "sent" in filled("status", ISSUE).out


@pytest.mark.parametrize(
    "command",
    [
        ("history", ANN),
        ("show", ANN),
        ("show", ANN, "--everything"),
        ("unsubscribe", ANN),
        ("erase", ANN, "--yes"),
        ("set", ANN, "--most", "3"),
        ("move", ANN, "ann@new.example"),
        ("why", ANN, ISSUE),
    ],
    ids=" ".join,
)
def test_whoever_asks_about_an_erased_person_is_told_when_and_why(
    filled: Run, command: tuple[str, ...]
) -> None:
    filled("subscribers", "erase", ANN, "--yes", "--reason", "asked by letter")
    told = filled("subscribers", *command)
    assert (told.code, told.err.count("\n")) == (1, 1)
    assert f"the person of {ANN} was erased on " in told.err
    assert "(asked by letter)" in told.err
    assert "nobody has the address" in filled("subscribers", "history", "x@nobody.example").err


def test_the_history_of_who_came_back_begins_with_the_erasure(filled: Run) -> None:
    filled("subscribers", "erase", ANN, "--yes", "--reason", "asked by letter")
    filled("subscribers", "add", ANN, "--force-resubscribe", "signed a form")
    events = json.loads(filled("subscribers", "history", ANN, "--json").out)
    assert [(event["what"], event["detail"]) for event in events] == [
        ("erased", "asked by letter"),
        ("joined", events[1]["detail"]),
    ]


def test_without_a_key_nobody_is_erased(filled: Run, tmp_path: Path) -> None:
    path = tmp_path / "newsletter.toml"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if "erasure_key" not in line))
    told = filled("subscribers", "erase", ANN, "--yes")
    assert (told.code, told.err.count("\n")) == (1, 1)
    assert "erasure_key is not set" in told.err


def test_a_person_is_found_by_every_spelling_of_their_address(filled: Run) -> None:
    assert filled("subscribers", "add", "Zoë+x@bücher.example").code == 0
    for spelt in ("zoë+x@BÜCHER.example", "Zoë+x@xn--bcher-kva.example"):
        assert "Zoë+x@bücher.example" in filled("subscribers", "show", spelt).out
    moved = filled("subscribers", "move", "ZOË+x@xn--bcher-kva.example", "zoe@reader.example")
    assert moved.code == 0
    assert "nobody has the address nobody" in filled("subscribers", "show", "nobody").err


def test_an_old_file_does_not_add_the_address_that_was_given_up(filled: Run) -> None:
    moved = filled("subscribers", "move", ANN, "ann@new.example")
    assert (moved.code, moved.err) == (0, "")
    told = filled("subscribers", "import", "people.csv")
    assert "0 added, 2 known" in told.out
    assert "1 refused (left before, or not to be mailed; 1 moved to another address)" in told.out
    assert "people.csv:2: moved to another address and is not brought back (since 2" in told.err
    whole = json.loads(filled("subscribers", "import", "people.csv", "--json").out)
    assert (whole["moved"], whole["refusals"]) == (1, 1)
    added = filled("subscribers", "add", ANN)
    assert added.code == 1
    assert "moved to another address" in added.err
    assert "--force-resubscribe" in added.err
    forced = ("--force-resubscribe", "two people share a name")
    assert "1 added" in filled("subscribers", "import", "people.csv", *forced).out
    shown = json.loads(filled("subscribers", "show", ANN, "--json").out)
    consent = shown["subscriptions"]["ai-for-science"]["consent_source"]
    assert consent == "forced: two people share a name"


def test_without_a_key_a_move_says_that_an_old_file_would_undo_it(
    filled: Run, tmp_path: Path
) -> None:
    settings = tmp_path / "newsletter.toml"
    lines = settings.read_text().splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if not line.startswith("erasure_key")))
    moved = filled("subscribers", "move", ANN, "ann@new.example")
    assert moved.code == 0
    assert f"a file that has {ANN} would add it again" in moved.err


def test_everything_that_is_stored_can_be_shown(filled: Run, mail: Path) -> None:
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    assert list(mail.iterdir())
    whole = json.loads(filled("subscribers", "show", ANN, "--everything").out)
    assert whole["subscribers"][0]["address"] == ANN
    assert whole["deliveries"][0]["address"] == ANN
    assert "proteins" in whole["preferences"][0]["body"]
    consent = whole["subscriptions"][0]["consent_at"]
    assert dt.datetime.fromisoformat(consent).tzinfo is not None
    assert "bo@reader" not in str(whole)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ((), ["ann", "bo", "cy"]),
        (("--topic", "proteins"), ["ann"]),
        (("--status", "left"), ["cy"]),
        (("--status", "active"), ["ann", "bo"]),
        (("--since", "2026-01-01"), ["ann", "bo", "cy"]),
        (("--since", "2999-01-01"), []),
        (("--bounced",), []),
    ],
)
def test_people_are_listed_by_what_is_asked(
    filled: Run, words: list[str], names: list[str]
) -> None:
    filled("subscribers", "unsubscribe", "cy@reader.example")
    found = json.loads(filled("subscribers", "list", *words, "--json").out)
    assert [person["address"].partition("@")[0] for person in found] == names
    shown = filled("subscribers", "list", *words).out
    assert [line.partition("@")[0] for line in shown.splitlines()[1:]] == names


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("unsubscribe", "nobody@b.example"), "nobody@b.example"),
        (("unsubscribe", ANN, "--list", "nope"), "nope"),
        (("suppress", "not an address", "--reason", "x"), "not an address"),
        (("history", "nobody@b.example"), "nobody@b.example"),
        (("erase", "nobody@b.example", "--yes"), "nobody@b.example"),
        (("list", "--topic", "astrology"), "astrology"),
    ],
)
def test_a_mistake_is_one_line(filled: Run, words: tuple[str, ...], named: str) -> None:
    shown = filled("subscribers", *words)
    assert (shown.code, shown.err.count("\n")) == (1, 1)
    assert named in shown.err
