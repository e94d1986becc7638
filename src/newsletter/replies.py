"""What a mail server says, and what it means for a delivery: SMTP replies and their verdicts.

One classifier judges what the relay answers while a message is sent and what comes back later in
a delivery status notification. What it does not know is unclassified and suppresses nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from newsletter.errors import ReplyError

LONGEST_LINE = 4096
"""Octets of one reply line that are read at most; RFC 5321 §4.5.3.1.5 allows 512."""

MOST_LINES = 256
"""Lines of one reply that are read at most."""

_USUAL = 200  # octets of a line that is worth remembering

LONGEST_TEXT = 600
"""Characters of a reply's text that are kept."""


class Stage(StrEnum):
    """What was being answered: the last thing that went out on the connection."""

    CONNECT = "connect"  # the greeting and EHLO
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"  # the message itself: what follows its final dot
    DSN = "dsn"  # nothing: a notification that came later, by mail

    __hash__ = str.__hash__  # that of enumerations is slow, and this one is asked for every message


class Reply(NamedTuple):
    """`code` is of RFC 5321 §4.2, `enhanced` of RFC 3463 or "", `text` one line without it."""

    code: int
    enhanced: str
    text: str

    @property
    def positive(self) -> bool:
        """Completed (2yz) or to be continued (3yz)."""
        return self.code < 400

    @property
    def transient(self) -> bool:
        """To be tried again (4yz, RFC 5321 §4.2.1)."""
        return 400 <= self.code < 500


_LINE = re.compile(rb"([2-5][0-5][0-9])(?:([ -])(.*))?", re.DOTALL)
# `#` is how some gateways write it: "550 #5.1.0 Address rejected".
_ENHANCED = re.compile(r"#?([245]\.\d{1,3}\.\d{1,3})(?=[\s:;,-]|$)[\s:;,-]*")


class ReplyReader:
    """Cuts a stream of octets into replies (RFC 5321 §4.2.1), however it is chopped.

    Memory is bounded whatever comes. A bare LF ends a line as CRLF does.
    """

    __slots__ = ("_code", "_lines", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._code = b""

    def feed(self, octets: bytes) -> Iterator[Reply]:
        """The replies that `octets` complete; those before nonsense are given before it is raised.

        Raises:
            ReplyError: this is not SMTP; the connection is of no more use.
        """
        *lines, self._rest = (self._rest + octets).split(b"\n")
        for line in lines:
            if (reply := self._line(line.removesuffix(b"\r"))) is not None:
                yield reply
        if len(self._rest) > LONGEST_LINE:
            raise ReplyError(f"a reply line of more than {LONGEST_LINE} octets")

    def _line(self, line: bytes) -> Reply | None:
        if not self._lines and len(line) <= _USUAL and line[3:4] != b"-":
            return _single(line)
        match = _LINE.fullmatch(line) if len(line) <= LONGEST_LINE else None
        if match is None:
            raise ReplyError(f"not an SMTP reply: {_printable(line[:80])!r}")
        code, mark, text = match.groups()
        if self._code and code != self._code:
            raise ReplyError(f"a reply that begins with {self._code!r} goes on with {code!r}")
        if len(self._lines) >= MOST_LINES:
            raise ReplyError(f"a reply of more than {MOST_LINES} lines")
        self._code = code
        self._lines.append(text or b"")
        if mark == b"-":
            return None
        lines, self._lines, self._code = self._lines, [], b""
        return _reply(int(code), lines)


@lru_cache(maxsize=1024)
def _single(line: bytes) -> Reply:
    """A reply of one line. Most of a relay's are the same few, thousands of times."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise ReplyError(f"not an SMTP reply: {_printable(line[:80])!r}")
    return _reply(int(match[1]), [match[3] or b""])


def parse_reply(code: int, text: str) -> Reply:
    """A reply from its code and text, for those that another library has read."""
    return _reply(code, [line.encode("utf-8", "surrogateescape") for line in text.split("\n")])


def _reply(code: int, lines: list[bytes]) -> Reply:
    enhanced, words = "", []
    for line in lines:
        text = _printable(line)
        match = _ENHANCED.match(text)
        # RFC 2034 §4: its class says what the code's first digit says, and each line repeats it.
        if match is not None and match[1][0] == str(code)[0]:
            enhanced = enhanced or match[1]
            text = text[match.end() :]
        words.append(text)
        if sum(map(len, words)) > LONGEST_TEXT:
            break
    return Reply(code, enhanced, " ".join(filter(None, words))[:LONGEST_TEXT])


def _printable(octets: bytes) -> str:
    """As text that a terminal or a page may show: no controls, nothing that turns text around."""
    text = octets.decode("utf-8", "replace")
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return text.strip()


class Judgement(StrEnum):
    """What a reply means for the delivery and beyond it."""

    ACCEPTED = "accepted"
    TRY_LATER = "try later"  # this reader's side asks for patience
    RELAY_BUSY = "relay busy"  # so does the relay, whoever the reader
    BAD_ADDRESS = "bad address"  # the one that suppresses
    MAILBOX_FULL = "mailbox full"
    REFUSED = "refused"  # this message, by policy, content or size
    OUR_FAULT = "our fault"  # what would be said of every reader: the issue pauses
    UNCLASSIFIED = "unclassified"


class Verdict(NamedTuple):
    """A judgement, and in a few words why."""

    judgement: Judgement
    reason: str

    @property
    def suppresses(self) -> bool:
        """Whether the address is proven bad."""
        return self.judgement is Judgement.BAD_ADDRESS

    @property
    def pauses_issue(self) -> bool:
        """Whether going on would earn the same answer for everybody."""
        return self.judgement is Judgement.OUR_FAULT

    @property
    def again(self) -> bool:
        """Whether the same message may be accepted later."""
        return self.judgement in _AGAIN


ACCEPTED = Verdict(Judgement.ACCEPTED, "")

_AGAIN = frozenset({Judgement.TRY_LATER, Judgement.RELAY_BUSY, Judgement.OUR_FAULT})

_PROVIDERS = {
    "google": ("gmail.com", "googlemail.com"),
    "microsoft": ("outlook.com", "hotmail.com", "live.com", "msn.com", "live.cn", "hotmail.co.uk"),
    "yahoo": ("yahoo.com", "ymail.com", "rocketmail.com", "aol.com", "yahoo.co.uk", "yahoo.fr"),
    "qq": ("qq.com", "vip.qq.com", "foxmail.com"),
    "netease": ("163.com", "126.com", "yeah.net", "vip.163.com", "188.com"),
}
_PROVIDER_OF = {domain: name for name, domains in _PROVIDERS.items() for domain in domains}


def provider_of(domain: str) -> str:
    """The provider behind a well-known domain, else the domain itself."""
    return _PROVIDER_OF.get(domain, domain)


# RFC 3463 §3.2 and §3.3, RFC 7505 §4.2 for 5.1.10: what says that no such mailbox takes mail.
_BAD_ADDRESS = {
    "5.1.1": "no such mailbox",
    "5.1.3": "not a possible address",
    "5.1.6": "the mailbox has moved",
    "5.1.10": "the recipient accepts no mail",
    "5.2.1": "the mailbox is disabled",
}

# RFC 7372 §3 and RFC 7489 for x.7.20 to 26; Google's list of SMTP errors for 27 to 32
# (support.google.com/a/answer/3726730); Microsoft's for 509 and 515.
_AUTHENTICATION = frozenset((*range(20, 28), 29, 30, 31, 32, 509, 515))


class _Text(NamedTuple):
    """What a provider says where its code says nothing; only of its own domains."""

    provider: str
    pattern: re.Pattern[str]
    judgement: Judgement
    reason: str


def _text(provider: str, words: str, judgement: Judgement, reason: str) -> _Text:
    return _Text(provider, re.compile(words, re.IGNORECASE), judgement, reason)


_QQ, _163, _MS, _YAHOO, _GOOGLE = "qq", "netease", "microsoft", "yahoo", "google"
_BAD, _LATER, _REFUSED = Judgement.BAD_ADDRESS, Judgement.TRY_LATER, Judgement.REFUSED
_OURS, _FULL, _UNSURE = Judgement.OUR_FAULT, Judgement.MAILBOX_FULL, Judgement.UNCLASSIFIED

_TEXTS = (
    # service.mail.qq.com, help on bounces (numbers 1000722 to 1000730, 1001508); smtp.codes/qq.
    # A limit of frequency is for minutes, hours or that day, whatever its 550 says.
    _text(_QQ, r"(?:domain|sender|ip|connection) frequency limited", _LATER, "QQ's rate limit"),
    _text(_QQ, r"mailbox not found", _BAD, "no such mailbox at QQ"),
    _text(_QQ, r"mailbox unavailable or access denied", _LATER, "this reader gets too much mail"),
    _text(_QQ, r"mail content denied|suspected spam", _REFUSED, "QQ takes it for spam"),
    _text(_QQ, r"rejected by recipients?", _REFUSED, "the reader's own filter"),
    _text(_QQ, r"(?:dmarc|spf|dkim) check failed", _OURS, "QQ: authentication failed"),
    # NetEase's list of bounce codes (mail.163.com, help on bounces): letters before a colon.
    _text(_163, r"\bUser not found", _BAD, "no such mailbox at NetEase"),
    _text(_163, r"\bUser (?:suspended|locked)", _BAD, "the mailbox is disabled"),
    _text(_163, r"\b(?:DT:SPM|HL:ITC|DT:SUM)", _REFUSED, "NetEase takes it for spam"),
    _text(_163, r"\b(?:MI:(?:SFQ|STC|DMC)|RP:(?:QRC|TRC|DRC))", _LATER, "NetEase's rate limit"),
    # spamresource.com, September 2023, on Microsoft's three texts for one unknown user; the
    # second is said of a failing directory too, so it does not suppress.
    _text(_MS, r"RESOLVER\.ADR\.RecipientNotFound", _BAD, "no such mailbox at Microsoft"),
    _text(_MS, r"requested action not taken: mailbox unavailable", _UNSURE, "mailbox unavailable"),
    _text(_MS, r"part of their network is on our block list", _OURS, "Microsoft blocks our IP"),
    # Yahoo's sender hub, SMTP error codes (senders.yahooinc.com/smtp-error-codes).
    _text(_YAHOO, r"user doesn't have a yahoo\.com account", _BAD, "no such mailbox at Yahoo"),
    _text(_YAHOO, r"message (?:not accepted|content) for policy", _REFUSED, "Yahoo's policy"),
    # Google's list of SMTP errors, see above: its codes say it all but for these.
    _text(_GOOGLE, r"email account that you tried to reach does not exist", _BAD, "no such Gmail"),
    _text(_GOOGLE, r"account that you tried to reach is over quota", _FULL, "mailbox full"),
)


def classify(stage: Stage, reply: Reply, domain: str = "") -> Verdict:
    """What `reply`, given at `stage` to a message for `domain`, means.

    Only RCPT and a notification speak of the address; what is said before them is said of us, and
    what is said after of the message.
    """
    if reply.code < 300:
        return ACCEPTED
    if _blames_authentication(reply, domain):
        return Verdict(_OURS, f"our authentication is refused ({reply.enhanced})")
    if stage in (Stage.CONNECT, Stage.AUTH, Stage.MAIL):
        return _before_recipient(stage, reply)
    if (found := _known_text(stage, reply, provider_of(domain))) is not None:
        return found
    if reply.transient:
        busy = reply.code == 421 and stage is not Stage.BODY
        return Verdict(Judgement.RELAY_BUSY if busy else _LATER, "asked to try later")
    if not 500 <= reply.code < 600:
        return Verdict(_UNSURE, f"{reply.code} has no meaning here")
    return _permanent(stage, reply)


def _blames_authentication(reply: Reply, domain: str) -> bool:
    """Whether one of the great providers says that our SPF, DKIM, DMARC or TLS is at fault.

    Anybody else may be wrong about us; theirs is a refusal like others.
    """
    _, subject, detail = (reply.enhanced or "0.0.0").split(".")
    great = domain in _PROVIDER_OF or "gsmtp" in reply.text
    return great and subject == "7" and int(detail) in _AUTHENTICATION


def _before_recipient(stage: Stage, reply: Reply) -> Verdict:
    if reply.transient:
        return Verdict(Judgement.RELAY_BUSY, "the relay asks to try later")
    if stage is Stage.MAIL and (reply.code == 552 or reply.enhanced in ("5.3.4", "5.2.3")):
        return Verdict(_REFUSED, "too large for the relay")  # RFC 1870 §6.1
    if stage is Stage.MAIL and reply.enhanced in ("5.6.3", "5.6.7"):
        return Verdict(_REFUSED, "the relay cannot carry it")  # RFC 6152 §3, RFC 6531 §3.5
    return Verdict(_OURS, f"the relay refuses us at {stage.value.upper()}")


def _known_text(stage: Stage, reply: Reply, provider: str) -> Verdict | None:
    if reply.enhanced and not reply.enhanced.endswith(".0"):
        return None  # a code that says something is believed before any words
    for row in _TEXTS:
        if row.provider == provider and row.pattern.search(reply.text):
            if row.judgement is _BAD and (reply.transient or not _about_address(stage)):
                return None
            return Verdict(row.judgement, row.reason)
    return None


def _about_address(stage: Stage) -> bool:
    return stage in (Stage.RCPT, Stage.DSN)


def _permanent(stage: Stage, reply: Reply) -> Verdict:
    enhanced = reply.enhanced
    if _about_address(stage):
        if enhanced in _BAD_ADDRESS:
            return Verdict(_BAD, _BAD_ADDRESS[enhanced])
        # Microsoft's edge says 5.4.1 of a user whom the directory does not know.
        if enhanced == "5.4.1" and "access denied" in reply.text.lower():
            return Verdict(_BAD, "no such mailbox at Microsoft")
    if enhanced in ("5.1.7", "5.1.8"):
        return Verdict(_REFUSED, "our sender address is refused")
    if enhanced == "5.2.2":
        return Verdict(_FULL, "mailbox full")
    if enhanced in ("5.2.3", "5.3.4") or (reply.code == 552 and stage is not Stage.RCPT):
        return Verdict(_REFUSED, "too large")
    if enhanced.startswith(("5.7.", "5.6.")):
        return Verdict(_REFUSED, "refused by policy or content")
    if enhanced in ("5.1.2", "5.4.4"):
        return Verdict(_UNSURE, "no mail server for the domain")
    return Verdict(_UNSURE, "a refusal that no rule knows")
