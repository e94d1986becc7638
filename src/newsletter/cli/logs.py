"""Logs: one JSON line an event, to stderr, at the level that the settings say."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import structlog


def configure_logs(level: str) -> None:
    """Sends the program's log lines of `level` and above to stderr."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


# Made once: there is a line for every message.
_ENCODER = json.JSONEncoder(default=repr)


def _line(event: Any, **_: object) -> str:
    return _ENCODER.encode(event)
