from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.plaintext import columns, wrap
from newsletter.rendering.prose import shorten


def test_chinese_counts_two_columns() -> None:
    assert columns("AI 周报🧲") == 9


def test_a_paragraph_is_wrapped_and_its_item_indented() -> None:
    assert wrap("one two three four", "- ", width=11) == "- one two\n  three\n  four"


def test_chinese_breaks_anywhere_but_before_closing_punctuation() -> None:
    assert wrap("磁性材料，可以预测。", width=8) == "磁性材\n料，可以\n预测。"


def test_no_line_begins_with_the_ellipsis_of_what_was_cut() -> None:
    cut = shorten("It takes care of results. And so on, for much longer than that.", 30)
    assert wrap(cut, width=26) == "It takes care of\nresults. …"


def test_no_line_ends_with_an_opening_bracket() -> None:
    assert wrap("预测磁性（一种）", width=10) == "预测磁性\n（一种）"


def test_latin_words_in_chinese_stay_whole() -> None:
    assert wrap("用Transformer预测", width=12) == "用\nTransformer\n预测"


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))), st.integers(10, 76))
def test_wrapping_loses_nothing_but_white_space(text: str, width: int) -> None:
    wrapped = wrap(text, width=width)
    assert "".join(wrapped.split()) == "".join(text.split())


@given(st.text(alphabet="ab 磁性，。（）", max_size=200), st.integers(12, 76))
def test_no_line_is_too_wide_unless_it_is_one_word(text: str, width: int) -> None:
    for line in wrap(text, width=width).split("\n"):
        assert columns(line) <= width or " " not in line.strip()
