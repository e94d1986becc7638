"""The laws of pacing: never faster than said, never stuck, and slower when asked to be."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.bucket import RECOVERY, SETTLES, SLOWEST, Bucket
from newsletter.delivery.pacing import DOUBLINGS, FIRST_DAY, Pace, Paces, ramp
from newsletter.delivery.relay import RATE, parse_relay

AWAY = "smtp://relay.example"
BEGAN = dt.date(2026, 11, 20)
rates = st.floats(0.01, 5000)
often = st.lists(st.floats(0, 0.1), min_size=30, max_size=200)
steps = st.lists(st.floats(0, 3), min_size=1, max_size=200)


@given(rates, often, st.lists(st.integers(0, 199), max_size=3))
def test_never_more_than_the_rate_and_the_burst(
    rate: float, waits: list[float], complaints: list[int]
) -> None:
    bucket, now, gone = Bucket(rate, 0.0), 0.0, 0
    for number, step in enumerate(waits):
        now += step
        if number in complaints:
            bucket.slow(now)
        gone += drained(bucket, now)
        assert gone <= rate * now + 1 + rate / 10 + 0.001


@given(rates, often)
def test_who_asks_often_enough_gets_all_that_is_allowed(rate: float, waits: list[float]) -> None:
    bucket, now, gone = Bucket(rate, 0.0), 0.0, 0
    for step in waits:
        now += min(step, 0.05)  # longer, and what a burst cannot hold is lost
        gone += drained(bucket, now)
    assert gone >= rate * now - 1.001


def drained(bucket: Bucket, now: float) -> int:
    gone = 0
    while bucket.wait(now) == 0:
        bucket.take(now)
        gone += 1
    return gone


@given(rates, steps, st.integers(0, 3))
def test_who_waits_as_long_as_told_has_a_turn(
    rate: float, waits: list[float], complaints: int
) -> None:
    bucket, now = Bucket(rate, 0.0), 0.0
    for _ in range(complaints):
        bucket.slow(now)
        now += SETTLES
    for step in waits:
        now += step
        wait = bucket.wait(now)
        assert wait <= 2 / min(SLOWEST, rate)
        now += wait
        assert bucket.wait(now) < 1e-6 / rate
        bucket.take(now)


def test_each_complaint_halves_and_those_of_one_moment_count_once() -> None:
    bucket = Bucket(8, 0.0)
    assert [bucket.slow(0.0), bucket.slow(1.0)] == [True, False]
    assert bucket.rate(0.0) == 4
    assert bucket.slow(SETTLES)
    assert bucket.rate(SETTLES) == pytest.approx(2, rel=0.02)
    for number in range(2, 20):
        bucket.slow(SETTLES * number)
    assert bucket.rate(SETTLES * 19) == SLOWEST


def test_the_full_rate_comes_back_bit_by_bit() -> None:
    bucket = Bucket(8, 0.0)
    bucket.slow(0.0)
    assert [bucket.rate(RECOVERY * part) for part in (0, 0.25, 0.5, 1, 2)] == [4, 5, 6, 8, 8]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = Bucket(1, 100.0)
    bucket.take(100.0)
    assert bucket.wait(50.0) == pytest.approx(0.9)
    assert bucket.wait(100.5) == pytest.approx(0.4)


def test_a_provider_that_asks_goes_slower_and_no_other() -> None:
    pace = Pace(parse_relay(AWAY))
    assert pace.asked("qq", 0.0) == "qq"
    assert pace.rate("qq", 0.0) == RATE / 2
    assert pace.rate("google", 0.0) is None
    assert pace.rate("relay.example:587", 0.0) == RATE
    assert pace.rate("qq", RECOVERY) is None, "and is forgotten when it has recovered"


def test_what_several_ask_for_with_nothing_accepted_is_the_relays_own_doing() -> None:
    pace = Pace(parse_relay(AWAY))
    said = [pace.asked(name, 0.0) for name in ("qq", "google", "netease")]
    assert said == ["qq", "google", "relay.example:587"]
    assert pace.rate("relay.example:587", 0.0) == RATE / 2
    assert pace.rate("qq", 0.0) is None, "it was not theirs"


def test_one_that_was_accepted_between_shows_that_it_is_not_everybody() -> None:
    pace = Pace(parse_relay(AWAY))
    for name in ("qq", "google", "netease", "yahoo"):
        assert pace.asked(name, 0.0) == name
        pace.accepted()
    assert pace.rate("relay.example:587", 0.0) == RATE


def test_a_limit_may_be_a_providers_or_one_domains() -> None:
    pace = Pace(parse_relay(f"{AWAY}?rate=50&rate.qq=2&rate.vip.qq.com=0.5"))
    assert [pace.provider(f"a@{d}") for d in ("foxmail.com", "vip.qq.com")] == ["qq", "vip.qq.com"]
    assert [pace.rate(name, 0.0) for name in ("qq", "vip.qq.com")] == [2, 0.5]


def test_a_relay_is_limited_unless_it_is_said_or_known_to_queue_by_itself() -> None:
    paces = Paces()
    assert paces.of(parse_relay("smtp://127.0.0.1:25")) is None
    assert paces.of(parse_relay(f"{AWAY}?rate=0")) is None
    assert paces.of(parse_relay("smtp://127.0.0.1:25?rate=5")) is not None
    away = paces.of(parse_relay(AWAY))
    assert away is not None
    assert away is paces.of(parse_relay(f"{AWAY}?connections=2")), "one relay, one pace"


@given(st.integers(-5, 40))
def test_a_warm_up_grows_day_by_day_and_ends(days: int) -> None:
    today = ramp(BEGAN, BEGAN + dt.timedelta(days=days))
    if days > DOUBLINGS:
        assert today is None
    else:
        assert today == FIRST_DAY * 2 ** max(days, 0)


def test_a_days_messages_are_counted_and_begin_anew_the_next_day() -> None:
    pace = Pace(parse_relay(f"{AWAY}?warmup={BEGAN}"))
    assert pace.left(BEGAN) == FIRST_DAY
    pace.take("qq", 0.0)
    pace.take("qq", 0.0)
    pace.give_back("qq", 0.0)
    assert pace.left(BEGAN) == FIRST_DAY - 1
    assert pace.left(BEGAN + dt.timedelta(days=1)) == 2 * FIRST_DAY
    assert pace.left(BEGAN + dt.timedelta(days=DOUBLINGS + 1)) is None
