"""Words that stand where a text was meant to be: failed summaries, TK, lorem ipsum, empty brackets.

What scientists write is left alone: `f()` is a call, `{{x}}` in maths is grouping, and a paper may
well be about TODO comments or about samples whose generation failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.rendering.checks.finding import Severity

_THING = "summary|abstract|translation|tl;?dr"
_FAILED = re.compile(
    rf"\b(?:{_THING}) (?:generation |creation )?(?:has )?(?:failed|unavailable)\b"
    r"|\b(?:failed|failure|unable|could not|cannot) (?:to )?"
    rf"(?:generate|translate|summari[sz]e|create|fetch|produce) (?:an? |the )?(?:{_THING})\b"
    r"|\bas an ai (?:language )?model\b"
    r"|(?:摘要|翻译|总结|概要|标题)(?:的)?(?:自动)?(?:生成|获取|翻译)?失败"
    r"|(?:无法|未能)(?:自动)?(?:生成|获取|翻译)(?:摘要|译文|总结|概要|标题)",
    re.IGNORECASE,
)
_MESSAGE_CHARACTERS = 120  # in a longer text it may be what a paper is about
_LOREM = re.compile(r"\blorem ipsum\b|\bdolor sit amet\b", re.IGNORECASE)
_NOTHING = re.compile(
    r"\W*(?:n/?a|none|null|nil|nan|undefined|unknown|tbd|tba|tk|todo|fixme|xxx+|untitled|missing"
    r"|empty|placeholder|not available|no (?:summary|abstract|text)(?: available)?|test"
    r"|暂无(?:摘要|内容|翻译|数据|标题)?|待(?:补充|定|翻译|完善|填写)|未翻译|无|占位符?|此处填写\w*)\W*",
    re.IGNORECASE,
)
_MEMO = re.compile(r"\b(?:TK|TODO|FIXME|TBD|XXX)\b|待补充|待翻译|待完善|此处填写")
_MEMO_AT_EDGE = re.compile(
    rf"^\W*(?:{_MEMO.pattern})|(?:{_MEMO.pattern})\W*$|\b(?:TK|TODO|FIXME|TBD)\s?[:：]"
)
_BLANK = re.compile(
    r"\[(?:insert|your|add|placeholder|todo|tk)\b[^\]]*\]|<(?:insert|your)\b[^>]*>", re.I
)
_LITTER = re.compile(
    "(?:^|[\\s\u3000-\u9fff\uff00-\uffef])(?:\\(\\s*\\)|\\[\\s*\\])|（\\s*）|【\\s*】|\\(\\s*[,;]\\s*\\)"
)
_MARKUP = re.compile(r"\{\{-?\s*[A-Za-z_][\w.]{2,}\s*(?:\|[^{}]*)?-?\}\}|\{%-?\s*\w+[^{}%]*%\}")
_MATHS = re.compile(r"\$[^$]*\$")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What was found in a text: `words` of it, and what they are taken for."""

    severity: Severity
    code: str
    words: str
    what: str


def placeholders(text: str) -> Iterator[Placeholder]:
    """The placeholders in one text, the certain ones as errors."""
    if found := _first_failure(text):
        yield found
        return
    if match := _MEMO_AT_EDGE.search(text) or _BLANK.search(text):
        yield _error(match[0], "is a note to oneself")
    elif match := _MEMO.search(text):
        yield Placeholder(
            Severity.WARNING, "placeholder-text", match[0], "looks like a note to oneself"
        )
    if match := _LITTER.search(text):
        yield Placeholder(
            Severity.WARNING, "empty-brackets", match[0].strip(), "are brackets around nothing"
        )
    if match := _MARKUP.search(_MATHS.sub("", text)):
        yield Placeholder(
            Severity.WARNING, "template-markup", match[0], "looks like a variable never filled in"
        )


def _first_failure(text: str) -> Placeholder | None:
    if match := _FAILED.search(text):
        certain = len(text) <= _MESSAGE_CHARACTERS
        severity = Severity.ERROR if certain else Severity.WARNING
        what = "is the message of a failure" if certain else "looks like one of a failure"
        return Placeholder(severity, "placeholder-text", match[0], what)
    if match := _LOREM.search(text):
        return _error(match[0], "is filler")
    if _NOTHING.fullmatch(text.strip()):
        return _error(text.strip(), "stands for a text that is missing")
    if text.strip() and not re.search(r"\w", text):
        return _error(text.strip(), "says nothing")
    return None


def _error(words: str, what: str) -> Placeholder:
    return Placeholder(Severity.ERROR, "placeholder-text", words.strip(), what)
