"""What a reader is shown when a page cannot be: plain words, and nothing about what is stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from newsletter.errors import DatabaseError, NewsletterError, NotFoundError, TokenError
from newsletter.web.language import Asked
from newsletter.web.protection import HEADERS
from newsletter.web.site import Site

_FRAMES = 5

RETRY_SECONDS = "120"
"""When to ask again while the database is away. A mail provider whose one-click POST (RFC 8058)
gets this answer, and no 200, knows that its reader has not left yet."""

SAID = {
    400: ("This could not be understood", "Nothing was changed. Please go back and try again."),
    404: (
        "There is nothing here",
        "Perhaps the link was cut in two on its way: please open it from the mail again, whole.",
    ),
    405: ("That is not possible here", "Nothing was changed."),
    413: ("That was too long", "Nothing was changed. Please write less."),
    503: ("Please try again later", "Nothing was changed. The service is busy or being mended."),
    500: ("Something went wrong here", "It is our fault and has been noted. Please try later."),
}
"""Heading and text for each status, to be translated."""


def answer_failures(app: FastAPI, site: Site) -> None:
    """Makes `app` answer every error with a page."""

    def answer(status: Callable[[Exception], int]) -> Callable[[Request, Exception], Response]:
        return lambda request, error: _page(site, request, status(error), error)

    app.add_exception_handler(HTTPException, answer(_status))
    app.add_exception_handler(RequestValidationError, answer(_invalid))
    app.add_exception_handler(TokenError, answer(lambda _: 404))
    app.add_exception_handler(NotFoundError, answer(lambda _: 404))
    app.add_exception_handler(DatabaseError, answer(lambda _: 503))
    app.add_exception_handler(NewsletterError, answer(lambda _: 500))
    app.add_exception_handler(Exception, answer(lambda _: 500))


def _where(error: Exception) -> str:
    """The innermost lines of code that an error came through, without what they held."""
    frames = extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))


def _status(error: Exception) -> int:
    return error.status_code if isinstance(error, HTTPException) else 500


def _invalid(error: Exception) -> int:
    """A path that could be nothing of ours is not there; all else is a request gone wrong."""
    places = error.errors() if isinstance(error, RequestValidationError) else ()
    return 404 if any(place["loc"][0] == "path" for place in places) else 400


def _page(site: Site, request: Request, status: int, error: Exception) -> Response:
    if status >= 500:
        # An error that nobody foresaw may quote an address; those of the database do not.
        reason = str(error) if isinstance(error, DatabaseError) else ""
        log = structlog.get_logger("newsletter.web")
        log.error("failed", kind=type(error).__name__, reason=reason, where=_where(error))
    known = status if status in SAID else (400 if status < 500 else 500)
    asked = Asked(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
    response = site.message(asked.choose(), *SAID[known], status=status)
    # The answer to an error nobody foresaw is sent from outside Protection.
    response.headers.update(HEADERS)
    if status == 503:
        response.headers["retry-after"] = RETRY_SECONDS  # RFC 9110 §10.2.3
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})
    return response
