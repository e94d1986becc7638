"""The latest issue for somebody who has just joined: a message like their readers', of its own.

It is a second mail behind the welcome, not a part of it. So it is to the octet what the issue gives
to such preferences, looks, files and filters like each one to come (List-Id, its own subject), and
the welcome stays short enough to be read. It belongs to no delivery: an issue that is settled stays
so, and its links lead to the subscription.
"""

from __future__ import annotations

import datetime as dt
import secrets
from email.parser import BytesHeaderParser
from email.policy import default
from typing import NamedTuple

from sqlmodel import Session

from newsletter.content.planning import Plan, plan, spoken
from newsletter.content.preferences import Preferences
from newsletter.content.serial import dump_plan
from newsletter.delivery.choosing import nothing_for
from newsletter.delivery.dkim import Signer
from newsletter.delivery.messages import (
    PersonalLinks,
    domain_of_sender,
    envelope_sender,
    filled,
    signed,
)
from newsletter.delivery.repeating import without_had
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.counting import uncounted
from newsletter.rendering.encoding import Encoding
from newsletter.store import welcome_issues
from newsletter.store.clicks import stored_links
from newsletter.store.database import Database
from newsletter.store.editions import compiled
from newsletter.store.issues import Edition, Issue, issue_by_id
from newsletter.store.joining import Own
from newsletter.store.outbox import Mail, MailKind
from newsletter.store.values import Fixed
from newsletter.tokens import TEST_DELIVERY, Keyring, Purpose


class Prepared(NamedTuple):
    """A mail, and the number under which it is noted that it is sent once."""

    number: int
    mail: Mail


class _Chosen(NamedTuple):
    issue: Issue
    edition: Edition
    form: Compiled
    plan: Plan


def latest_issue(
    database: Database,
    own: Own,
    preferences: Preferences,
    address: str,
    keyring: Keyring,
    now: dt.datetime,
    signer: Signer | None = None,
) -> Prepared | None:
    """The latest issue of a list by the preferences of who joins it, ready for the outbox; None
    when it has nothing for them, or they have it already.

    Raises:
        NewsletterError: the issue's edition is not there, or a value fits no header.
    """
    with database.read() as session:
        chosen = _choose(session, own, preferences)
    if chosen is None:
        return None
    with database.write() as session:
        number = welcome_issues.reserve(
            session,
            issue_id=chosen.issue.id,
            subscriber_id=own.subscriber_id,
            edition_id=chosen.edition.id,
            plan=dump_plan(chosen.plan),
            now=now,
        )
    return Prepared(number, _mail(chosen, own, number, address, keyring, now, signer))


def _choose(session: Session, own: Own, preferences: Preferences) -> _Chosen | None:
    latest = welcome_issues.latest_unseen(session, own.list.name, own.subscriber_id)
    issue = issue_by_id(session, latest) if latest is not None else None
    if issue is None or issue.edition is None:
        return None
    wanted = without_had(session, issue, own.subscriber_id, preferences)
    languages = spoken(issue.digest.list, wanted)
    form = Compiled.loads(compiled(session, issue.edition.id, "+".join(languages)))
    found = plan(issue.digest, wanted, form)
    if nothing_for(wanted, found) is not None:
        return None
    # A click is counted by the delivery that it came from, and there is none.
    straight = uncounted(form, stored_links(session, issue.edition.id))
    return _Chosen(issue, issue.edition, straight, found)


def _mail(
    chosen: _Chosen,
    own: Own,
    number: int,
    address: str,
    keyring: Keyring,
    now: dt.datetime,
    signer: Signer | None,
) -> Mail:
    issue, key = chosen.issue, keyring.current
    fixed = Fixed(
        edition=chosen.edition.id,
        address=address,
        preferences_id=0,
        message_id=f"<latest.{secrets.token_hex(12)}@{domain_of_sender(issue.digest.list)}>",
        date=now.astimezone(dt.UTC).replace(microsecond=0),
        key_id=key.id,
        encoding=Encoding.QUOTED_PRINTABLE,
    )
    links = PersonalLinks(
        header=key.sign(Purpose.ENVELOPE_LIST, own.subscription_id),
        leave=key.sign(Purpose.LEAVE_LIST, own.subscription_id),
        manage=key.sign(Purpose.MANAGE_LIST, own.subscription_id),
        view=key.sign(Purpose.VIEW_WELCOME, number),
    )
    content = signed(filled(chosen.form, chosen.plan, fixed, links), fixed, issue, signer)
    return Mail(
        kind=MailKind.ISSUE,
        list_name=own.list.name,
        to=address,
        subject=str(BytesHeaderParser(policy=default).parsebytes(content)["Subject"]),
        # A bounce of it suppresses nobody: they have just confirmed, and the next issue will tell.
        envelope_sender=envelope_sender(issue.digest.list, key, TEST_DELIVERY),
        message_id=fixed.message_id,
        content=content,
    )
