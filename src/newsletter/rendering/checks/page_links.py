"""Links, images and whatever a page fetches, as a reader would meet them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from newsletter.content.digest import Digest
from newsletter.rendering.checks.addresses import is_host, is_loopback, is_relative, split
from newsletter.rendering.checks.finding import Audience, Finding, Severity
from newsletter.rendering.checks.page import Element, Page, When
from newsletter.rendering.checks.seen import Seen
from newsletter.rendering.views import safe_url

_CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


def check_entry_links(digest: Digest, audience: Audience) -> Iterator[Finding]:
    """Findings about links of entries that no mail will carry, because they are no addresses."""
    for index, item in enumerate(digest.entries):
        for link in item.entry.links:
            if not safe_url(link):
                yield Finding(
                    severity=Severity.WARNING,
                    code="dead-link",
                    where=item.entry.key,
                    what=f"{link!r} is not a web address and is left out",
                    mend="newsletter entries edit ENTRY links=https://…",
                    readers=audience.of_entry(index),
                    entries=(item.entry.key,),
                )


def check_links(page: Page, seen: Seen, public_url: str) -> Iterator[Finding]:
    """Findings about the links of a page, once for each address.

    Those that begin with `public_url` are only as good as that value, which has a check of its own.
    """
    found: dict[str, list[When]] = {}
    for element in page.elements:
        if element.tag in ("a", "area") and not _own(element.attributes.get("href"), public_url):
            found.setdefault(element.attributes["href"].strip(), []).append(element.when)
    for link, whens in found.items():
        fault = _fault(link, page)
        if fault and (readers := seen.by_any(whens)):
            severity, code, what, mend = fault
            yield Finding(
                severity=severity,
                code=code,
                where=link or "a link",
                what=what,
                mend=mend,
                readers=readers,
            )


def _own(href: str | None, public_url: str) -> bool:
    """Whether there is nothing to check: no address at all (an anchor), or one of our pages."""
    return href is None or href.startswith(public_url.rstrip("/") + "/")


def _fault(link: str, page: Page) -> tuple[Severity, str, str, str] | None:
    parts = split(link)
    dead = (Severity.ERROR, "malformed-link", "is not a web address", "correct it at its source")
    if link.startswith("#"):
        if link[1:] in page.ids:
            return None
        return Severity.WARNING, "dead-anchor", "leads to no part of the message", "name an id"
    if link and is_relative(link):
        what = "is relative: in a mail it leads nowhere"
        return Severity.ERROR, "relative-link", what, "write it out, from https:// on"
    if parts is None or parts.scheme not in ("http", "https", "mailto", "tel"):
        return dead
    if parts.scheme in ("mailto", "tel"):
        return None if parts.path else dead
    host = (parts.hostname or "").lower()
    if is_loopback(host):
        what = "leads to the reader's own machine or network"
        return Severity.ERROR, "loopback-address", what, "put the public address there"
    if not is_host(host):
        return dead
    if parts.scheme == "http":
        return Severity.WARNING, "insecure-link", "is http", "use https if the site has it"
    return None


def check_images(page: Page, seen: Seen) -> Iterator[Finding]:
    """Findings about images without words for those who do not see them (WCAG 2.2, 1.1.1)."""
    for element in page.elements:
        if element.tag != "img":
            continue
        alt = element.attributes.get("alt")
        source = element.attributes.get("src", "")
        linked = "a" in element.inside
        if (alt is None or (linked and not alt.strip())) and (readers := seen.by(element.when)):
            yield Finding(
                severity=Severity.ERROR if linked else Severity.WARNING,
                code="missing-alt",
                where=source or "an image",
                what="a link that is only this image says nothing"
                if linked
                else "the image has no alt",
                mend='give it alt="…"; alt="" if it is decoration',
                readers=readers,
            )


def check_resources(page: Page, seen: Seen, public_url: str) -> Iterator[Finding]:
    """Findings about what a reader's machine would ask other hosts for on opening the mail."""
    host = urlsplit(public_url).hostname if split(public_url) else None
    for (kind, url), whens in _resources(page).items():
        parts = split(url)
        if url.startswith(("data:", "cid:", "#")) or (parts and parts.hostname == host is not None):
            continue
        if readers := seen.by_any(whens):
            yield Finding(
                severity=Severity.WARNING,
                code="remote-resource",
                where=url,
                what=f"the {kind} is fetched from elsewhere: whoever keeps it learns who reads",
                mend="name fonts that readers have; keep images under public_url, or have none",
                readers=readers,
            )


def _resources(page: Page) -> Mapping[tuple[str, str], list[When]]:
    found: dict[tuple[str, str], list[When]] = {}
    for element in page.elements:
        for kind, url in _fetched(element):
            if url.strip():
                found.setdefault((kind, url.strip()), []).append(element.when)
    for match in _CSS_URL.finditer(page.styles):
        found.setdefault(("style sheet's file", match[1] or match[2]), []).append(())
    return found


def _fetched(element: Element) -> Iterator[tuple[str, str]]:
    given = element.attributes
    if element.tag in ("img", "source", "video", "audio", "iframe", "embed", "script"):
        yield "image" if element.tag in ("img", "source") else element.tag, given.get("src", "")
        for one in given.get("srcset", "").split(","):
            yield "image", one.strip().partition(" ")[0]
    if element.tag == "link" and "stylesheet" in given.get("rel", ""):
        yield "font or style sheet", given.get("href", "")
    yield "background", given.get("background", "")
    for match in _CSS_URL.finditer(given.get("data-light", "") + ";" + given.get("style", "")):
        yield "background", match[1] or match[2]
