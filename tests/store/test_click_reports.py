"""How often links were opened, added up by paper and topic over an issue's editions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlmodel import Session

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.content.mailinglist import Clicks, Policies
from newsletter.rendering.counting import frozen_targets, targets
from newsletter.store import amending, clicks, issues, ledger, lists
from newsletter.store.click_reports import ClickReport, click_report
from newsletter.store.clicks import Click
from newsletter.store.database import Database
from newsletter.store.reports import issue_report
from tests.builders import make_digest, make_entry
from tests.store.stage import LIST, NOW, Stage, everybody, join, sync

NOTE = "[Slides](https://slides.example/) and [code](https://code.example/both)."
COUNTED = Policies(clicks=Clicks.COUNTED)


def two_papers(title: str = "Operators for slow flows") -> Digest:
    code = ("https://code.example/both",)
    digest = make_digest(
        [
            make_entry(1, title=title, links=code),
            make_entry(
                2, title="Proofs of force fields", links=code, topics=("proofs", "force-fields")
            ),
        ],
        policies=COUNTED,
    )
    return replace(digest, notes={"en": NOTE})


def number(digest: Digest, url: str) -> int:
    known = [target.url for target in targets(digest, Links(digest.list.public_url))]
    return known.index(url)


def sent(database: Database, digest: Digest) -> Stage:
    """An issue whose first reader has their message; the others wait."""
    with database.write() as session:
        sync(session)
        lists.sync_list(session, digest.list, {}, now=NOW)
        for name in ("ann", "bo", "cy"):
            join(session, f"{name}@reader.example")
        issue = issues.save_draft(session, digest, NOW)
        edition = issues.freeze(session, issue.id, {}, NOW, frozen_targets(digest))
        issues.fan_out(session, issue.id, everybody, today=NOW.date())
        issues.begin_sending(session, issue.id)
    stage = Stage(database, issue.id, edition.id)
    stage.commit(claims=[stage.claim(stage.due()[0])])
    return stage


def delivery(session: Session, stage: Stage, address: str) -> int:
    found = ledger.delivery_for(session, stage.issue_id, address)
    assert found is not None
    return found.id


def opened(
    stage: Stage, address: str, people: Sequence[int] = (), scanners: Sequence[int] = ()
) -> None:
    with stage.database.write() as session:
        clicks.count(
            session,
            delivery(session, stage, address),
            [Click(n, False, NOW) for n in people],
            [Click(n, True, NOW) for n in scanners],
        )


def report(stage: Stage) -> ClickReport:
    with stage.database.read() as session:
        found = click_report(session, stage.issue_id, 180)
    assert found is not None
    return found


def test_a_paper_has_the_clicks_of_all_its_links_and_a_topic_those_of_its_papers(
    database: Database,
) -> None:
    digest = two_papers()
    stage = sent(database, digest)
    abstract = number(digest, "https://arxiv.org/abs/2602.00001")
    both = number(digest, "https://code.example/both")
    slides = number(digest, "https://slides.example/")
    opened(stage, "ann@reader.example", people=[abstract, both, slides], scanners=[abstract])
    found = report(stage)
    assert (found.people, found.scanners, found.notes) == (3, 1, 1)
    assert [(p.title, p.people, p.scanners) for p in found.papers] == [
        ("Operators for slow flows", 2, 1),
        ("Proofs of force fields", 1, 0),
    ]
    assert found.topics == {"operators": 2, "force-fields": 1, "proofs": 1}
    assert (found.since, found.kept_days) == (NOW.date(), 180)


def test_what_scanners_open_alone_is_on_no_topic(database: Database) -> None:
    stage = sent(database, two_papers())
    opened(stage, "ann@reader.example", scanners=[0, 1, 2])
    found = report(stage)
    assert (found.people, found.scanners, found.topics, found.notes) == (0, 3, {}, 0)


def test_editions_are_added_up_by_what_a_link_was_in_each(database: Database) -> None:
    first = two_papers()
    stage = sent(database, first)
    second = two_papers("A title as it should have been")
    second = replace(second, entries=second.entries[::-1])
    with database.write() as session:
        edition = amending.amend(
            session, stage.issue_id, second, {}, NOW, frozen_targets(second)
        ).edition
    assert edition is not None
    later = Stage(database, stage.issue_id, edition.id)
    later.commit(claims=[later.claim(later.due()[0])])
    url = "https://arxiv.org/abs/2602.00001"
    assert number(first, url) != number(second, url)
    opened(stage, "ann@reader.example", people=[number(first, url)])
    opened(later, "bo@reader.example", people=[number(second, url)])
    (paper,) = report(later).papers
    assert (paper.title, paper.people) == ("A title as it should have been", 2)
    with database.read() as session:
        for address, digest in (("ann@reader.example", first), ("bo@reader.example", second)):
            link = clicks.link(session, delivery(session, later, address), number(digest, url))
            assert link is not None
            assert link.url == url
        assert clicks.link(session, delivery(session, later, "cy@reader.example"), 0) is None


def test_where_nothing_is_counted_no_number_is_told(database: Database) -> None:
    stage = sent(database, make_digest())
    with database.read() as session:
        assert click_report(session, stage.issue_id, 180) is None
        assert issue_report(session, stage.issue_id).clicks is None


def test_the_report_of_an_issue_says_how_long_its_list_keeps_clicks(database: Database) -> None:
    digest = two_papers()
    policies = replace(COUNTED, retention_days=30)
    stage = sent(database, replace(digest, list=replace(digest.list, policies=policies)))
    opened(stage, "ann@reader.example", people=[0])
    with database.write() as session:
        found = issue_report(session, stage.issue_id).clicks
        assert found is not None
        assert (found.kept_days, found.people) == (30, 1)
        clicks.forget(session, LIST, dt.timedelta(days=30), NOW + dt.timedelta(days=31))
        found = issue_report(session, stage.issue_id).clicks
        assert found is not None
        assert (found.people, found.since, found.papers) == (0, None, ())


@pytest.mark.parametrize(("days", "all_known"), [(180, True), (181, False)])
def test_clicks_of_an_old_issue_are_not_said_to_be_all(
    database: Database, days: int, all_known: bool
) -> None:
    stage = sent(database, two_papers())
    with database.read() as session:
        found = issue_report(session, stage.issue_id)
    assert (found.clicks_known_from(NOW + dt.timedelta(days=days)) is None) is all_known
