"""Serving an application until Ctrl-C or SIGTERM, then ending cleanly."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.errors import SettingsError

_GRACE_SECONDS = 5
_STOPS = (signal.SIGINT, signal.SIGTERM)


def serve(
    app: ASGIApp,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    started: Callable[[str], None] = lambda _url: None,
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """Serves `app` until the process is told to stop; requests that are under way are finished.

    Port 0 takes any free one; `started` is told the URL as soon as connections are accepted.
    `stopping` is called when the process is told to stop, to end what would go on for ever.

    Raises:
        SettingsError: host and port cannot be listened on.
    """
    with closing(_listen(host, port)) as listener, _quiet_stop():
        # Listening already, so a request that comes before the loop runs waits and is not refused.
        started(_url(host, listener))
        config = uvicorn.Config(
            _without_tracebacks(app),
            access_log=False,  # paths hold tokens; AccessLog writes patterns instead
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        _Server(config, stopping).run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it is asked to stop."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping()
        super().handle_exit(sig, frame)


def _without_tracebacks(app: ASGIApp) -> ASGIApp:
    """`app`, whose faults uvicorn would log with all their words, which may quote an address. They
    are answered and noted by then (`failures`)."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        with suppress(Exception):
            await app(scope, receive, send)

    return served


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=512
        )
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"cannot listen on {host} port {port}: {error}; choose another with --port"
        ) from None


def _url(host: str, listener: socket.socket) -> str:
    port: int = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _quiet_stop() -> Iterator[None]:
    """uvicorn raises a signal again once it has stopped; that must not kill what comes after."""
    previous = {number: signal.signal(number, lambda *_: None) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
