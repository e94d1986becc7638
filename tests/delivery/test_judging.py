"""What becomes of a delivery: retries that spread out, an age limit, doubts by policy."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.mailinglist import InDoubt
from newsletter.delivery.connection import Answer
from newsletter.delivery.judging import Retry, judge
from newsletter.replies import Reply, Stage, parse_reply
from newsletter.store.values import DeliveryState, Due, Fixed, Outcome
from tests.delivery.memory_ledger import NOW

RETRY = Retry()


def fixed(date: dt.datetime = NOW, address: str = "ada@example.org") -> Fixed:
    return Fixed(
        edition=1,
        address=address,
        preferences_id=1,
        message_id="<1@example.org>",
        date=date,
        key_id="k",
        encoding="8bit",
    )


def outcome(
    answer: Answer, attempts: int = 0, *, age: dt.timedelta = dt.timedelta(0), retry: Retry = RETRY
) -> Outcome:
    facts = fixed(NOW - age)
    due = Due(
        delivery_id=7,
        subscriber_id=1,
        address=facts.address,
        preferences_id=1,
        attempts=attempts,
        fixed=facts,
    )
    return judge(
        due, facts, answer, relay="mx:25", now=NOW, retry=retry, chance=lambda: 0.5
    ).outcome


def said(stage: Stage, code: int, text: str) -> Answer:
    return Answer(stage, parse_reply(code, text))


BUSY = said(Stage.RCPT, 451, "4.3.0 later")


def test_an_outcome_carries_the_reply_the_stage_and_the_relay() -> None:
    found = outcome(said(Stage.RCPT, 550, "5.1.1 who?"))
    assert found == Outcome(
        delivery_id=7,
        state=DeliveryState.FAILED,
        at=NOW,
        relay="mx:25",
        stage="rcpt",
        code=550,
        enhanced="5.1.1",
        text="who?",
        reason="bad address: no such mailbox",
    )


def test_waits_double_up_to_the_longest() -> None:
    waits = [(found.due or NOW) - NOW for found in (outcome(BUSY, attempts=n) for n in range(8))]
    minutes = [wait.total_seconds() / 60 for wait in waits]
    assert minutes == [5, 10, 20, 40, 80, 160, 240, 240]


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_any_wait_is_within_half_of_its_step(attempts: int, chance: float) -> None:
    wait = RETRY.delay(attempts, chance)
    assert RETRY.first / 2 <= wait <= RETRY.longest * 1.5


def test_a_delivery_is_given_up_at_the_lists_age_limit_with_its_last_reason() -> None:
    found = outcome(BUSY, attempts=9, age=dt.timedelta(hours=47))
    assert found.state is DeliveryState.FAILED
    assert found.reason == "given up after 48 h: try later: asked to try later"
    assert found.due is None
    assert outcome(BUSY, attempts=9, age=dt.timedelta(hours=40)).due is not None


def test_our_own_fault_uses_up_nobodys_patience() -> None:
    answer = said(Stage.MAIL, 550, "5.7.1 not you")
    found = outcome(answer, attempts=9, age=dt.timedelta(hours=47))
    assert (found.state, found.due) == (DeliveryState.DEFERRED, NOW)


def test_what_broke_before_the_final_dot_goes_straight_back_twice_and_then_waits() -> None:
    lost = Answer(Stage.RCPT, None, "the connection was lost")
    states = [outcome(lost, attempts=n).state for n in range(4)]
    assert states == [DeliveryState.QUEUED] * 2 + [DeliveryState.DEFERRED] * 2


@pytest.mark.parametrize(
    ("policy", "state"),
    [(InDoubt.HOLD, DeliveryState.IN_DOUBT), (InDoubt.RESEND, DeliveryState.DEFERRED)],
)
def test_no_reply_after_the_final_dot_is_a_doubt(policy: InDoubt, state: DeliveryState) -> None:
    lost = Answer(Stage.BODY, None, "no reply in time", in_doubt=True)
    found = outcome(lost, retry=Retry(in_doubt=policy))
    assert found.state is state
    assert "no reply after the final dot" in found.reason
    assert found.code == 0


@given(
    st.sampled_from([Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY]),
    st.integers(200, 599),
    st.text(max_size=40),
    st.integers(0, 20),
)
def test_any_reply_ends_in_a_state_that_the_ledger_knows(
    stage: Stage, code: int, text: str, attempts: int
) -> None:
    found = outcome(Answer(stage, Reply(code, "", text)), attempts)
    assert found.state in (DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED)
    assert (found.due is not None) == (found.state is DeliveryState.DEFERRED)
    assert (found.state is DeliveryState.SENT) == (code < 300)
