"""The names that a template can use, besides Jinja2's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.rendering import plaintext
from newsletter.rendering.facts import Outline, greatest
from newsletter.rendering.marks import Marks, Slot
from newsletter.rendering.mime import WIDTHS
from newsletter.rendering.prose import Prose, shorten
from newsletter.rendering.views import EntryView, SectionView, TopicView, issue_view
from newsletter.rendering.words import Words

_AUTHORS = 5  # named before "and 7 others"


def vocabulary(
    digest: Digest,
    languages: tuple[str, ...],
    links: Links,
    marks: Marks,
    outline: Outline,
    words: Mapping[str, Words],
) -> dict[str, Any]:
    """`issue`, `theme`, `when`, `urls`, `slot`, `count`, `_` and the functions below."""

    first = words[languages[0]]

    def say(message: str, lang: str = "") -> str:
        """An interface word, in the page's language or that of the text it labels."""
        return words.get(lang, first).say(message)

    def slot(name: str) -> str:
        if name not in WIDTHS:
            raise LookupError(f"there is no slot {name!r}; there are {', '.join(WIDTHS)}")
        return marks.slot(Slot(name, WIDTHS[name]))

    def count(source: str, one: str, many: str) -> str:
        """A phrase with a number that depends on the reader: `shown`, `more`, `chosen`,
        `folded`, or that of a section."""
        phrases = tuple(first.count(one, many, n) for n in range(greatest(source, outline) + 1))
        return marks.slot(Slot(source, max(map(len, phrases)), phrases))

    def run(text: Prose) -> Markup:
        """A run of text, marked with its language where that is not the page's."""
        if text.lang in ("", languages[0]):
            return escape(text)
        return Markup('<span lang="{}">{}</span>').format(text.lang, text)

    def people(names: Sequence[Prose]) -> Prose:
        """The first few of them, and how many more there are."""
        shown = _AUTHORS if len(names) > _AUTHORS + 1 else len(names)
        line = ", ".join(names[:shown])
        rest = len(names) - shown
        more = first.count("and %(n)s other", "and %(n)s others", rest) if rest else ""
        return Prose(f"{line} {more}".strip())

    return {
        "issue": issue_view(digest, languages, links, outline.topics),
        "list": digest.list.name,
        "theme": digest.list.theme,
        "language": languages[0],
        "languages": languages,
        "when": When(),
        "urls": _Urls(digest, links, slot),
        "slot": slot,
        "count": count,
        "number": first.count,
        "_": say,
        "run": run,
        "people": people,
        "wrap": _wrapper(marks),
        "short": lambda text, characters: Prose(
            shorten(text, characters), getattr(text, "lang", "")
        ),
        "columns": plaintext.columns,
        "heading": plaintext.heading,
    }


def _wrapper(marks: Marks) -> Callable[..., str]:
    def wrap(text: str, first: str = "", rest: str | None = None) -> str:
        if marks.nonce not in text:
            return plaintext.wrap(text, first, rest)
        if marks.pattern.search(text):
            raise ValueError("a fragment cannot stand in wrapped text; wrap inside the fragment")
        return plaintext.wrap(
            text, first, rest, measure=lambda part: plaintext.columns(marks.displayed(part))
        )

    return wrap


class When:
    """The facts that a fragment can ask for."""

    editorial = "editorial"
    no_editorial = "no-editorial"
    more = "more"
    folded = "folded"
    partial = "partial"
    whole = "whole"
    several_sections = "several-sections"
    selective = "selective"
    everything = "everything"
    choosy = "choosy"
    all_topics = "all-topics"

    def full(self, entry: EntryView) -> str:
        return f"full:{entry.index}"

    def title(self, entry: EntryView) -> str:
        return f"title:{entry.index}"

    def first(self, entry: EntryView) -> str:
        """It is the first that this reader gets."""
        return f"first:{entry.index}"

    def section(self, *sections: SectionView) -> tuple[str, ...]:
        """Any of their entries is shown, in full or as a title."""
        return tuple(f"section:{section.number}" for section in sections)

    def why(self, entry: EntryView, topic: TopicView) -> str:
        """The reader got this entry for `topic`, and its section does not say so for all."""
        return f"why:{entry.index}:{topic.name}"

    def section_why(self, section: SectionView, topic: TopicView) -> str:
        """`topic` is why the reader got all that they got of the section."""
        return f"section-why:{section.number}:{topic.name}"

    def topic(self, topic: TopicView) -> str:
        """The reader got something for `topic`."""
        return f"topic:{topic.name}"

    def any_topic(self, topics: Iterable[TopicView]) -> tuple[str, ...]:
        return tuple(map(self.topic, topics))

    def later_topic(self, topic: TopicView) -> str:
        """The same, and another topic stands before it."""
        return f"later-topic:{topic.name}"


class _Urls:
    """Addresses of the public pages, with the reader's tokens as slots."""

    def __init__(self, digest: Digest, links: Links, slot: Callable[[str], str]) -> None:
        self.leave = links.leave(slot("leave_token"))
        self.manage = links.manage(slot("manage_token"))
        self.pause = links.pause(slot("manage_token"))
        self.view = links.view(slot("view_token"))
        self.subscribe = links.subscribe(digest.list.name)
        self.about = links.about(digest.list.name)
        self.issue = links.issue(digest.list.name, digest.name)
