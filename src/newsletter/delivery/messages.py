"""The bytes of a delivery: the one way there is, for sending as for `newsletter render`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from email.utils import format_datetime
from functools import lru_cache
from typing import NamedTuple

from newsletter.content.digest import Digest
from newsletter.content.mailinglist import MailingList
from newsletter.content.planning import Plan, plan, spoken
from newsletter.content.preferences import Preferences
from newsletter.content.serial import dump_plan, load_plan, load_preferences
from newsletter.delivery.choosing import nothing_for
from newsletter.delivery.committer import Skipped
from newsletter.delivery.connection import Capabilities, wire_address
from newsletter.delivery.dkim import Signer
from newsletter.delivery.sender import Prepared
from newsletter.errors import AddressError, ConflictError, NotFoundError
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.counting import frozen_targets, uncounted
from newsletter.rendering.encoding import Encoding
from newsletter.rendering.marks import CLICK
from newsletter.store.database import Database
from newsletter.store.deliveries import DeliveryView
from newsletter.store.editions import choices, compiled, edition_digest
from newsletter.store.issues import Issue
from newsletter.store.values import Due, Fixed, Skip
from newsletter.tokens import TEST_DELIVERY, Key, Keyring, Purpose

_ENCODINGS: dict[str, Encoding] = {encoding: encoding for encoding in Encoding}
_UNCOUNTED = (Purpose.ENVELOPE, Purpose.LEAVE, Purpose.MANAGE, Purpose.VIEW)
_COUNTED = (*_UNCOUNTED, Purpose.CLICK)
_PLANS = 4096
_COMPILED = 16
_EDITIONS = 4
_Choices = dict[int, tuple[str, str | None]]
_NOBODY = "undisclosed-recipients:;"
"""To of a message to an address that no ASCII header can hold (RFC 5322 §3.4, a group)."""


class Selection(NamedTuple):
    """What an edition gives to certain preferences; `body` is the plan as it is to be stored, empty
    when it is."""

    plan: Plan
    body: str
    compiled: Compiled
    nothing: Skip | None


class PersonalLinks(NamedTuple):
    """The tokens of a message's links. Its header leaves by `header`, and its text, which may be
    forwarded, by `leave`. `click` counts what is opened; empty where nothing does."""

    header: str
    leave: str
    manage: str
    view: str
    click: str = ""


def message_for(
    issue: Compiled, chosen: Plan, fixed: Fixed, delivery_id: int, keyring: Keyring
) -> bytes:
    """The message of a delivery, CRLF line ends, not dot-stuffed.

    Raises:
        TokenError: the key that its links were signed with is not in the ring.
        MessageError: a value fits no header.
    """
    return filled(issue, chosen, fixed, _tokens(issue, keyring[fixed.key_id], delivery_id))


def _tokens(issue: Compiled, key: Key, delivery_id: int) -> PersonalLinks:
    """Those of a message's links; the header's is that of its envelope. All at once take half the
    time."""
    purposes = _COUNTED if issue.counted else _UNCOUNTED
    return PersonalLinks(*key.sign_all(purposes, delivery_id))


def filled(issue: Compiled, chosen: Plan, fixed: Fixed, links: PersonalLinks) -> bytes:
    """The message of `chosen` with these links, CRLF line ends, not dot-stuffed.

    Raises:
        MessageError: a value fits no header.
    """
    values = {
        "to": to_field(fixed.address),
        "message_id": fixed.message_id,
        "date": _date(fixed.date),
        "header_token": links.header,
        "leave_token": links.leave,
        "manage_token": links.manage,
        "view_token": links.view,
    }
    if links.click:
        values[CLICK.source] = links.click
    return issue.assemble(chosen, values, _ENCODINGS[fixed.encoding])


@lru_cache(maxsize=16)
def _date(date: dt.datetime) -> str:
    return format_datetime(date)


def to_field(address: str) -> str:
    """An address as the field To holds it, in ASCII; a group of nobody if it cannot."""
    try:
        wire = wire_address(address)
    except AddressError:
        return _NOBODY  # and nobody will get it: the sender fails such an address
    return wire if wire.isascii() else _NOBODY


def envelope_sender(mailing_list: MailingList, key: Key, delivery_id: int) -> str:
    """VERP: who bounces is known from where the bounce goes. At most 40 octets before the @."""
    return _bounces_to(mailing_list, key.sign(Purpose.ENVELOPE, delivery_id))


def _bounces_to(mailing_list: MailingList, token: str) -> str:
    return f"bounces+{token}@{domain_of_sender(mailing_list)}"


def message_id(issue: Issue, delivery_id: int, date: dt.datetime) -> str:
    """Its Message-ID (RFC 5322 §3.6.4). The instant keeps two databases' numbers apart."""
    before, after = _around_number(issue.list_name, issue.name, date)
    return f"<{before}{delivery_id}{after}@{domain_of_sender(issue.digest.list)}>"


@lru_cache(maxsize=16)
def _around_number(list_name: str, name: str, date: dt.datetime) -> tuple[str, str]:
    before = f"{list_name}.{name}.".lower().replace("..", "-")
    return before, f".{int(date.timestamp()):x}"


def domain_of_sender(mailing_list: MailingList) -> str:
    """The domain that a list's mail comes from, in ASCII."""
    return _domain(mailing_list.sender.address)


@lru_cache(maxsize=64)
def _domain(address: str) -> str:
    return wire_address(address).rpartition("@")[2]


class Messages:
    """The messages of one issue. Plans and compiled forms are kept, a bounded number of them.

    `signer` signs each message (DKIM); None leaves that to the relay.
    """

    def __init__(
        self,
        database: Database,
        issue: Issue,
        keyring: Keyring,
        clock: Callable[[], dt.datetime],
        signer: Signer | None = None,
    ) -> None:
        self._database, self._issue, self._keyring, self._clock = database, issue, keyring, clock
        self._signer = signer
        self._select = lru_cache(maxsize=_PLANS)(self._selection)
        self._digest = lru_cache(maxsize=_EDITIONS)(self._load_digest)
        self._foreseen: tuple[_Choices, _Choices] = ({}, {})
        self._compiled = lru_cache(maxsize=_COMPILED)(self._load)

    def foresee(self, page: Sequence[Due]) -> None:
        """Reads at once what the messages of a page need; that of the page before stays too.

        Without it each selection is read when it is first met, which costs as much as a message.
        """
        if self._issue.edition is not None:
            wanted = {due.preferences_id for due in page if due.fixed is None}
            with self._database.read() as session:
                found = choices(session, self._issue.edition.id, wanted)
            self._foreseen = (found, self._foreseen[0])

    def prepare(self, due: Due, offered: Capabilities) -> Prepared | Skipped:
        """The delivery ready for a relay that offers this, or why it has nothing to say.

        Raises:
            NewsletterError: the edition or the key it needs is not there.
        """
        fixed = due.fixed or self._fix(due, offered)
        selection = self._select(fixed.edition, fixed.preferences_id)
        if due.fixed is None and selection.nothing is not None:
            return Skipped(due.delivery_id, selection.nothing)
        form = selection.compiled
        links = _tokens(form, self._keyring[fixed.key_id], due.delivery_id)
        made = filled(form, selection.plan, fixed, links)
        return Prepared(
            fixed,
            selection.body,
            signed(made, fixed, self._issue, self._signer),
            _bounces_to(self._issue.digest.list, links.header),
            form.dotless(_ENCODINGS[fixed.encoding]),
        )

    def render(self, view: DeliveryView, preferences_id: int) -> bytes:
        """What was sent; before the first attempt, what would be sent now to `preferences_id`.

        Raises:
            NewsletterError: the edition or the key it needs is not there.
        """
        due = Due(
            delivery_id=view.id,
            subscriber_id=view.subscriber_id,
            address=view.address,
            preferences_id=preferences_id,
            attempts=view.attempts,
            fixed=view.fixed,
        )
        fixed = view.fixed or self._fix(due, Capabilities(eight_bit=True))
        selection = self._select(fixed.edition, fixed.preferences_id)
        made = message_for(selection.compiled, selection.plan, fixed, view.id, self._keyring)
        return signed(made, fixed, self._issue, self._signer)

    def _fix(self, due: Due, offered: Capabilities) -> Fixed:
        edition = self._issue.edition
        if edition is None:
            raise ConflictError(f"{self._issue.ref} is a draft: it has no messages yet")
        date = self._clock().astimezone(dt.UTC).replace(microsecond=0)
        return Fixed(
            edition.id,
            due.address,
            due.preferences_id,
            message_id(self._issue, due.delivery_id, date),
            date,
            self._keyring.current.id,
            Encoding.EIGHT_BIT if offered.eight_bit else Encoding.QUOTED_PRINTABLE,
        )

    def _selection(self, edition: int, preferences_id: int) -> Selection:
        body, stored = self._choice(edition, preferences_id)
        if stored is not None:  # as nearly always: it is kept for those who have something to get
            chosen = load_plan(stored)
            return Selection(chosen, "", self._compiled(edition, chosen.languages), None)
        preferences, digest = load_preferences(body), self._digest(edition)
        form = self._compiled(edition, spoken(digest.list, preferences))
        chosen = plan(digest, preferences, form)
        nothing = None if digest.subject else nothing_for(preferences, chosen)
        return Selection(chosen, dump_plan(chosen), form, nothing)

    def _choice(self, edition: int, preferences_id: int) -> tuple[str, str | None]:
        """Preferences and, if one is kept, their plan, both as text."""
        if self._issue.edition is not None and edition == self._issue.edition.id:
            for page in self._foreseen:
                if preferences_id in page:
                    return page[preferences_id]
        with self._database.read() as session:
            found = choices(session, edition, [preferences_id])
        if preferences_id not in found:
            raise NotFoundError(f"no preferences are stored under {preferences_id}")
        return found[preferences_id]

    def _load_digest(self, edition: int) -> Digest:
        if self._issue.edition is not None and edition == self._issue.edition.id:
            return self._issue.digest
        with self._database.read() as session:
            return edition_digest(session, edition)

    def _load(self, edition: int, languages: tuple[str, ...]) -> Compiled:
        with self._database.read() as session:
            return Compiled.loads(compiled(session, edition, "+".join(languages)))


def draft_message(
    issue: Issue,
    preferences: Preferences,
    address: str,
    keyring: Keyring,
    now: dt.datetime,
    compile_for: Callable[[Digest, tuple[str, ...]], Compiled],
    *,
    unique: str = "draft",
    signer: Signer | None = None,
) -> bytes:
    """The message as it would be sent now, belonging to no delivery: its links lead to nobody, and
    none is counted, since the links of a draft are not stored yet.

    It is quoted-printable, which every relay takes. `unique` goes into its Message-ID.
    """
    form = compile_for(issue.digest, spoken(issue.digest.list, preferences))
    fixed = Fixed(
        edition=0,
        address=address,
        preferences_id=0,
        message_id=f"<{unique}.{issue.name.lower()}@{domain_of_sender(issue.digest.list)}>".replace(
            "..", "-"
        ),
        date=now.astimezone(dt.UTC).replace(microsecond=0),
        key_id=keyring.current.id,
        encoding=Encoding.QUOTED_PRINTABLE,
    )
    chosen = plan(issue.digest, preferences, form)
    form = uncounted(form, frozen_targets(issue.digest))
    return signed(message_for(form, chosen, fixed, TEST_DELIVERY, keyring), fixed, issue, signer)


def signed(message: bytes, fixed: Fixed, issue: Issue, signer: Signer | None) -> bytes:
    """A message with the sender's signature; as it is, if the relay signs."""
    if signer is None:
        return message
    return signer.signed(message, fixed.date, domain_of_sender(issue.digest.list))
