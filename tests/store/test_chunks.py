"""Rows some at a time."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from newsletter.store.chunks import chunks


@given(st.lists(st.integers()), st.integers(1, 5))
def test_every_row_is_in_one_chunk_in_its_order_and_only_the_last_is_short(
    rows: list[int], size: int
) -> None:
    found = list(chunks(rows, size))
    assert [row for chunk in found for row in chunk] == rows
    assert all(len(chunk) == size for chunk in found[:-1])
    assert all(0 < len(chunk) <= size for chunk in found)


def test_no_more_is_read_than_the_chunk_that_is_asked_for() -> None:
    endless = count()
    assert next(chunks(endless, 3)) == [0, 1, 2]
    assert next(endless) == 3
