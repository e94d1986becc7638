"""Metrics for Prometheus at /metrics: counts, durations and queues, and nobody's address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from newsletter.schedule.outlook import Standing, standing
from newsletter.store import lists
from newsletter.store.database import Database
from newsletter.store.gauges import Gauges, gauges
from newsletter.store.values import Outcome
from newsletter.web.client import asked_by
from newsletter.web.site import PRIVATE, Here

router = APIRouter()

_PASSES = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600)  # seconds


class Metrics:
    """What one process counts. `public`: whoever asks is told, not only this machine."""

    def __init__(self, *, public: bool = False) -> None:
        self.public = public
        self.registry = CollectorRegistry()
        self._attempts = Counter(
            "newsletter_attempts",
            "SMTP attempts by what was sent, the state that each ended in, and its stage",
            ("of", "state", "stage"),
            registry=self.registry,
        )
        self._sends = Histogram(
            "newsletter_send_seconds",
            "How long it took to send what was due of an issue",
            buckets=_PASSES,
            registry=self.registry,
        )
        self._readings = Counter(
            "newsletter_mailbox_readings",
            "How often the mailbox of returned mail was read, or could not be",
            ("outcome",),
            registry=self.registry,
        )
        self._returned = Counter(
            "newsletter_returned_messages",
            "Messages read from the mailbox of returned mail, by kind",
            ("kind",),
            registry=self.registry,
        )
        self._requests = Histogram(
            "newsletter_request_seconds",
            "How long requests took, by method, route and status",
            ("method", "route", "status"),
            registry=self.registry,
        )

    def attempts(self, of: str) -> Callable[[Outcome], None]:
        """What to call with the outcome of each attempt `of` an issue or the outbox."""

        def count(outcome: Outcome) -> None:
            self._attempts.labels(of, outcome.state.value, outcome.stage).inc()

        return count

    def mailbox_read(self, messages: Mapping[str, int] | None) -> None:
        """The mailbox of returned mail was read, with so many messages by kind; or could not be."""
        self._readings.labels("failed" if messages is None else "read").inc()
        for kind, number in (messages or {}).items():
            self._returned.labels(kind).inc(number)

    def sent(self, seconds: float) -> None:
        """An issue was sent as far as it was due."""
        self._sends.observe(seconds)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is its pattern, which holds no token."""
        # A method is the client's own word: it must not make as many series as it likes.
        known = method if method in ("GET", "HEAD", "POST") else "other"
        self._requests.labels(known, route, str(status)).observe(seconds)


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, site: Here) -> PlainTextResponse:
    """The figures, for this machine or, where the settings say so, for everybody; else 404."""
    kept: Metrics = request.app.state.metrics
    if not (kept.public or _is_local(request, site)):
        return PlainTextResponse("Not found.\n", 404, headers=PRIVATE)
    now = _Now(site.database, site.clock())
    registry = CollectorRegistry()
    registry.register(now)
    body = generate_latest(kept.registry) + generate_latest(registry)
    return PlainTextResponse(body, headers=PRIVATE, media_type=CONTENT_TYPE_LATEST)


def _is_local(request: Request, site: Here) -> bool:
    # What a proxy of this machine hands on comes from elsewhere, believed or not.
    if any(name in request.headers for name in ("x-forwarded-for", "forwarded", "via")):
        return False
    asker = asked_by(request, site.trusted_proxies)
    return asker is not None and asker.is_loopback


class _Now(Collector):
    """What the database says at this moment."""

    def __init__(self, database: Database, now: dt.datetime) -> None:
        with database.read() as session:
            self._found: Gauges = gauges(session)
            self._lists: list[Standing] = [
                standing(session, lists.get_list(session, name), now)
                for name in lists.list_names(session)
            ]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What Prometheus is told: what waits, then where each list is."""
        yield from self._waiting()
        yield from self._of_lists()

    def _waiting(self) -> Iterator[GaugeMetricFamily]:
        found = self._found
        yield _family(
            "newsletter_deliveries",
            "Deliveries that are not settled, by the state of their issue and their own",
            ("issue", "state"),
            dict(found.waiting.items()),
        )
        yield _family(
            "newsletter_issues",
            "Issues by state",
            ("state",),
            {(state,): number for state, number in found.issues.items()},
        )
        yield _family(
            "newsletter_outbox",
            "Mails for one person that are not settled, by state",
            ("state",),
            {(state,): number for state, number in found.outbox.items()},
        )
        yield _family(
            "newsletter_mailbox_last_read_timestamp_seconds",
            "When a mailbox of returned mail was last read",
            ("mailbox",),
            {(place,): at.timestamp() for place, at in found.mailboxes.items()},
        )

    def _of_lists(self) -> Iterator[GaugeMetricFamily]:
        yield _family(
            "newsletter_last_issue_timestamp_seconds",
            "When the last issue of a list was all sent",
            ("list",),
            {(name,): at.timestamp() for name, at in self._found.finished.items()},
        )
        yield _family(
            "newsletter_next_issue_timestamp_seconds",
            "When a list goes out next by its schedule",
            ("list",),
            {(one.list_name,): one.next.send.timestamp() for one in self._lists if one.next},
        )
        yield _family(
            "newsletter_late",
            "Whether an issue of a list is late: missed, hindered, or kept by no clock",
            ("list",),
            {(one.list_name,): bool(one.late) for one in self._lists},
        )


def _family(
    name: str, says: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family
