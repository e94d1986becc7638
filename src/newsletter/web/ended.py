"""What a page says of a list that has ended: nobody joins it any more, and what was sent stays."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from newsletter.content.mailinglist import MailingList
from newsletter.web.site import Site


def ended(site: Site, language: str, mailing_list: MailingList) -> HTMLResponse:
    """The answer to who wants to join it: 410 (RFC 9110 §15.5.11), and the way to its archive."""
    return site.message(
        language,
        "This newsletter has ended",
        "No issues come any more, so nobody can join. What was sent can still be read.",
        status=410,
        mailing_list=mailing_list,
        link=site.paths.archive(mailing_list.name),
        words="Read earlier issues",
    )
