"""Compiling an issue: a template and a digest become a `Compiled`, once per language variant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.content.mailinglist import Clicks
from newsletter.content.planning import Plan
from newsletter.errors import TemplateError
from newsletter.rendering import mime
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.counting import counted, targets
from newsletter.rendering.environment import render
from newsletter.rendering.facts import Outline, every_fact
from newsletter.rendering.fragments import Cutter
from newsletter.rendering.inlining import to_html
from newsletter.rendering.linelengths import check_lines
from newsletter.rendering.marks import Mark, Marks, Place, nonce_of
from newsletter.rendering.placing import check_styles, place
from newsletter.rendering.program import cut
from newsletter.rendering.reading import Facts
from newsletter.rendering.templates import Template
from newsletter.rendering.vocabulary import vocabulary
from newsletter.rendering.words import Words


def compile_issue(
    template: Template, digest: Digest, languages: tuple[str, ...], *, links: Links
) -> Compiled:
    """The issue for readers of `languages` (one, or two side by side, the first one first).

    Raises:
        TemplateError: the template is at fault; it says where.
        MessageError: the list has a value that no header can hold.
    """
    marks = Marks(_nonce(template, digest, languages, links))
    known = frozenset(every_fact(Outline.of(digest)))
    with _told_by(template):
        return _compile(template, digest, languages, links, marks, _Marking(marks, known))


def compile_alone(template: Template, digest: Digest, plan: Plan, *, links: Links) -> Compiled:
    """The issue rendered with nothing but what `plan` shows: no marks, no cuts.

    Its HTML body, text and subject are those that `compile_issue` gives for the plan. That is the
    law by which templates are judged.
    """
    outline = Outline.of(digest)
    marks = Marks(_nonce(template, digest, plan.languages, links))
    true = Facts(outline, ()).true(plan)
    cutter = _Keeping(frozenset(every_fact(outline)), true)
    with _told_by(template):
        return _compile(template, digest, plan.languages, links, marks, cutter)


class _Marking:
    """Marks every fragment, to be cut later."""

    def __init__(self, marks: Marks, known: frozenset[str]) -> None:
        self._marks, self._known = marks, known
        self._open: list[int] = []

    def begins(self, when: object, place: Place) -> bool:
        self._open.append(self._marks.add(Mark(_asked(when, place, self._known), place)))
        return True

    def opening(self) -> str:
        return self._marks.opening(self._open[-1])

    def closing(self) -> str:
        return self._marks.closing(self._open.pop())


class _Keeping:
    """Keeps the fragments that a plan shows, and leaves no trace of the others."""

    def __init__(self, known: frozenset[str], true: frozenset[str]) -> None:
        self._known, self._true = known, true

    def begins(self, when: object, place: Place) -> bool:
        return not self._true.isdisjoint(_asked(when, place, self._known))

    def opening(self) -> str:
        return ""

    def closing(self) -> str:
        return ""


def _nonce(template: Template, digest: Digest, languages: tuple[str, ...], links: Links) -> str:
    files = [part for item in sorted(template.files.items()) for part in item]
    return nonce_of([template.name, *files, repr(digest), *languages, repr(links)])


def _asked(when: object, at: Place, known: Collection[str]) -> tuple[str, ...]:
    facts = (when,) if isinstance(when, str) else when
    if not isinstance(facts, Iterable):
        raise at.error(f"a fragment needs a fact, such as when.full(entry), not {when!r}")
    found = tuple(str(fact) for fact in facts)
    if unknown := [fact for fact in found if fact not in known]:
        raise at.error(f"there is no fact {unknown[0]!r} about a plan of this issue")
    return found


@contextmanager
def _told_by(template: Template) -> Iterator[None]:
    """Says of what is wrong with a template where the file lies that is at fault."""
    try:
        yield
    except TemplateError as error:
        raise template.told(error) from None


def _compile(
    template: Template,
    digest: Digest,
    languages: tuple[str, ...],
    links: Links,
    marks: Marks,
    cutter: Cutter,
) -> Compiled:
    outline = Outline.of(digest)
    spoken = {*languages, *digest.list.languages}
    words = {language: Words(template, language) for language in spoken}
    names = vocabulary(digest, languages, links, marks, outline, words)
    mjml_file, text_file = f"{template.name}/issue.mjml", f"{template.name}/issue.txt"
    mjml = render(template, "issue.mjml", names, cutter)
    check_styles(mjml, template)
    try:
        placed = place(mjml, marks, mjml_file)
    except TemplateError as error:
        if not error.line:  # a slot, of which nothing tells the line until it is looked for
            place(render(template, "issue.mjml", names, cutter, marks.traced), marks, mjml_file)
        raise
    html = to_html(placed, mjml_file)
    if digest.list.policies.clicks is Clicks.COUNTED:
        html = counted(html, targets(digest, links), marks, links)
    text = render(template, "issue.txt", names, cutter)
    subject = render(template, "subject.txt", names, cutter).strip()
    compiled = Compiled(
        languages=languages,
        outline=outline,
        frame=mime.frame(digest, links, languages, marks.nonce),
        slots=tuple(marks.slots),
        html_parts=cut(html, marks),
        text_parts=cut(text, marks),
        subject_parts=cut(subject, marks),
    )
    check_lines(compiled.html_parts, compiled.slots, mjml_file)
    check_lines(compiled.text_parts, compiled.slots, text_file)
    return compiled
