"""One log line for each request: the route's pattern, never its path, which may hold a token."""

from __future__ import annotations

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class AccessLog:
    """ASGI middleware that logs method, route pattern, status and milliseconds; no address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
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
            self._log.info(
                "request",
                method=scope["method"],
                route=getattr(scope.get("route"), "path", "(none)"),
                status=status,
                milliseconds=round((time.perf_counter() - began) * 1000, 1),
            )
