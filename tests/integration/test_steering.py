"""An issue is paused, resumed and cancelled by commands of their own while another process sends.

Each is a process, as it is when somebody types the command in a second terminal.
"""

from __future__ import annotations

from newsletter.store.values import DeliveryState, IssueState
from tests.integration.account import settle
from tests.integration.audience import READERS, Store, Stores, issue_of
from tests.integration.senders import ISSUE, Launcher
from tests.integration.sink import Sink
from tests.integration.test_interruptions import begin, counts, last_line, resume

UNSETTLED = {DeliveryState.SENDING, DeliveryState.IN_DOUBT}


def command(senders: Launcher, store: Store, to: Sink, *words: str) -> str:
    """What `newsletter WORDS` says, once it has ended well."""
    process = senders.start(store.url, to.url(), *words)
    assert process.ended() == 0, process.said
    return process.said


def state(store: Store) -> IssueState:
    database = store.open()
    try:
        return issue_of(database).state
    finally:
        database.close()


def test_pausing_stops_a_sender_at_work_with_nothing_in_doubt_and_resuming_sends_the_rest(
    stores: Stores, senders: Launcher, lingering_sink: Sink, slow_sink: Sink
) -> None:
    store = stores()
    process = begin(senders, store, lingering_sink)
    assert command(senders, store, slow_sink, "issues", "pause", ISSUE) == f"{ISSUE}: paused\n"
    assert process.ended() == 1
    assert last_line(process).startswith("stopped: the issue is paused; `newsletter issues resume")
    left = counts(store)
    assert not left.keys() & UNSETTLED
    assert left[DeliveryState.QUEUED]
    assert left[DeliveryState.SENT] == len(lingering_sink.accepted())
    refused = senders.start(store.url, slow_sink.url())
    assert refused.ended() == 1
    assert f"`newsletter issues resume {ISSUE}` lets it go on" in last_line(refused)
    assert slow_sink.accepted() == [], "paused is paused"
    assert "may go on" in command(senders, store, slow_sink, "issues", "resume", ISSUE)
    resume(senders, store, slow_sink, lingering_sink).check(kills=0)


def test_cancelling_stops_a_sender_at_work_and_settles_every_row(
    stores: Stores, senders: Launcher, lingering_sink: Sink
) -> None:
    store = stores()
    process = begin(senders, store, lingering_sink)
    told = command(senders, store, lingering_sink, "issues", "cancel", ISSUE, "--yes")
    assert told.startswith(f"{ISSUE}: cancelled; ")
    assert process.ended() == 1
    assert last_line(process) == "stopped: the issue is cancelled"
    assert state(store) is IssueState.CANCELLED
    left = counts(store)
    ended = {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED}
    assert left.keys() <= ended
    assert sum(left.values()) == READERS
    account = settle(store, lingering_sink.accepted())
    assert (account.lost, account.untrue, account.unlisted, account.repeats) == ((), (), (), 0)
    assert left[DeliveryState.SENT] == account.accepted < READERS
