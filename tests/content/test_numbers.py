from __future__ import annotations

import pytest

from newsletter.content.numbers import counted


@pytest.mark.parametrize(
    ("number", "what", "said"),
    [
        (1, "reader", "1 reader"),
        (0, "reader", "0 readers"),
        (2, "entry", "2 entries"),
        (1, "entry", "1 entry"),
        (3, "day", "3 days"),
    ],
)
def test_a_number_of_things_is_said_as_english_says_it(number: int, what: str, said: str) -> None:
    assert counted(number, what) == said
