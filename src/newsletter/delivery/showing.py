"""What a reader of an issue got, or would get now: the message itself, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from newsletter.content.digest import Digest
from newsletter.content.planning import Depth, Plan, Rule, plan, spoken
from newsletter.content.preferences import Preferences
from newsletter.content.serial import load_plan
from newsletter.delivery.dkim import Signer
from newsletter.delivery.messages import Messages, draft_message
from newsletter.delivery.repeating import without_had
from newsletter.errors import NotFoundError
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.forms import Compile
from newsletter.store import ledger, subscribers
from newsletter.store.database import Database
from newsletter.store.deliveries import DeliveryView
from newsletter.store.editions import compiled, edition_digest, plan_body
from newsletter.store.issues import Issue
from newsletter.store.selections import known_id, preferences_id
from newsletter.store.signings import signing
from newsletter.store.subscribers import Subscriber
from newsletter.tokens import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedEntry:
    """One entry of an issue and what became of it for one reader."""

    title: str
    topics: tuple[str, ...]
    depth: Depth
    rule: Rule
    topic: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a reader got what they got. `delivery` is None when the issue has no row for them;
    `sent` tells whether the entries are what was sent, or what would be sent now."""

    address: str
    sent: bool
    delivery: DeliveryView | None
    entries: tuple[ExplainedEntry, ...]


def render_for(
    db: Database,
    issue: Issue,
    address: str,
    keyring: Keyring,
    clock: Callable[[], dt.datetime],
    compile_for: Compile,
    signer: Signer | None = None,
    tell: Callable[[str], None] = lambda _lack: None,
) -> bytes:
    """The message of one reader: what was sent or, before that, what would be sent now.

    `signer` signs as what is sent now is signed (DKIM). What was sent with another key has no
    signature here, for only that key could make it anew; `tell` is told so in a line.

    Raises:
        NotFoundError: nobody on the list has that address, or the issue has no row for them.
        TokenError: a key is gone that the links in the sent message were signed with.
    """
    with db.read() as session:
        person = subscribers.show(session, address)
        preferences = _preferences(session, person, issue)
        if issue.edition is None:
            return draft_message(
                issue, preferences, person.address, keyring, clock(), compile_for, signer=signer
            )
        delivery = ledger.delivery_for(session, issue.id, address)
        if delivery is None:
            raise NotFoundError(
                f"{issue.ref} has no message for {person.address}: they were not on the list "
                "when it was frozen"
            )
        if delivery.fixed is not None:
            signer = _signer_then(session, delivery, signer, tell)
    with db.write() as session:
        choice = preferences_id(session, preferences)
    return Messages(db, issue, keyring, clock, signer).render(delivery, choice)


def explain(db: Database, issue: Issue, address: str) -> Explanation:
    """Each entry of an issue with the rule that decided about it for this reader.

    Raises:
        NotFoundError: nobody on the list has that address.
    """
    with db.read() as session:
        person = subscribers.show(session, address)
        delivery = ledger.delivery_for(session, issue.id, address)
        sent = _as_sent(session, delivery)
        digest, chosen = sent or _as_now(session, issue, _preferences(session, person, issue))
    return Explanation(
        address=person.address,
        sent=sent is not None,
        delivery=delivery,
        entries=tuple(
            ExplainedEntry(
                title=item.entry.title,
                topics=item.topics,
                depth=depth,
                rule=verdict.rule,
                topic=verdict.topic,
            )
            for item, depth, verdict in zip(
                digest.entries, chosen.depths, chosen.verdicts, strict=True
            )
        ),
    )


def _signer_then(
    session: Session, delivery: DeliveryView, signer: Signer | None, tell: Callable[[str], None]
) -> Signer | None:
    """Who can sign as its last sender did: `signer`, if the key is the same."""
    then = signing(session, delivery.sender)
    if then is None or (signer is not None and signer.name == then):
        return signer if then else None
    tell(
        f"the message to {delivery.address} was signed (DKIM) by a key that is configured no "
        f"more, {then.name}: it is shown without that signature, else as it was sent"
    )
    return None


def _preferences(session: Session, person: Subscriber, issue: Issue) -> Preferences:
    subscription = person.subscriptions.get(issue.list_name)
    if subscription is None:
        raise NotFoundError(f"{person.address} is not on {issue.list_name}, and never was")
    return without_had(session, issue, person.id, subscription.preferences)


def _as_sent(session: Session, delivery: DeliveryView | None) -> tuple[Digest, Plan] | None:
    if delivery is None or delivery.fixed is None:
        return None
    body = plan_body(session, delivery.fixed.edition, delivery.fixed.preferences_id)
    if body is None:
        return None
    return edition_digest(session, delivery.fixed.edition), load_plan(body)


def _as_now(session: Session, issue: Issue, preferences: Preferences) -> tuple[Digest, Plan]:
    if issue.edition is None:
        return issue.digest, plan(issue.digest, preferences)
    number = known_id(session, preferences)
    body = None if number is None else plan_body(session, issue.edition.id, number)
    if body is not None:  # as it will be sent, whatever is planned otherwise by now
        return issue.digest, load_plan(body)
    languages = "+".join(spoken(issue.digest.list, preferences))
    form = Compiled.loads(compiled(session, issue.edition.id, languages))
    return issue.digest, plan(issue.digest, preferences, form)
