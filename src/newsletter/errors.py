"""Every error that this package raises on purpose, in one small tree.

The message of each is one line that says what is wrong, where, and how to mend it; the command
line prints it and exits with 1. Anything else that escapes is a fault of ours.
"""

from __future__ import annotations


class NewsletterError(Exception):
    """Something the person running the program can mend."""


class SettingsError(NewsletterError):
    """A setting is missing or wrong."""


class SourceError(NewsletterError):
    """A document of entries that is not understood.

    Attributes:
        name: the document's file name.
        line: the line that is at fault, counted from 1; 0 when it is the document as a whole.
    """

    def __init__(self, name: str, line: int, reason: str) -> None:
        self.name, self.line, self.reason = name, line, reason
        place = f"{name}:{line}" if line else name
        super().__init__(f"{place}: {reason}")


class ListFileError(NewsletterError):
    """A list.toml that cannot be followed."""


class ScheduleError(NewsletterError):
    """A schedule that cannot be followed."""


class TemplateError(NewsletterError):
    """A template that cannot be rendered; names its file and line where they are known."""

    def __init__(self, template: str, line: int, reason: str) -> None:
        self.template, self.line, self.reason = template, line, reason
        place = f"{template}:{line}" if line else template
        super().__init__(f"{place}: {reason}")


class MessageError(NewsletterError):
    """A message that cannot be put together: a value is missing, too long, or has a line break."""


class AddressError(NewsletterError):
    """Not an address that mail can be sent to."""


class ImportFileError(NewsletterError):
    """A file of subscribers that is not understood."""


class ZoneError(NewsletterError):
    """Not a time zone that the IANA database knows."""


class MailboxError(NewsletterError):
    """A mailbox of returned mail that cannot be read."""


class NotFoundError(NewsletterError):
    """A list, issue, entry or subscriber that is not in the store."""


class ConflictError(NewsletterError):
    """What was asked contradicts what is stored; nothing was changed."""


class AmendedError(ConflictError):
    """An issue has another edition by now than the one that was meant."""


class EndedError(ConflictError):
    """A list has ended, and what was asked would begin something new of it."""


class TooFewError(ConflictError):
    """An issue has fewer entries than its list wants, and its list does not send such a one."""


class TokenError(NewsletterError):
    """A token that opens nothing: forged, cut, of another purpose, or under an unknown key."""


class RelayError(NewsletterError):
    """The SMTP relay could not be used at all: not reached, not secured, or not authenticated."""


class RelayRefusedError(RelayError):
    """The relay answers and will not serve us as we are set up: trying again is of no use."""


class ReplyError(RelayError):
    """The relay answered something that is not SMTP (RFC 5321 §4.2)."""


class OneClickError(NewsletterError):
    """The public address at which readers leave does not work, so nothing may go out."""


class DatabaseError(NewsletterError):
    """The database cannot be opened, or is of another version than this program."""


class ContendedError(DatabaseError):
    """A transaction was ended in favour of another; the same one may be tried again."""
