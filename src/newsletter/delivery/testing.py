"""Test messages: an issue as somebody would get it, sent at once and outside the ledger.

A test needs no subscriber and leaves no trace: its Message-ID is its own, and the links in it are
those of a delivery that belongs to nobody.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence

from newsletter.addresses import parse_address
from newsletter.content.preferences import Preferences
from newsletter.delivery.connecting import open_relay
from newsletter.delivery.connection import Connection, Letter, Timeouts, wire_address
from newsletter.delivery.dkim import Signer
from newsletter.delivery.messages import draft_message, envelope_sender
from newsletter.delivery.relay import RelaySettings
from newsletter.delivery.showing import Compile
from newsletter.errors import RelayError
from newsletter.store.issues import Issue
from newsletter.tokens import TEST_DELIVERY, Keyring


async def send_test(
    issue: Issue,
    addresses: Sequence[str],
    preferences: Preferences,
    relay: RelaySettings,
    keyring: Keyring,
    clock: Callable[[], dt.datetime],
    compile_for: Compile,
    signer: Signer | None = None,
) -> None:
    """Sends the issue, as `preferences` would have it, to each of `addresses`.

    Raises:
        AddressError: one of them is no address; nothing was sent.
        RelayError: the relay refused one; says which and why.
    """
    parsed = [parse_address(address) for address in addresses]
    sender = envelope_sender(issue.digest.list, keyring.current, TEST_DELIVERY)
    connection = await open_relay(relay, Timeouts())
    try:
        for address in parsed:
            content = draft_message(
                issue,
                preferences,
                address,
                keyring,
                clock(),
                compile_for,
                unique=uuid.uuid4().hex,
                signer=signer,
            )
            await _hand_over(
                connection,
                Letter(
                    sender=wire_address(sender),
                    recipient=wire_address(address),
                    content=content,
                ),
                address,
            )
    finally:
        await connection.close()


async def _hand_over(connection: Connection, letter: Letter, address: str) -> None:
    connection.begin(letter)
    answer = await connection.opened()
    if answer.go_ahead:
        connection.send(None)
        answer = await connection.answered()
    if answer.reply is None or answer.reply.code // 100 != 2:
        said = f"{answer.reply.code} {answer.reply.text}" if answer.reply else answer.trouble
        raise RelayError(f"the relay did not take the test for {address}: {said}")
