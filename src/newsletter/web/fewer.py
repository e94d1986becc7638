"""Whether breakthroughs alone would mean fewer mails to somebody, and not none for ever."""

from __future__ import annotations

from sqlmodel import Session

from newsletter.content.entry import Tier
from newsletter.store.editions import edition_digest
from newsletter.store.issues import get_issue
from newsletter.store.published import published
from newsletter.store.readers import Reader

_LOOKED_AT = 3


def spares_mail(session: Session, found: Reader) -> bool:
    """Whether they get more than breakthroughs, and the last issues of their list have had any."""
    if found.preferences.lowest_tier is Tier.BREAKTHROUGH:
        return False
    for issue in published(session, found.list.name)[:_LOOKED_AT]:
        edition = get_issue(session, found.list.name, issue.name).edition
        digest = edition_digest(session, edition.id) if edition else None
        if digest and any(item.entry.tier is Tier.BREAKTHROUGH for item in digest.entries):
            return True
    return False
