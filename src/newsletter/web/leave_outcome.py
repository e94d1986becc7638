"""The page that says what came of a leaving link's POST, and offers to take it back."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from newsletter.content.entry import Tier
from newsletter.store.readers import Reader
from newsletter.tracking.leaving import Done
from newsletter.web.language import Asked
from newsletter.web.masking import masked
from newsletter.web.pages import day
from newsletter.web.site import Site


def outcome(
    site: Site,
    language: Asked,
    found: Reader,
    done: Done,
    *,
    undoable: bool,
    topic: str = "",
    tier: Tier = Tier.LISTED,
) -> HTMLResponse:
    """The page for `done`; `topic` is the one that was left, if not the whole list, `tier` the
    lowest that was sent before."""
    chosen = language.choose(*found.preferences.languages)
    heading, text = _said(site, chosen, found, done, topic)
    undo: dict[str, str] = {}
    if done is Done.PAUSED:
        undo = {"choice": "resume"}
    elif done is Done.FEWER:
        undo = {"choice": "more", "tier": tier}
    elif undoable:
        everything = {"all": "yes"} if done is Done.LEFT_EVERYTHING else {}
        undo = {"choice": "undo", "topic": topic} | everything
    return site.page(
        "left",
        chosen,
        private=True,
        mailing_list=found.list,
        address=masked(found.address),
        heading=heading,
        text=text,
        undo=undo,
    )


def _said(site: Site, chosen: str, found: Reader, done: Done, topic: str) -> tuple[str, str]:
    """Heading and text; a translated sentence has its names filled in afterwards."""
    _ = site.pages.words(chosen).gettext
    title = found.list.title(chosen)
    match done:
        case Done.LEFT:
            return _("You have left %s") % title, _("No more mail from this list will be sent.")
        case Done.LEFT_EVERYTHING:
            gone = _("You have left everything from %s") % found.list.sender.name
            return gone, _("None of its lists will be sent to you any more.")
        case Done.LEFT_TOPIC:
            left = _("You have left the topic “%s”") % found.list.topics[topic].title(chosen)
            if found.preferences.follows == frozenset():
                return left, _("It was the last topic you had chosen, so no mail will come.")
            return left, _("The list goes on coming, without it.")
        case Done.BACK:
            return _("Welcome back"), _("You get %s as before.") % title
        case Done.NOTHING:
            return _("Nothing has changed"), _("There was nothing to take back.")
        case _:
            return _chosen(site, chosen, found, done)


def _chosen(site: Site, chosen: str, found: Reader, done: Done) -> tuple[str, str]:
    """The same of what changes for somebody who stays."""
    _ = site.pages.words(chosen).gettext
    if done is Done.PAUSED:
        until = day(found.paused_until, chosen) if found.paused_until else ""
        return _("Paused"), _("Mail comes again from %s on.") % until
    if done is Done.FEWER:
        rare = _("Mail comes only when there is a breakthrough for you.")
        return _("Fewer mails from now on"), rare
    heading = _("As it was before") if done is Done.MORE else _("The pause has ended")
    return heading, _("The next issue comes as usual.")
