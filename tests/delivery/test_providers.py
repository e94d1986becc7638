"""Providers that ask for patience or refuse us rest, and all others go on."""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.delivery.judging import Judged, Retry, judge
from newsletter.delivery.providers import IN_A_ROW, Providers
from newsletter.delivery.sender import Summary
from newsletter.replies import Stage, parse_reply
from newsletter.store.values import DeliveryState, Due, Fixed
from tests.delivery.memory_ledger import NOW, MemoryLedger
from tests.delivery.scripted_server import ScriptedServer
from tests.delivery.sending import Sending, run

SENT, DEFERRED, FAILED = DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED
LATER, POLICY = (451, "4.7.0 slow down"), (550, "5.7.1 not wanted")
RETRY = Retry()


def judged(address: str, code: int, text: str, at: dt.datetime = NOW) -> Judged:
    from newsletter.delivery.connection import Answer

    fixed = Fixed(
        edition=1,
        address=address,
        preferences_id=1,
        message_id="<1@example.org>",
        date=at,
        key_id="k",
        encoding="8bit",
    )
    due = Due(
        delivery_id=1, subscriber_id=1, address=address, preferences_id=1, attempts=0, fixed=fixed
    )
    answer = Answer(Stage.RCPT, parse_reply(code, text))
    return judge(due, fixed, answer, relay="mx:25", now=at, retry=RETRY, chance=lambda: 0.5)


def told(providers: Providers, *answers: tuple[str, int, str], at: dt.datetime = NOW) -> None:
    for address, code, text in answers:
        if code < 300:
            providers.welcomed(address)
        else:
            providers.note(address, judged(address, code, text, at), 0.5)


def test_a_provider_rests_after_some_in_a_row_and_its_other_domains_with_it() -> None:
    providers = Providers(RETRY)
    told(providers, *[("a@qq.com", *LATER)] * (IN_A_ROW - 1))
    assert providers.resting("b@qq.com", NOW) is None
    told(providers, ("a@foxmail.com", *LATER))
    rest = providers.resting("b@qq.com", NOW)
    assert rest is not None
    assert rest.until == NOW + RETRY.first
    assert rest.reason == "qq asked 5 times in a row to try later"
    assert providers.resting("b@163.com", NOW) is None
    assert providers.resting("b@qq.com", rest.until) is None, "and then it is tried again"


def test_one_that_was_accepted_ends_the_row() -> None:
    providers = Providers(RETRY)
    told(providers, *[("a@qq.com", *LATER)] * (IN_A_ROW - 1), ("a@qq.com", 250, "Ok"))
    told(providers, *[("a@qq.com", *LATER)] * (IN_A_ROW - 1))
    assert providers.resting("a@qq.com", NOW) is None


@pytest.mark.parametrize(
    "answer", [(452, "4.2.2 mailbox full"), (550, "5.1.1 nobody"), (550, "5.2.2 full")]
)
def test_what_is_said_of_one_mailbox_rests_no_provider(answer: tuple[int, str]) -> None:
    providers = Providers(RETRY)
    told(providers, *[("a@example.org", *answer)] * 20)
    assert providers.resting("a@example.org", NOW) is None


def test_each_rest_without_a_success_between_is_longer() -> None:
    providers, now, waits = Providers(RETRY), NOW, []
    told(providers, *[("a@qq.com", *LATER)] * IN_A_ROW)
    for _ in range(8):
        rest = providers.resting("a@qq.com", now)
        assert rest is not None
        waits.append((rest.until - now).total_seconds() / 60)
        now = rest.until
        told(providers, ("a@qq.com", *LATER), at=now)
    assert waits == [5, 10, 20, 40, 80, 160, 240, 240]


def test_refusals_by_policy_rest_a_provider_and_several_such_halt_the_issue() -> None:
    providers = Providers(RETRY)
    for number, domain in enumerate(("one.example", "two.example", "three.example")):
        assert not providers.halt, f"{number} are not several"
        told(providers, *[(f"a@{domain}", *POLICY)] * IN_A_ROW)
        rest = providers.resting(f"b@{domain}", NOW)
        assert rest is not None
        assert rest.until == NOW + RETRY.longest
    assert providers.halt == (
        "one.example, three.example, two.example refuse our mail by policy: their replies say why"
    )


def to(ledger: MemoryLedger, server: ScriptedServer, now: dt.datetime = NOW) -> Summary:
    async def go() -> Summary:
        async with server.running():
            return await Sending(ledger, connections=1, clock=lambda: now).to(server.port)

    return run(go())


def mixed(number: int) -> str:
    """Every second reader is at one provider."""
    return f"reader{number}@{'slow.example' if number % 2 else 'example.org'}"


def slow(recipient: str) -> bytes | None:
    return b"451 4.7.0 slow down\r\n" if recipient.endswith("@slow.example") else None


def test_the_others_go_on_while_one_provider_rests_and_its_rows_are_not_tried() -> None:
    ledger, server = MemoryLedger.of(200), ScriptedServer(refuse=slow)
    ledger.address = mixed
    summary = to(ledger, server)
    assert ledger.states() == {SENT: 100, DEFERRED: 100}
    untried = [row for row in ledger.rows.values() if row.state is DEFERRED and not row.attempts]
    assert len(untried) >= 90
    assert untried[0].reason == "slow.example asked 5 times in a row to try later"
    assert summary.next_due == NOW + RETRY.first
    assert summary.attempts[DEFERRED] == 100 - len(untried)


def test_rows_that_only_ever_waited_grow_old_too_and_are_given_up_unasked() -> None:
    ledger, server = MemoryLedger.of(200), ScriptedServer(refuse=slow)
    ledger.address = mixed
    to(ledger, server)
    for row in ledger.rows.values():
        row.state = DeliveryState.QUEUED if row.state is DEFERRED else row.state
    commands = len(server.commands)
    to(ledger, server, NOW + dt.timedelta(hours=48))
    assert ledger.states() == {SENT: 100, FAILED: 100}
    assert len(server.commands) - commands < 40, "the provider was asked a few times, not a hundred"
    reasons = {row.reason for row in ledger.rows.values() if row.state is FAILED}
    assert "given up after 48 h: slow.example asked 5 times in a row to try later" in reasons


def test_refusals_by_policy_cost_few_readers_and_suppress_nobody() -> None:
    def refuse(recipient: str) -> bytes | None:
        blocked = recipient.endswith("@slow.example")
        return b"550 5.7.1 not wanted\r\n" if blocked else None

    ledger, server = MemoryLedger.of(100), ScriptedServer(refuse=refuse)
    ledger.address = mixed
    to(ledger, server)
    states = ledger.states()
    assert states[SENT] == 50
    assert states[FAILED] <= IN_A_ROW + 1
    assert states[DEFERRED] >= 50 - IN_A_ROW - 1


def test_several_providers_that_refuse_us_stop_the_issue() -> None:
    ledger = MemoryLedger.of(300)
    ledger.address = lambda number: f"reader{number}@p{number % 4}.example"
    server = ScriptedServer(refuse=lambda _recipient: b"550 5.7.1 not wanted\r\n")
    summary = to(ledger, server)
    assert "refuse our mail by policy" in summary.halt
    assert ledger.states()[FAILED] < 30
    assert ledger.states()[DeliveryState.QUEUED] > 200
