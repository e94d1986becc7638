"""What each part of a message must have, whoever wrote its template: words, and a way to leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsletter.rendering.checks.finding import Finding, Selection, Severity
from newsletter.rendering.checks.sample_reader import SAMPLE_READER
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.program import Gap, Part, chains, pieces
from newsletter.rendering.reading import Facts


def check_ways_out(
    compiled: Compiled, selections: Sequence[Selection], template: str
) -> Iterator[Finding]:
    """Findings about parts that say nothing, and about those without a link by which to leave.

    Gmail and Yahoo ask bulk senders for one that is seen, beside that in the header.
    """
    told, empty = [], 0
    for selection in selections:
        if compiled.text(selection.plan, SAMPLE_READER).strip():
            told.append(selection)
        else:
            empty += selection.readers
    if empty:
        yield Finding(
            severity=Severity.ERROR,
            code="empty-text",
            where=f"{template}/issue.txt",
            what="the plain-text part says nothing",
            mend="write it; the one of templates/weekly is a beginning",
            readers=empty,
        )
    yield from _stuck(compiled, compiled.text_parts, told, f"{template}/issue.txt")
    seen = [selection for selection in selections if selection.plan.html]
    yield from _stuck(compiled, compiled.html_parts, seen, f"{template}/issue.mjml")


def _stuck(
    compiled: Compiled, parts: Sequence[Part], selections: Sequence[Selection], where: str
) -> Iterator[Finding]:
    facts = Facts(compiled.outline, chains(parts))
    ways = {facts.numbers[around] for piece, around in pieces(parts) if _leaves(piece, compiled)}
    readers = 0
    for selection in selections:
        held = facts.read(selection.plan).held
        if not any(held[number] for number in ways):
            readers += selection.readers
    if readers:
        yield Finding(
            severity=Severity.ERROR,
            code="no-way-to-leave",
            where=where,
            what="there is no link by which to leave",
            mend="put {{ urls.leave }} into it, or include the shared foot",
            readers=readers,
        )


def _leaves(piece: str | Gap, compiled: Compiled) -> bool:
    return isinstance(piece, Gap) and compiled.slots[piece.slot].source == "leave_token"
