"""What follows from the wish to join: a mail that asks for a click, or that tells who has it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from newsletter.content.mailinglist import MailingList
from newsletter.delivery.newcomers import Prepared, latest_issue
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store.confirmations import (
    VALID_FOR,
    Confirmation,
    Wish,
    WishKind,
    confirm,
    forget,
    mail_about,
)
from newsletter.store.confirmations import ask as store_wish
from newsletter.store.endings import has_ended
from newsletter.store.joining import Own, join, place, subscriptions_of
from newsletter.store.lifting import works_again
from newsletter.store.moving import move
from newsletter.store.outbox import Mail, put
from newsletter.store.values import Way
from newsletter.store.welcome_issues import put_once
from newsletter.web.site import Site


def ask(site: Site, mailing_list: MailingList, wish: Wish, now: dt.datetime) -> None:
    """Stores the wish and mails about it, once a day at most.

    Whoever is on the list already is told so, by mail alone: a page would tell it to anybody. To
    an address that complained, or that an admin suppressed, nothing goes: what is put into the
    outbox is skipped there, for an admin to see. One that bounced is asked, and by confirming it
    proves that it works again.
    """
    retention = dt.timedelta(days=mailing_list.policies.retention_days)
    with site.database.write() as session:
        forget(session, mailing_list.name, retention, now)
        has = [o for o in subscriptions_of(session, wish.address) if o.list.name == wish.list_name]
        kind = WishKind.KNOWN if has else WishKind.JOIN
        number = store_wish(session, replace(wish, kind=kind), now)
    letters = site.letters
    if has:
        template = "known"
        values: dict[str, object] = {"link": letters.manage(mailing_list, has[0].subscription_id)}
    else:
        template = "confirm"
        values = {"link": letters.confirm(mailing_list, number), "days": VALID_FOR.days}
    # Written between two transactions: compiling takes longer than a writer should be waited for.
    mail = letters.write(template, mailing_list, wish.address, wish.language, now, values)
    with site.database.write() as session:
        if not has_ended(session, mailing_list.name):
            mail_about(session, number, mail, now)


def admit(site: Site, asked: Confirmation, now: dt.datetime) -> Own:
    """Puts who confirmed on the list, and welcomes them if they were not on it: with the latest
    issue, if the list says so and it has something for them. All of it or nothing is done.

    Raises:
        EndedError: the list has ended.
    """
    welcome, latest = None, None
    if asked.confirmed_at is None:
        with site.database.write() as session:
            own = place(session, asked, now)
        if not own.active:
            # Written between two transactions: see `ask`.
            latest = _latest(site, own, asked.wish, now)
            welcome = _welcome(site, own, asked.wish, now, with_issue=latest is not None)
    with site.database.write() as session:
        own, newly = join(session, asked, now, site.erasure_key)
        if newly:
            works_again(session, asked.wish.address, now)
        if newly and welcome is not None:
            put(session, welcome, now)
        if newly and latest is not None:
            put_once(session, latest.number, latest.mail, now)
    return own


def _latest(site: Site, own: Own, wish: Wish, now: dt.datetime) -> Prepared | None:
    if not own.list.policies.welcome_with_issue:
        return None
    letters = site.letters
    return latest_issue(
        site.database, own, wish.preferences, wish.address, site.keyring, now, letters.signer
    )


def _welcome(site: Site, own: Own, wish: Wish, now: dt.datetime, *, with_issue: bool) -> Mail:
    found, letters = own.list, site.letters
    values = {
        "link": letters.manage(found, own.subscription_id),
        "leave": letters.leave(found, own.subscription_id),
        "with_issue": with_issue,
    }
    one_click = letters.one_click(found, own.subscription_id)
    return letters.write(
        "welcome", found, wish.address, wish.language, now, values, one_click=one_click
    )


def take_address(site: Site, asked: Confirmation, now: dt.datetime) -> bool:
    """Gives a subscriber the address that was confirmed; whether it could be done."""
    whose = asked.wish.subscriber_id
    if whose is None:
        return False
    try:
        with site.database.write() as session:
            if asked.confirmed_at is None:
                works_again(session, asked.wish.address, now)
                address, key = asked.wish.address, site.erasure_key
                move(session, whose, address, way=Way.PAGE, now=now, key=key)
                confirm(session, asked.id, whose, now)
    except (ConflictError, NotFoundError):
        return False
    return True
