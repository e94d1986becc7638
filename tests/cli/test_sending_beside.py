"""Two processes that send at once: each keeps to the relay's rate for itself, and says so."""

from pathlib import Path

from newsletter.store.database import Database
from newsletter.store.issues import list_issues
from newsletter.store.senders import hold_issue
from tests.cli.conftest import ISSUE, Run

NOTE = "# Closed on Friday\n\nThe office is closed."


def test_a_send_at_a_rate_tells_of_another_that_is_at_work(
    filled: Run, gone: str, tmp_path: Path
) -> None:
    filled("send", ISSUE, "--unchecked", "--yes", smtp=gone)
    (tmp_path / "note.md").write_text(NOTE)
    words = ("send", "ai-for-science", "--announce", "note.md", "--dry-run")
    database = Database.open(f"sqlite:///{tmp_path / 'newsletter.db'}")
    with database.read() as session:
        (number,) = (issue.id for issue in list_issues(session))
    with hold_issue(database, number):
        told = filled(*words, smtp="smtp://127.0.0.1:9?rate=5").err
        assert told.startswith(f"{ISSUE} is being sent by another process, at a rate of its own")
        assert filled(*words, smtp="smtp://127.0.0.1:9").err == "", "nothing limits that relay"
    database.close()
    assert filled(*words, smtp="smtp://127.0.0.1:9?rate=5").err == ""
