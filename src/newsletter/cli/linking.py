"""Where a draft's links lead, when `public_url` was changed after it was put together."""

from __future__ import annotations

from dataclasses import replace

from newsletter.cli.edge import err
from newsletter.settings import Settings
from newsletter.store import drafting, issues, lists
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.values import IssueState


def led(db: Database, found: Settings, wanted: Issue, *, keep: bool = False) -> Issue:
    """The issue, a draft with links to where the pages are now, which is said on stderr if it is
    new. With `keep` the stored draft has them, too, and an approval of the old ones holds no more.

    Nothing but the links is another: what nobody has seen must not come in on the way out.
    """
    if wanted.state is not IssueState.DRAFT:
        return wanted
    with db.read() as session:
        url = found.public_url or lists.get_list(session, wanted.list_name).public_url
    old = wanted.digest.list.public_url
    if url == old:
        return wanted
    err.print(f"{wanted.ref} was put together when public_url was {old}; its links lead to {url}")
    if not keep:
        return replace(wanted, digest=drafting.led_to(wanted.digest, url))
    with db.write() as session:
        drafting.lead_to(session, wanted.id, url)
        return issues.issue_by_id(session, wanted.id)
