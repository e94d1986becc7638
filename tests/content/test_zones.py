from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.zones import parse_zone, zones_by_region
from newsletter.errors import ZoneError

PLACES = [name for names in zones_by_region().values() for name in names]


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" asia/SHANGHAI ", "Asia/Shanghai"),
        ("America/New York", "America/New_York"),
        ("utc", "UTC"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_zone_is_known_however_it_is_capitalised(written: str, zone: str) -> None:
    assert parse_zone(written) == zone


@pytest.mark.parametrize(
    "written", ["Berlin", "Europe", "+01:00", "localtime", "Factory", "../etc/passwd", "a\0b", "/"]
)
def test_what_is_no_zone_is_told_with_one_that_is(written: str) -> None:
    with pytest.raises(ZoneError, match="write one like Europe/Berlin") as told:
        parse_zone(written)
    assert "\n" not in str(told.value)


@given(st.text(max_size=30))
def test_any_text_is_a_zone_that_python_has_or_is_refused(text: str) -> None:
    try:
        found = parse_zone(text)
    except ZoneError:
        return
    assert not found or ZoneInfo(found).key == found


@pytest.mark.parametrize("zone", PLACES[::20])
def test_what_a_reader_can_choose_can_be_read_back(zone: str) -> None:
    assert parse_zone(zone) == zone
    assert ZoneInfo(zone).key == zone
