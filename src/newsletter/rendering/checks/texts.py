"""What an issue says, text by text: placeholders, and papers of which nothing is said."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from newsletter.content.digest import Digest, DigestEntry
from newsletter.content.entry import Brief, BriefText, EntryText, Tier
from newsletter.rendering.checks.finding import Audience, Finding, Severity
from newsletter.rendering.checks.placeholders import placeholders

_TOLD = (Tier.BREAKTHROUGH, Tier.NOTABLE)
"""The tiers whose papers are expected to be told about; mentions may be titles alone."""


def check_texts(digest: Digest, audience: Audience) -> Iterator[Finding]:
    """Findings in entries, briefs, the editor's notes and the list's own words."""
    alike: dict[tuple[str, str], list[tuple[int, Finding]]] = {}
    for index, item in enumerate(digest.entries):
        for finding in _entry(item, audience.of_entry(index)):
            if finding.code == "template-markup":
                place = finding.where.rpartition(": ")[2]
                alike.setdefault((place, finding.what), []).append((index, finding))
            else:
                yield finding
    for (place, _), found in alike.items():
        yield _together(digest, audience, place, found)
    editorial = audience.mailed(lambda s: s.plan.editorial)
    for brief in digest.briefs:
        yield from _brief(brief, editorial)
    for language, note in digest.notes.items():
        yield from _judged(
            note,
            f"the editor's note, {language}",
            f"issues edit {digest.list.name}/{digest.name} --lang {language}",
            editorial,
        )
    yield from _list_words(digest, audience.mailed())


def _entry(item: DigestEntry, readers: int) -> Iterator[Finding]:
    entry = item.entry
    reference = entry.arxiv_id or entry.title
    command = f"entries edit {shlex.quote(reference)}"
    yield from _judged(entry.title, f"{entry.key}: title", f"{command} title=…", readers)
    for author in entry.authors:
        yield from _judged(author, f"{entry.key}: authors", f"{command} authors=…", readers)
    for language, text in entry.texts.items():
        for name, said in _said(text):
            yield from _judged(
                said,
                f"{entry.key}: texts.{language}.{name}",
                f"{command} texts.{language}.{name}=…",
                readers,
            )
    if entry.tier in _TOLD and not any(text.filled() for text in entry.texts.values()):
        yield Finding(
            severity=Severity.WARNING,
            code="no-text",
            where=entry.key,
            what=f"{entry.title!r} is {entry.tier} and nothing is said of it",
            mend=f"newsletter {command} texts.en.summary=…, or tier=mention",
            readers=readers,
            entries=(entry.key,),
        )


def _together(
    digest: Digest, audience: Audience, place: str, found: list[tuple[int, Finding]]
) -> Finding:
    """One finding of what went wrong the same way in several entries: whatever wrote them did."""
    indices, findings = zip(*found, strict=True)
    first: Finding = findings[0]
    if len(findings) == 1:
        return first
    return replace(
        first,
        where=f"{place} of {len(findings)} entries",
        mend="correct what wrote them and import them again, or edit each: newsletter entries edit",
        readers=audience.of_entries(indices),
        entries=tuple(digest.entries[index].entry.key for index in indices),
    )


def _brief(brief: Brief, readers: int) -> Iterator[Finding]:
    for language, text in brief.texts.items():
        for name, said in _said(text):
            yield from _judged(
                said, f"{brief.key}: {language}.{name}", "entries import FILE", readers
            )


def _list_words(digest: Digest, readers: int) -> Iterator[Finding]:
    mailing_list = digest.list
    words = {f"title.{lang}": text for lang, text in mailing_list.titles.items()}
    words |= {f"description.{lang}": text for lang, text in mailing_list.description.items()}
    words |= {"sender.name": mailing_list.sender.name}
    words |= {"postal_address": mailing_list.postal_address}
    for name, said in words.items():
        yield from _judged(said, f"list.toml: {name}", "lists sync", readers)


def _said(text: EntryText | BriefText) -> Iterator[tuple[str, str]]:
    """Each single text of a value with the name of its field."""
    for field in fields(text):
        yield from _flat(field.name, getattr(text, field.name))


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, tuple):
        for item in value:
            yield from _flat(name, item)
    else:  # a trend
        yield from ((name, getattr(value, field.name)) for field in fields(value))


def _judged(said: str, where: str, command: str, readers: int) -> Iterator[Finding]:
    for found in placeholders(said):
        yield Finding(
            severity=found.severity,
            code=found.code,
            where=where,
            what=f"{found.words!r} {found.what}",
            mend=f"write it and run newsletter {command}",
            readers=readers,
        )
