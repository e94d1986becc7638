"""SIGKILL at any moment loses nobody, and repeats no more than what was listed as in doubt.

`make proof` kills 200 times on each database and prints the figures; `make test` fewer times.
KILLS and SEED in the environment are their number and the seed of their moments.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.integration.audience import Stores
from tests.integration.kills import Figures, Gauntlet
from tests.integration.senders import Launcher
from tests.integration.sink import Sink

KILLS = int(os.environ.get("KILLS", "10"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(10**6))))


def test_whoever_is_killed_while_sending_loses_nobody(
    stores: Stores,
    senders: Launcher,
    slow_sink: Sink,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    figures = Figures(database=request.node.callspec.params["stores"], seed=SEED)
    gauntlet = Gauntlet(senders, slow_sink, stores, random.Random(SEED))  # noqa: S311 - moments
    gauntlet.run(figures, KILLS)
    with capsys.disabled():
        print(f"\n{figures}")
    assert figures.while_sending >= KILLS * 3 // 4


def test_the_same_kills_show_when_sending_is_claimed_after_the_body(
    stores: Stores, senders: Launcher, slow_sink: Sink
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - moments
    gauntlet = Gauntlet(
        senders, slow_sink, stores, chance, sabotage="claims_after_the_body", sound=False
    )
    assert gauntlet.until(lambda account: bool(account.unlisted))


def test_the_same_kills_show_when_sent_is_recorded_before_it_is_true(
    stores: Stores, senders: Launcher, slow_sink: Sink
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - moments
    gauntlet = Gauntlet(
        senders, slow_sink, stores, chance, sabotage="sent_when_fetched", sound=False
    )
    assert gauntlet.until(lambda account: bool(account.lost))
