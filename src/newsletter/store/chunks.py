"""Many rows, some at a time: no transaction is to be long, nor all of a file in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """`rows` in lists of `size`, read no further than the list that is asked for; the last may be
    shorter.

    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    waiting = iter(rows)
    while chunk := list(islice(waiting, size)):
        yield chunk
