from __future__ import annotations

import datetime as dt

import pytest

from newsletter.content.announcement import announcement
from newsletter.content.digest import Digest
from newsletter.content.mailinglist import Policies, Untranslated
from newsletter.content.serial import dump, load
from newsletter.errors import SourceError
from tests.builders import make_list

DAY = dt.date(2026, 2, 12)
TEXT = "# A correction\n\nThe second paper's *first author* is Ada Example.\n"


def made(text: str = TEXT, about: str = "") -> Digest:
    return announcement(make_list(), text, DAY, source="note.md", about=about)


def test_the_first_heading_is_the_subject_and_the_rest_the_message() -> None:
    digest = made()
    assert digest.subject == "A correction"
    assert dict(digest.notes) == {"en": "The second paper's *first author* is Ada Example."}
    assert digest.entries == ()
    assert digest.list.template == "announcement"
    assert load(Digest, dump(digest)) == digest


def test_the_same_text_on_the_same_day_is_the_same_announcement() -> None:
    assert made().name == made(TEXT.replace("\n", "\r\n")).name
    assert len({made().name, made(TEXT + "And more.").name, made(about="a/2026-W06").name}) == 3


def test_chinese_is_told_by_its_script_and_goes_to_everybody() -> None:
    held = make_list(policies=Policies(untranslated=Untranslated.HOLD))
    digest = announcement(held, "# 更正\n\n第二篇论文的作者有误。", DAY, source="note.md")
    assert list(digest.notes) == ["zh"]
    assert digest.list.policies.untranslated is Untranslated.SHOW


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "note.md:1: has no subject"),
        ("No heading\n", "note.md:1: has no subject"),
        ("#\n\ntext", "note.md:1: has no subject"),
        ("# Only a subject\n\n", "note.md:1: says nothing"),
    ],
)
def test_what_says_nothing_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        made(text)
