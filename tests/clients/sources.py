"""The MJML that Jinja makes of a template: every fragment of it kept, and no mark."""

from __future__ import annotations

from newsletter.content.digest import Digest
from newsletter.rendering.environment import render
from newsletter.rendering.facts import Outline
from newsletter.rendering.marks import Marks, Place
from newsletter.rendering.templates import load_template
from newsletter.rendering.vocabulary import vocabulary
from newsletter.rendering.words import Words
from tests.golden.kinds import LINKS, by_name, digest


class _Everything:
    """Keeps every fragment; slots stay the opaque words that they are."""

    def begins(self, when: object, place: Place) -> bool:
        del when, place
        return True

    def opening(self) -> str:
        return ""

    def closing(self) -> str:
        return ""


def mjml_of(kind: str) -> str:
    """The MJML document behind a kind of golden message, with all that its issue can say."""
    chosen = by_name(kind)
    return mjml_source(chosen.template, digest(kind), chosen.preferences.languages)


def mjml_source(template: str, week: Digest, languages: tuple[str, ...]) -> str:
    found, outline = load_template([], template), Outline.of(week)
    words = {name: Words(found, name) for name in {*languages, *week.list.languages}}
    names = vocabulary(week, languages, LINKS, Marks("slot"), outline, words)
    return render(found, "issue.mjml", names, _Everything())
