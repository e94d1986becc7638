"""Logs: one JSON line an event, to stderr, at the level that the settings say."""

from __future__ import annotations

import asyncio
import atexit
import datetime as dt
import logging
import sys
from collections.abc import MutableMapping
from threading import Lock
from typing import Any, TextIO

import orjson
import structlog

GATHER = 0.05
"""Seconds for which a line that is no warning may wait for others to be written with."""

MOST = 100
"""Lines that wait at most."""


def configure_logs(level: str) -> None:
    """Sends the program's log lines of `level` and above to stderr."""
    lines = Lines(sys.stderr)
    atexit.register(lines.flush)
    structlog.configure(
        processors=[_line],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=lambda *_: lines,
    )


class Lines:
    """Writes lines to a file. On an event loop those of a moment go together: a write for every
    message of an issue makes the sender wait for the thread of its ledger each time."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = Lock()
        self._waiting: list[str] = []
        self._due: asyncio.AbstractEventLoop | None = None

    def info(self, line: str) -> None:
        """Writes a line soon; at once where no loop runs."""
        with self._lock:
            self._waiting.append(line)
            full = len(self._waiting) >= MOST
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            full = True
        if full:
            self.flush()
        elif self._due is not loop:
            self._due = loop
            loop.call_later(GATHER, self.flush)

    def warning(self, line: str) -> None:
        """Writes a line, after those that wait."""
        with self._lock:
            self._waiting.append(line)
        self.flush()

    debug = msg = info
    warn = error = critical = exception = fatal = failure = err = warning

    def flush(self) -> None:
        """Writes the lines that wait."""
        with self._lock:
            self._due = None
            if self._waiting:
                self._file.write("\n".join(self._waiting) + "\n")
                self._file.flush()
                self._waiting.clear()


_NAIVE = len("2026-01-05T07:00:00.000000")


def _line(logger: Any, level: str, event: MutableMapping[str, Any]) -> str:
    if "exc_info" in event:
        event = structlog.processors.format_exc_info(logger, level, event)
    event["level"] = level
    event["timestamp"] = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")[:_NAIVE] + "Z"
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
