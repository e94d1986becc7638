"""Days in a reader's language."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError
from babel.dates import format_interval

from newsletter.content.entry import Period
from newsletter.rendering.prose import one_line


def locale_of(language: str) -> Locale:
    """The locale of a language tag (`zh`, `pt-BR`); English for one that Babel does not know."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def period(days: Period, language: str) -> str:
    """`Feb 5 – 11, 2026`, `2026年2月5日至11日`."""
    return _interval(days, "yMMMd", language)


def short_period(days: Period, language: str) -> str:
    """The same without years, for a subject: a mail has its date beside it."""
    return _interval(days, "MMMd", language)


def _interval(days: Period, skeleton: str, language: str) -> str:
    locale = locale_of(language)
    return one_line(format_interval(days.first, days.last, skeleton, locale=locale))
