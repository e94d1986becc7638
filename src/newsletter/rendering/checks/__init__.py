"""What would embarrass after sending, found before: pure functions from values to findings.

Each module looks for one kind of fault; `check_issue` asks them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.rendering.checks.audience import check_audience
from newsletter.rendering.checks.catalogues import check_catalogues
from newsletter.rendering.checks.contrast import check_page_contrast, check_theme
from newsletter.rendering.checks.finding import Audience, Finding, Selection, Severity
from newsletter.rendering.checks.inbox import check_inbox
from newsletter.rendering.checks.law import PLANS, check_law, plans_to_try
from newsletter.rendering.checks.leftovers import Leftovers, check_leftovers, check_text_part
from newsletter.rendering.checks.list_addresses import check_list_addresses
from newsletter.rendering.checks.mjml_source import check_mjml
from newsletter.rendering.checks.page import read_page
from newsletter.rendering.checks.page_links import (
    check_entry_links,
    check_images,
    check_links,
    check_resources,
)
from newsletter.rendering.checks.seen import Seen
from newsletter.rendering.checks.sizes import check_sizes
from newsletter.rendering.checks.texts import check_texts
from newsletter.rendering.checks.ways_out import check_ways_out
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.counting import frozen_targets, uncounted
from newsletter.rendering.templates import Template

__all__ = [
    "Audience",
    "Finding",
    "Selection",
    "Severity",
    "check_issue",
    "check_template",
]


def check_issue(
    digest: Digest,
    compiled: Mapping[tuple[str, ...], Compiled],
    audience: Audience,
    *,
    loopback_allowed: bool = False,
) -> tuple[Finding, ...]:
    """All findings about an issue and its messages, errors first; `compiled` is by languages.

    `loopback_allowed` is for mail that never leaves the machine.
    """
    readers = audience.mailed()
    found = [
        *check_list_addresses(digest.list, readers, loopback_allowed=loopback_allowed),
        *check_audience(digest, audience),
        *check_texts(digest, audience),
        *check_entry_links(digest, audience),
        *check_sizes(compiled, digest.list.policies, audience),
        *check_theme(digest.list.theme, readers),
        *check_inbox(compiled, audience, leftovers := Leftovers(digest), digest.list.template),
    ]
    for languages, selections in audience.by_languages().items():
        found += _check_page(digest, compiled[languages], selections, leftovers)
    return _in_order(found)


def _check_page(
    digest: Digest,
    compiled: Compiled,
    selections: tuple[Selection, ...],
    leftovers: Leftovers,
) -> Iterator[Finding]:
    # Where a link leads in the end is what has to be right, not the way that counts it.
    straight = uncounted(compiled, frozen_targets(digest))
    page, seen = read_page(straight), Seen(compiled, selections)
    public_url = digest.list.public_url
    yield from check_links(page, seen, public_url)
    yield from check_images(page, seen)
    yield from check_resources(page, seen, public_url)
    yield from check_page_contrast(page, seen, digest.list.theme)
    yield from check_leftovers(page, seen, leftovers, digest.list.template)
    yield from check_ways_out(compiled, selections, digest.list.template)
    readers = sum(selection.readers for selection in selections)
    yield from check_text_part(compiled, readers, leftovers, digest.list.template)


def check_template(
    template: Template,
    digest: Digest,
    compiled: Mapping[tuple[str, ...], Compiled],
    audience: Audience,
    *,
    law: bool,
) -> tuple[Finding, ...]:
    """All findings about a template as it renders `digest`; with `law` also whether messages put
    together from its pieces are what it means.

    Raises:
        TemplateError: it does not render.
    """
    links, readers = Links(digest.list.public_url), audience.mailed()
    found = list(check_catalogues(template, digest, audience))
    for languages in compiled:
        found += check_mjml(template, digest, languages, links, readers)
    if law:
        found += islice(_law(template, digest, compiled, audience, links), 1)
    return _in_order(found)


def _law(
    template: Template,
    digest: Digest,
    compiled: Mapping[tuple[str, ...], Compiled],
    audience: Audience,
    links: Links,
) -> Iterator[Finding]:
    """The law tried with `PLANS` plans, shared out among the languages."""
    share = -(-PLANS // len(compiled))
    for languages, form in compiled.items():
        plans = plans_to_try(digest, languages, audience, share)
        yield from check_law(template, digest, form, plans, links)


def _in_order(found: list[Finding]) -> tuple[Finding, ...]:
    """Errors first, and each fault once: what two languages share is one finding."""
    merged: dict[tuple[str, str, str], Finding] = {}
    for finding in found:
        key = (finding.code, finding.where, finding.what)
        merged[key] = _together(merged[key], finding) if key in merged else finding
    return tuple(sorted(merged.values(), key=lambda f: f.severity is not Severity.ERROR))


def _together(one: Finding, other: Finding) -> Finding:
    """A fault of two forms of an issue; a reader has one form, so their numbers add up."""
    if one.readers is None or one.code in ("mjml", "assembling-law"):
        return one
    return replace(one, readers=one.readers + (other.readers or 0))
