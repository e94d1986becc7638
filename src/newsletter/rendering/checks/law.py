"""The law of assembling, tried on a user's own template with some plans."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.content.planning import Depth, Plan, Rule, Verdict
from newsletter.content.topics import GENERAL
from newsletter.rendering.checks.finding import Audience, Finding, Severity
from newsletter.rendering.checks.sample_reader import SAMPLE_READER
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_alone
from newsletter.rendering.facts import Outline
from newsletter.rendering.templates import Template

PLANS = 20


def check_law(
    template: Template, digest: Digest, compiled: Compiled, plans: Sequence[Plan], links: Links
) -> Iterator[Finding]:
    """The first plan, if any, for which the assembled issue is not the one compiled alone.

    Raises:
        TemplateError: the template fails for one of the plans.
    """
    for number, plan in enumerate(plans, 1):
        alone = compile_alone(template, digest, plan, links=links)
        for file, assembled, wanted in _parts(compiled, alone, plan):
            if assembled != wanted:
                yield Finding(
                    severity=Severity.ERROR,
                    code="assembling-law",
                    where=f"{template.name}/{file}",
                    what=(
                        f"put together from its pieces, plan {number} of {len(plans)} differs from "
                        f"rendering it alone, at {_difference(assembled, wanted)}"
                    ),
                    mend="let nothing outside a fragment depend on what is inside one",
                )
                return


def _parts(compiled: Compiled, alone: Compiled, plan: Plan) -> Iterator[tuple[str, str, str]]:
    """File by file, what is assembled and what it has to be; of HTML the body, as the head is the
    same for all."""
    yield "subject.txt", compiled.subject(plan, SAMPLE_READER), alone.subject(plan, SAMPLE_READER)
    yield "issue.txt", compiled.text(plan, SAMPLE_READER), alone.text(plan, SAMPLE_READER)
    pages = (compiled.html(plan, SAMPLE_READER), alone.html(plan, SAMPLE_READER))
    assembled, wanted = (page[page.find("<body") :] for page in pages)
    yield "issue.mjml", assembled, wanted


def _difference(one: str, other: str) -> str:
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    return repr(one[max(0, at - 30) : at + 30])


def plans_to_try(
    digest: Digest, languages: tuple[str, ...], audience: Audience, number: int = PLANS
) -> tuple[Plan, ...]:
    """As many different plans: half of them real ones, the others spread over what can happen."""
    real = [s.plan for s in audience.by_languages().get(languages, ())]
    made = [_made(digest, languages, step) for step in range(2 * number)]
    return tuple(dict.fromkeys([*real[: number // 2], *made, *real]))[:number]


def _made(digest: Digest, languages: tuple[str, ...], step: int) -> Plan:
    """The same plan for each `step`: sections that are absent, titles, full or mixed. The first
    ones show everything, titles alone, and nothing."""
    chance = random.Random(step)  # noqa: S311 (the same plans each time are what is wanted)
    whole = (Depth.FULL, Depth.TITLE, Depth.ABSENT)
    depths = [Depth.ABSENT] * len(digest.entries)
    for section in digest.sections:
        kind = whole[step] if step < len(whole) else chance.choice((*whole, None))
        for index in section.entries:
            depths[index] = chance.choice(whole) if kind is None else kind
    topics = Outline.of(digest).topics
    return Plan.of(
        depths,
        [_verdict(topics, chance) for _ in digest.entries],
        editorial=step % 2 == 0,
        choosy=step % 3 == 0,
        languages=languages,
        html=True,
    )


def _verdict(topics: Sequence[str], chance: random.Random) -> Verdict:
    topic = chance.choice(topics)
    if topic == GENERAL:
        return Verdict(Rule.GENERAL)
    return chance.choice((Verdict(Rule.FOLLOWS, topic), Verdict(Rule.EVERYTHING)))
