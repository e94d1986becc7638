"""View in browser: a reader's message as it was sent, without the links that are theirs alone."""

from __future__ import annotations

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
from newsletter.errors import NotFoundError
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.counting import uncounted
from newsletter.store.clicks import stored_links
from newsletter.store.deliveries import delivery
from newsletter.store.editions import compiled, edition_digest, plan_body
from newsletter.store.values import Fixed
from newsletter.tokens import Purpose
from newsletter.web.language import Language
from newsletter.web.nobody import nobody
from newsletter.web.site import PRIVATE, Here

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/v/{token}")
def view(site: Here, language: Language, token: str) -> Response:
    """The message of a delivery; whoever a mail is forwarded to may read it, and do no more."""
    delivery_id = site.keyring.open(Purpose.VIEW, token)
    with site.database.read() as session:
        try:
            fixed = delivery(session, delivery_id).fixed
        except NotFoundError:
            return nobody(site, language, delivery_id)
        if fixed is None:
            return site.message(
                language.choose(),
                "This message has not been sent",
                "It can be seen here once it is on its way.",
                status=404,
            )
        issue, plan, digest = _sent(session, fixed)
    word = "nobody" + secrets.token_hex(8)
    values = _values(fixed, word)
    neutral = site.neutral(digest.list)
    if not plan.html:
        return PlainTextResponse(
            _unlinked(issue.text(plan, values), word, neutral), headers=PRIVATE
        )
    text = _unlinked(issue.html(plan, values), word, neutral)
    return HTMLResponse(text, headers=PRIVATE | {"content-security-policy": _policy(digest)})


def _sent(session: Session, fixed: Fixed) -> tuple[Compiled, Plan, Digest]:
    body = plan_body(session, fixed.edition, fixed.preferences_id)
    if body is None:
        raise NotFoundError(f"no plan is kept for edition {fixed.edition}")
    plan = load_plan(body)
    issue = Compiled.loads(compiled(session, fixed.edition, "+".join(plan.languages)))
    # Whoever reads along is not counted as the reader.
    straight = uncounted(issue, stored_links(session, fixed.edition))
    return straight, plan, edition_digest(session, fixed.edition)


def _values(fixed: Fixed, word: str) -> dict[str, str]:
    """What fills the message's slots: its own date, and a word for all that names the reader."""
    return {
        "to": word,
        "message_id": word,
        "date": format_datetime(fixed.date),
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
