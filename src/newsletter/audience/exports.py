"""Exports of other services, known by their header, and what their columns mean here.

Formats as of 2026, seen in public code that writes or reads them: Mailchimp's files of an audience
(subscribed, unsubscribed, cleaned, and those who never subscribed), listmonk's subscribers,
Substack's email list in both its forms, Ghost's members.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from newsletter.audience.member_cells import RowError

Cells = Mapping[str, str]

LEFT = "left"
BOUNCED = "bounced"
BLOCKED = "blocked"
"""States in which people come who must not be mailed, beside those of our own files."""


@dataclass(frozen=True, slots=True)
class Export:
    """A service's file: whether folded columns are its, and a row of it in our columns (which may
    raise `RowError`); and what whoever imports it is to know.

    `usual` matches the columns that each such file has, where the service lets a list have others.
    """

    service: str
    known_by: Callable[[Set[str]], bool]
    translate: Callable[[Cells], Cells]
    notice: str = ""
    usual: re.Pattern[str] | None = None

    def is_the_lists(self, column: str, *, chosen: bool) -> bool:
        """Whether a folded column is one that the list made, such as a question of its form, and
        not one of the service's. Where a list can make none it is one put in by hand that is named
        like those in which we keep what somebody has `chosen`."""
        return chosen if self.usual is None else self.usual.fullmatch(column) is None

    def never_subscribed(self, name: str) -> bool:
        """Whether a file of that name holds people who may not be mailed: Mailchimp's contacts who
        bought something, say, and never subscribed, or who were archived. Their columns are those
        of the subscribed."""
        return self.service == "Mailchimp" and _NEVER_SUBSCRIBED.match(name) is not None


def known_export(header: Sequence[str]) -> Export | None:
    """The export that a header of folded names (`email_address`) is of, if it is one."""
    columns = set(header)
    return next((one for one in _EXPORTS if one.known_by(columns)), None)


def _mailchimp(state: str) -> Callable[[Cells], Cells]:
    def translate(cells: Cells) -> Cells:
        confirmed, asked = cells.get("confirm_time", ""), cells.get("optin_time", "")
        if state == "active" and not confirmed and not asked:
            # Imported subscribers have the first, those who signed up both.
            raise RowError("it has neither OPTIN_TIME nor CONFIRM_TIME: they never subscribed")
        return {
            "address": cells.get("email_address", ""),
            "state": state,
            "consent_at": _time(confirmed or asked),
            "consent_source": "Mailchimp, " + ("confirmed by mail" if confirmed else "signed up"),
            "left_at": _time(_first(cells, "unsub_time", "clean_time", "last_changed")),
            "left_reason": ": ".join(
                filter(None, (cells.get("unsub_reason"), cells.get("unsub_reason_other")))
            ),
        }

    return translate


_LISTMONK = {
    "enabled": "active",
    "disabled": LEFT,
    "blocklisted": BLOCKED,
    "blacklisted": BLOCKED,  # as it was called before 2021
}


def _listmonk(cells: Cells) -> Cells:
    """Its file tells whom no list may mail; who left the one list it is of, it does not tell."""
    status = _LISTMONK.get(cells.get("status", "").casefold(), cells.get("status", ""))
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
        "consent_at": _time(_first(cells, "created_at", "start_date")),
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


def _has(*names: str) -> Callable[[Set[str]], bool]:
    return lambda columns: columns >= set(names)


def _mailchimp_has(*, prefix: str) -> Callable[[Set[str]], bool]:
    """The address has a name in any language; which other columns there are is chosen."""
    return lambda columns: (
        "optin_time" in columns and any(column.startswith(prefix) for column in columns)
    )


# Its own fields and those of the form that every audience begins with. What people ticked in a
# group, and what a list asks for in fields of its own, stands in columns of any other name.
_MAILCHIMPS = re.compile(
    r"email_address|first_name|last_name|address|phone(?:_number)?|birthday|company|member_rating|"
    r"(?:optin|confirm)_(?:time|ip)|(?:unsub|clean)_\w+|latitude|longitude|gmtoff|dstoff|timezone|"
    r"cc|region|last_changed|leid|euid|notes|tags"
)

# The narrower first: Mailchimp's files of the departed have all columns of the others.
_EXPORTS = (
    Export("Mailchimp", _mailchimp_has(prefix="clean_"), _mailchimp(BOUNCED), usual=_MAILCHIMPS),
    Export("Mailchimp", _mailchimp_has(prefix="unsub_"), _mailchimp(LEFT), usual=_MAILCHIMPS),
    Export("Mailchimp", _mailchimp_has(prefix="confirm_"), _mailchimp("active"), usual=_MAILCHIMPS),
    Export(
        "listmonk",
        _has("uuid", "email", "attributes", "status"),
        _listmonk,
        notice="listmonk's file does not say who left the list it is of: export it by subscription "
        "status (README, Readers from elsewhere), or they are added here",
    ),
    Export("Substack", _has("email", "active_subscription", "expiry"), _substack),
    Export("Substack", _has("email", "stripe_plan", "start_date"), _substack),
    Export("Ghost", _has("email", "subscribed_to_emails", "created_at"), _ghost),
)

_NEVER_SUBSCRIBED = re.compile(r"(?:non-?subscribed|archived)_", re.IGNORECASE)

# How Go writes a time, and so listmonk: 2021-01-02 03:04:05.678901 +0000 UTC
_GO = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d{4})(?: \S+)?")
_NEVER = "0001-01-01"  # its time that was never set
_SPREADSHEETS = ("%m/%d/%y %H:%M", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S")


def _first(cells: Cells, *columns: str) -> str:
    return next((cell for column in columns if (cell := cells.get(column, ""))), "")


def _time(cell: str) -> str:
    """A time as these services write it, in ISO 8601; their times without a zone are in UTC."""
    if cell.startswith(_NEVER):
        return ""
    if match := _GO.fullmatch(cell):
        return f"{match[1]}T{match[2]}{match[3]}"
    if "/" not in cell:
        return cell
    for form in _SPREADSHEETS:  # Mailchimp's, once a spreadsheet had it
        try:
            return dt.datetime.strptime(cell, form).replace(tzinfo=dt.UTC).isoformat()
        except ValueError:
            continue
    return cell
