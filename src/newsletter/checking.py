"""What `newsletter check` looks at: an issue, from the store, as its readers would get it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlmodel import Session

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.content.planning import plan, spoken
from newsletter.content.preferences import Preferences
from newsletter.errors import TemplateError
from newsletter.rendering.checks import (
    Audience,
    Finding,
    Selection,
    Severity,
    check_issue,
    check_template,
)
from newsletter.rendering.checks.mjml_source import check_mjml
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.templates import Template, load_template
from newsletter.store import issues
from newsletter.store.database import Database
from newsletter.store.endings import ending
from newsletter.store.issues import Issue
from newsletter.store.values import IssueState

MOST_SELECTIONS = 2_000
"""Distinct selections that are looked at, those with the most readers first."""

Forms = Mapping[tuple[str, ...], Compiled]
"""An issue compiled, by languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The findings, errors first, and how much of the audience was looked at."""

    findings: tuple[Finding, ...]
    selections: int
    all_selections: int
    readers: int
    all_readers: int

    @property
    def errors(self) -> int:
        """How many of the findings stop a send."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)


def check(
    db: Database,
    issue: Issue,
    template_folders: Sequence[Path],
    today: dt.date,
    *,
    loopback_allowed: bool = False,
    most: int = MOST_SELECTIONS,
) -> Report:
    """Looks at an issue as the present audience of its list would get it.

    A frozen issue is looked at as it was compiled then; its template cannot change it any more.
    `today` is the day in the list's zone by which a pause is judged.
    """
    digest = issue.digest
    with db.read() as session:
        people = list(issues.audience_preview(session, issue.list_name, today=today))
        chosen = [(choice.preferences, readers) for choice, readers in islice(people, most)]
        wanted = _languages(digest, [preferences for preferences, _ in chosen])
        stored = _stored(session, issue, wanted)
        findings = _ended(session, issue)
    all_readers = sum(readers for _, readers in people)
    try:
        template = load_template(template_folders, digest.list.template)
        forms = stored or _compiled(template, digest, wanted)
        audience = Audience(
            selections=tuple(_selection(digest, forms, p, readers) for p, readers in chosen),
            all_selections=len(people),
            all_readers=all_readers,
        )
        if not stored:
            law = not _is_packaged(template)
            findings += check_template(template, digest, forms, audience, law=law)
        findings += check_issue(digest, forms, audience, loopback_allowed=loopback_allowed)
    except TemplateError as error:
        misspelt = _misspelt(template_folders, digest, wanted, all_readers)
        findings += (*misspelt, _broken(error, all_readers))
    return Report(
        findings=tuple(sorted(findings, key=lambda f: f.severity is not Severity.ERROR)),
        selections=len(chosen),
        all_selections=len(people),
        readers=sum(readers for _, readers in chosen),
        all_readers=all_readers,
    )


def _ended(session: Session, issue: Issue) -> tuple[Finding, ...]:
    """That a draft can go to nobody, since its list has ended."""
    found = ending(session, issue.list_name) if issue.state is IssueState.DRAFT else None
    if found is None:
        return ()
    return (
        Finding(
            severity=Severity.ERROR,
            code="ended",
            where=issue.list_name,
            what=f"the list ended on {found.at:%Y-%m-%d}: nobody can be sent this issue",
            mend=f"let it be, or `newsletter lists reopen {issue.list_name}`",
        ),
    )


def _languages(digest: Digest, chosen: Sequence[Preferences]) -> tuple[tuple[str, ...], ...]:
    """The choices of languages that somebody made; the list's first one if nobody is there."""
    found = dict.fromkeys(spoken(digest.list, preferences) for preferences in chosen)
    return tuple(found) or (digest.list.languages[:1],)


def _stored(session: Session, issue: Issue, wanted: Sequence[tuple[str, ...]]) -> Forms:
    if issue.edition is None:
        return {}
    edition = issue.edition.id
    return {
        languages: Compiled.loads(issues.compiled(session, edition, "+".join(languages)))
        for languages in wanted
    }


def _compiled(template: Template, digest: Digest, wanted: Sequence[tuple[str, ...]]) -> Forms:
    links = Links(digest.list.public_url)
    return {
        languages: compile_issue(template, digest, languages, links=links) for languages in wanted
    }


def _selection(digest: Digest, forms: Forms, preferences: Preferences, readers: int) -> Selection:
    form = forms[spoken(digest.list, preferences)]
    return Selection(preferences=preferences, readers=readers, plan=plan(digest, preferences, form))


def _is_packaged(template: Template) -> bool:
    """Whether it is one of ours as it came, whose law is tested with the program."""
    try:
        return load_template((), template.name).files == template.files
    except TemplateError:
        return False


def _misspelt(
    folders: Sequence[Path], digest: Digest, wanted: Sequence[tuple[str, ...]], readers: int
) -> tuple[Finding, ...]:
    """Faults of a template's MJML by which it may not compile, as far as it renders."""
    try:
        template = load_template(folders, digest.list.template)
        links = Links(digest.list.public_url)
        return tuple(check_mjml(template, digest, wanted[0], links, readers))
    except TemplateError:
        return ()


def _broken(error: TemplateError, readers: int) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        code="template",
        where=f"{error.template}:{error.line}" if error.line else error.template,
        what=error.reason,
        mend="correct the template",
        readers=readers,
    )
