"""Placeholders, and texts that are none."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from newsletter.content.entry import BriefText, EntryText, Tier
from newsletter.content.preferences import Preferences
from newsletter.rendering.checks import Severity
from newsletter.rendering.checks.placeholders import placeholders
from tests.builders import make_brief, make_digest
from tests.rendering.checks.looking import CLEAN_LIST, clean_digest, clean_entries, found, look

CERTAIN = (
    "summary generation failed",
    "Summary generation failed.",
    "Error: failed to generate summary (timeout)",
    "Unable to create an abstract",
    "摘要生成失败",
    "翻译失败",
    "无法生成摘要，请稍后重试",
    "TK",
    "TODO: write this",
    "The result is TK.",
    "待补充",
    "暂无摘要",
    "N/A",
    "n/a.",
    "None",
    "Lorem ipsum dolor sit amet, consectetur",
    "—",
    "()",
    "[insert summary here]",
    "As an AI language model I cannot read the paper.",
)
DOUBTFUL = (
    "A method ( ) that learns.",
    "方法（）有效。",
    "The paper mines TODO comments from code bases.",
    "Written by {{ author.name }} for you.",
    "Set {% if draft %} aside.",
    "A study of summarisers: " + 9 * "many dialogues, " + "and they failed to produce a summary.",
)
FINE = (
    "",
    "Calling f() twice is cheaper.",
    r"With $\mathbf{{x}}$ and $S_{z}=0$ the proof is short.",
    "{{ 7*7 }} and {% broken",
    "模型生成失败的样本也被用于训练。",
    "Failure to generate stable crystals is analysed.",
    "Nothing is lost, and none of it was tested before.",
    "TKE closures for turbulence",
    "我们提出一种无监督方法。",
)


@pytest.mark.parametrize("text", CERTAIN)
def test_a_text_that_is_missing_is_an_error(text: str) -> None:
    assert [found.severity for found in placeholders(text)][:1] == [Severity.ERROR]


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_may_be_meant_is_a_warning(text: str) -> None:
    assert [found.severity for found in placeholders(text)] == [Severity.WARNING]


@pytest.mark.parametrize("text", FINE)
def test_what_scientists_write_is_left_alone(text: str) -> None:
    assert list(placeholders(text)) == []


def test_a_failed_summary_names_its_entry_field_and_readers() -> None:
    first, *others = clean_entries()
    failed = replace(first, texts={**first.texts, "zh": EntryText(summary="摘要生成失败")})
    readers = ((Preferences(), 30), (Preferences(languages=("zh",), most=1), 12))
    finding = found(look(clean_digest([failed, *others]), readers=readers), "placeholder-text")
    assert finding.where == f"{first.key}: texts.zh.summary"
    assert finding.severity is Severity.ERROR
    assert finding.readers == 42
    assert "entries edit 2602.00001 texts.zh.summary" in finding.mend


def test_a_variable_left_in_many_entries_is_said_once_for_each_place() -> None:
    first, second, *others = clean_entries()
    left = {"en": EntryText(summary="About {{ summary }} of it"), "zh": first.texts["zh"]}
    entries = [replace(first, texts=left), replace(second, texts=left, title="On {{ title }}")]
    markup = [f for f in look(clean_digest([*entries, *others])) if f.code == "template-markup"]
    assert sorted(f.where for f in markup) == [
        f"{second.key}: title",
        "texts.en.summary of 2 entries",
    ]
    several = next(f for f in markup if "of 2" in f.where)
    assert several.entries == (first.key, second.key)
    assert several.readers == 42


def test_the_command_that_mends_an_entry_can_be_pasted_into_a_shell() -> None:
    first, *others = clean_entries()
    title = r"Newton's $\alpha$ [sic]"
    failed = replace(first, arxiv_id=None, title=title, texts={"en": EntryText(summary="TK")})
    mend = found(look(clean_digest([failed, *others])), "placeholder-text").mend
    command = mend[mend.index("newsletter") :]
    assert shlex.split(command)[1:4] == ["entries", "edit", title]


def test_a_placeholder_in_a_brief_is_found() -> None:
    brief = make_brief(texts={lang: BriefText(summary="A good week.") for lang in ("en", "zh")})
    planted = replace(brief, texts={**brief.texts, "en": BriefText(takeaway="TK")})
    digest = make_digest(clean_entries(), [planted], **CLEAN_LIST)
    assert found(look(digest), "placeholder-text").where == f"{brief.key}: en.takeaway"


def test_a_placeholder_in_the_editors_note_is_found() -> None:
    digest = replace(clean_digest(), notes={"en": "TODO: say hello", "zh": "大家好，欢迎阅读。"})
    finding = found(look(digest), "placeholder-text")
    assert finding.where == "the editor's note, en"
    assert "issues edit" in finding.mend


def test_a_placeholder_in_the_lists_own_words_is_found() -> None:
    finding = found(look(clean_digest(postal_address="TBD")), "placeholder-text")
    assert finding.where == "list.toml: postal_address"


def test_a_breakthrough_of_which_nothing_is_said_is_found_and_a_mention_is_not() -> None:
    first, *others = clean_entries()
    digest = clean_digest([replace(first, texts={}), *others])
    assert found(look(digest), "no-text").where == first.key
    mention = replace(first, texts={}, tier=Tier.MENTION)
    assert look(clean_digest([mention, *others])) == ()
