"""Issues on the web: what everybody may read, with all the details that a mail has no room for."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from newsletter.content.digest import Digest
from newsletter.errors import NotFoundError
from newsletter.store.editions import edition_digest
from newsletter.store.issues import get_issue
from newsletter.store.lists import get_list
from newsletter.store.published import PUBLIC_STATES, published
from newsletter.web.language import Language
from newsletter.web.reading import read_briefs, read_note, read_sections
from newsletter.web.site import Here, Name, Site
from newsletter.web.wording import parts, tiers

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/archive/{list_name}")
def archive(site: Here, language: Language, list_name: Name) -> HTMLResponse:
    """The issues of a list that have gone out, the latest first."""
    with site.database.read() as session:
        found = get_list(session, list_name)
        issues = published(session, list_name)
    return site.page("archive", language.choose(), mailing_list=found, issues=issues)


@router.get("/archive/{list_name}/{issue_name}")
def issue(site: Here, language: Language, list_name: Name, issue_name: Name) -> HTMLResponse:
    """An issue that has gone out; each entry stands at `#e` and its position."""
    digest = _published_digest(site, list_name, issue_name)
    chosen = language.choose()
    words = site.pages.words(chosen)
    return site.page(
        "issue",
        chosen,
        mailing_list=digest.list,
        digest=digest,
        note=read_note(digest, chosen),
        briefs=read_briefs(digest, chosen),
        sections=read_sections(digest, chosen),
        tiers=tiers(words),
        parts=parts(words),
    )


def _published_digest(site: Site, list_name: str, issue_name: str) -> Digest:
    with site.database.read() as session:
        found = get_issue(session, list_name, issue_name)
        if found.state not in PUBLIC_STATES or found.edition is None:
            raise NotFoundError(f"the issue {found.ref} is not public")
        return edition_digest(session, found.edition.id)
