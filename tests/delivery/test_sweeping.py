from __future__ import annotations

import gc

from newsletter.delivery.sweeping import RARELY, seldom_swept


def test_cycles_are_looked_for_rarely_during_a_send_and_as_before_after_it() -> None:
    before = gc.get_threshold()
    with seldom_swept():
        assert gc.get_threshold() == (RARELY, *before[1:])
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
