"""How a send is going: a live view on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from newsletter.cli.edge import err
from newsletter.errors import NewsletterError
from newsletter.store.troubled import Trouble
from newsletter.store.values import DeliveryState, Outcome

LINE_EVERY = 5.0
"""Seconds between plain lines."""

LOOK_EVERY = 2.0
"""Seconds between two looks at the domains in trouble."""

_WINDOW = 30.0  # seconds over which the rate is taken
_SHOWN = (DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED)


class Progress:
    """What a send has come to. `seconds` are those of a clock that never goes back.

    Deferred are attempts: one that is tried again and deferred again counts twice here; the ledger
    has the truth, and the domains in trouble are from there.
    """

    def __init__(self, total: int, seconds: float) -> None:
        self.total = total
        self.counts: Counter[DeliveryState] = Counter()
        self.done = 0
        self.troubled: Sequence[Trouble] = ()
        self._samples: deque[tuple[float, int]] = deque([(seconds, 0)])

    def add(self, outcome: Outcome) -> None:
        """An attempt has ended."""
        self.counts[outcome.state] += 1
        self.done += outcome.state.final

    def rate(self, seconds: float) -> float:
        """Messages settled a second, of late."""
        last, _ = self._samples[-1]
        if seconds - last >= 1:
            self._samples.append((seconds, self.done))
        while len(self._samples) > 2 and seconds - self._samples[0][0] > _WINDOW:
            self._samples.popleft()
        since, before = self._samples[0]
        return (self.done - before) / (seconds - since) if seconds > since else 0.0

    def facts(self, seconds: float) -> dict[str, str]:
        """Names and values to show, in order."""
        rate = self.rate(seconds)
        left = max(0, self.total - self.done)
        return {
            **{state.value: str(self.counts[state]) for state in _SHOWN},
            "rate": f"{rate:.0f}/s" if rate >= 10 else f"{rate:.1f}/s",
            "left": _span(left / rate) if rate and left else "-" if left else "0:00:00",
        }

    def line(self, seconds: float) -> str:
        """All of it in one line."""
        shown = ", ".join(f"{name} {value}" for name, value in self.facts(seconds).items())
        worst = "; ".join(_told(one) for one in self.troubled)
        return f"{self.done} of {self.total}: {shown}" + (f"; {worst}" if worst else "")


def _span(seconds: float) -> str:
    return str(dt.timedelta(seconds=round(seconds)))


def _told(trouble: Trouble) -> str:
    said = [f"{trouble.deferred} deferred"] if trouble.deferred else []
    said += [f"{trouble.failed} failed"] if trouble.failed else []
    return f"{trouble.domain} {', '.join(said)}"


class SendView:
    """Shows a send: stays where it is on a terminal, in lines elsewhere."""

    def __init__(
        self,
        what: str,
        total: int,
        console: Console = err,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what, self._console, self._seconds = what, console, seconds
        self._progress = Progress(total, seconds())
        self._said = seconds() - LINE_EVERY
        self._live: Live | None = None

    def __enter__(self) -> SendView:
        if self._console.is_terminal:
            self._live = Live(
                get_renderable=self._screen,
                console=self._console,
                refresh_per_second=4,
                transient=True,
            )
            self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
        elif self._progress.counts:
            self._line()

    def observe(self, outcome: Outcome) -> None:
        """An attempt has ended."""
        self._progress.add(outcome)
        if self._live is None and self._seconds() - self._said >= LINE_EVERY:
            self._line()

    async def follow(self, troubled: Callable[[], Sequence[Trouble]]) -> None:
        """Asks, in a thread, which domains are in trouble, for as long as it is let."""
        while True:
            try:
                self._progress.troubled = await asyncio.to_thread(troubled)
            except NewsletterError:
                return  # whoever sends meets the same fault, and says it
            await asyncio.sleep(LOOK_EVERY)

    def _line(self) -> None:
        self._said = self._seconds()
        self._console.print(f"{self._what}: {self._progress.line(self._said)}")

    def _screen(self) -> RenderableType:
        found = self._progress
        facts = found.facts(self._seconds())
        head = Table.grid(padding=(0, 2))
        head.add_row(
            self._what,
            ProgressBar(total=max(1, found.total), completed=found.done, width=30),
            f"{found.done}/{found.total}",
        )
        said = Text("   ".join(f"{name} {value}" for name, value in facts.items()))
        worst = [Text(f"  {_told(one)}", overflow="ellipsis") for one in found.troubled]
        return Group(head, said, *worst)
