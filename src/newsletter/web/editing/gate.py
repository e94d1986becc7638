"""Who may see and change issues here, and that no other site acts in their name."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE = ("GET", "HEAD")


@dataclass(frozen=True)
class Editor:
    """Who is at work: a name for the history, and the lists that are theirs; None: every list."""

    name: str
    lists: frozenset[str] | None = None

    def may(self, list_name: str) -> bool:
        return self.lists is None or list_name in self.lists


class Gate(Protocol):
    """Decides about requests."""

    def reached(self, host: str) -> bool:
        """Whether the page is reached under that Host; under another it is DNS rebinding."""

    def origins(self) -> frozenset[str]:
        """Hosts, with their ports, of which the page is one besides that of the request."""

    def editor(self, request: HTTPConnection) -> Editor | None:
        """Who asks; None: nobody who may."""

    def enter(self, request: HTTPConnection, *, known: bool) -> Response | None:
        """The answer to whoever comes without being known, if it is not a refusal; and to who is
        known, if their link should not stay in the address."""


@dataclass
class LocalGate:
    """For whoever runs `newsletter preview`: on this machine, by a link that only they have.

    The link is as good as long as the program runs; its key becomes a cookie that other sites
    cannot send (SameSite=Strict). `port` is known once it is listened on.
    """

    name: str
    port: int = 0
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def reached(self, host: str) -> bool:
        return host in {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}

    def origins(self) -> frozenset[str]:
        return frozenset()

    def editor(self, request: HTTPConnection) -> Editor | None:
        given = request.cookies.get(self._cookie, "")
        return Editor(self.name) if hmac.compare_digest(given.encode(), self.key.encode()) else None

    def enter(self, request: HTTPConnection, *, known: bool) -> Response | None:
        del known
        given = request.query_params.get("key", "")
        if not hmac.compare_digest(given.encode(), self.key.encode()):
            return None
        answer = RedirectResponse(str(request.url.remove_query_params("key")), 303)
        answer.set_cookie(self._cookie, self.key, httponly=True, samesite="strict", path="/")
        return answer

    @property
    def _cookie(self) -> str:
        return f"newsletter-preview-{self.port}"  # cookies know no ports; two previews do


class Guard:
    """ASGI middleware: lets pass what the gate lets pass, and notes who it is.

    What changes something must besides come from this very page: by its Origin field, and by
    Sec-Fetch-Site where a browser sends it. A session cookie alone proves no intent.
    """

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        refusal = self._refusal(request, scope["method"])
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, request: HTTPConnection, method: str) -> Response | None:
        if not self._gate.reached(request.headers.get("host", "")):
            return PlainTextResponse("This page is not reached under that name.\n", 421)
        editor = self._gate.editor(request)
        entered = self._gate.enter(request, known=editor is not None)
        if entered is not None:
            return entered
        if editor is None:
            return PlainTextResponse(
                "Please open the link that `newsletter preview` printed, whole.\n", 403
            )
        if method not in SAFE and not from_here(request, self._gate.origins()):
            return JSONResponse({"error": "this did not come from the page itself"}, 403)
        request.state.editor = editor
        return None


def from_here(request: HTTPConnection, origins: frozenset[str] = frozenset()) -> bool:
    """Whether a request was made by a page of the same origin (RFC 6454 section 7), or of one of
    `origins`, where a proxy gave it another Host."""
    origin = urlsplit(request.headers.get("origin", "")).netloc
    site = request.headers.get("sec-fetch-site", "same-origin")
    own = {request.headers.get("host", ""), *origins} - {""}
    return origin in own and site == "same-origin"
