"""Each command does its part of the main job, and says what it did."""

import datetime as dt
import json
import stat
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from newsletter import workflow
from newsletter.cli.app import GROUPS
from newsletter.store import issues
from newsletter.store.database import Database
from tests.cli.conftest import ISSUE, SAMPLES, Run


def test_init_makes_a_place_to_work_in_and_changes_nothing_again(run: Run, tmp_path: Path) -> None:
    assert run("init").code == 0
    path = tmp_path / "newsletter.toml"
    before = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (tmp_path / "templates" / "weekly" / "issue.mjml").is_file()
    assert (tmp_path / "subscribers" / "ai-for-science" / "list.toml").is_file()
    again = run("init")
    assert again.code == 0
    assert path.read_bytes() == before
    assert "kept    newsletter.toml" in again.out


def test_init_never_prints_the_key(run: Run, tmp_path: Path) -> None:
    shown = run("init")
    key = (tmp_path / "newsletter.toml").read_text().split('secret_keys = ["')[1].split('"')[0]
    assert key not in shown.out + shown.err


def test_each_step_of_a_first_issue_says_what_comes_next(run: Run) -> None:
    assert "then newsletter lists sync" in run("init").out
    assert "newsletter lists sync" in run("status").out
    assert "newsletter issues assemble ai-for-science\n" in run("lists", "sync").out
    run("entries", "import", *SAMPLES)
    made = run("issues", "assemble", "ai-for-science", "--week", "2026-W06")
    assert f"newsletter check {ISSUE}" in made.out
    assert "next" not in run("lists", "sync").out
    assert "next" not in run("issues", "assemble", "ai-for-science", "--week", "2025-W06").out


@pytest.mark.parametrize("group", ["deliveries", "outbox", "schedule", "editors"])
def test_help_of_a_group_that_lists_by_default_says_where_its_options_are(
    run: Run, group: str
) -> None:
    assert f"see newsletter {group} list --help" in run(group, "--help").out


@pytest.mark.parametrize("group", ["", *GROUPS])
def test_help_says_in_a_whole_sentence_what_each_command_does(
    run: Run, monkeypatch: pytest.MonkeyPatch, group: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    listed = run(*group.split(), "--help").out.split("\nCommands:\n")[1].split("\n\n")[0]
    lines = listed.splitlines()
    assert lines
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


def test_syncing_again_says_that_nothing_changed(ready: Run) -> None:
    assert ready("lists", "sync").out == "ai-for-science: unchanged\n"


def test_a_new_list_is_said_once(run: Run) -> None:
    run("init")
    assert run("lists", "sync").out.startswith("ai-for-science: new, with 15 topics\n")
    assert run("lists", "sync").out == "ai-for-science: unchanged\n"


def test_importing_again_changes_nothing_and_says_so(filled: Run) -> None:
    again = filled("entries", "import", *SAMPLES)
    assert again.out.count("unchanged") == len(SAMPLES)
    reports = json.loads(filled("entries", "import", "--json", *SAMPLES).out)
    assert all(report["unchanged"] for report in reports)


def test_what_was_imported_under_another_name_is_told_by_it_and_an_entry_since_when(
    filled: Run, tmp_path: Path
) -> None:
    brief = next(path for path in SAMPLES if path.suffix == ".txt")
    (tmp_path / f"again-{brief.name}").write_bytes(brief.read_bytes())
    said = filled("entries", "import", str(tmp_path / f"again-{brief.name}")).out
    assert f": unchanged, imported as {brief.name} on 20" in said
    first, *_ = json.loads(filled("entries", "list", "--json").out)
    filled("entries", "edit", str(first["id"]), "tier=notable")
    entry = json.loads(filled("entries", "show", str(first["id"]), "--json").out)
    assert entry["stored_at"] == first["stored_at"] <= entry["changed_at"]


def test_a_changed_text_updates_its_entry_and_says_which_field(filled: Run, tmp_path: Path) -> None:
    listing = next(path for path in SAMPLES if path.suffix == ".md")
    changed = listing.read_text("utf-8").replace("TL;DR: ", "TL;DR: 更正：", 1)
    (tmp_path / listing.name).write_text(changed, "utf-8")
    shown = filled("entries", "import", tmp_path / listing.name)
    assert "0 new, 1 updated" in shown.out
    assert "texts.zh.summary" in shown.out


def test_a_file_that_is_refused_leaves_the_others_their_way(ready: Run, tmp_path: Path) -> None:
    (tmp_path / "shopping.txt").write_text("milk\neggs\n")
    shown = ready("entries", "import", "shopping.txt", SAMPLES[0])
    assert shown.code == 1
    assert shown.err.startswith("newsletter: shopping.txt:1: ")
    assert shown.err.count("\n") == 1
    assert "8 new" in shown.out


def test_an_editors_correction_outlives_an_import(filled: Run, tmp_path: Path) -> None:
    assert filled("entries", "edit", "2602.04139", "tier=notable", "title=Better title").code == 0
    listing = next(path for path in SAMPLES if path.suffix == ".md")
    (tmp_path / listing.name).write_text(listing.read_text("utf-8") + "\n", "utf-8")
    filled("entries", "import", tmp_path / listing.name)
    found = json.loads(filled("entries", "show", "2602.04139", "--json").out)
    assert (found["title"], found["tier"]) == ("Better title", "notable")


def test_a_dropped_entry_is_in_no_issue(filled: Run) -> None:
    assert filled("entries", "drop", "2602.04139").code == 0
    issue = json.loads(
        filled("issues", "assemble", "ai-for-science", "--week", "2026-W06", "--json").out
    )
    assert "arxiv:2602.04139" not in [entry["key"] for entry in issue["entries"]]


def test_the_main_job_ends_in_an_inbox(filled: Run, mail: Path) -> None:
    sent = filled("send", ISSUE, "--unchecked", "--yes")
    assert (sent.code, "sent     2" in sent.out, "no topics chosen  1" in sent.out) == (
        0,
        True,
        True,
    )
    caught = [message_from_bytes(p.read_bytes(), policy=default) for p in mail.iterdir()]
    assert sorted(str(message["To"]) for message in caught) == [
        "ann@reader.example",
        "bo@reader.example",
    ]
    again = filled("send", ISSUE, "--unchecked", "--yes")
    assert again.code == 0
    assert "nothing is left to send: 0 messages" in again.out
    assert len(list(mail.iterdir())) == 2


def test_render_gives_the_octets_that_arrived(filled: Run, mail: Path, tmp_path: Path) -> None:
    before = filled("render", ISSUE, "--to", "ann@reader.example")
    assert before.code == 0
    filled("send", ISSUE, "--unchecked", "--yes")
    filled("render", ISSUE, "--to", "ann@reader.example", "--out", tmp_path / "ann.eml")
    octets = (tmp_path / "ann.eml").read_bytes()
    assert octets in [path.read_bytes() for path in mail.iterdir()]


def test_a_draft_is_rendered_with_a_word_that_its_reader_would_get_none(filled: Run) -> None:
    shown = filled("render", ISSUE, "--to", "cy@reader.example")
    assert shown.code == 0
    assert shown.err.count("\n") == 1
    assert "no topics chosen" in shown.err
    assert filled("render", ISSUE, "--to", "ann@reader.example").err == ""


def test_without_anybody_to_ask_nothing_is_sent(filled: Run, mail: Path) -> None:
    shown = filled("send", ISSUE, "--unchecked")
    assert shown.code == 1
    assert "--yes" in shown.err
    assert not list(mail.iterdir())


def test_a_dry_run_says_who_would_get_it_and_changes_nothing(filled: Run, mail: Path) -> None:
    shown = filled("send", ISSUE, "--dry-run")
    assert shown.code == 0
    assert "will get it         2" in shown.out
    assert not list(mail.iterdir())
    assert json.loads(filled("status", ISSUE, "--json").out)["state"] == "draft"


def test_a_test_needs_no_subscriber_and_leaves_no_trace(filled: Run, mail: Path) -> None:
    before = json.loads(filled("status", ISSUE, "--json").out)
    for _ in range(2):
        assert filled("send", ISSUE, "--test", "me@elsewhere.example").code == 0
    caught = [message_from_bytes(p.read_bytes(), policy=default) for p in mail.iterdir()]
    assert [str(message["To"]) for message in caught] == ["me@elsewhere.example"] * 2
    assert len({message["Message-ID"] for message in caught}) == 2
    assert json.loads(filled("status", ISSUE, "--json").out) == before
    assert filled("subscribers", "show", "me@elsewhere.example").code == 1


@pytest.mark.usefixtures("mail")
def test_why_tells_the_rule_for_each_entry_and_the_relays_reply(filled: Run) -> None:
    filled("send", ISSUE, "--unchecked", "--yes")
    found = json.loads(filled("subscribers", "why", "ann@reader.example", ISSUE, "--json").out)
    got = [entry for entry in found["entries"] if entry["depth"]]
    assert {entry["rule"] for entry in got} == {"follows", "general"}
    assert all("proteins" in e["topics"] for e in got if e["rule"] == "follows")
    assert all(e["topics"] == ["general"] for e in got if e["rule"] == "general")
    assert (found["delivery"]["state"], found["delivery"]["code"]) == ("sent", 250)
    skipped = filled("subscribers", "why", "cy@reader.example", ISSUE)
    assert "no topics chosen" in skipped.out


def test_why_does_not_say_that_somebody_got_what_they_would_not(filled: Run, mail: Path) -> None:
    for address, reason in (("bo@reader.example", "paused"), ("cy@reader.example", "no topics")):
        filled("subscribers", "set", "bo@reader.example", "--pause-until", "2999-01-01")
        before = filled("subscribers", "why", address, ISSUE).out
        assert f"none yet; now it would be skipped: {reason}" in before
    filled("send", ISSUE, "--unchecked", "--yes")
    after = filled("subscribers", "why", "bo@reader.example", ISSUE).out
    assert "paused" in after
    assert "\twould get\t" in after
    assert "\tgot\t" in filled("subscribers", "why", "ann@reader.example", ISSUE).out
    assert len(list(mail.iterdir())) == 1


@pytest.mark.usefixtures("mail")
def test_the_relays_reply_is_shown_with_its_codes(filled: Run) -> None:
    filled("send", ISSUE, "--unchecked", "--yes")
    assert "250 2.0.0 kept" in filled("deliveries", ISSUE, "--state", "sent").out
    assert "250 2.0.0 kept" in filled("subscribers", "why", "ann@reader.example", ISSUE).out


def test_an_issue_frozen_by_a_send_that_died_is_sent_by_the_next(
    filled: Run, mail: Path, tmp_path: Path
) -> None:
    db = Database.open(f"sqlite:///{tmp_path / 'newsletter.db'}")
    with db.read() as session:
        draft = issues.get_issue(session, *ISSUE.split("/"))
    workflow.freeze(db, draft, (), dt.datetime.now(dt.UTC))
    db.close()
    shown = filled("send", ISSUE, "--unchecked", "--yes")
    assert (shown.code, len(list(mail.iterdir()))) == (0, 2), shown.out
    again = filled("send", ISSUE, "--unchecked", "--yes").out
    assert "has it already      2" in again


@pytest.mark.usefixtures("mail")
def test_deliveries_can_be_filtered(filled: Run) -> None:
    filled("send", ISSUE, "--unchecked", "--yes")

    def addresses(*options: str) -> list[str]:
        rows = json.loads(filled("deliveries", ISSUE, "--json", *options).out)
        return [row["address"] for row in rows]

    assert addresses("--state", "skipped") == ["cy@reader.example"]
    assert addresses("--to", "BO@reader.example") == ["bo@reader.example"]
    assert len(addresses("--domain", "reader.example")) == 3
    assert addresses("--domain", "other.example") == []


def test_what_was_exported_imports_to_the_same(filled: Run, tmp_path: Path) -> None:
    first = filled("subscribers", "export").out
    (tmp_path / "again.csv").write_text(first)
    again = filled("subscribers", "import", "again.csv")
    assert "0 added, 3 known" in again.out
    assert filled("subscribers", "export").out == first


def test_a_script_can_rely_on_every_state_of_a_list(ready: Run) -> None:
    none = {"pending": 0, "active": 0, "left": 0}
    one = json.loads(ready("lists", "show", "ai-for-science", "--json").out)
    assert one["subscriptions"] == none
    (every,) = json.loads(ready("lists", "show", "--json").out)
    assert {state: every[state] for state in none} == none


def test_choices_are_set_and_shown(filled: Run) -> None:
    words = (
        "--topics",
        "Proteins and biomolecules; agents",
        "--muted",
        "quantum",
        "--language",
        "en+zh",
    )
    more = ("--tier", "notable", "--format", "text", "--most", "5", "--only-topics")
    assert filled("subscribers", "set", "bo@reader.example", *words, *more).code == 0
    found = json.loads(filled("subscribers", "show", "bo@reader.example", "--json").out)
    assert found["subscriptions"]["ai-for-science"]["preferences"] == {
        "follows": ["agents", "proteins"],
        "mutes": ["quantum"],
        "only_topics": True,
        "lowest_tier": "notable",
        "languages": ["en", "zh"],
        "html": False,
        "most": 5,
    }
    every = ("--topics", "all", "--muted", "none")
    assert filled("subscribers", "set", "bo@reader.example", *every).code == 0
    found = json.loads(filled("subscribers", "show", "bo@reader.example", "--json").out)
    chosen = found["subscriptions"]["ai-for-science"]["preferences"]
    assert (chosen["follows"], chosen["mutes"]) == (None, [])
    wrong = filled("subscribers", "set", "bo@reader.example", "--topics", "quantim")
    assert wrong.err.endswith("no topic 'quantim': did you mean 'quantum'?\n")


def test_who_is_there_already_is_not_added_again(filled: Run) -> None:
    shown = filled("subscribers", "add", "Ann@Reader.example")
    assert shown.code == 1
    assert "already" in shown.err
    assert filled("subscribers", "add", "dee@reader.example", "--topics", "agents").code == 0


READS = (
    ("subscribers", "export"),
    ("lists", "show"),
    ("lists", "show", "ai-for-science"),
    ("entries", "list"),
    ("entries", "show", "1"),
    ("issues", "list"),
    ("issues", "show", ISSUE),
    ("subscribers", "show", "ann@reader.example"),
    ("subscribers", "why", "ann@reader.example", ISSUE),
    ("status",),
    ("status", ISSUE),
    ("deliveries", ISSUE),
)


@pytest.mark.usefixtures("mail")
def test_each_read_command_has_json_and_words(filled: Run) -> None:
    filled("send", ISSUE, "--unchecked", "--yes")
    for words in READS:
        shown = filled(*words)
        assert (shown.code, shown.err) == (0, "")
        assert shown.out
        json.loads(filled(*words, "--json").out)
