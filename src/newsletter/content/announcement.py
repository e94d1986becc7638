"""An announcement: a message of its own to a list's readers, such as a correction of an issue.

It is a digest without entries: frozen, fanned out, sent and accounted for like any issue.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import replace

from newsletter.content.digest import Digest
from newsletter.content.entry import Period
from newsletter.content.mailinglist import MailingList, Untranslated
from newsletter.errors import SourceError

TEMPLATE = "announcement"

_HAN = re.compile("[\u3400-\u9fff]")


def announcement(
    mailing_list: MailingList, text: str, day: dt.date, *, source: str, about: str = ""
) -> Digest:
    """The announcement that `text`, Markdown with its subject as the first heading, makes.

    `source` is the file's name, for errors; `about` the issue that it corrects, or empty. The same
    text on the same day is the same announcement, so that sending it again reaches nobody twice.

    Raises:
        SourceError: it has no subject, or says nothing.
    """
    subject, body = _parted(text, source)
    said = hashlib.sha256(f"{about}\0{subject}\0{body}".encode()).hexdigest()[:8]
    language = "zh" if _HAN.search(body) and "zh" in mailing_list.languages else ""
    policies = replace(mailing_list.policies, untranslated=Untranslated.SHOW)
    return Digest(
        name=f"note-{day}-{said}",
        period=Period(day, day),
        # Written in one language, it goes to those who read another, too.
        list=replace(mailing_list, template=TEMPLATE, policies=policies),
        entries=(),
        notes={language or mailing_list.languages[0]: body},
        subject=subject,
    )


def same_words(name: str, other: str) -> bool:
    """Whether announcements of these names say the same, on whatever day."""
    kind, _, said = name.rpartition("-")
    return kind.startswith("note-") and other.startswith("note-") and other.endswith(f"-{said}")


def _parted(text: str, source: str) -> tuple[str, str]:
    lines = text.removeprefix("\ufeff").strip().splitlines()
    if not lines or not re.match(r"#\s+\S", lines[0]):
        raise SourceError(source, 1, "has no subject: begin it with a line like `# A correction`")
    body = "\n".join(lines[1:]).strip()
    if not body:
        raise SourceError(source, 1, "says nothing below its subject")
    return lines[0].lstrip("#").strip(), body
