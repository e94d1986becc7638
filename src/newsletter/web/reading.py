"""A digest as the archive page shows it: every detail, each in the best language there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from newsletter.content.digest import Digest, DigestEntry
from newsletter.content.entry import BriefText, Entry, EntryText
from newsletter.content.topics import GENERAL
from newsletter.rendering.mathtext import readable_maths
from newsletter.rendering.prose import rich
from newsletter.rendering.views import safe_url

_DETAILS = tuple(name for name in EntryText.__dataclass_fields__ if name != "title")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing said of an entry: `text`, or `points` for those that are lists."""

    field: str
    language: str
    text: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadLink:
    """A link of an entry: what it is called, and where it leads."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEntry:
    """`index` is the position in `Digest.entries`; `original` the title that `title` translates."""

    index: int
    title: str
    original: str
    authors: tuple[str, ...]
    links: tuple[ReadLink, ...]
    categories: tuple[str, ...]
    topics: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSection:
    """A tier of the issue or, of what is listed, one category."""

    tier: str
    category: str
    entries: tuple[ReadEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNote:
    """What the editor says of an issue, as HTML of a few harmless tags."""

    language: str
    html: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBrief:
    """The editorial of a brief; its `notes` are HTML of a few harmless tags."""

    title: str
    language: str
    text: BriefText
    notes: tuple[Markup, ...]


def read_sections(digest: Digest, language: str) -> tuple[ReadSection, ...]:
    """The sections of a digest with all that is said of each entry."""
    return tuple(
        ReadSection(
            tier=section.tier,
            category=section.category,
            entries=tuple(
                _entry(digest, index, digest.entries[index], language) for index in section.entries
            ),
        )
        for section in digest.sections
    )


def read_note(digest: Digest, language: str) -> ReadNote | None:
    """The editor's note of the issue, in `language` or else in one that it has."""
    for own in _preferred(digest.notes, language):
        html = Markup(rich(digest.notes[own]))  # noqa: S704 - nh3 cleaned it
        return ReadNote(language=own, html=html)
    return None


def read_briefs(digest: Digest, language: str) -> tuple[ReadBrief, ...]:
    """The editorial of each brief, in `language` or else in one that it has."""
    found = []
    for brief in digest.briefs:
        own = next(_preferred(brief.texts, language), "")
        text = brief.texts.get(own, BriefText())
        notes = tuple(Markup(rich(note)) for note in text.notes)  # noqa: S704 - nh3 cleaned it
        found.append(ReadBrief(title=brief.title, language=own or language, text=text, notes=notes))
    return tuple(found)


def _entry(digest: Digest, index: int, item: DigestEntry, language: str) -> ReadEntry:
    entry = item.entry
    translated = entry.texts[language].title if language in entry.texts else ""
    tree = digest.list.topics
    return ReadEntry(
        index=index,
        title=readable_maths(translated or entry.title),
        original=readable_maths(entry.title) if translated not in ("", entry.title) else "",
        authors=entry.authors,
        links=tuple(_links(entry)),
        categories=entry.categories,
        topics=tuple(
            tree[name].title(language) for name in item.topics if name in tree and name != GENERAL
        ),
        parts=tuple(_parts(entry.texts, language)),
    )


def _parts(texts: Mapping[str, EntryText], language: str) -> Iterator[Part]:
    for name in _DETAILS:
        for own in _preferred(texts, language):
            if said := getattr(texts[own], name):
                is_text = isinstance(said, str)
                yield Part(
                    field=name,
                    language=own,
                    text=readable_maths(said) if is_text else "",
                    points=() if is_text else tuple(map(readable_maths, said)),
                )
                break


def _preferred(texts: Mapping[str, object], language: str) -> Iterator[str]:
    return iter(sorted(texts, key=lambda own: own != language))


def _links(entry: Entry) -> Iterator[ReadLink]:
    if entry.arxiv_id:
        number = quote(entry.arxiv_id, safe="/.")
        yield ReadLink(f"arXiv:{entry.arxiv_id}", f"https://arxiv.org/abs/{number}")
        yield ReadLink("PDF", f"https://arxiv.org/pdf/{number}")
    for link in entry.links:
        # Links come from imported documents: `javascript:` must never be one that can be clicked.
        url = safe_url(link)
        host = (urlsplit(url).hostname or "").removeprefix("www.")
        if url and not (entry.arxiv_id and host.endswith("arxiv.org")):
            yield ReadLink(host, url)
