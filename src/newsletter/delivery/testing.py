"""Test messages: an issue as somebody would get it, through the outbox and outside its ledger.

A test needs no subscriber and uses nothing up: its Message-ID is its own, and the links in it are
those of a delivery that belongs to nobody.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from email.parser import BytesHeaderParser
from email.policy import default

from newsletter.addresses import parse_address
from newsletter.content.preferences import Preferences
from newsletter.delivery.dkim import Signer
from newsletter.delivery.messages import draft_message, envelope_sender
from newsletter.rendering.forms import Compile
from newsletter.store import outbox
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.outbox import Mail, MailKind
from newsletter.tokens import TEST_DELIVERY, Keyring


def queue_tests(
    database: Database,
    issue: Issue,
    addresses: Sequence[str],
    preferences: Preferences,
    keyring: Keyring,
    clock: Callable[[], dt.datetime],
    compile_for: Compile,
    signer: Signer | None = None,
) -> tuple[int, ...]:
    """Puts the issue, as `preferences` would have it, into the outbox for each of `addresses`;
    the ids of the mails.

    Raises:
        AddressError: one of them is no address; nothing was put in.
        TemplateError: the issue's template is missing or broken.
    """
    parsed = [parse_address(address) for address in addresses]
    now = clock()
    mails = [
        _mail(
            issue,
            address,
            draft_message(
                issue,
                preferences,
                address,
                keyring,
                now,
                compile_for,
                unique=uuid.uuid4().hex,
                signer=signer,
            ),
            keyring,
        )
        for address in parsed
    ]
    with database.write() as session:
        return tuple(outbox.put(session, mail, now) for mail in mails)


def _mail(issue: Issue, address: str, content: bytes, keyring: Keyring) -> Mail:
    header = BytesHeaderParser(policy=default).parsebytes(content)
    return Mail(
        kind=MailKind.TEST,
        list_name=issue.list_name,
        to=address,
        subject=str(header["Subject"]),
        envelope_sender=envelope_sender(issue.digest.list, keyring.current, TEST_DELIVERY),
        message_id=str(header["Message-ID"]),
        content=content,
    )
