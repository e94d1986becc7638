"""Links that are counted: which links an issue has, the way through `/c/`, and the way back.

Where a list counts clicks, each link of its content leads, in HTML, to `/c/TOKEN/NUMBER`: the
reader's token, and the link's place among those stored with the edition. It is a slot like others,
put in once when an issue is compiled. The text part keeps the addresses themselves, which there are
what is read. What is no content, such as links to a reader's own pages or the foot's to the list's,
is never counted.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from newsletter.content.digest import Digest
from newsletter.content.links import Links, Target
from newsletter.content.mailinglist import Clicks
from newsletter.content.planning import Plan
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.marks import CLICK, Marks, Slot
from newsletter.rendering.mime import WIDTHS
from newsletter.rendering.program import Fragment, Gap, Part
from newsletter.rendering.prose import rich
from newsletter.rendering.views import entry_links, safe_url

_LINK = re.compile(r'(<a\b(?:[^<>"]|"[^"]*")*?\shref=")([^"]*)(?=")')
_NUMBER = re.compile(r"/(\d+)(?=\")")
_UNASKED = Slot("to", 0)  # keeps a place among the slots, and stands nowhere


def targets(digest: Digest, links: Links) -> tuple[Target, ...]:
    """The links of a digest's content, each address once; a link's number is its place here.

    They depend on the digest alone, not on languages, template or plan.
    """
    found: dict[str, list[int]] = {}
    for index, item in enumerate(digest.entries):
        details = links.issue(digest.list.name, digest.name, index)
        for url in (*(link.url for link in entry_links(item.entry)), details):
            belongs = found.setdefault(url, [])
            if index not in belongs:
                belongs.append(index)
    for url in _written(digest):
        found.setdefault(url, [])
    return tuple(
        Target(url, tuple(entries)) for url, entries in found.items() if safe_url(url) == url
    )


def frozen_targets(digest: Digest) -> tuple[Target, ...]:
    """What is to be stored with an edition of a digest: nothing where its list does not count."""
    counts = digest.list.policies.clicks is Clicks.COUNTED
    return targets(digest, Links(digest.list.public_url)) if counts else ()


def _written(digest: Digest) -> Iterator[str]:
    """The addresses in the editors' Markdown."""
    of_briefs = (
        note for brief in digest.briefs for text in brief.texts.values() for note in text.notes
    )
    for markdown in (*digest.notes.values(), *of_briefs):
        for _, href in _LINK.findall(rich(markdown)):
            if url := safe_url(html.unescape(href)):
                yield url


def counted(page: str, links_of_issue: Sequence[Target], marks: Marks, links: Links) -> str:
    """A compiled page in which every link that is one of `links_of_issue` is counted."""
    numbers = {_printed(target.url): n for n, target in enumerate(links_of_issue)}

    def through(match: re.Match[str]) -> str:
        number = numbers.get(_printed(html.unescape(match[2])))
        if number is None:
            return match[0]
        return match[1] + html.escape(links.click(marks.slot(CLICK), number))

    return _LINK.sub(through, page)


def _printed(url: str) -> str:
    """An address as lxml prints it in an attribute, where some characters are escaped that an
    address may have as they are."""
    return quote(url.strip(), safe="@/:=?;#%&,+-_.!~*'()")


def uncounted(issue: Compiled, links_of_issue: Sequence[Target]) -> Compiled:
    """An issue whose links lead straight to where they lead: for whoever is not to be counted."""
    if not issue.counted:
        return issue
    return replace(
        issue,
        slots=tuple(_UNASKED if slot == CLICK else slot for slot in issue.slots),
        html_parts=_straight(issue, issue.html_parts, links_of_issue),
    )


def _straight(
    issue: Compiled, parts: Sequence[Part], links_of_issue: Sequence[Target]
) -> tuple[Part, ...]:
    made: list[Part] = []
    after = False  # whether the link's token stood before this part
    for part in parts:
        if isinstance(part, Gap) and issue.slots[part.slot] == CLICK:
            before = made.pop()
            assert isinstance(before, str)  # noqa: S101 (the beginning of the address)
            made.append(before[: before.rindex('"') + 1])
        elif isinstance(part, str) and after:
            made.append(_NUMBER.sub(lambda m: _url(links_of_issue, m[1]), part, count=1))
        elif isinstance(part, Fragment):
            made.append(Fragment(part.when, _straight(issue, part.parts, links_of_issue)))
        else:
            made.append(part)
        after = isinstance(part, Gap) and issue.slots[part.slot] == CLICK
    return tuple(made)


def _url(links_of_issue: Sequence[Target], number: str) -> str:
    return html.escape(links_of_issue[int(number)].url)


def counted_links(issue: Compiled, plan: Plan) -> frozenset[int]:
    """The numbers of the links that a message by `plan` counts."""
    if not (issue.counted and plan.html):
        return frozenset()
    page = issue.html(plan, _SOMEBODY)
    found = re.findall(rf'href="[^"]*/{_SOMEBODY[CLICK.source]}/(\d+)"', page)
    return frozenset(map(int, found))


_SOMEBODY: Mapping[str, str] = {**dict.fromkeys(WIDTHS, "x"), CLICK.source: "somebody"}
