"""What the page is told, as JSON's own types."""

from __future__ import annotations

from collections import Counter
from typing import Any

from newsletter.content.entry import Tier
from newsletter.content.mailinglist import MailingList
from newsletter.content.planning import Depth, Plan
from newsletter.content.preferences import Preferences
from newsletter.content.serial import plain
from newsletter.rendering.checks.sizes import GMAIL_CLIPS
from newsletter.store.issues import Issue
from newsletter.web.editing.asking import Who
from newsletter.web.editing.bench import Shown, Standing
from newsletter.web.editing.clients import links
from newsletter.web.editing.made import Made

_DEPTHS = {Depth.FULL: "full", Depth.TITLE: "title", Depth.ABSENT: ""}


def shown_json(standing: Standing, shown: Shown, who: Who, nothing: str | None) -> dict[str, Any]:
    """All that the page shows at once. `nothing` is why this reader would get no mail, if so."""
    issue = standing.issue
    return {
        "issue": issue.ref,
        "state": issue.state,
        "draft": issue.edition is None,
        "stored": standing.stored,
        "synced": standing.synced,
        "days": [issue.period.first.isoformat(), issue.period.last.isoformat()],
        "languages": issue.digest.list.languages,
        "who": _who_json(who, issue.digest.list, nothing),
        "troubles": [plain(trouble) for trouble in shown.troubles],
        "message": _made_json(shown.made) if shown.made else None,
        "entries": entries_json(issue, shown.made),
        "notes": dict(issue.digest.notes),
    }


def _who_json(who: Who, mailing_list: MailingList, nothing: str | None) -> dict[str, Any]:
    return {
        "address": who.address if who.own else "",
        "own": who.own,
        "preferences": plain(who.preferences),
        "says": in_words(who.preferences, mailing_list),
        "nothing": nothing,
    }


def in_words(preferences: Preferences, mailing_list: MailingList) -> str:
    """Preferences in a line: `Neural operators, Proofs · not General · English · text only`."""
    tree = mailing_list.topics

    def named(names: frozenset[str]) -> str:
        return ", ".join(topic.title("en") for topic in tree.topics if topic.name in names)

    if preferences.follows is None:
        says = ["everything"]
    else:
        says = [named(preferences.follows) or "no topics"]
    if preferences.mutes:
        says.append(f"not {named(preferences.mutes)}")
    if preferences.only_topics:
        says.append("only their topics")
    if preferences.lowest_tier is not Tier.LISTED:
        says.append(f"down to {preferences.lowest_tier}")
    if preferences.most:
        says.append(f"{preferences.most} at most")
    names = {"en": "English", "zh": "中文"}
    says.append(" + ".join(names.get(code, code) for code in preferences.languages))
    if not preferences.html:
        says.append("text only")
    return " · ".join(says)


def _made_json(made: Made) -> dict[str, Any]:
    return {
        "id": made.id,
        "subject": made.subject,
        "headers": made.headers,
        "html": bool(made.html),
        "text": made.text,
        "octets": {"html": made.html_octets, "text": len(made.text.encode())}
        | {"message": len(made.message)},
        "budget": made.digest.list.policies.html_budget,
        "clips": GMAIL_CLIPS,
        "shown": made.plan.shown,
        "more": made.plan.more,
        "links": [
            {"url": url, "text": words, "personal": made.personal(url)}
            for url, words in links(made.html)
        ],
    }


def entries_json(issue: Issue, made: Made | None) -> list[dict[str, Any]]:
    """The entries in their order, and what became of each for the reader."""
    whole = made is not None and made.digest == issue.digest
    plan: Plan | None = made.plan if made and whole else None
    return [
        {
            "index": index,
            "key": item.entry.key,
            "title": item.entry.title,
            "tier": item.entry.tier,
            "category": item.entry.categories[0] if item.entry.categories else "",
            "topics": item.topics,
            "url": item.entry.links[0] if item.entry.links else "",
            "depth": _DEPTHS[plan.depths[index]] if plan else "full",
            "rule": plan.verdicts[index].rule if plan else "",
            "topic": (plan.verdicts[index].topic or "") if plan else "",
        }
        for index, item in enumerate(issue.digest.entries)
    ]


def tally(issue: Issue) -> dict[str, Any]:
    """How many entries an issue has, by tier and by topic."""
    tiers = Counter(item.entry.tier for item in issue.digest.entries)
    topics = Counter(topic for item in issue.digest.entries for topic in item.topics)
    tree = issue.digest.list.topics
    return {
        "entries": len(issue.digest.entries),
        "tiers": {tier: tiers[tier] for tier in Tier},
        "topics": {
            topic.name: {"title": topic.title("en"), "entries": topics[topic.name]}
            for topic in tree.topics
        },
    }
