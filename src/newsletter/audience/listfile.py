"""A list as a file: `list.toml`, read strictly, because a typing error must not mail anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from newsletter.addresses import parse_address
from newsletter.audience.schedule_table import read_schedule, read_weekday
from newsletter.audience.toml_table import Table, parse_toml
from newsletter.audience.topic_tables import read_topics
from newsletter.content.mailinglist import (
    Clicks,
    InDoubt,
    MailingList,
    Policies,
    Sender,
    Theme,
    TooFew,
    Untranslated,
)
from newsletter.errors import AddressError, ListFileError

LANGUAGES = ("en", "zh")
"""The languages that messages and pages know how to speak."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LOOKS = ("serif", "sans", "logo", "logo_alt")  # what a theme has beside colours

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """A list, and the new names of topics by those that they had."""

    list: MailingList
    renames: Mapping[str, str]


def read_list_file(path: Path) -> ListFile:
    """The list of `NAME/list.toml`; its folder names it.

    Raises:
        ListFileError: it cannot be read or followed.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ListFileError(f"{path}: it is not UTF-8: save it as UTF-8") from None
    except OSError as error:
        raise ListFileError(f"{path}: it cannot be read: {error.strerror}") from None
    return parse_list(text, path.resolve().parent.name, str(path))


def parse_list(text: str, name: str, place: str) -> ListFile:
    """The list that `text`, in TOML, describes; `place` is what errors call the file.

    Raises:
        ListFileError: what is wrong, on which line, and how to mend it.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", name):
        raise ListFileError(
            f"{place}: {name!r} cannot name a list: name its folder in small letters, digits and -"
        )
    file = parse_toml(text, place)
    topics, renames = read_topics(file, LANGUAGES)
    found = MailingList(
        name=name,
        titles=file.by_language("title", LANGUAGES),
        description=file.by_language("description", LANGUAGES, {}),
        sender=_sender(file.table("sender")),
        reply_to=_address(file, "reply_to", ""),
        unsubscribe_mailbox=_address(file, "unsubscribe_mailbox", ""),
        postal_address=file.take("postal_address", str, ""),
        public_url=_url(file, "public_url", ("https", "http")).rstrip("/"),
        schedule=read_schedule(file.table("schedule")),
        week_starts=read_weekday(file, "week_starts"),
        topics=topics,
        template=file.take("template", str, "weekly"),
        languages=_languages(file),
        theme=_theme(file.table("theme", {})),
        policies=_policies(file.table("policies", {})),
    )
    file.done()
    return ListFile(list=found, renames=renames)


def _sender(table: Table) -> Sender:
    sender = Sender(name=table.take("name", str), address=_address(table, "address"))
    if re.search(r"[\r\n]", sender.name):
        table.fail("name", "must stand on one line")
    table.done()
    return sender


def _address(table: Table, key: str, default: str | None = None) -> str:
    written: str = table.take(key, str, ... if default is None else default)
    if not written and default is not None:
        return default
    try:
        return parse_address(written)
    except AddressError as error:
        table.fail(key, str(error))


def _url(table: Table, key: str, schemes: tuple[str, ...]) -> str:
    url: str = table.take(key, str)
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname or re.search(r"[\s\"<>]", url):
        table.fail(key, f"{url!r} is not a URL: write one like https://news.example.org")
    return url


def _languages(file: Table) -> tuple[str, ...]:
    found = file.texts("languages") or ("en",)
    for language in found:
        file.one_of("languages", language, LANGUAGES)
    if len(set(found)) < len(found):
        file.fail("languages", "names a language twice")
    return found


def _theme(table: Table) -> Theme:
    values = {f.name: table.take(f.name, str, f.default) for f in fields(Theme) if f.name in _LOOKS}
    for name in (f.name for f in fields(Theme) if f.name not in _LOOKS):
        value: str = table.take(name, str, getattr(Theme(), name))
        if not _COLOUR.fullmatch(value):
            table.fail(name, f'{value!r} is not a colour: write six digits, such as "#0b5c78"')
        values[name] = value
    if values["logo"]:
        _url(table, "logo", ("https",))
    table.done()
    return Theme(**values)


def _policies(table: Table) -> Policies:
    usual = Policies()
    policies = Policies(
        untranslated=_choice(table, "untranslated", usual.untranslated, Untranslated),
        in_doubt=_choice(table, "in_doubt", usual.in_doubt, InDoubt),
        html_budget=_number(table, "html_budget", usual.html_budget, 10_000),
        retry_hours=_number(table, "retry_hours", usual.retry_hours, 1),
        fewest_entries=_number(table, "fewest_entries", usual.fewest_entries, 0),
        too_few=_choice(table, "too_few", usual.too_few, TooFew),
        late_days=_number(table, "late_days", usual.late_days, 0),
        most_refused=_number(table, "most_refused", usual.most_refused, 0),
        most_bounced=_number(table, "most_bounced", usual.most_bounced, 0),
        soft_bounces=_number(table, "soft_bounces", usual.soft_bounces, 2),
        welcome_with_issue=table.take("welcome_with_issue", bool, usual.welcome_with_issue),
        clicks=_choice(table, "clicks", usual.clicks, Clicks),
        retention_days=_number(table, "retention_days", usual.retention_days, 1),
    )
    table.done()
    return policies


def _choice(table: Table, key: str, usual: E, kind: type[E]) -> E:
    return kind(table.one_of(key, table.take(key, str, str(usual)), [str(v) for v in kind]))


def _number(table: Table, key: str, usual: int, least: int) -> int:
    number: int = table.take(key, int, usual)
    if number < least:
        table.fail(key, f"{number} is too small: write {least} or more")
    return number
