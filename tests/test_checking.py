"""What is gathered from the store to be checked: the present audience, bounded, and the issue as
it is or as it was frozen."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from sqlmodel import select

from newsletter.checking import check
from newsletter.content.digest import Digest
from newsletter.content.preferences import Preferences
from newsletter.store import issues
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.tables import SubscriptionRow
from newsletter.workflow import freeze
from tests.rendering.checks.looking import clean_digest, clean_entries, found, shipped
from tests.store.stage import NOW, TODAY, join, sync

EVERYTHING = Preferences()
CHINESE = Preferences(languages=("zh",))
NOTHING = Preferences(follows=frozenset())


def drafted(database: Database, digest: Digest | None = None) -> Issue:
    """A draft with six readers: three want everything, two that in Chinese, one nothing."""
    wanted = [EVERYTHING] * 3 + [CHINESE] * 2 + [NOTHING]
    with database.write() as session:
        sync(session)
        for number, preferences in enumerate(wanted):
            join(session, f"reader{number}@papers.eu", preferences)
        return issues.save_draft(session, digest or clean_digest(), NOW)


def test_every_selection_of_every_reader_is_looked_at(database: Database) -> None:
    report = check(database, drafted(database), (), TODAY)
    assert (report.selections, report.all_selections) == (3, 3)
    assert (report.readers, report.all_readers) == (6, 6)
    assert (report.findings, report.errors) == ((), 0)


def test_of_very_many_selections_those_with_most_readers_are_looked_at(
    sqlite_database: Database,
) -> None:
    report = check(sqlite_database, drafted(sqlite_database), (), TODAY, most=1)
    assert (report.selections, report.all_selections) == (1, 3)
    assert (report.readers, report.all_readers) == (3, 6)


def test_a_sample_does_not_say_that_nobody_gets_an_entry(sqlite_database: Database) -> None:
    first, *others = clean_entries()
    digest = clean_digest([replace(first, topics=("proofs",)), *others])
    with sqlite_database.write() as session:
        sync(session)
        for number in range(2):
            operators = Preferences(follows=frozenset({"operators"}))
            join(session, f"a{number}@papers.eu", operators)
        join(session, "b@papers.eu", Preferences(follows=frozenset({"proofs"})))
        issue = issues.save_draft(session, digest, NOW)
    report = check(sqlite_database, issue, (), TODAY, most=1)
    assert "nobody among those looked at gets 1" in found(report.findings, "unseen-entries").what
    assert check(sqlite_database, issue, (), TODAY).findings == ()


def test_who_is_paused_is_not_counted(sqlite_database: Database) -> None:
    issue = drafted(sqlite_database)
    with sqlite_database.write() as session:
        for row in session.exec(select(SubscriptionRow).limit(2)):
            row.paused_until = TODAY + dt.timedelta(days=7)
            session.add(row)
    assert check(sqlite_database, issue, (), TODAY).all_readers == 4


def test_a_list_without_readers_is_still_looked_at(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        sync(session)
        issue = issues.save_draft(session, clean_digest(public_url="http://localhost"), NOW)
    report = check(sqlite_database, issue, (), TODAY)
    assert {finding.code for finding in report.findings} == {"no-readers", "loopback-address"}
    assert report.findings[0].code == "loopback-address"


def template_folder(folder: Path, old: str, new: str) -> Path:
    """A folder with a weekly template of one's own, one thing changed in its foot."""
    (folder / "weekly").mkdir(parents=True, exist_ok=True)
    for name, text in shipped().files.items():
        assert name != "footer.mjml" or old in text
        (folder / "weekly" / name).write_text(text.replace(old, new), "utf-8")
    return folder


def test_what_is_frozen_is_looked_at_as_it_was_compiled(
    sqlite_database: Database, tmp_path: Path
) -> None:
    folders = (template_folder(tmp_path, "</mj-text>", '<a href="/x">More</a></mj-text>'),)
    issue = freeze(sqlite_database, drafted(sqlite_database), (), NOW)
    assert check(sqlite_database, issue, folders, TODAY).findings == ()
    with sqlite_database.write() as session:
        later = replace(clean_digest(), name="2026-W07")
        draft = issues.save_draft(session, later, NOW)
    findings = check(sqlite_database, draft, folders, TODAY).findings
    assert found(findings, "relative-link").where == "/x"


def test_the_law_is_tried_on_templates_of_ones_own(
    sqlite_database: Database, tmp_path: Path
) -> None:
    clever = '{% set joint = joiner("; ") %}'
    clever += "{% fragment when.selective %}{{ joint() }}{% endfragment %}{{ joint() }}</mj-text>"
    folders = (template_folder(tmp_path, "</mj-text>", clever),)
    report = check(sqlite_database, drafted(sqlite_database), folders, TODAY)
    assert found(report.findings, "assembling-law").where == "weekly/issue.mjml"


def test_a_template_that_is_missing_is_a_finding(sqlite_database: Database) -> None:
    issue = drafted(sqlite_database, clean_digest(template="nowhere"))
    report = check(sqlite_database, issue, (), TODAY)
    assert [finding.code for finding in report.findings] == ["template"]
    assert report.errors == 1
