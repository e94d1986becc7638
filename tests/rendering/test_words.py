"""Interface words from catalogues: a template's own before the shared ones, and faults by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import TemplateError
from newsletter.rendering.letters import load_letters
from newsletter.rendering.templates import Template, load_template
from newsletter.rendering.words import Words

OWN = 'msgid "Details"\nmsgstr "全文"\n\nmsgid "Reading list"\nmsgstr "书单"\n'
CONFIRM = "Confirm the subscription"


def folder_with(folder: Path, **catalogues: str) -> Path:
    """A folder of templates with one of its own, `mine`, and a catalogue in each named folder."""
    (folder / "mine").mkdir()
    for name in ("issue.mjml", "issue.txt", "subject.txt"):
        (folder / "mine" / name).write_text("mine", encoding="utf-8")
    for name, text in catalogues.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "zh.po").write_text(text, encoding="utf-8")
    return folder


def test_a_template_with_words_of_its_own_keeps_the_shared_ones(tmp_path: Path) -> None:
    words = Words(load_template([folder_with(tmp_path, mine=OWN)], "mine"), "zh")
    assert words.say("Reading list") == "书单"
    assert words.say("Details") == "全文"
    assert words.say("Unsubscribe") == "退订"
    assert words.count("%(n)s paper", "%(n)s papers", 3) == "3 篇论文"


def test_a_shared_catalogue_of_ones_own_lies_between(tmp_path: Path) -> None:
    shared = 'msgid "Details"\nmsgstr "更多"\n\nmsgid "Pause"\nmsgstr "歇一歇"\n'
    folder = folder_with(tmp_path, mine=OWN, shared=shared)
    words = Words(load_template([folder], "mine"), "zh")
    said = [words.say(word) for word in ("Details", "Pause", "Unsubscribe")]
    assert said == ["全文", "歇一歇", "退订"]


def test_a_word_of_ones_own_leaves_the_other_words_of_mails_alone(tmp_path: Path) -> None:
    packaged = Words(load_letters(()), "zh")
    words = Words(load_letters((folder_with(tmp_path, mail=OWN),)), "zh")
    assert words.say("Details") == "全文"
    assert words.say(CONFIRM) == packaged.say(CONFIRM) != CONFIRM


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (f'{OWN}msgid "Pause"\nmsgstr "暂停\n', 7, "double quotes"),
        (f"{OWN}msgid Pause\n", 6, "double quotes"),
        (f'{OWN}msgid "Pause"\n\nmsgid "Notes"\nmsgstr "注"\n', 6, "missing msgstr"),
        ("Details = 全文\n", 1, "double quotes"),
    ],
)
def test_a_broken_catalogue_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    template = load_template([folder_with(tmp_path, mine=text)], "mine")
    with pytest.raises(TemplateError) as caught:
        Words(template, "zh")
    assert (template.told(caught.value).template, caught.value.line) == ("mine/zh.po", line)
    assert reason in caught.value.reason


def test_comments_contexts_and_plurals_are_no_fault() -> None:
    text = (
        '# a note\n#~ msgid "old"\n#~ msgstr "旧"\n\nmsgctxt "menu"\nmsgid "Pause"\n'
        'msgstr ""\n"暂"\n"停\\"\\n"\n'
        'msgid "one"\nmsgid_plural "many"\nmsgstr[0] "%(n)s 个"\r\n'
    )
    words = Words(Template("mine", {"zh.po": text}), "zh")
    assert words.count("one", "many", 2) == "2 个"
