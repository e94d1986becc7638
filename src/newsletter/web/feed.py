"""A list's public issues as an Atom feed (RFC 4287): no more than its archive shows everybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Response

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.content.mailinglist import MailingList
from newsletter.rendering.mathtext import readable_maths
from newsletter.rendering.prose import one_line
from newsletter.store.editions import edition_digest
from newsletter.store.issues import Issue, get_issue
from newsletter.store.lists import get_list
from newsletter.store.published import published
from newsletter.web.language import Language
from newsletter.web.site import PUBLIC, Here, Name

router = APIRouter()

LATEST = 15
"""Issues in the feed."""

_TITLES = 20  # of the papers of an issue; the page has them all
_ATOM = "http://www.w3.org/2005/Atom"
_NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)  # when a feed without issues changed
_XML = "{http://www.w3.org/XML/1998/namespace}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    title: str
    url: str
    updated: dt.datetime
    lines: tuple[str, ...]


@router.get("/archive/{list_name}/feed.xml")
def feed(site: Here, language: Language, list_name: Name) -> Response:
    """The latest issues of a list that have gone out."""
    chosen = language.choose()
    with site.database.read() as session:
        found = get_list(session, list_name)
        links = site.letters.links(found)
        items = []
        for public in published(session, list_name)[:LATEST]:
            issue = get_issue(session, list_name, public.name)
            if issue.edition is not None:
                digest = edition_digest(session, issue.edition.id)
                items.append(_item(issue, digest, links, chosen))
    body = _document(found, links, chosen, items)
    headers = PUBLIC | {"content-language": chosen, "vary": "Accept-Language"}
    return Response(body, media_type="application/atom+xml", headers=headers)


def _item(issue: Issue, digest: Digest, links: Links, language: str) -> _Item:
    titles = [
        (item.entry.texts[language].title if language in item.entry.texts else "")
        or item.entry.title
        for item in digest.entries[:_TITLES]
    ]
    return _Item(
        title=f"{digest.list.title(language)} · {digest.name}",
        url=links.issue(issue.list_name, issue.name),
        updated=issue.frozen_at or issue.created_at,
        lines=tuple(readable_maths(title) for title in titles),
    )


def _document(found: MailingList, links: Links, language: str, items: Sequence[_Item]) -> bytes:
    root = ET.Element("feed", {"xmlns": _ATOM, f"{_XML}lang": language})
    about = links.about(found.name)
    _say(root, "id", links.feed(found.name))
    _say(root, "title", found.title(language))
    _say(root, "updated", _instant(max((i.updated for i in items), default=_NEVER)))
    ET.SubElement(root, "link", rel="self", href=links.feed(found.name))
    ET.SubElement(root, "link", rel="alternate", type="text/html", href=about)
    _say(ET.SubElement(root, "author"), "name", found.sender.name)
    for item in items:
        entry = ET.SubElement(root, "entry")
        _say(entry, "id", item.url)
        _say(entry, "title", item.title)
        _say(entry, "updated", _instant(item.updated))
        ET.SubElement(entry, "link", rel="alternate", type="text/html", href=item.url)
        content = ET.SubElement(entry, "content", type="xhtml")
        div = ET.SubElement(content, "div", xmlns="http://www.w3.org/1999/xhtml")
        points = ET.SubElement(div, "ul")
        for line in item.lines:
            _say(points, "li", line)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _say(parent: ET.Element, name: str, text: str) -> None:
    # XML cannot carry every character (XML 1.0 §2.2), not even escaped.
    ET.SubElement(parent, name).text = one_line(text)


def _instant(when: dt.datetime) -> str:
    return when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
