"""Staying with an issue: sent again when something is due, until nothing waits or it is stopped."""

from __future__ import annotations

import asyncio
import datetime as dt

from newsletter.delivery.sender import Summary, Surroundings
from newsletter.delivery.staying import stay
from newsletter.store.values import DeliveryState
from tests.delivery.memory_ledger import NOW
from tests.delivery.sending import run

HOUR = dt.timedelta(hours=1)


class Story:
    """Sends that end as told; while one waits, the time that is waited for comes."""

    def __init__(self, *dues: dt.datetime | None, halt: str = "", stopped: bool = False) -> None:
        self.dues, self.sends, self.waits = list(dues), 0, list[dt.datetime]()
        self.halt, self.stopped, self.now = halt, stopped, NOW
        self.stop = asyncio.Event()

    async def send(self) -> Summary:
        self.sends += 1
        attempts = {DeliveryState.SENT: self.sends}
        return Summary(
            attempts=attempts, skipped=0, next_due=None, halt=self.halt, stopped=self.stopped
        )

    def wait(self, until: dt.datetime) -> None:
        self.waits.append(until)
        if not self.stop.is_set():
            self.now = until

    def stay(self) -> Summary:
        around = Surroundings(clock=lambda: self.now, chance=lambda: 0.5, stop=self.stop)
        return run(stay(self.send, lambda: self.dues.pop(0), around, self.wait))


def test_it_sends_once_more_for_each_time_that_something_is_due() -> None:
    story = Story(NOW + 5 * HOUR, NOW + 12 * HOUR, None)
    assert story.stay().attempts == {DeliveryState.SENT: 3}
    assert story.waits == [NOW + 5 * HOUR, NOW + 12 * HOUR]


def test_it_ends_when_a_send_halts_or_was_stopped() -> None:
    for story in (Story(NOW, halt="the relay refuses us"), Story(NOW, stopped=True)):
        story.stay()
        assert story.sends == 1


def test_a_stop_ends_the_waiting_at_once() -> None:
    story = Story(NOW + 48 * HOUR)
    story.stop.set()
    story.stay()
    assert story.sends == 1


def test_what_is_due_and_did_not_go_is_not_tried_again_without_a_pause() -> None:
    story = Story(NOW - HOUR, None)
    story.stay()
    assert story.waits == [NOW + dt.timedelta(minutes=1)]
