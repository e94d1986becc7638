"""A list: a newsletter that people subscribe to, as its file describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from newsletter.content.cron import WEEKDAYS as WEEKDAYS
from newsletter.content.timing import Schedule as Schedule
from newsletter.content.topics import TopicTree


class Untranslated(StrEnum):
    """What a reader gets of an entry that has no text in their language."""

    SHOW = "show"  # in the language it has
    HOLD = "hold"  # not at all


class TooFew(StrEnum):
    """What becomes of an issue that has fewer entries than its list wants."""

    HOLD = "hold"  # it waits for more, or for somebody's word
    SKIP = "skip"  # it is let be, and its days are carried into the next
    SEND = "send"  # it goes all the same


class InDoubt(StrEnum):
    """What becomes of a delivery whose outcome a crash has hidden."""

    RESEND = "resend"  # the same bytes again
    HOLD = "hold"  # until `deliveries resolve` says


class Clicks(StrEnum):
    """Whether it is counted how often links are opened."""

    OFF = "off"
    COUNTED = "counted"  # how often, never by whom


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whom mail is from (RFC 5322 §3.6.2): a name to read, and an address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The few values that set a list's look. Colours are `#rrggbb`; `dark_*` serve dark mode.

    Fonts are named explicitly, so that no client asks a font host for MJML's default.
    """

    accent: str = "#0b5c78"
    ink: str = "#1c2430"
    muted: str = "#5a6472"
    paper: str = "#ffffff"
    ground: str = "#f3f1ec"
    rule: str = "#dcd8cf"
    dark_accent: str = "#7cc4dc"
    dark_ink: str = "#e6e3dc"
    dark_muted: str = "#a4abb5"
    dark_paper: str = "#1b1f26"
    dark_ground: str = "#12151a"
    dark_rule: str = "#343a44"
    serif: str = "Georgia, 'Times New Roman', 'Songti SC', SimSun, serif"
    sans: str = (
        "-apple-system, 'Segoe UI', Helvetica, Arial, 'PingFang SC', 'Hiragino Sans GB', "
        "'Microsoft YaHei', sans-serif"
    )
    logo: str = ""  # an https URL; empty: the list's name is set in type
    logo_alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What a list wants done where there is a choice."""

    untranslated: Untranslated = Untranslated.SHOW
    in_doubt: InDoubt = InDoubt.RESEND
    html_budget: int = 100_000  # octets of decoded UTF-8; Gmail clips at 102 400
    retry_hours: int = 48
    fewest_entries: int = 1  # new ones; what becomes of an issue with fewer, `too_few` says
    too_few: TooFew = TooFew.HOLD
    late_days: int = 28  # how old an entry may be that missed its week's issue; 0: it is let be
    most_refused: int = 3  # percent of the first thousand, or of a canary; more pause the issue
    most_bounced: int = 5  # percent of a canary that may come back
    soft_bounces: int = 5  # issues in a row that come back before an address is given up
    welcome_with_issue: bool = True  # the latest issue comes right behind a welcome
    clicks: Clicks = Clicks.OFF
    retention_days: int = 180  # how long clicks, and the networks of those who joined, are known


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """A list as its file says; `titles` and `description` by language, `week_starts` a weekday."""

    name: str
    titles: Mapping[str, str]
    sender: Sender
    public_url: str
    schedule: Schedule
    topics: TopicTree
    description: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    reply_to: str = ""
    unsubscribe_mailbox: str = ""
    postal_address: str = ""
    week_starts: str = "monday"
    template: str = "weekly"
    languages: tuple[str, ...] = ("en",)
    theme: Theme = field(default_factory=Theme)
    policies: Policies = field(default_factory=Policies)

    def title(self, language: str) -> str:
        """Its title in a language, else in English, else its name."""
        return self.titles.get(language) or self.titles.get("en") or self.name
