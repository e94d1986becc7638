"""Opening a connection to a relay: aiosmtplib connects, secures and authenticates it."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from functools import cache
from typing import cast

import aiosmtplib

from newsletter.delivery.connection import Capabilities, Connection, Timeouts
from newsletter.delivery.pipelining import PipelinedConnection
from newsletter.delivery.relay import RelaySettings, Security
from newsletter.delivery.stepwise import StepwiseConnection, Transaction
from newsletter.errors import RelayError, RelayRefusedError, SettingsError
from newsletter.replies import Stage, classify, parse_reply


async def open_relay(relay: RelaySettings, timeouts: Timeouts | None = None) -> Connection:
    """A connection on which letters can be begun.

    Raises:
        RelayRefusedError: it answers and will not serve us: certificate, AUTH, a 5yz greeting.
        RelayError: it is not reached, or asks to come back later.
    """
    timeouts = timeouts or Timeouts()
    smtp = _client(relay, timeouts)
    try:
        await smtp.connect()
        if smtp.is_ehlo_or_helo_needed:
            await _hello(smtp)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        smtp.close()
        raise _explained(relay, error) from error
    if smtp.transport is None:
        raise RelayError(f"the relay {relay.name} closed the connection after its greeting")
    offered = capabilities(smtp)
    if not offered.pipelining:
        return StepwiseConnection(smtp, offered, timeouts)
    transport = cast("asyncio.WriteTransport", smtp.transport)
    return PipelinedConnection(transport, offered, timeouts)


async def prove_relay(relay: RelaySettings, timeouts: Timeouts | None = None) -> None:
    """Makes sure that a relay, or its fallback, would take mail now.

    Raises:
        RelayError: none of them would; see `open_relay`.
    """
    try:
        connection = await open_relay(relay, timeouts)
    except RelayError as error:
        if relay.fallback is None:
            raise
        try:
            await prove_relay(relay.fallback, timeouts)
        except RelayError as other:
            raise type(other)(f"{error}; and {other}") from other
    else:
        await connection.close()


def _client(relay: RelaySettings, timeouts: Timeouts) -> Transaction:
    return Transaction(
        hostname=relay.host,
        port=relay.port,
        username=relay.username or None,
        password=relay.password or None,
        use_tls=relay.security is Security.TLS,
        start_tls=relay.security is Security.STARTTLS,
        tls_context=None if relay.security is Security.PLAIN else _trust(relay),
        local_hostname=relay.hello or None,
        timeout=timeouts.connect,
    )


def _trust(relay: RelaySettings) -> ssl.SSLContext:
    return _authorities(relay.ca_file, relay.setting)


@cache
def _authorities(ca_file: str, setting: str) -> ssl.SSLContext:
    """Whom we trust: the system's authorities, and those of `ca_file`. Read once: it takes 20 ms.

    Raises:
        SettingsError: that file cannot be read as certificates.
    """
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:
            raise SettingsError(
                f"{setting} names ca={ca_file}, which cannot be read as certificates: "
                f"{error.strerror or 'not PEM'}"
            ) from None
    return context


async def _hello(smtp: Transaction) -> None:
    try:
        await smtp.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code == 421:
            raise
        await smtp.helo()  # RFC 5321 §3.2: a server that knows no EHLO


def capabilities(smtp: aiosmtplib.SMTP) -> Capabilities:
    """What the last EHLO offered."""
    size = smtp.esmtp_extensions.get("size", "").split(" ")[0]
    return Capabilities(
        pipelining=smtp.supports_extension("pipelining"),
        eight_bit=smtp.supports_extension("8bitmime"),
        utf8=smtp.supports_extension("smtputf8"),
        takes_size=smtp.supports_extension("size"),
        # RFC 1870 §4: 0 is no limit.
        size=int(size) or None if size.isascii() and size.isdigit() else None,
    )


def _explained(relay: RelaySettings, error: Exception) -> RelayError:
    """One line that says what, where and how to mend it; never a password."""
    where = f"the relay {relay.name}"
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return RelayRefusedError(
            f"{where} cannot be trusted: {cause.verify_message}; "
            f"name its own certificate authority with ?ca=FILE in {relay.setting}"
        )
    if isinstance(cause, ssl.SSLError):
        return RelayRefusedError(
            f"{where} does not speak TLS as it should: {cause.reason or 'it failed'}; "
            "smtps:// is for TLS from the first octet, smtp:// for STARTTLS"
        )
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        refused = error.code >= 500
        kind = RelayRefusedError if refused else RelayError
        return kind(f"{where} refuses the login: {_said(error)}; check user and password")
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code < 400:
        return RelayError(f"{where} is no SMTP server, by what it says: check {relay.setting}")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        verdict = classify(Stage.CONNECT, parse_reply(error.code, error.message))
        kind = RelayRefusedError if verdict.pauses_issue else RelayError
        return kind(f"{where} refuses the connection: {_said(error)}")
    if "AUTH" in str(error).upper():
        return RelayRefusedError(
            f"{where} offers no login that we know: leave user and password out of "
            f"{relay.setting}, or reach it over TLS"
        )
    if "STARTTLS" in str(error):
        return RelayRefusedError(
            f"{where} offers no STARTTLS: use smtps://, or ?tls=off where the network is yours"
        )
    return RelayError(f"{where} cannot be reached: {_plain(error)}; check {relay.setting}")


def _said(error: aiosmtplib.SMTPResponseException) -> str:
    reply = parse_reply(error.code, error.message)
    return " ".join(filter(None, (str(reply.code), reply.enhanced, reply.text[:200])))


def _plain(error: Exception) -> str:
    cause = error.__cause__
    if isinstance(cause, socket.gaierror):
        return "its name is not known"
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno).lower()
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionError):
        return "it closed the connection"
    return " ".join(str(error).split())
