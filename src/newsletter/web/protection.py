"""What every response carries and every request is held to, whatever page it is for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_OCTETS = 64 * 1024
"""Greatest size of a request's body; the longest form of ours takes a twentieth of it."""

BODY_SECONDS = 20.0
"""How long a request's body may take to come, all of it; a click's takes less than one."""

HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    # A link's token must not reach the sites that a page links to.
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "permissions-policy": "interest-cohort=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""Security headers of every response; a route that needs another policy sets it itself."""


_WAS_HEAD = "newsletter.head"


def was_head(request: Request) -> bool:
    """Whether what a route answers as GET was asked as HEAD."""
    return bool(request.scope.get(_WAS_HEAD))


class Protection:
    """ASGI middleware: security headers, limits of size and time on bodies, and HEAD answered as
    GET is."""

    def __init__(
        self, app: ASGIApp, most_octets: int = MOST_OCTETS, body_seconds: float = BODY_SECONDS
    ) -> None:
        self._app, self._most, self._seconds = app, most_octets, body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bodiless = scope["method"] == "HEAD"
        send = _guarded(send, bodiless=bodiless)
        if _announced(scope) > self._most:
            await PlainTextResponse("This is too long.\n", 413)(scope, receive, send)
            return
        # RFC 9110 §9.3.2: the same header fields as for GET, without the content.
        inner = {**scope, "method": "GET" if bodiless else scope["method"]}
        inner[_WAS_HEAD] = bodiless
        await self._app(inner, _limited(receive, self._most, self._seconds), send)
        scope["route"] = inner.get("route")


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0


def _limited(receive: Receive, most: int, seconds: float) -> Receive:
    seen, whole = 0, False
    deadline = asyncio.get_running_loop().time() + seconds

    async def limited() -> Message:
        nonlocal seen, whole
        if whole:  # nothing more comes but the end of the connection, whenever that is
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, headers={"connection": "close"}) from None
        seen += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if seen > most:
            raise HTTPException(413)
        return message

    return limited


def _guarded(send: Send, *, bodiless: bool) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        elif bodiless and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return guarded
