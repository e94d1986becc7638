"""What templates see of a digest: text in the reader's language, ready to print, and links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from newsletter.content.digest import Digest, DigestEntry, Section
from newsletter.content.entry import BriefText, Entry, EntryText, Tier
from newsletter.content.links import Links
from newsletter.content.mailinglist import Untranslated
from newsletter.content.topics import TopicTree
from newsletter.rendering import dates
from newsletter.rendering.categories import category_name
from newsletter.rendering.notetext import Block, note_text
from newsletter.rendering.prose import (
    Prose,
    language_of,
    one_line,
    proper_name,
    prose,
    rich,
    shorten,
)

ABSTRACT_CHARACTERS = 420  # of an abstract that stands in for a summary; the rest is on the web
_URL_OCTETS = 500
_NO_TEXT = EntryText()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextView:
    """What is said of an entry in one language; `second` if another language stands above it.

    `lead` is the summary or, if there is nothing else, the beginning of the abstract.
    """

    lang: str
    second: bool
    title: Prose
    lead: Prose
    why_novel: Prose
    innovations: tuple[Prose, ...]
    evidence: tuple[Prose, ...]
    impact: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link of an entry."""

    kind: str  # abstract, pdf, or other
    label: Prose  # the host, of an `other`
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """`title` is in the reader's first language where there is one in it; then `original` is that
    of the paper itself, else empty. Each has a line to itself, so neither is isolated; authors,
    and titles of topics and lists, stand among others and are."""

    index: int
    title: Prose
    original: Prose
    tier: str
    authors: tuple[Prose, ...]
    category: str
    topics: tuple[str, ...]
    links: tuple[LinkView, ...]
    details: str
    texts: tuple[TextView, ...]

    @property
    def url(self) -> str:
        """Where the title leads: the paper itself, or the issue's page on the web."""
        return self.links[0].url if self.links else self.details


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A tier of the issue or, of what is listed, one category; `number` counts them from 0."""

    number: int
    tier: str
    category: str
    category_name: str
    entries: tuple[EntryView, ...]
    topics: tuple[TopicView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicView:
    """A topic that the issue has, with its title in the first of the languages."""

    name: str
    title: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """An editor's Markdown: as HTML of a few harmless tags, and as blocks of plain text with the
    addresses of their links, numbered from 1."""

    lang: str
    second: bool
    html: Markup
    blocks: tuple[Block, ...]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorialView:
    """What a brief says of the week in one language; `second` if another stands above it."""

    lang: str
    second: bool
    summary: Prose
    takeaway: Prose
    trends: tuple[tuple[Prose, Prose], ...]
    notes: tuple[NoteView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueView:
    """`analyzed` is what the briefs say, and `breakthroughs`, where they say how many they have, is
    how many editors have made of them; 0 if they do not. `subject` is that of an announcement."""

    name: str
    title: Prose
    subject: Prose
    description: Prose
    period: str
    short_period: str
    total: int
    analyzed: int
    breakthroughs: int
    notes: tuple[NoteView, ...]
    editorials: tuple[EditorialView, ...]
    sections: tuple[SectionView, ...]
    entries: tuple[EntryView, ...]
    topics: tuple[TopicView, ...]
    postal_address: Prose


def _breakthroughs(digest: Digest) -> int:
    """A brief's own number is not shown: editors give tiers and leave out, and the contents, which
    stand below it, would tell another."""
    if not any(brief.breakthroughs for brief in digest.briefs):
        return 0
    return sum(item.entry.tier is Tier.BREAKTHROUGH for item in digest.entries)


def issue_view(
    digest: Digest, languages: tuple[str, ...], links: Links, topics: Sequence[str]
) -> IssueView:
    """`digest` for readers of `languages`; `topics` are those that can be a reason."""
    mailing_list, first = digest.list, languages[0]
    entries = tuple(
        _entry(digest, index, item, languages, links) for index, item in enumerate(digest.entries)
    )
    named = {name: _topic(mailing_list.topics, name, first) for name in topics}
    return IssueView(
        name=digest.name,
        title=_titled(mailing_list.titles, first, mailing_list.name),
        subject=prose(digest.subject, language_of(digest.subject)),
        description=_titled(mailing_list.description, first, ""),
        period=dates.period(digest.period, first),
        short_period=dates.short_period(digest.period, first),
        total=len(entries),
        analyzed=sum(brief.papers_analyzed or 0 for brief in digest.briefs),
        breakthroughs=_breakthroughs(digest),
        notes=tuple(
            _note(digest.notes[lang], lang, second=number > 0)
            for number, lang in enumerate(_noted(digest, languages))
        ),
        editorials=tuple(_editorials(digest, languages)),
        sections=tuple(
            _section(number, section, entries, named, first)
            for number, section in enumerate(digest.sections)
        ),
        entries=entries,
        topics=tuple(named.values()),
        postal_address=prose(mailing_list.postal_address),
    )


def _titled(titles: Mapping[str, str], language: str, otherwise: str) -> Prose:
    for lang in (language, "en", *titles):
        if titles.get(lang):
            return proper_name(titles[lang], lang)
    return proper_name(otherwise, language)


def _topic(tree: TopicTree, name: str, language: str) -> TopicView:
    titles = tree[name].titles if name in tree else {}
    return TopicView(name=name, title=_titled(titles, language, name))


def _section(
    number: int,
    section: Section,
    entries: tuple[EntryView, ...],
    named: Mapping[str, TopicView],
    language: str,
) -> SectionView:
    chosen = tuple(entries[index] for index in section.entries)
    reasons = {topic for entry in chosen for topic in entry.topics}
    return SectionView(
        number=number,
        tier=str(section.tier),
        category=one_line(section.category)[:40],
        category_name=category_name(section.category, language),
        entries=chosen,
        topics=tuple(view for name, view in named.items() if name in reasons),
    )


def _entry(
    digest: Digest, index: int, item: DigestEntry, languages: tuple[str, ...], links: Links
) -> EntryView:
    entry, tree = item.entry, digest.list.topics
    original = prose(entry.title, language_of(entry.title))
    translated = prose(entry.texts.get(languages[0], _NO_TEXT).title, languages[0])
    reasons = (name for topic in item.topics for name in (tree.lineage(topic) or (topic,)))
    return EntryView(
        index=index,
        title=translated or original,
        original=original if translated and translated != original else Prose(""),
        tier=str(entry.tier),
        authors=tuple(proper_name(author) for author in entry.authors if one_line(author)),
        category=one_line(entry.categories[0])[:40] if entry.categories else "",
        topics=tuple(dict.fromkeys(reasons)),
        links=tuple(entry_links(entry)),
        details=links.issue(digest.list.name, digest.name, index),
        texts=tuple(_texts(entry, languages, digest)),
    )


def entry_links(entry: Entry) -> Iterator[LinkView]:
    """Its links that a message carries, in the order in which they stand there."""
    if entry.arxiv_id:
        number = quote(one_line(entry.arxiv_id), safe="/.")
        for kind, folder in (("abstract", "abs"), ("pdf", "pdf")):
            yield LinkView(kind=kind, label=Prose(""), url=f"https://arxiv.org/{folder}/{number}")
    for link in entry.links:
        url = safe_url(link)
        if url and not (entry.arxiv_id and re.search(r"//(\w+\.)?arxiv\.org/", url)):
            host = (urlsplit(url).hostname or "").removeprefix("www.")
            yield LinkView(kind="other", label=Prose(host), url=url)


def safe_url(link: str) -> str:
    """`link` if it is an ordinary web address, made ASCII; else nothing."""
    try:
        parts = urlsplit(link.strip())
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        return ""
    url = quote(link.strip(), safe=":/?#[]@!$&'()*+,;=%~-._")
    return url if url.isascii() and len(url) <= _URL_OCTETS and host in url.lower() else ""


def _spoken(
    texts: Mapping[str, object], said: Iterable[str], languages: tuple[str, ...], digest: Digest
) -> list[str]:
    """The languages to print: the reader's, those in which something is said; failing that one
    other, where the list's policy is to show what is not translated."""
    able = list(said)
    wanted = [lang for lang in languages if lang in able]
    if not wanted and digest.list.policies.untranslated is Untranslated.SHOW:
        order = [*digest.list.languages, *texts]
        return sorted(able, key=order.index)[:1]
    return wanted


def _texts(entry: Entry, languages: tuple[str, ...], digest: Digest) -> Iterator[TextView]:
    spoken = _spoken(entry.texts, entry.said_in, languages, digest)
    for lang in languages[1:]:  # of some papers only the title is translated
        if lang not in spoken and lang in entry.texts and entry.texts[lang].title:
            yield _text(entry.texts[lang], lang, second=False)
    for number, lang in enumerate(spoken):
        text = entry.texts[lang]
        if lang == languages[0]:
            text = replace(text, title="")  # it stands above, as the entry's
        yield _text(text, lang, second=number > 0)


def _text(text: EntryText, lang: str, *, second: bool) -> TextView:
    def say(value: str) -> Prose:
        return prose(value, lang)

    def several(values: tuple[str, ...]) -> tuple[Prose, ...]:
        return tuple(say(value) for value in values if one_line(value))

    alone = not (text.summary or text.why_novel or text.innovations or text.impact)
    abstract = say(text.abstract) if alone else Prose("")
    return TextView(
        lang=lang,
        second=second,
        title=say(text.title),
        lead=say(text.summary) or Prose(shorten(abstract, ABSTRACT_CHARACTERS), lang),
        why_novel=say(text.why_novel),
        innovations=several(text.innovations),
        evidence=several(text.evidence),
        impact=say(text.impact),
    )


def _note(markdown: str, lang: str, *, second: bool) -> NoteView:
    text = note_text(markdown, lang, _note_address)
    return NoteView(
        lang=lang,
        second=second,
        html=Markup(rich(markdown)),  # noqa: S704 (nh3 cleaned it)
        blocks=text.blocks,
        links=text.links,
    )


def _note_address(link: str) -> str:
    """A link as the plain text prints it; mail readers take a mailto, too."""
    mail = link.startswith("mailto:") and link.isascii() and len(link) <= _URL_OCTETS
    return link if mail else safe_url(link)


def _noted(digest: Digest, languages: tuple[str, ...]) -> list[str]:
    said = [lang for lang, note in digest.notes.items() if one_line(note)]
    return _spoken(digest.notes, said, languages, digest)


def _editorials(digest: Digest, languages: tuple[str, ...]) -> Iterator[EditorialView]:
    for brief in digest.briefs:
        said = [lang for lang, text in brief.texts.items() if text != BriefText()]
        for number, lang in enumerate(_spoken(brief.texts, said, languages, digest)):
            text = brief.texts[lang]
            yield EditorialView(
                lang=lang,
                second=number > 0,
                summary=prose(text.summary, lang),
                takeaway=prose(text.takeaway, lang),
                trends=tuple((prose(t.title, lang), prose(t.text, lang)) for t in text.trends),
                notes=tuple(
                    _note(note, lang, second=number > 0) for note in text.notes if one_line(note)
                ),
            )
