"""What an inbox shows of a message before it is opened: the subject and the preheader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import takewhile

from newsletter.rendering.checks.finding import Audience, Finding, Selection, Severity
from newsletter.rendering.checks.leftovers import Leftovers
from newsletter.rendering.checks.page import read_html
from newsletter.rendering.checks.sample_reader import SAMPLE_READER
from newsletter.rendering.compiled import Compiled

SUBJECT_CHARACTERS = 78  # RFC 5322 section 2.1.1: what a line should not exceed
FEWEST_IN_PREHEADER = 20  # with fewer characters an inbox fills the line with what comes next
MOST_IN_PREHEADER = 200  # no inbox shows more, however wide
_TOP = (1200, 4000)  # characters of the body to look for it in; more when it goes on
_INVISIBLE = re.compile("[\u00ad\u034f\u200b-\u200f\u2007\u2060\ufeff\u00a0\\s]+")


def check_inbox(
    compiled: Mapping[tuple[str, ...], Compiled],
    audience: Audience,
    leftovers: Leftovers,
    template: str,
) -> Iterator[Finding]:
    """Findings about the subject and preheader of every selection, once for each fault."""
    met: dict[tuple[str, str], tuple[Finding, int]] = {}
    for languages, selections in audience.by_languages().items():
        for selection in selections:
            for found in _of_one(compiled[languages], selection, leftovers, template):
                first, readers = met.get((found.code, found.where), (found, 0))
                met[found.code, found.where] = first, readers + selection.readers
    for found, readers in met.values():
        yield Finding(
            severity=found.severity,
            code=found.code,
            where=found.where,
            what=found.what,
            mend=found.mend,
            readers=readers,
        )


def _of_one(
    compiled: Compiled, selection: Selection, leftovers: Leftovers, template: str
) -> Iterator[Finding]:
    subject = compiled.subject(selection.plan, SAMPLE_READER)
    yield from _subject(subject, leftovers, f"{template}/subject.txt")
    if selection.plan.html:
        page = compiled.html(selection.plan, SAMPLE_READER)
        yield from _preheader(preheader(page), leftovers, f"{template}/issue.mjml")


def preheader(page: str) -> str:
    """The hidden text at the top of a page's body, without what is there to fill the line."""
    body = page[page.find("<body") :]
    words: list[str] = []
    for characters in _TOP:
        runs = read_html(body[:characters]).runs
        hidden = list(takewhile(lambda run: run.light.hidden, runs))
        words = [run.text for run in hidden]
        if len(hidden) < len(runs):
            break
    return _INVISIBLE.sub(" ", " ".join(words)).strip()


def _subject(subject: str, leftovers: Leftovers, where: str) -> Iterator[Finding]:
    if not subject.strip():
        yield _finding(Severity.ERROR, "empty-subject", where, "the subject is empty")
    elif len(subject) > SUBJECT_CHARACTERS:
        what = f"the subject has {len(subject)} characters: {subject!r}"
        yield _finding(Severity.WARNING, "long-subject", where, f"{what}")
    for words in leftovers.in_text(subject):
        what = f"the subject says {words!r}"
        yield _finding(Severity.ERROR, "markup-in-subject", where, what)


def _preheader(text: str, leftovers: Leftovers, where: str) -> Iterator[Finding]:
    if not text:
        what = "there is no preheader: inboxes show the beginning of the page"
        yield _finding(Severity.WARNING, "empty-preheader", where, what)
    elif len(text) < FEWEST_IN_PREHEADER and text.isascii():
        what = f"the preheader says only {text!r}"
        yield _finding(Severity.WARNING, "short-preheader", where, what)
    elif len(text) > MOST_IN_PREHEADER:
        what = f"the preheader has {len(text)} characters, more than any inbox shows"
        yield _finding(Severity.WARNING, "long-preheader", where, what)
    for words in leftovers.in_text(text):
        what = f"the preheader says {words!r}"
        yield _finding(Severity.ERROR, "markup-in-preheader", where, what)


def _finding(severity: Severity, code: str, where: str, what: str) -> Finding:
    mend = "change the template, or the texts that it takes"
    return Finding(severity=severity, code=code, where=where, what=what, mend=mend)
