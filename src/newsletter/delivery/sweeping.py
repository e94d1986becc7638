"""The collector of reference cycles, told that a send makes hardly any."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = 20_000
"""New objects between two looks for cycles; a message makes some hundreds and leaves none."""


@contextmanager
def seldom_swept() -> Iterator[None]:
    """What is there when a send begins stays until it ends, and is not looked through meanwhile.

    Otherwise one part in fourteen of a send's time goes into that.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(RARELY, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
