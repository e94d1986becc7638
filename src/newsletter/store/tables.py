"""The tables. Instants are stored as UTC epoch seconds, so that SQLite and PostgreSQL agree."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Text, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from newsletter.store import (  # noqa: F401 - who knows the tables knows all of them
    canary_tables,
    choice_tables,
    click_tables,
    clock_tables,
    confirmation_tables,
    editing_tables,
    ending_tables,
    given_up_tables,
    printed_tables,
    reading_tables,
    signing_tables,
    welcome_tables,
)


def _text() -> Column[str]:
    return Column(Text, nullable=False)


class ListRow(SQLModel, table=True):
    __tablename__ = "lists"
    name: str = Field(primary_key=True)
    body: str = Field(sa_column=_text())  # MailingList as JSON
    synced_at: int = Field(sa_type=BigInteger)


class DocumentRow(SQLModel, table=True):
    """An imported document, by the identity its content gives it."""

    __tablename__ = "documents"
    key: str = Field(primary_key=True)
    name: str
    sha256: str
    imported_at: int = Field(sa_type=BigInteger)


class EntryRow(SQLModel, table=True):
    __tablename__ = "entries"
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    arxiv_id: str | None = Field(default=None, index=True)
    folded_title: str = Field(index=True)
    first_day: dt.date
    last_day: dt.date = Field(index=True)
    tier: str
    body: str = Field(sa_column=_text())  # Entry as JSON
    edited: str = Field(default="[]", sa_column=_text())  # fields that an import must leave alone
    dropped: bool = False
    created_at: int = Field(sa_type=BigInteger)
    updated_at: int = Field(sa_type=BigInteger)


class BriefRow(SQLModel, table=True):
    __tablename__ = "briefs"
    key: str = Field(primary_key=True)
    first_day: dt.date
    last_day: dt.date = Field(index=True)
    body: str = Field(sa_column=_text())  # Brief as JSON


class SubscriberRow(SQLModel, table=True):
    """A person. `address_key` is the address as compared: domain and local part in lower case."""

    __tablename__ = "subscribers"
    id: int | None = Field(default=None, primary_key=True)
    address: str
    address_key: str = Field(unique=True)
    created_at: int = Field(sa_type=BigInteger)


class PreferencesRow(SQLModel, table=True):
    """Preferences as canonical JSON, stored once however many readers share them; never changed."""

    __tablename__ = "preferences"
    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    body: str = Field(sa_column=_text())


class SubscriptionRow(SQLModel, table=True):
    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("list_name", "subscriber_id"),
        Index("subscriptions_by_preferences", "list_name", "preferences_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    list_name: str = Field(foreign_key="lists.name")
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    state: str
    preferences_id: int = Field(foreign_key="preferences.id")
    paused_until: dt.date | None = None
    # When mail comes, not which: so it is no part of the preferences that readers share a plan by.
    zone: str = Field(default="", sa_column_kwargs={"server_default": ""})  # "": the list's own
    consent_at: int | None = Field(default=None, sa_type=BigInteger)
    consent_source: str = ""
    left_at: int | None = Field(default=None, sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)


class SuppressionRow(SQLModel, table=True):
    """An address that must not be mailed, whoever asks."""

    __tablename__ = "suppressions"
    address_key: str = Field(primary_key=True)
    reason: str
    detail: str = ""
    at: int = Field(sa_type=BigInteger)


class IssueRow(SQLModel, table=True):
    """`cursor` is the last subscription id that the fan-out has given its row."""

    __tablename__ = "issues"
    __table_args__ = (UniqueConstraint("list_name", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    list_name: str = Field(foreign_key="lists.name")
    name: str
    first_day: dt.date
    last_day: dt.date
    state: str
    digest: str = Field(sa_column=_text())  # Digest as JSON: the draft, then the last edition
    cursor: int = 0
    note: str = Field(default="", sa_column_kwargs={"server_default": ""})  # why it is paused
    announces: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    corrects: int | None = None  # the issue whose readers an announcement goes to
    created_at: int = Field(sa_type=BigInteger)
    frozen_at: int | None = Field(default=None, sa_type=BigInteger)
    finished_at: int | None = Field(default=None, sa_type=BigInteger)


class EditionRow(SQLModel, table=True):
    """What an issue said when it was frozen; a second one only where a mistake was mended."""

    __tablename__ = "editions"
    __table_args__ = (UniqueConstraint("issue_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issues.id")
    number: int
    digest: str = Field(sa_column=_text())
    frozen_at: int = Field(sa_type=BigInteger)


class CompiledRow(SQLModel, table=True):
    """An edition compiled for one choice of languages (`en`, `zh`, `en+zh`)."""

    __tablename__ = "compiled"
    edition_id: int = Field(foreign_key="editions.id", primary_key=True)
    languages: str = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class PlanRow(SQLModel, table=True):
    """The plan that an edition gives to preferences, kept from the fan-out on, or from the first
    message that was sent by it."""

    __tablename__ = "plans"
    edition_id: int = Field(foreign_key="editions.id", primary_key=True)
    preferences_id: int = Field(foreign_key="preferences.id", primary_key=True)
    body: str = Field(sa_column=_text())


class DeliveryRow(SQLModel, table=True):
    """One issue for one subscriber; the middle group is empty until the first `sending`."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("issue_id", "subscriber_id"),
        Index("deliveries_by_state", "issue_id", "state", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issues.id")
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    state: str
    reason: str = ""
    domain: str
    due_at: int = Field(default=0, sa_type=BigInteger)

    edition_id: int | None = Field(default=None, foreign_key="editions.id")
    address: str | None = None
    preferences_id: int | None = Field(default=None, foreign_key="preferences.id")
    message_id: str | None = None
    date: int | None = Field(default=None, sa_type=BigInteger)
    key_id: str | None = None
    encoding: str | None = None

    attempts: int = 0
    first_at: int | None = Field(default=None, sa_type=BigInteger)
    last_at: int | None = Field(default=None, sa_type=BigInteger)
    stage: str = ""
    code: int = 0
    enhanced: str = ""
    text: str = ""
    relay: str = ""
    sender: str = ""


class AttemptRow(SQLModel, table=True):
    """An attempt that did not end in `sent`; the one that did stands on the delivery itself."""

    __tablename__ = "attempts"
    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="deliveries.id", index=True)
    at: int = Field(sa_type=BigInteger)
    state: str
    relay: str
    stage: str
    code: int
    enhanced: str
    text: str


class MailRow(SQLModel, table=True):
    """A message of its own for one person, in the outbox; its bytes are settled from the start."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_by_state", "state", "id"),
        Index("outbox_by_address", "address_key"),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    list_name: str
    address: str
    address_key: str
    subject: str
    envelope_sender: str
    message_id: str
    encoding: str
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: int = Field(sa_type=BigInteger)
    state: str
    reason: str = ""
    due_at: int = Field(default=0, sa_type=BigInteger)

    attempts: int = 0
    first_at: int | None = Field(default=None, sa_type=BigInteger)
    last_at: int | None = Field(default=None, sa_type=BigInteger)
    stage: str = ""
    code: int = 0
    enhanced: str = ""
    text: str = ""
    relay: str = ""
    sender: str = ""


class MailAttemptRow(SQLModel, table=True):
    """An attempt of a mail in the outbox that did not end in `sent`."""

    __tablename__ = "outbox_attempts"
    id: int | None = Field(default=None, primary_key=True)
    mail_id: int = Field(foreign_key="outbox.id", index=True)
    at: int = Field(sa_type=BigInteger)
    state: str
    relay: str
    stage: str
    code: int
    enhanced: str
    text: str


class DepartureRow(SQLModel, table=True):
    """Each leaving: from what (`topic` empty: the whole list), by what way, after which issue."""

    __tablename__ = "departures"
    id: int | None = Field(default=None, primary_key=True)
    list_name: str = Field(foreign_key="lists.name", index=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    delivery_id: int | None = Field(default=None, foreign_key="deliveries.id")
    way: str
    topic: str = ""
    reason: str = ""
    at: int = Field(sa_type=BigInteger)
    undone_at: int | None = Field(default=None, sa_type=BigInteger)


class KeyRow(SQLModel, table=True):
    """The fingerprint of a key that links in sent mail depend on; never the key itself."""

    __tablename__ = "keys"
    key_id: str = Field(primary_key=True)
    fingerprint: str
    first_used_at: int = Field(sa_type=BigInteger)


class FeedbackRow(SQLModel, table=True):
    """What came back by mail, once each: `key` is what makes two reports the same one.

    `message` is kept of a report that could not be read, and of nothing else.
    """

    __tablename__ = "feedback"
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    kind: str
    delivery_id: int | None = Field(default=None, foreign_key="deliveries.id", index=True)
    subscriber_id: int | None = Field(default=None, foreign_key="subscribers.id", index=True)
    judgement: str = ""
    code: int = 0
    enhanced: str = ""
    text: str = ""
    at: int = Field(sa_type=BigInteger)
    size: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # octets that came
    message: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class AccusationRow(SQLModel, table=True):
    """A delivery that proves its address bad, and what became of that: see `store.breaker`."""

    __tablename__ = "accusations"
    __table_args__ = (Index("accusations_by_issue", "issue_id", "standing", "domain"),)
    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="deliveries.id", unique=True)
    issue_id: int = Field(foreign_key="issues.id")
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    domain: str
    cause: str
    detail: str
    standing: str
    at: int = Field(sa_type=BigInteger)


class ErasureRow(SQLModel, table=True):
    """The keyed hash of an address that was erased; the key's fingerprint tells a changed one."""

    __tablename__ = "erasures"
    digest: str = Field(primary_key=True)
    fingerprint: str
    reason: str
    at: int = Field(sa_type=BigInteger)
