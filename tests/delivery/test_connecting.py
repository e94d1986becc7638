"""Opening a connection: TLS that is verified, AUTH, what EHLO offers, and errors that help."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from newsletter.delivery.connecting import open_relay
from newsletter.delivery.connection import Capabilities, Connection, Timeouts
from newsletter.delivery.pipelining import PipelinedConnection
from newsletter.delivery.relay import parse_relay
from newsletter.delivery.sender import Summary
from newsletter.delivery.stepwise import StepwiseConnection
from newsletter.errors import RelayError, RelayRefusedError, SettingsError
from newsletter.store.values import DeliveryState
from tests.delivery.memory_ledger import MemoryLedger
from tests.delivery.scripted_server import Fault, Kind, ScriptedServer
from tests.delivery.sending import PATIENT, QUICK, Sending, run, run_on_asyncio
from tests.ports import free_port

Runs = Callable[[Coroutine[Any, Any, Summary]], Summary]
CERTIFICATES = Path(__file__).parent / "certificates"


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server-with-key.pem")
    return context


@asynccontextmanager
async def opened(url: str, timeouts: Timeouts = PATIENT) -> AsyncIterator[Connection]:
    connection = await open_relay(parse_relay(url), timeouts)
    try:
        yield connection
    finally:
        await connection.close()
        await asyncio.sleep(0.01)


def open_and_close(
    server: ScriptedServer, scheme: str, options: str = "", user: str = ""
) -> Connection:
    async def through() -> Connection:
        async with server.running():
            at = f"{user}@localhost" if user else "localhost"
            connection = await open_relay(
                parse_relay(f"{scheme}://{at}:{server.port}{options}"), PATIENT
            )
            await connection.close()
            await asyncio.sleep(0.01)
            return connection

    return run(through())


@contextmanager
def aiosmtpd(context: ssl.SSLContext) -> Iterator[int]:
    controller = Controller(
        object(), hostname="127.0.0.1", port=free_port(), tls_context=context, ready_timeout=60
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def test_what_ehlo_offers_decides_the_way() -> None:
    full = ScriptedServer(extensions=(b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"SIZE 12345"))
    connection = open_and_close(full, "smtp")
    assert isinstance(connection, PipelinedConnection)
    assert connection.capabilities == Capabilities(
        pipelining=True, eight_bit=True, utf8=True, takes_size=True, size=12345
    )
    plain = open_and_close(ScriptedServer(extensions=(b"SIZE 0",)), "smtp")
    assert isinstance(plain, StepwiseConnection)
    assert plain.capabilities == Capabilities(takes_size=True)


def test_tls_with_a_certificate_we_trust_carries_an_issue() -> None:
    server = ScriptedServer(tls=server_context())
    ledger = MemoryLedger.of(30)
    ca = CERTIFICATES / "ca.pem"

    async def through() -> None:
        async with server.running():
            sending = Sending(ledger, size=60_000, timeouts=PATIENT)
            await sending.to_url(f"smtps://localhost:{server.port}?connections=2&ca={ca}")

    run(through())
    assert ledger.states() == {DeliveryState.SENT: 30}
    assert len(server.accepted) == 30


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    with pytest.raises(RelayRefusedError, match=r"cannot be trusted: .*\?ca=FILE"):
        open_and_close(ScriptedServer(tls=server_context()), "smtps")


def test_a_certificate_for_another_name_is_refused() -> None:
    async def through() -> None:
        async with ScriptedServer(tls=server_context()).running() as server:
            ca = CERTIFICATES / "ca.pem"
            async with opened(f"smtps://127.0.0.1:{server.port}?ca={ca}"):
                pass

    with pytest.raises(RelayRefusedError, match="cannot be trusted"):
        run(through())


def test_starttls_is_verified_too() -> None:
    async def through(port: int, options: str) -> bool:
        async with opened(f"smtp://localhost:{port}?tls=required{options}") as connection:
            return connection.alive

    with aiosmtpd(server_context()) as port:
        assert run(through(port, f"&ca={CERTIFICATES / 'ca.pem'}"))
        with pytest.raises(RelayRefusedError, match="cannot be trusted"):
            run(through(port, ""))


@pytest.mark.parametrize("runs", [run, run_on_asyncio], ids=["uvloop", "asyncio"])
def test_starttls_then_pipelining_carries_an_issue(runs: Runs) -> None:
    server = ScriptedServer(
        extensions=(b"PIPELINING", b"8BITMIME", b"STARTTLS"), starttls=server_context()
    )
    ledger = MemoryLedger.of(20)
    options = f"tls=required&connections=2&ca={CERTIFICATES / 'ca.pem'}"

    async def through() -> Summary:
        async with server.running():
            sending = Sending(ledger, size=60_000, timeouts=PATIENT)
            return await sending.to_url(f"smtp://localhost:{server.port}?{options}")

    runs(through())
    assert ledger.states() == {DeliveryState.SENT: 20}
    assert len(server.accepted) == 20


def test_a_relay_without_starttls_gets_nothing_in_the_clear() -> None:
    server = ScriptedServer()
    with pytest.raises(RelayRefusedError, match="offers no STARTTLS"):
        open_and_close(server, "smtp", "?tls=required")
    assert not any(line.startswith(b"MAIL") for line in server.commands)


def test_login() -> None:
    server = ScriptedServer(extensions=(b"AUTH PLAIN", b"PIPELINING"), login=b"\0news\0sesame")
    assert open_and_close(server, "smtp", user="news:sesame").carried == 0
    with pytest.raises(RelayRefusedError, match=r"refuses the login: 535 5\.7\.8 Who") as caught:
        open_and_close(server, "smtp", user="news:wrong")
    assert "wrong" not in str(caught.value)


def test_a_relay_that_offers_no_login_is_told_apart() -> None:
    with pytest.raises(RelayRefusedError, match="offers no login"):
        open_and_close(ScriptedServer(), "smtp", user="news:sesame")


@pytest.mark.parametrize("stage", ["greeting", "ehlo"])
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.LATE])
def test_a_relay_that_cannot_be_used_is_one_line(stage: str, kind: Kind) -> None:
    server = ScriptedServer(faults=(Fault(stage, kind, times=9),))
    patience = QUICK if kind in (Kind.STALL, Kind.GARBAGE) else PATIENT

    async def through() -> None:
        async with server.running(), opened(f"smtp://127.0.0.1:{server.port}", patience):
            pass

    if stage == "ehlo" and kind in (Kind.TRANSIENT, Kind.PERMANENT):
        run(through())  # it may know HELO alone
        return
    with pytest.raises(RelayError, match=f"the relay 127.0.0.1:{server.port or ''}") as caught:
        run(through())
    assert "\n" not in str(caught.value)


def test_a_refusal_at_the_greeting_is_final_and_a_busy_one_is_not() -> None:
    for kind, kindred in ((Kind.PERMANENT, RelayRefusedError), (Kind.TRANSIENT, RelayError)):
        with pytest.raises(RelayError) as caught:
            open_and_close(ScriptedServer(faults=(Fault("greeting", kind),)), "smtp")
        assert type(caught.value) is kindred


def test_a_file_of_authorities_that_is_none_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    for name in (wrong, tmp_path / "missing.pem"):
        with pytest.raises(SettingsError, match=f"names ca={name}"):
            open_and_close(ScriptedServer(), "smtps", f"?ca={name}")


def test_a_relay_that_speaks_no_tls_there_is_told_apart() -> None:
    with pytest.raises(RelayRefusedError, match="does not speak TLS"):
        open_and_close(ScriptedServer(), "smtps")


def test_what_is_no_smtp_server_is_told_apart() -> None:
    server = ScriptedServer(faults=(Fault("greeting", Kind.GARBAGE),))
    with pytest.raises(RelayError, match="no SMTP server"):
        open_and_close(server, "smtp")


def test_nobody_there_says_so() -> None:
    async def through() -> None:
        async with opened(f"smtp://127.0.0.1:{free_port()}"):
            pass

    with pytest.raises(RelayError, match="cannot be reached: connection refused; check smtp_url"):
        run(through())
