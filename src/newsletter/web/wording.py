"""Wording that is chosen in code: names of tiers, parts, reasons and languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from gettext import NullTranslations
from itertools import permutations

from newsletter.content.cron import WEEKDAYS
from newsletter.content.entry import Tier
from newsletter.content.timing import Schedule
from newsletter.web.language import LANGUAGES


def tiers(words: NullTranslations) -> Mapping[str, str]:
    """The tiers as headings, the highest first, worded as in the mail."""
    _ = words.gettext
    return {
        Tier.BREAKTHROUGH: _("Breakthroughs"),
        Tier.NOTABLE: _("Notable papers"),
        Tier.MENTION: _("Also worth a look"),
        Tier.LISTED: _("More papers"),
    }


def depths(words: NullTranslations) -> Mapping[str, str]:
    """The choices of how far down the tiers a reader wants to go."""
    _ = words.gettext
    return {
        Tier.LISTED: _("All papers"),
        Tier.MENTION: _("Those worth a look, and above"),
        Tier.NOTABLE: _("Notable papers and breakthroughs"),
        Tier.BREAKTHROUGH: _("Breakthroughs only"),
    }


def parts(words: NullTranslations) -> Mapping[str, str]:
    """The headings of what can be said of an entry, by the fields of `EntryText`."""
    _ = words.gettext
    return {
        "summary": _("In short"),
        "why_novel": _("Why it is new"),
        "innovations": _("Key innovations"),
        "evidence": _("Evidence"),
        "impact": _("Impact"),
        "motivation": _("Motivation"),
        "method": _("Method"),
        "result": _("Result"),
        "conclusion": _("Conclusion"),
        "abstract": _("Abstract"),
    }


def reasons(words: NullTranslations) -> Mapping[str, str]:
    """The reasons that the leave page offers, by the code that is stored."""
    _ = words.gettext
    return {
        "too-many": _("Too many mails"),
        "not-relevant": _("Not what I work on"),
        "never-asked": _("I never asked for it"),
        "elsewhere": _("I read it elsewhere"),
    }


def tongues(words: NullTranslations, languages: Sequence[str]) -> Mapping[str, str]:
    """Each language of a list and each two side by side, by how a form writes them (`en+zh`)."""
    named = {code: LANGUAGES.get(code, code) for code in languages}
    pairs = permutations(languages, 2)
    both = words.gettext("%(first)s and %(second)s")
    return named | {f"{a}+{b}": both % {"first": named[a], "second": named[b]} for a, b in pairs}


def goes_out(words: NullTranslations, schedule: Schedule) -> str:
    """The sentence that says on which day a list goes out; empty for days that are no weekday."""
    _ = words.gettext
    sentences = {
        "monday": _("Goes out on Mondays."),
        "tuesday": _("Goes out on Tuesdays."),
        "wednesday": _("Goes out on Wednesdays."),
        "thursday": _("Goes out on Thursdays."),
        "friday": _("Goes out on Fridays."),
        "saturday": _("Goes out on Saturdays."),
        "sunday": _("Goes out on Sundays."),
    }
    rule = schedule.rule
    return sentences[WEEKDAYS[min(rule.weekdays)]] if rule.weekly else ""
