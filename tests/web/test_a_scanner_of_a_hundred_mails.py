"""A mail gateway opens every counted link of a hundred messages; some people open one or two."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from newsletter.content.preferences import Preferences
from newsletter.tokens import Purpose
from newsletter.tracking.clicks import settle
from tests.web.clicking import counting_newsstand, links_of, report
from tests.web.newsstand import NOW

READERS = {
    f"reader{number}@company.example": Preferences(
        follows=(None, frozenset({"operators"}), frozenset({"proofs"}))[number % 3]
    )
    for number in range(100)
}
MINUTE = dt.timedelta(minutes=1)


def test_it_is_counted_apart_from_people(tmp_path: Path) -> None:
    stand = counting_newsstand(tmp_path, READERS)
    opened = 0
    for number, address in enumerate(READERS):
        stand.clock = NOW + 20 * MINUTE + number * dt.timedelta(seconds=2)
        links = links_of(stand, address)
        assert len(links) >= 2
        for link in links:
            for method in ("HEAD", "GET") if number % 2 else ("GET",):
                assert stand.client.request(method, link).status_code == 302
                opened += 1
    settle(stand.database, stand.clock + 10 * MINUTE)
    found = report(stand)
    assert (found.people, found.scanners, found.undecided) == (0, opened, 0)
    assert found.topics == {}
    stand.clock += 60 * MINUTE
    for address in list(READERS)[:7]:
        stand.client.get(f"/c/{stand.token(Purpose.CLICK, address)}/0")
    settle(stand.database, stand.clock + 10 * MINUTE)
    found = report(stand)
    assert (found.people, found.scanners) == (7, opened)
    assert found.topics == {"force-fields": 7}
    stand.database.close()
