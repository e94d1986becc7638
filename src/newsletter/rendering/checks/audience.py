"""Who gets what: readers with nothing, entries without readers, texts in another language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsletter.content.digest import Digest, DigestEntry
from newsletter.content.mailinglist import TooFew, Untranslated
from newsletter.content.numbers import counted
from newsletter.content.topics import GENERAL
from newsletter.rendering.checks.finding import Audience, Finding, Severity

MOST_WITHOUT = 0.2  # of the audience, before it is worth a word
_NAMED = 3  # titles in a sentence


def check_audience(digest: Digest, audience: Audience) -> Iterator[Finding]:
    """Findings about how an issue's entries and its readers meet."""
    yield from _too_few(digest)
    yield from _without(audience)
    yield from _general(digest, audience)
    yield from _unseen(digest, audience)
    for language in digest.list.languages:
        yield from _untranslated(digest, audience, language)
        yield from _untranslated_note(digest, audience, language)


def _too_few(digest: Digest) -> Iterator[Finding]:
    fewest, number = digest.list.policies.fewest_entries, len(digest.entries)
    sent = digest.list.policies.too_few is TooFew.SEND
    if number < fewest:
        yield Finding(
            severity=Severity.WARNING if sent else Severity.ERROR,
            code="too-few-entries",
            where="list.toml: policies.fewest_entries",
            what=f"the issue has {counted(number, 'entry')}, the list wants at least {fewest}",
            mend=(
                "import some and assemble it again, or lower policies.fewest_entries, "
                'or set policies.too_few = "send", then newsletter lists sync'
            ),
        )


def _without(audience: Audience) -> Iterator[Finding]:
    if not audience.readers:
        yield Finding(
            severity=Severity.WARNING,
            code="no-readers",
            where="the audience",
            what="the list has no reader whom this issue could go to",
            mend="newsletter subscribers import FILE",
            readers=0,
        )
        return
    chosen = sum(s.readers for s in audience.selections if s.preferences.follows == frozenset())
    without = audience.readers - audience.mailed()
    get = "gets" if audience.readers == 1 else "get"
    if without > MOST_WITHOUT * audience.readers:
        yield Finding(
            severity=Severity.WARNING,
            code="nothing-for-many",
            where="the audience",
            what=(
                f"{without} of {counted(audience.readers, 'reader')} {get} nothing: "
                f"{chosen} chose no topics, "
                f"{without - chosen} find nothing on theirs"
            ),
            mend="look at the topics' rules in list.toml, or at what was imported",
            readers=without,
        )


def _general(digest: Digest, audience: Audience) -> Iterator[Finding]:
    """Entries that no topic maps go to everybody, which is seldom what was meant."""
    if all(topic.name == GENERAL for topic in digest.list.topics.topics):
        return
    found = [item for item in digest.entries if item.topics == (GENERAL,)]
    if found:
        yield Finding(
            severity=Severity.WARNING,
            code="general-only",
            where="list.toml: topics",
            what=(
                f"{len(found)} of {counted(len(digest.entries), 'entry')} "
                f"{'is' if len(found) == 1 else 'are'} on no topic but general, so everybody gets "
                f"{'it' if len(found) == 1 else 'them'}: {_titles(found)}"
            ),
            mend="newsletter entries edit ENTRY topics=…, or widen the topics' keywords",
            readers=audience.mailed(
                lambda s: any(
                    depth
                    for depth, item in zip(s.plan.depths, digest.entries, strict=True)
                    if item.topics == (GENERAL,)
                )
            ),
            entries=_keys(found),
        )


def _unseen(digest: Digest, audience: Audience) -> Iterator[Finding]:
    if not audience.mailed():
        return
    found = [item for index, item in enumerate(digest.entries) if not audience.of_entry(index)]
    if found:
        among = "" if audience.whole else " among those looked at"
        yield Finding(
            severity=Severity.WARNING,
            code="unseen-entries",
            where="the audience",
            what=f"nobody{among} gets {len(found)} of the entries: {_titles(found)}",
            mend=f"look at their topics and tiers: newsletter issues show {_ref(digest)}",
            readers=0,
            entries=_keys(found),
        )


def _untranslated(digest: Digest, audience: Audience, language: str) -> Iterator[Finding]:
    """Texts that readers of `language` alone get in another, or do not get."""
    said = [(i, item) for i, item in enumerate(digest.entries) if item.entry.said_in]
    lacking = [(i, item) for i, item in said if language not in item.entry.said_in]
    hold = digest.list.policies.untranslated is Untranslated.HOLD
    readers = audience.mailed(
        lambda s: (
            s.plan.languages == (language,) and (hold or any(s.plan.depths[i] for i, _ in lacking))
        )
    )
    if lacking and readers:
        yield Finding(
            severity=Severity.WARNING,
            code="untranslated",
            where=f"language {language}",
            what=(
                f"{language}: {len(lacking)} of {len(said)} texts "
                + ("are held back" if hold else "fall back to another language")
                + f", for {counted(readers, 'reader')}: {_titles([item for _, item in lacking])}"
            ),
            mend=f"newsletter entries edit ENTRY texts.{language}.summary=…",
            readers=readers,
            entries=_keys([item for _, item in lacking]),
        )


def _untranslated_note(digest: Digest, audience: Audience, language: str) -> Iterator[Finding]:
    if not digest.notes or language in digest.notes:
        return
    readers = audience.mailed(lambda s: s.plan.languages == (language,) and s.plan.editorial)
    if readers:
        hold = digest.list.policies.untranslated is Untranslated.HOLD
        yield Finding(
            severity=Severity.WARNING,
            code="untranslated-note",
            where=f"language {language}",
            what=f"the editor's note is not in {language}: "
            + ("it is held back" if hold else "it comes in another language"),
            mend=f"newsletter issues edit {_ref(digest)} --lang {language}",
            readers=readers,
        )


def _ref(digest: Digest) -> str:
    return f"{digest.list.name}/{digest.name}"


def _titles(items: Sequence[DigestEntry]) -> str:
    more = len(items) - _NAMED
    named = "; ".join(item.entry.title for item in items[:_NAMED])
    return f"{named}; and {more} more" if more > 0 else named


def _keys(items: Sequence[DigestEntry]) -> tuple[str, ...]:
    return tuple(item.entry.key for item in items)
