"""The size of the HTML part against the list's budget, and who gets folded mail for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from newsletter.content.mailinglist import Policies
from newsletter.content.numbers import counted
from newsletter.content.planning import Depth
from newsletter.rendering.checks.finding import Audience, Finding, Selection, Severity
from newsletter.rendering.compiled import Compiled

GMAIL_CLIPS = 102_400  # octets; what follows is hidden, the unsubscribe link with it
_WHERE = "list.toml: policies.html_budget"


def check_sizes(
    compiled: Mapping[tuple[str, ...], Compiled], policies: Policies, audience: Audience
) -> Iterator[Finding]:
    """Findings about sizes; `compiled` is by languages."""
    budget = policies.html_budget
    if budget > GMAIL_CLIPS:
        yield Finding(
            severity=Severity.WARNING,
            code="budget-too-high",
            where=_WHERE,
            what=f"the budget of {budget} octets is over the {GMAIL_CLIPS} at which Gmail clips",
            mend="set it to 100000",
        )
    chosen = [s for s in audience.getting if s.plan.html]
    over = [(s, size) for s in chosen if (size := _octets(compiled, s)) > budget]
    if over:
        readers = sum(selection.readers for selection, _ in over)
        yield Finding(
            severity=Severity.ERROR,
            code="over-budget",
            where=_WHERE,
            what=(
                f"the HTML has up to {max(size for _, size in over)} octets although nothing is "
                f"left to shorten; the budget is {budget}"
            ),
            mend="shorten the editorial or the template, or raise the budget",
            readers=readers,
        )
    yield from _folded(chosen, budget)


def _octets(compiled: Mapping[tuple[str, ...], Compiled], selection: Selection) -> int:
    return compiled[selection.plan.languages].html_octets(selection.plan)


def _folded(chosen: list[Selection], budget: int) -> Iterator[Finding]:
    titles = sum(s.readers for s in chosen if s.folded(Depth.TITLE))
    gone = sum(s.readers for s in chosen if s.folded(Depth.ABSENT))
    readers = sum(s.readers for s in chosen if s.folded(Depth.TITLE) or s.folded(Depth.ABSENT))
    if readers:
        yield Finding(
            severity=Severity.WARNING,
            code="folded",
            where=_WHERE,
            what=(
                f"{counted(readers, 'reader')} {'gets' if readers == 1 else 'get'} shortened mail "
                f"to keep within {budget} octets: "
                f"{titles} some entries as titles, {gone} some on the web only"
            ),
            mend="nothing, if the least important may be short; else fewer or shorter texts",
            readers=readers,
        )
