"""Each request in a log line and in metrics: the route's pattern, never its path, which may hold
a token."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# It writes lines of its own about a body that is no form; that is answered with 400.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


class AccessLog:
    """ASGI middleware that logs method, route pattern, status and milliseconds; no address.
    `observe` is told the same, in seconds."""

    def __init__(
        self,
        app: ASGIApp,
        observe: Callable[[str, str, int, float], None] = lambda *_measured: None,
    ) -> None:
        self._app, self._observe = app, observe
        self._log = structlog.get_logger("newsletter.web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", "(none)")
            self._observe(scope["method"], route, status, seconds)
            self._log.info(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 1),
            )
