"""An issue looked at as `newsletter check` does, with faults planted where a test wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from newsletter.content.digest import Digest
from newsletter.content.entry import Entry, EntryText
from newsletter.content.links import Links
from newsletter.content.mailinglist import Sender
from newsletter.content.planning import plan
from newsletter.content.preferences import Preferences
from newsletter.rendering.checks import Audience, Finding, Selection, check_issue, check_template
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.templates import Template, load_template
from tests.builders import make_digest, make_entries

CLEAN_LIST: dict[str, Any] = {
    "public_url": "https://digest.sampleton-papers.eu",
    "reply_to": "editors@sampleton-papers.eu",
    "sender": Sender(name="AI for Science", address="digest@sampleton-papers.eu"),
}
EVERYBODY = ((Preferences(), 30), (Preferences(languages=("zh",)), 12))
Readers = Sequence[tuple[Preferences, int]]


def clean_entries() -> list[Entry]:
    """A week in which everything has a topic, and a text in both languages."""
    texts = {"en": EntryText(summary="It works."), "zh": EntryText(summary="有效。")}
    return [
        replace(entry, topics=("operators",), texts=entry.texts or texts, title=entry.title[:50])
        for entry in make_entries()
    ]


def clean_digest(entries: Sequence[Entry] | None = None, **list_changes: Any) -> Digest:
    """A digest with nothing to say against."""
    found = clean_entries() if entries is None else entries
    return make_digest(found, **(CLEAN_LIST | list_changes))


@lru_cache
def shipped(name: str = "weekly") -> Template:
    return load_template([], name)


def broken(file: str, old: str, new: str, name: str = "weekly") -> Template:
    """A shipped template with one thing changed in one of its files."""
    template = shipped(name)
    assert old in template.files[file]
    files = dict(template.files) | {file: template.files[file].replace(old, new, 1)}
    return Template(template.name, MappingProxyType(files))


def with_foot(piece: str) -> Template:
    """The weekly template with something more at the end of its foot, which everybody gets."""
    return broken("footer.mjml", "</mj-text>", f"{piece}</mj-text>")


def compiled_for(
    digest: Digest, readers: Readers, template: Template
) -> Mapping[tuple[str, ...], Compiled]:
    links = Links(digest.list.public_url)
    languages = {preferences.languages for preferences, _ in readers}
    return {one: compile_issue(template, digest, one, links=links) for one in sorted(languages)}


def audience_of(
    digest: Digest, forms: Mapping[tuple[str, ...], Compiled], readers: Readers
) -> Audience:
    return Audience(
        selections=tuple(
            Selection(
                preferences=wanted,
                readers=people,
                plan=plan(digest, wanted, forms[wanted.languages]),
            )
            for wanted, people in readers
        ),
        all_selections=len(readers),
        all_readers=sum(people for _, people in readers),
    )


def look(
    digest: Digest,
    template: Template | None = None,
    readers: Readers = EVERYBODY,
    *,
    loopback_allowed: bool = False,
) -> tuple[Finding, ...]:
    """All findings about an issue."""
    forms = compiled_for(digest, readers, template or shipped())
    audience = audience_of(digest, forms, readers)
    return check_issue(digest, forms, audience, loopback_allowed=loopback_allowed)


def look_at_template(
    template: Template, digest: Digest | None = None, *, law: bool = False
) -> tuple[Finding, ...]:
    """All findings about a template."""
    digest = digest or clean_digest()
    forms = compiled_for(digest, EVERYBODY, template)
    return check_template(template, digest, forms, audience_of(digest, forms, EVERYBODY), law=law)


def found(findings: Sequence[Finding], code: str) -> Finding:
    """The one finding with this code."""
    matching = [finding for finding in findings if finding.code == code]
    assert len(matching) == 1, (code, findings)
    return matching[0]
