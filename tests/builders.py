"""Lists, entries and digests for tests: realistic by default, every part replaceable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.content.digest import Digest, assemble
from newsletter.content.entry import Brief, BriefText, Entry, EntryText, Period, Tier, Trend
from newsletter.content.mailinglist import MailingList, Schedule, Sender
from newsletter.content.topics import GENERAL, Topic, TopicTree

WEEK = Period(dt.date(2026, 2, 5), dt.date(2026, 2, 11))

TOPICS = TopicTree(
    (
        Topic(
            name="force-fields",
            titles={"en": "Machine-learning force fields", "zh": "机器学习力场"},
            categories=("physics.chem-ph",),
            keywords=("force field*", "interatomic"),
        ),
        Topic(
            name="operators",
            titles={"en": "Neural operators", "zh": "神经算子"},
            keywords=("operator*",),
        ),
        Topic(name="proofs", titles={"en": "Proof automation"}, keywords=("proof*", "Lean")),
        Topic(name=GENERAL, titles={"en": "General", "zh": "综合"}),
    )
)


def make_list(**changes: Any) -> MailingList:
    values: dict[str, Any] = {
        "name": "ai-for-science",
        "titles": {"en": "AI for Science", "zh": "科学智能周报"},
        "description": {"en": "What machine learning did for the sciences this week."},
        "sender": Sender(name="AI for Science", address="digest@news.example.org"),
        "reply_to": "editors@news.example.org",
        "public_url": "https://news.example.org",
        "postal_address": "1 Example Street, 12345 Sampleton",
        "schedule": Schedule(weekday="thursday", time=dt.time(8), zone="Europe/Berlin"),
        "topics": TOPICS,
        "week_starts": "thursday",
        "languages": ("en", "zh"),
    }
    return MailingList(**(values | changes))


def make_entry(number: int = 1, **changes: Any) -> Entry:
    """Entry `number` of a week; its number makes its key, id and title."""
    arxiv_id = f"2602.{number:05d}"
    values: dict[str, Any] = {
        "key": f"arxiv:{arxiv_id}",
        "title": f"Paper {number}: learned operators for slow flows",
        "period": Period(WEEK.last, WEEK.last),
        "arxiv_id": arxiv_id,
        "authors": ("Ada Example", "Béla Sample"),
        "categories": ("cs.LG",),
        "texts": {
            "en": EntryText(summary=f"Summary {number} says what was done, and how well it went."),
            "zh": EntryText(summary=f"第{number}篇的摘要：说明做了什么，以及结果如何。"),
        },
        "position": number,
    }
    return Entry(**(values | changes))


def make_breakthrough(number: int = 1, **changes: Any) -> Entry:
    text = EntryText(
        why_novel="The first force field that stays stable over a full microsecond.",
        innovations=("Long-range messages between fragments", "A benchmark of 1200 atoms"),
        evidence=("Forces within 2 meV/Å on five of seven systems",),
        impact="Simulations of whole proteins at quantum accuracy come within reach.",
    )
    chinese = EntryText(
        title="面向大分子的长程力场",
        why_novel="首个能在整整一微秒内保持稳定的力场。",
        innovations=("片段之间的长程消息传递",),
        impact="以量子精度模拟整个蛋白质成为可能。",
    )
    values = {
        "tier": Tier.BREAKTHROUGH,
        "title": f"Long-range force fields for macromolecules, part {number}",
        "categories": ("physics.chem-ph",),
        "texts": {"en": text, "zh": chinese},
    }
    return make_entry(number, **(values | changes))


def make_brief(**changes: Any) -> Brief:
    values: dict[str, Any] = {
        "key": "weekly-brief-2026-02-05",
        "title": "AI for Science: February 2026 Week 6",
        "period": WEEK,
        "papers_analyzed": 92,
        "breakthroughs": 3,
        "texts": {
            "en": BriefText(
                summary="Ninety papers were read; three of them change what can be computed.",
                takeaway="Stability has become the measure that matters, ahead of accuracy.",
                trends=(
                    Trend("Stable dynamics", "Several groups report rollouts of a microsecond."),
                    Trend("Weak forms", "Integral losses make physics-informed training robust."),
                ),
                notes=("Corrections are welcome: *write to the editors*.",),
            ),
            "zh": BriefText(summary="本周共阅读九十余篇论文。", takeaway="稳定性比精度更受重视。"),
        },
    }
    return Brief(**(values | changes))


def make_entries() -> list[Entry]:
    """A week with every tier and two categories of listed papers."""
    return [
        make_breakthrough(1),
        make_breakthrough(2, title="Agents that finish proofs in Lean", categories=("cs.LO",)),
        make_entry(11, tier=Tier.NOTABLE),
        make_entry(12, tier=Tier.NOTABLE, title="Notable survey of catalysts", authors=()),
        make_entry(21, tier=Tier.MENTION, title="A mention of weak-form losses", texts={}),
        make_entry(31),
        make_entry(32, title="Listed: interatomic potentials at scale"),
        make_entry(33, title="Listed: spectra of melts", categories=("physics.chem-ph", "cs.LG")),
    ]


def make_digest(
    entries: Sequence[Entry] | None = None,
    briefs: Sequence[Brief] | None = None,
    window: Period = WEEK,
    **list_changes: Any,
) -> Digest:
    """The digest of a week: all tiers and a brief unless `entries` or `briefs` say otherwise."""
    return assemble(
        make_list(**list_changes),
        window,
        make_entries() if entries is None else entries,
        [make_brief()] if briefs is None else briefs,
    )


def make_values(**changes: str) -> Mapping[str, str]:
    """The slots of one reader, for `Compiled.assemble`."""
    return {
        "to": "reader@example.net",
        "message_id": "<1.2026-w06@news.example.org>",
        "date": "Thu, 12 Feb 2026 08:00:00 +0100",
        "header_token": "header2token",
        "leave_token": "leave2token",
        "manage_token": "manage2token",
        "view_token": "view2token",
    } | changes
