"""Mails of their own for one person, as the outbox takes them: confirmations, welcomes, links."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.content.links import Links
from newsletter.content.mailinglist import MailingList
from newsletter.delivery.dkim import Signer
from newsletter.delivery.messages import domain_of_sender, envelope_sender, to_field
from newsletter.rendering.letters import Address, letter_message, load_letters, write_letter
from newsletter.store.outbox import Mail, MailKind
from newsletter.tokens import TEST_DELIVERY, Keyring, Purpose

_KINDS = {
    "confirm": MailKind.CONFIRMATION,
    "move": MailKind.CONFIRMATION,
    "known": MailKind.CONFIRMATION,
    "links": MailKind.LINKS,
    "welcome": MailKind.WELCOME,
    "remind": MailKind.REMINDER,
    "alarm": MailKind.ALARM,
    "enter": MailKind.ENTRY,
}


@dataclass(frozen=True)
class Letters:
    """`templates` are folders whose `mail` comes before the packaged one; `public_url` takes the
    place of each list's own; `signer` signs (DKIM), None leaves that to the relay."""

    keyring: Keyring
    templates: Sequence[Path] = ()
    public_url: str = ""
    signer: Signer | None = None

    def links(self, mailing_list: MailingList) -> Links:
        return Links(self.public_url or mailing_list.public_url)

    def manage(self, mailing_list: MailingList, subscription_id: int) -> str:
        """The link to the choices of a subscription."""
        token = self.keyring.current.sign(Purpose.MANAGE_LIST, subscription_id)
        return self.links(mailing_list).manage(token)

    def leave(self, mailing_list: MailingList, subscription_id: int) -> str:
        """The link that leaves a list, for the text of a mail."""
        token = self.keyring.current.sign(Purpose.LEAVE_LIST, subscription_id)
        return self.links(mailing_list).leave(token)

    def one_click(self, mailing_list: MailingList, subscription_id: int) -> str:
        """The link that leaves a list by one click (RFC 8058), for the header alone: it proves that
        a complaint comes from who had the mail."""
        token = self.keyring.current.sign(Purpose.ENVELOPE_LIST, subscription_id)
        return self.links(mailing_list).leave(token)

    def confirm(self, mailing_list: MailingList, confirmation_id: int) -> str:
        """The link that confirms a wish."""
        token = self.keyring.current.sign(Purpose.CONFIRM, confirmation_id)
        return self.links(mailing_list).confirm(token)

    def write(
        self,
        kind: str,
        mailing_list: MailingList,
        to: str,
        language: str,
        now: dt.datetime,
        values: Mapping[str, Any],
        *,
        one_click: str = "",
    ) -> Mail:
        """The mail `kind` (`confirm`, `welcome`, `remind` and so on) to one address.

        `values` are for its template; `one_click` goes into List-Unsubscribe (RFC 8058).

        Raises:
            TemplateError: its template is missing or broken.
            MessageError: the list has a value that no header can hold.
        """
        date, domain = now.astimezone(dt.UTC).replace(microsecond=0), domain_of_sender(mailing_list)
        letter = write_letter(load_letters(self.templates), kind, mailing_list, language, values)
        head = Address(
            to=to_field(to),
            date=date,
            message_id=f"<{kind}.{secrets.token_hex(12)}@{domain}>",
            leave=one_click,
        )
        content = letter_message(mailing_list, letter, head)
        return Mail(
            kind=_KINDS[kind],
            list_name=mailing_list.name,
            to=to,
            subject=letter.subject,
            # A bounce of it is nobody's: who never confirmed is no subscriber.
            envelope_sender=envelope_sender(mailing_list, self.keyring.current, TEST_DELIVERY),
            message_id=head.message_id,
            content=self.signer.signed(content, date, domain) if self.signer else content,
        )
