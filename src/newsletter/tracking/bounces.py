"""Bounces: delivery status notifications (RFC 3464), and those that are prose alone."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from email.message import Message

from flufl.bounce import all_failures

from newsletter.replies import Reply, parse_reply
from newsletter.tracking.returned_parts import Fields, blocks, parts, words

# Its tracebacks would put addresses into our logs.
logging.getLogger("flufl.bounce").disabled = True

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")  # RFC 6533 for two
_FAILED = ("fail", "error")  # OpenSMTPD says `error`
_MOST_RECIPIENTS = 100

_STATUS = re.compile(r"#?\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY = re.compile(r"(?<![\d.])([45][0-5]\d)[ -]\s*(?=\S)([^\n]{0,600})")
_AGAIN = r"(?<![\d.]){}[- ]\s*(?:#?{}\s+)?"
_NEAR = 400  # characters after an address within which prose says what was wrong with it


@dataclass(frozen=True, slots=True)
class Failure:
    """Mail to `address` came to nothing, and what was said of it. `address` may be ""."""

    address: str
    reply: Reply
    original: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses it may have been sent to, the surest first: mail is passed on."""
        return tuple(filter(None, dict.fromkeys((self.original, self.address))))


@dataclass(frozen=True, slots=True)
class Report:
    """What a notification says: whom mail did not reach, and whether it is of another kind."""

    failures: tuple[Failure, ...]
    delayed: bool = False


def status_report(message: Message) -> Report | None:
    """What a delivery status notification says; None when the message is none.

    `Action: delayed` is no bounce (RFC 3464 §2.3.3): the server goes on trying.
    """
    found: list[Fields] = []
    for part in parts(message):
        if part.get_content_type() in _STATUS_TYPES:
            found += [group for group in blocks(part) if "status" in group or "action" in group]
    if not found:
        return None
    failed = [group for group in found[:_MOST_RECIPIENTS] if _has_failed(group)]
    delayed = any(_action(group).startswith("delay") for group in found)
    return Report(tuple(map(_failure, failed)), delayed and not failed)


def holds_report(message: Message) -> bool:
    """Whether a notification stands anywhere in a message, such as one that somebody forwards."""
    return any(part.get_content_type() in _STATUS_TYPES for part in message.walk())


def prose_report(message: Message) -> Report | None:
    """What a bounce without a machine-readable part says, as far as flufl.bounce knows its kind."""
    if "From" not in message:
        message["From"] = "unknown@invalid.invalid"  # one of its detectors takes it for granted
    delayed, failed = all_failures(message)
    if not delayed and not failed:
        return None
    text = "\n".join(filter(None, map(words, parts(message))))
    failures = tuple(
        Failure(address, _said(text, address))
        for address in sorted(_text(found) for found in failed)[:_MOST_RECIPIENTS]
    )
    return Report(failures, delayed=bool(delayed) and not failed)


def _action(group: Fields) -> str:
    return group.get("action", "").strip().lower()


def _has_failed(group: Fields) -> bool:
    action = _action(group)
    if action:
        return action.startswith(_FAILED)
    return group.get("status", "").strip().startswith("5")


def _failure(group: Fields) -> Failure:
    return Failure(
        address=_address(group.get("final-recipient", "")),
        original=_address(group.get("original-recipient", "")),
        reply=_reply(group.get("status", ""), group.get("diagnostic-code", "")),
    )


def _address(written: str) -> str:
    """`rfc822; <reader@example.org>` as the address alone (RFC 3464 §2.3.2)."""
    bare = written.rpartition(";")[2].strip().strip("<>\"' ")
    return bare if "@" in bare else ""


def _reply(status: str, diagnostic: str) -> Reply:
    """The reply that a report repeats. What the reader's server said is believed before the status
    that the reporting one made of it, which is often x.0.0."""
    given = _STATUS.search(status)
    overall = given[1] if given else "5.0.0"
    kind, _, said = diagnostic.partition(";")
    said = (said if said.strip() and " " not in kind.strip() else diagnostic).strip()
    match = _REPLY.search(said)
    if match is not None:
        code, text = int(match[1]), match[2]
    else:
        code, text = (450 if overall.startswith("4") else 550), said
    named = _STATUS.search(text)
    if named is not None and named[1][0] == str(code)[0] and not named[1].endswith(".0.0"):
        enhanced = named[1]
    else:
        enhanced = overall if overall[0] == str(code)[0] else ""
    text = re.sub(_AGAIN.format(code, re.escape(enhanced or "-")), "", text)  # of each line
    text = text.removeprefix("#").removeprefix(enhanced).strip()
    return parse_reply(code, f"{enhanced} {text}".strip())


def _said(text: str, address: str) -> Reply:
    """What prose says after an address; unclassified when that has no code."""
    near = " ".join(_near(text, address).split())
    match = _REPLY.search(near)
    if match is not None and match[1][0] in "45":
        return _reply("", near[match.start() :])
    named = _STATUS.search(near)
    return _reply(named[1] if named else "", near[:200])


def _near(text: str, address: str) -> str:
    at = text.lower().find(address.lower())
    return text[at + len(address) : at + len(address) + _NEAR] if at >= 0 else text[:_NEAR]


def _text(address: bytes) -> str:
    return address.decode("ascii", "replace").strip()
