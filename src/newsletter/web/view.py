"""View in browser: a reader's message as it was sent, without the links that are theirs alone."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from email.utils import format_datetime
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from sqlmodel import Session

from newsletter.content.digest import Digest
from newsletter.content.planning import Plan
from newsletter.content.serial import load_plan
from newsletter.errors import NotFoundError, TokenError
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.counting import uncounted
from newsletter.store.clicks import stored_links
from newsletter.store.deliveries import delivery
from newsletter.store.editions import compiled, edition_digest, plan_body
from newsletter.store.readers import reader
from newsletter.store.welcome_issues import Made, welcome_issue
from newsletter.tokens import Keyring, Purpose
from newsletter.web.language import Language
from newsletter.web.nobody import nobody
from newsletter.web.site import PRIVATE, Here

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/v/{token}")
def view(site: Here, language: Language, token: str) -> Response:
    """The message of a delivery; whoever a mail is forwarded to may read it, and do no more."""
    purpose, number = _opened(site.keyring, token)
    with site.database.read() as session:
        try:
            found = _sent(session, purpose, number)
        except NotFoundError:
            return nobody(site, language, number)
        own = reader(session, number) if found is None else None
        seen = None if found is None else _message(session, found)
    if found is None or seen is None:
        return site.message(
            language.choose(),
            "This message has not been sent",
            "It can be seen here once it is on its way.",
            status=404,
            mailing_list=own.list if own else None,
        )
    issue, plan, digest = seen
    word = "nobody" + secrets.token_hex(8)
    values = _values(found.date, word)
    neutral = site.neutral(digest.list)
    if not plan.html:
        return PlainTextResponse(
            _unlinked(issue.text(plan, values), word, neutral), headers=PRIVATE
        )
    text = _unlinked(issue.html(plan, values), word, neutral)
    return HTMLResponse(text, headers=PRIVATE | {"content-security-policy": _policy(digest)})


def _opened(keyring: Keyring, token: str) -> tuple[Purpose, int]:
    """What a link shows, and its id: a delivery's message or, of a welcome, the issue with it."""
    try:
        return Purpose.VIEW, keyring.open(Purpose.VIEW, token)
    except TokenError:
        return Purpose.VIEW_WELCOME, keyring.open(Purpose.VIEW_WELCOME, token)


def _sent(session: Session, purpose: Purpose, number: int) -> Made | None:
    """What a message was made of; None before it is settled.

    Raises:
        NotFoundError: it was nobody's, or its reader was erased.
    """
    if purpose is Purpose.VIEW_WELCOME:
        if (welcomed := welcome_issue(session, number)) is None:
            raise NotFoundError(f"no issue is kept for the welcome {number}")
        return welcomed
    found = delivery(session, number)
    if not found.address:
        raise NotFoundError(f"the reader of the delivery {number} was erased")
    fixed = found.fixed
    if fixed is None:
        return None
    body = plan_body(session, fixed.edition, fixed.preferences_id)
    if body is None:
        raise NotFoundError(f"no plan is kept for edition {fixed.edition}")
    return Made(edition_id=fixed.edition, plan=body, date=fixed.date)


def _message(session: Session, sent: Made) -> tuple[Compiled, Plan, Digest]:
    plan = load_plan(sent.plan)
    issue = Compiled.loads(compiled(session, sent.edition_id, "+".join(plan.languages)))
    # Whoever reads along is not counted as the reader.
    straight = uncounted(issue, stored_links(session, sent.edition_id))
    return straight, plan, edition_digest(session, sent.edition_id)


def _values(date: dt.datetime, word: str) -> dict[str, str]:
    """What fills the message's slots: its own date, and a word for all that names the reader."""
    return {
        "to": word,
        "message_id": word,
        "date": format_datetime(date),
        "leave_token": word,
        "manage_token": word,
        "view_token": word,
    }


def _unlinked(text: str, word: str, neutral: str) -> str:
    """`text` with every address that holds `word` led to `neutral`, and no other trace of it."""
    links = re.compile(rf"""https?://[^\s"'<>]*{word}(?:#[\w-]*)?""")
    return links.sub(lambda _: neutral, text).replace(word, "…")


def _policy(digest: Digest) -> str:
    """The message's inline styles and its list's logo are let in, and nothing else."""
    logo = urlsplit(digest.list.theme.logo)
    images = f"img-src {logo.scheme}://{logo.netloc}; " if logo.netloc else ""
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; {images}base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
