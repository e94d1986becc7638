"""A message around its parts: header fields, multipart/alternative, dot-stuffing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.errors import MessageError
from newsletter.rendering import headers
from newsletter.rendering.encoding import Encoding

# Greatest lengths, in characters, of what is filled in for a reader.
WIDTHS: Mapping[str, int] = {
    "to": 600,
    "message_id": 250,
    "date": 40,
    "leave_token": 128,
    "manage_token": 128,
    "view_token": 128,
}
_SAFE = re.compile(r"[!-~]+(?: [!-~]+)*")
# What neither HTML nor a URL escapes, and no dot: one that begins a line would be doubled.
_TOKEN = re.compile(r"[A-Za-z0-9_~-]+")


_FITS = {name: _TOKEN if name.endswith("_token") else _SAFE for name in WIDTHS}
_ALL_FIT = re.compile(
    "\n".join(f"(?=.{{1,{width}}}$){_FITS[name].pattern}" for name, width in WIDTHS.items()),
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What all messages of a compiled issue have in common outside their parts.

    `leave` and `leave_mail` are where a leave goes, with `{header_token}` for the token of the
    header. An issue that was frozen before there was one has `{token}`, for that of the text: so it
    is put together as it was sent.
    """

    before: str  # the fields that are the same for everybody, ready for the wire
    leave: str
    leave_mail: str
    boundary: str


def frame(digest: Digest, links: Links, languages: tuple[str, ...], nonce: str) -> Frame:
    """The frame of a digest's messages.

    Raises:
        MessageError: the list has a value that no header field can hold.
    """
    mailing_list = digest.list
    sender, title = mailing_list.sender, mailing_list.title(languages[0])
    domain = sender.address.rpartition("@")[2]
    fields = [headers.mailbox("From", sender.name, sender.address)]
    if mailing_list.reply_to:
        fields.append(headers.plain("Reply-To", mailing_list.reply_to))
    owner = mailing_list.reply_to or sender.address
    fields += [
        headers.list_id(title, f"{mailing_list.name}.{domain}"),
        headers.plain("List-Help", f"<{links.about(mailing_list.name)}>"),
        headers.plain("List-Owner", f"<mailto:{owner}>"),
        headers.plain("List-Archive", f"<{links.archive(mailing_list.name)}>"),
        headers.plain("List-Post", "NO"),
        headers.plain("Feedback-ID", feedback_id(digest.name, mailing_list.name, domain)),
        headers.plain("Auto-Submitted", "auto-generated"),
        headers.plain("Precedence", "bulk"),
        headers.plain("Content-Language", ", ".join(languages)),
        "MIME-Version: 1.0\r\n",
    ]
    mailto = mailing_list.unsubscribe_mailbox
    return Frame(
        before="".join(fields),
        leave=links.leave("TOKEN").replace("TOKEN", "{header_token}"),
        leave_mail=f"mailto:{mailto}?subject={{header_token}}" if mailto else "",
        boundary=f"=_{nonce}",
    )


def feedback_id(issue: str, list_name: str, domain: str) -> str:
    """Gmail's Feedback-ID: three names, then a sender id of 5 to 15 characters that stays."""
    sender = re.sub(r"[^a-z0-9]", "", domain.lower())[-15:]
    parts = (issue, list_name, "newsletter", sender.rjust(5, "0"))
    return ":".join(re.sub(r"[^A-Za-z0-9._-]", "-", part) for part in parts)


def checked(values: Mapping[str, str]) -> Mapping[str, str]:
    """`values` if each fits its slot: a token anywhere in a page, the others in a header.

    Raises:
        MessageError: one is missing, too long, or holds characters that cannot stand there.
    """
    if _ALL_FIT.fullmatch("\n".join([values.get(name, "") for name in WIDTHS])):
        return values  # as nearly always; else which of them, and why
    for name, width in WIDTHS.items():
        value = values.get(name)
        if value is None:
            raise MessageError(f"the message has no {name}")
        if len(value) > width:
            raise MessageError(f"the {name} has {len(value)} characters; there is room for {width}")
        if not _FITS[name].fullmatch(value):
            raise MessageError(f"the {name} {value!r} holds characters that cannot stand there")
    return values


def message(
    frame: Frame,
    values: Mapping[str, str],
    subject: str,
    text: Iterable[bytes],
    html: Iterable[bytes] | None,
    encoding: Encoding,
) -> bytes:
    """The message: header, blank line, and its parts, with CRLF and without dot-stuffing."""
    head = (
        f"Date: {values['date']}\r\n"
        f"{frame.before}"
        f"To: {values['to']}\r\n"
        f"{headers.text('Subject', subject)}"
        f"Message-ID: {values['message_id']}\r\n"
        f"{_leave(frame, values)}"
    )
    kind = f'; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    if html is None:
        return b"".join([f"{head}Content-Type: text/plain{kind}".encode("ascii"), *text])
    line = frame.boundary
    opening = (
        f'{head}Content-Type: multipart/alternative; boundary="{line}"\r\n'
        f"\r\n--{line}\r\nContent-Type: text/plain{kind}"
    )
    between = f"\r\n--{line}\r\nContent-Type: text/html{kind}"
    closing = f"\r\n--{line}--\r\n"
    return b"".join([opening.encode("ascii"), *text, between.encode(), *html, closing.encode()])


def _leave(frame: Frame, values: Mapping[str, str]) -> str:
    """RFC 8058: one https address for one-click, and where there is a mailbox, a mailto beside."""
    # No slot: it proves that a report comes from who had the message, and texts are forwarded.
    header_token, token = values.get("header_token", ""), values["leave_token"]
    if not _TOKEN.fullmatch(header_token):
        raise MessageError(f"the header_token {header_token!r} cannot stand in a header")
    ways = f"<{frame.leave.format(header_token=header_token, token=token)}>"
    if frame.leave_mail:
        ways += f",\r\n <{frame.leave_mail.format(header_token=header_token, token=token)}>"
    return f"List-Unsubscribe: {ways}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def dot_stuff(message: bytes) -> bytes:
    """`message` as DATA carries it: a line that begins with a dot gets one more (RFC 5321 section
    4.5.2). The final dot is not added."""
    # CPython looks backwards for it in a fifth of the time that `replace` takes.
    parts, end = [], len(message)
    while (found := message.rfind(b"\r\n.", 0, end)) >= 0:
        parts.append(message[found + 2 : end])
        end = found + 2
    parts.append(message[:end])
    if message.startswith(b"."):
        parts.append(b"")
    return b".".join(reversed(parts)) if len(parts) > 1 else message
