"""A power cut on SQLite: each send goes on from what had been synced, and from nothing else."""

from __future__ import annotations

import os
import random

import pytest

from tests.integration.audience import Store, Stores
from tests.integration.kills import Figures, Gauntlet
from tests.integration.senders import Launcher
from tests.integration.sink import Sink
from tests.integration.synced import begin_twins, cut_power

CUTS = int(os.environ.get("KILLS", "10")) // 2
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(10**6))))


def cuts(stores: Stores, senders: Launcher, sink: Sink, sabotage: str, *, sound: bool) -> Gauntlet:
    def before(store: Store) -> None:
        begin_twins(store.file)

    def after(store: Store) -> None:
        cut_power(store.file)

    return Gauntlet(
        senders,
        sink,
        stores,
        random.Random(SEED),  # noqa: S311 - moments
        sabotage=sabotage,
        sound=sound,
        before=before,
        after=after,
    )


def test_a_power_cut_while_sending_loses_nobody(
    sqlite_copies: Stores, senders: Launcher, slow_sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    gauntlet = cuts(sqlite_copies, senders, slow_sink, "twins", sound=True)
    figures = gauntlet.run(Figures(database="sqlite, power cut", seed=SEED), CUTS)
    with capsys.disabled():
        print(f"\n{figures}")
    assert figures.while_sending >= CUTS // 2


def test_the_same_cuts_show_when_commits_do_not_wait_for_the_disk(
    sqlite_copies: Stores, senders: Launcher, slow_sink: Sink
) -> None:
    gauntlet = cuts(sqlite_copies, senders, slow_sink, "unsynced", sound=False)
    assert gauntlet.until(lambda account: bool(account.unlisted or account.lost))
