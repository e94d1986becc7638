"""TLS that fails, at the first octet or after STARTTLS: nothing is sent, nobody is lost."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from newsletter.errors import RelayError, RelayRefusedError
from newsletter.store.values import DeliveryState
from tests.delivery.certifying import Authority
from tests.delivery.memory_ledger import MemoryLedger
from tests.delivery.scripted_server import ScriptedServer
from tests.delivery.sending import Sending, run

HOST = "localhost"
BOTH = pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("authority"))


def speaking(scheme: str, context: ssl.SSLContext) -> ScriptedServer:
    if scheme == "smtps":
        return ScriptedServer(tls=context)
    return ScriptedServer(extensions=(b"PIPELINING", b"STARTTLS"), starttls=context)


def send(server: ScriptedServer, scheme: str, options: str = "") -> MemoryLedger:
    ledger = MemoryLedger.of(5)

    async def go() -> None:
        async with server.running():
            url = f"{scheme}://{HOST}:{server.port}?connections=2{options}"
            try:
                await Sending(ledger).to_url(url)
            finally:
                await asyncio.sleep(0.01)

    try:
        run(go())
    except RelayError:
        assert ledger.states() == {DeliveryState.QUEUED: 5}
        assert not server.accepted
        assert not any(line.startswith((b"MAIL", b"AUTH")) for line in server.commands)
        raise
    return ledger


@BOTH
def test_a_good_certificate_of_an_authority_we_name_carries_all(
    authority: Authority, scheme: str
) -> None:
    server = speaking(scheme, authority.server(HOST))
    assert send(server, scheme, f"&ca={authority.ca}").states() == {DeliveryState.SENT: 5}


@BOTH
@pytest.mark.parametrize(
    ("host", "expired", "known", "said"),
    [
        (HOST, True, True, "expired"),
        ("other.example.org", False, True, "not valid for"),
        (HOST, False, False, "unable to get local issuer"),
    ],
    ids=["expired", "another's name", "unknown authority"],
)
def test_a_bad_certificate_is_refused_before_any_command_of_mail(
    authority: Authority, scheme: str, host: str, expired: bool, known: bool, said: str
) -> None:
    server = speaking(scheme, authority.server(host, expired=expired))
    options = f"&ca={authority.ca}" if known else ""
    with pytest.raises(RelayRefusedError, match=f"cannot be trusted: .*{said}"):
        send(server, scheme, options)


def _age(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1


@BOTH
def test_a_version_that_is_too_old_is_refused(authority: Authority, scheme: str) -> None:
    context = authority.server(HOST)
    context.set_ciphers("@SECLEVEL=0:ALL")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        _age(context)
    with pytest.raises(RelayError, match=r"does not speak TLS as it should|cannot be reached"):
        send(speaking(scheme, context), scheme, f"&ca={authority.ca}")


def test_a_password_is_never_given_to_a_relay_that_lost_its_starttls() -> None:
    """What an attacker in between would do (RFC 3207 §6)."""
    server = ScriptedServer(extensions=(b"PIPELINING", b"AUTH PLAIN"), login=b"\0me\0secret")
    with pytest.raises(RelayError, match="offers no STARTTLS"):
        send(server, "smtp+starttls")
