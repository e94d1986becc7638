"""`newsletter schedule`: what is to come, holidays, what was missed, and months in seconds."""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import text

from newsletter.cli import clockwork
from newsletter.cli import slots as commands
from newsletter.store import slots
from newsletter.store.database import Database
from newsletter.store.senders import CLOCK, hold_issue
from newsletter.store.slots import Slot, SlotState
from tests.cli.conftest import Run

LIST = "ai-for-science"


def rows(run: Run, *words: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("schedule", *words, "--json").out)
    return found


def coming(run: Run, number: int = 1) -> list[str]:
    return [str(row["issue"]) for row in rows(run, "--next", str(number))]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database.open(f"sqlite:///{tmp_path / 'newsletter.db'}")


def slot(database: Database, reference: str) -> Slot:
    with database.read() as session:
        return slots.get_slot(session, *reference.split("/"))


def test_it_names_the_next_moments_in_the_lists_zone_and_here(ready: Run) -> None:
    shown = ready("schedule", LIST, "--next", "10")
    assert (shown.code, shown.err) == (0, "")
    first, heading, *lines = shown.out.splitlines()
    assert first == "ai-for-science: thursday 08:00 Europe/Berlin"
    assert heading.split("\t")[:4] == ["issue", "goes out", "here", "state"]
    assert len(lines) == 10
    assert all("Thu 20" in line and " 08:00 CE" in line for line in lines)


def test_a_holiday_is_skipped_and_taken_back(ready: Run, database: Database) -> None:
    issue = coming(ready, 3)[2]
    said = ready("schedule", "skip", issue, "--carry")
    assert said.out == f"{issue} is skipped; the next issue takes in its days\n"
    assert slot(database, issue).by
    assert {row["issue"]: row["state"] for row in rows(ready, "--next", "3")}[issue] == "skipped"
    kept = ready("schedule", "keep", issue)
    assert kept.out.startswith(f"{issue} goes out Thu ")
    assert slot(database, issue).state is SlotState.PLANNED
    again = ready("schedule", "keep", issue)
    assert (again.code, "only a skipped issue comes back" in again.err) == (1, True)


def test_an_issue_of_no_moment_is_refused(ready: Run) -> None:
    said = ready("schedule", "skip", f"{LIST}/2026-02-01..2026-02-03")
    assert said.code == 1
    assert "is no issue of this schedule (thursday 08:00 Europe/Berlin)" in said.err


def test_months_in_seconds(ready: Run) -> None:
    shown = ready("schedule", "--simulate", "2027-03-15..2027-04-15")
    assert "5 issues of ai-for-science" in shown.err
    assert "the clock changed: CEST" in shown.out
    assert ready("schedule").out.count("planned") == 5
    for wrong in ("2027", "2027-02-30..2027-04-01", "2027-04-01..2027-03-01"):
        assert ready("schedule", "--simulate", wrong).code == 1


@pytest.mark.parametrize(
    ("option", "said"), [("--approve", "as if editors approved"), ("--no-approve", "as if nobody")]
)
def test_a_simulation_says_what_it_takes_editors_to_do(
    ready: Run, tmp_path: Path, option: str, said: str
) -> None:
    asked = ("schedule", "--simulate", "2027-03-15..2027-04-15", option)
    assert "as if" not in ready(*asked).err
    file = tmp_path / "subscribers" / LIST / "list.toml"
    file.write_text(file.read_text().replace("[schedule]", '[schedule]\nreview = "required"'))
    ready("lists", "sync")
    assert said in ready(*asked).err


@pytest.mark.parametrize(
    ("schedule", "span", "changes"),
    [
        ('cron = "30 2 * * sun"\nzone = "Europe/Berlin"', "2027-03-20..2027-04-12", [0, 1, 0, 0]),
        ('cron = "30 2 * * sun"\nzone = "Europe/Berlin"', "2026-10-24..2026-11-09", [0, 1, 0]),
        (
            'cron = "15 2 * * sun"\nzone = "Australia/Lord_Howe"',
            "2026-10-01..2026-10-20",
            [1, 0, 0],
        ),
        ('cron = "0 8 * * fri"\nzone = "Pacific/Apia"', "2011-12-20..2012-01-14", [0, 1, 0, 0]),
    ],
)
def test_a_simulation_says_once_that_the_clock_changed(
    ready: Run, tmp_path: Path, schedule: str, span: str, changes: list[int]
) -> None:
    file = tmp_path / "subscribers" / LIST / "list.toml"
    lines = [
        line
        for line in file.read_text().splitlines()
        if not line.startswith(("weekday =", "time =", "zone ="))
    ]
    file.write_text("\n".join(lines).replace("[schedule]", f"[schedule]\n{schedule}"))
    ready("lists", "sync")
    _, *shown = ready("schedule", LIST, "--simulate", span).out.splitlines()
    assert [line.count("the clock changed") for line in shown] == changes


def missed(run: Run, database: Database) -> str:
    """An issue with entries that should have gone two days ago."""
    issue = f"{LIST}/2026-W06"
    run("schedule", "skip", issue)
    run("schedule", "keep", issue)
    with database.write() as session:
        session.connection().execute(text("UPDATE slots SET state = 'missed'"))
    return issue


def test_what_was_missed_is_told_by_status_and_goes_when_it_is_run(
    filled: Run, database: Database, mail: Path
) -> None:
    issue = missed(filled, database)
    assert f"{issue} was missed" in filled("status").out

    async def proven(*_: object) -> None:
        return None

    with patch.object(clockwork, "prove_leaving", proven):
        ran = filled("schedule", "run", issue)
    assert (ran.code, f"{issue}: send: done" in ran.out) == (0, True)
    assert slot(database, issue).state is SlotState.SENT
    assert len(list(mail.iterdir())) >= 2
    assert "was missed" not in filled("status").out
    again = filled("schedule", "run", issue)
    assert "is sent" in again.err


def test_all_that_was_missed_is_let_be_at_once(filled: Run, database: Database) -> None:
    issue = missed(filled, database)
    late = f"{LIST}/2026-W05"
    filled("schedule", "skip", late)
    with database.write() as session:
        session.connection().execute(text("UPDATE slots SET state = 'missed'"))
    done = filled("schedule", "skip", "--missed", "--carry", LIST)
    assert done.code == 0
    assert [line.partition(" ")[0] for line in done.out.splitlines()] == [late, issue]
    assert all(slot(database, one).carry for one in (late, issue))
    assert "was missed" not in filled("status").out
    assert "nothing of ai-for-science waits" in filled("schedule", "skip", "--missed", LIST).err


def test_what_fails_says_so_and_is_on_record(filled: Run, database: Database, mail: Path) -> None:
    issue = missed(filled, database)
    ran = filled("schedule", "run", issue)
    assert ran.code == 1
    assert f"{issue}: send: failed: " in ran.out
    assert slot(database, issue).attempts == 1
    assert "does not get on, tried again at " in filled("status").out
    assert not list(mail.iterdir())


@pytest.mark.usefixtures("mail")
def test_a_run_says_what_waits_for_its_next_try_until_when_and_why(
    filled: Run, database: Database
) -> None:
    issue = missed(filled, database)
    filled("schedule", "run", issue)
    said = filled("schedule", "run")
    nothing, waits, *others = said.out.splitlines()
    assert (said.code, nothing, others) == (0, "nothing was due now", [])
    assert waits.startswith(f"{issue}: does not get on, tried again at ")
    assert "unsubscribe address" in waits


def test_skipping_with_carry_puts_the_entries_into_a_draft_that_is_there(filled: Run) -> None:
    issue = f"{LIST}/2026-W06"
    following = f"{LIST}/2026-W07"
    filled("issues", "assemble", LIST, "--week", "2026-W07")
    filled("schedule", "skip", following)
    filled("schedule", "keep", following)  # both have a slot now

    def entries() -> int:
        return len(json.loads(filled("issues", "show", following, "--json").out)["entries"])

    before = entries()
    here = len(json.loads(filled("issues", "show", issue, "--json").out)["entries"])
    filled("schedule", "skip", issue, "--carry")
    assert entries() == before + here
    filled("schedule", "keep", issue)
    assert entries() == before


def test_waves_are_named_with_the_schedule(filled: Run, tmp_path: Path) -> None:
    path = tmp_path / "subscribers" / LIST / "list.toml"
    path.write_text(path.read_text("utf-8").replace("[schedule]", '[schedule]\nwaves = "reader"'))
    with chdir(tmp_path):
        filled("lists", "sync")
    assert "by each reader's clock" in filled("schedule").out


@pytest.mark.usefixtures("mail")
def test_a_run_beside_another_clock_says_so_and_not_that_nothing_was_due(
    ready: Run, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "TRIES", 1)
    with hold_issue(database, CLOCK):
        said = ready("schedule", "run")
    assert (said.code, said.out) == (1, "")
    assert "another clock is at work and does what is due" in said.err
    assert ready("schedule", "run").out == "nothing was due\n"


def asks_for_approval(run: Run, folder: Path) -> None:
    file = folder / "subscribers" / LIST / "list.toml"
    asked = '[schedule]\nreview = "required"\nunreviewed = "skip"'
    file.write_text(file.read_text().replace("[schedule]", asked))
    assert run("lists", "sync").code == 0


def test_what_nobody_approved_is_neither_sent_nor_skipped_by_a_run(
    filled: Run, database: Database, mail: Path, tmp_path: Path
) -> None:
    issue = missed(filled, database)
    asks_for_approval(filled, tmp_path)
    said = filled("schedule", "run", issue)
    assert "nobody has approved it" in said.err
    assert slot(database, issue).state is SlotState.MISSED
    assert not list(mail.iterdir())


def test_a_run_sends_what_editors_are_told(filled: Run, database: Database, mail: Path) -> None:
    """A timer may be all that keeps the clock."""
    issue = missed(filled, database)
    with database.write() as session:
        session.connection().execute(text("UPDATE slots SET state = 'drafted'"))
    assert filled("schedule", "run").out == f"{issue}: miss: done\n"
    (told,) = mail.iterdir()
    assert b"Subject: Not sent: " in told.read_bytes()


@pytest.mark.usefixtures("mail")
def test_a_list_that_no_clock_has_kept_is_said_to_be_so(filled: Run) -> None:
    assert "  no clock has kept it yet: start `newsletter serve`\n" in filled("status").out
    filled("schedule", "run")
    assert "no clock" not in filled("status").out


def test_a_list_whose_file_is_gone_goes_on_and_each_who_looks_is_told(
    ready: Run, tmp_path: Path
) -> None:
    file = tmp_path / "subscribers" / LIST / "list.toml"
    copy = tmp_path / "subscribers" / "another" / "list.toml"
    copy.parent.mkdir()
    file.rename(copy)
    gone = f"{LIST}: {Path('subscribers') / LIST / 'list.toml'} is gone, and the list goes out as"
    for words in (("lists", "sync"), ("schedule",), ("status",)):
        said = ready(*words)
        assert (said.code, said.err.startswith(gone)) == (0, True), words
        assert said.err.count("is gone") == 1
    assert {row["list_name"] for row in rows(ready)} == {LIST, "another"}
    copy.rename(file)
    assert ready("status").err.startswith("another: ")


def test_an_editor_whose_mail_came_back_is_named(
    filled: Run, database: Database, mail: Path
) -> None:
    issue = missed(filled, database)
    with database.write() as session:
        session.connection().execute(text("UPDATE slots SET state = 'drafted'"))
    filled("schedule", "run")
    assert len(list(mail.iterdir())) == 1
    assert "was not told" not in filled("status").out
    with database.write() as session:
        session.connection().execute(
            text("UPDATE outbox SET state = 'bounced', reason = '550 5.1.1 nobody here'")
        )
    assert (
        f"  editors@newsletter.example.org was not told (Not sent: {issue}): "
        "550 5.1.1 nobody here\n"
    ) in filled("status").out
