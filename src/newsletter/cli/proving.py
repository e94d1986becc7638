"""A sample of an issue's mail, and the proof that its readers will be able to leave."""

from __future__ import annotations

from newsletter.cli.edge import keyring, now, template_folders
from newsletter.cli.signing import signer
from newsletter.content.preferences import Preferences
from newsletter.delivery.messages import draft_message
from newsletter.delivery.oneclick import prove_one_click
from newsletter.errors import OneClickError
from newsletter.rendering.forms import compiler
from newsletter.settings import Settings
from newsletter.store.issues import Issue
from newsletter.store.values import IssueState


def sample_message(found: Settings, wanted: Issue) -> bytes:
    """The issue as a reader without wishes would get it; its links lead to nobody."""
    mailing_list = wanted.digest.list
    return draft_message(
        wanted,
        Preferences(languages=mailing_list.languages[:1]),
        mailing_list.sender.address,
        keyring(found),
        now(),
        compiler(template_folders(found)),
        signer=signer(found),
    )


async def prove_leaving(found: Settings, wanted: Issue) -> None:
    """Unsubscribes nobody, at the public address that the issue's own mail names.

    Raises:
        OneClickError: readers could not leave there.
    """
    try:
        await prove_one_click(sample_message(found, wanted))
    except OneClickError as error:
        old, new = wanted.digest.list.public_url, found.public_url
        if new in ("", old):
            raise
        raise OneClickError(
            f"{wanted.ref} was put together when public_url was {old}; it is {new} now: "
            f"`newsletter {_anew(wanted)}` takes it up"
        ) from error


def _anew(wanted: Issue) -> str:
    if wanted.state is not IssueState.DRAFT:
        return f"issues amend {wanted.ref}"
    period = wanted.period
    return f"issues assemble {wanted.list_name} --from {period.first} --to {period.last}"
