"""What is filled in where a message is looked at and goes to nobody."""

from __future__ import annotations

from collections.abc import Mapping

SAMPLE_READER: Mapping[str, str] = {
    "to": "reader@example.org",
    "message_id": "<check@example.org>",
    "date": "Thu, 01 Jan 1970 00:00:00 +0000",
    "leave_token": "x",
    "click_token": "x",
    "manage_token": "x",
    "view_token": "x",
}
