"""Exports of other services, known by their header, and what their columns mean here.

Formats as of 2026: Mailchimp's three files of an audience (subscribed, unsubscribed, cleaned),
listmonk's subscribers, Substack's email list, Ghost's members.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Cells = Mapping[str, str]

LEFT = "left"
BOUNCED = "bounced"
BLOCKED = "blocked"
"""States in which people come who must not be mailed, beside those of our own files."""


@dataclass(frozen=True, slots=True)
class Export:
    """A service's file: the folded columns that tell it, and a row of it in our columns."""

    service: str
    columns: frozenset[str]
    translate: Callable[[Cells], Cells]


def known_export(header: Sequence[str]) -> Export | None:
    """The export that a header of folded names (`email_address`) is of, if it is one."""
    return next((one for one in _EXPORTS if one.columns <= set(header)), None)


def _mailchimp(state: str) -> Callable[[Cells], Cells]:
    def translate(cells: Cells) -> Cells:
        confirmed, asked = cells.get("confirm_time", ""), cells.get("optin_time", "")
        return {
            "address": cells.get("email_address", ""),
            "state": state,
            "consent_at": _time(confirmed or asked),
            "consent_source": "Mailchimp, " + ("confirmed by mail" if confirmed else "signed up"),
            "left_at": _time(cells.get("unsub_time", "") or cells.get("clean_time", "")),
            "left_reason": cells.get("unsub_reason", ""),
        }

    return translate


_LISTMONK = {"enabled": "active", "disabled": LEFT, "blocklisted": BLOCKED, "unsubscribed": LEFT}


def _listmonk(cells: Cells) -> Cells:
    status = _LISTMONK.get(cells.get("status", "").casefold(), cells.get("status", ""))
    if status == "active":  # the one of this list, in an export of a single list
        of_list = cells.get("subscription_status", "").casefold()
        status = {"unsubscribed": LEFT, "unconfirmed": "pending"}.get(of_list, status)
    return {
        "address": cells.get("email", ""),
        "state": status,
        "consent_at": _time(cells.get("created_at", "")),
        "consent_source": "listmonk",
        "left_at": _time(cells.get("updated_at", "")) if status in (LEFT, BLOCKED) else "",
    }


def _substack(cells: Cells) -> Cells:
    off = cells.get("email_disabled", "").casefold() == "true"
    return {
        "address": cells.get("email", ""),
        "state": LEFT if off else "active",
        "consent_at": _time(cells.get("created_at", "")),
        "consent_source": "Substack",
    }


def _ghost(cells: Cells) -> Cells:
    on = cells.get("subscribed_to_emails", "").casefold() == "true"
    gone = _time(cells.get("deleted_at", ""))
    return {
        "address": cells.get("email", ""),
        "state": "active" if on and not gone else LEFT,
        "consent_at": _time(cells.get("created_at", "")),
        "consent_source": "Ghost",
        "left_at": gone,
    }


# The narrower first: Mailchimp's files of the departed have all columns of the others.
_EXPORTS = (
    Export("Mailchimp", frozenset({"email_address", "clean_time"}), _mailchimp(BOUNCED)),
    Export("Mailchimp", frozenset({"email_address", "unsub_time"}), _mailchimp(LEFT)),
    Export("Mailchimp", frozenset({"email_address", "optin_time", "leid"}), _mailchimp("active")),
    Export("listmonk", frozenset({"uuid", "email", "attributes", "status"}), _listmonk),
    Export("Substack", frozenset({"email", "active_subscription", "expiry"}), _substack),
    Export("Ghost", frozenset({"email", "subscribed_to_emails", "created_at"}), _ghost),
)


def _time(cell: str) -> str:
    """A time as these services write it, in ISO 8601; their times without a zone are in UTC."""
    if "/" not in cell:
        return cell
    for form in ("%m/%d/%y %H:%M", "%m/%d/%Y %H:%M"):  # Mailchimp's, once a spreadsheet had it
        try:
            return dt.datetime.strptime(cell, form).replace(tzinfo=dt.UTC).isoformat()
        except ValueError:
            continue
    return cell
