"""`newsletter subscribers`: who is on a list, what they chose, and why they got what they got."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

import typer

from newsletter import forecasting
from newsletter.addresses import parse_address
from newsletter.audience import subscriber_csv
from newsletter.cli import departing, moving, people
from newsletter.cli.addressing import AddressArgument
from newsletter.cli.arguments import IssueArgument, ListOption, a_day
from newsletter.cli.choices import (
    Choice,
    FollowOption,
    FormatOption,
    LanguagesOption,
    MostOption,
    MuteOption,
    OnlyTopicsOption,
    TierOption,
    ZoneOption,
    zone_over,
)
from newsletter.cli.deliveries import reply
from newsletter.cli.departing import database_about
from newsletter.cli.edge import (
    JsonOption,
    database,
    now,
    only_list,
    out,
    settings,
    show_facts,
    show_json,
    show_table,
    split_issue,
)
from newsletter.cli.importing import ForceOption, import_, import_file
from newsletter.content.choosing import Choices
from newsletter.content.moments import local_day
from newsletter.content.planning import Depth, Rule, Verdict
from newsletter.content.preferences import Preferences
from newsletter.content.serial import plain
from newsletter.delivery.showing import ExplainedEntry, Explanation, explain
from newsletter.errors import ConflictError, NewsletterError
from newsletter.store import histories, issues, lists
from newsletter.store import subscribers as store
from newsletter.store.admission import REFUSED, Admission
from newsletter.store.choosing import choose
from newsletter.store.erasures import erased_among
from newsletter.store.given_up import GivenUp
from newsletter.store.subscribers import Subscription
from newsletter.store.values import Way

__all__ = ["app", "import_file"]

app = typer.Typer(help="People on lists.", no_args_is_help=True, rich_markup_mode=None)

for command in (departing.unsubscribe, departing.suppress, departing.unsuppress, departing.erase):
    app.command()(command)
app.command("import")(import_)
app.command("list")(people.list_)
app.command()(people.history)
app.command()(moving.move)


@app.command()
def add(
    address: AddressArgument,
    list_name: ListOption = "",
    consent: Annotated[str, typer.Option(help="How they agreed, kept as proof.")] = "added by hand",
    follow: FollowOption = None,
    mute: MuteOption = None,
    only_topics: OnlyTopicsOption = None,
    tier: TierOption = None,
    languages: LanguagesOption = None,
    format_: FormatOption = None,
    most: MostOption = None,
    zone: ZoneOption = None,
    force: ForceOption = "",
) -> None:
    """Put one person on a list."""
    choice = Choice(
        follow=follow,
        mute=mute,
        only_topics=only_topics,
        tier=tier,
        languages=languages,
        format=format_,
        most=most,
    )
    parsed = parse_address(address)
    found = settings()
    with database(found) as db:
        name = only_list(db, list_name)
        with db.write() as session:
            tree = lists.get_list(session, name)
            chosen = choice.over(Preferences(languages=tree.languages[:1]), tree)
            key = departing.erasure_key(found)
            admission = store.add(
                session,
                name,
                parsed,
                chosen,
                consent_source=consent,
                now=now(),
                zone=zone_over("", zone),
                erased=erased_among(session, key),
                given_up=GivenUp(session, key),
                force=force,
            )
    if admission not in (Admission.ADDED, Admission.REVIVED):
        way = "; --force-resubscribe says why you may" * (admission in REFUSED)
        raise ConflictError(f"{parsed} {admission}; nothing was changed{way}")
    out.print(f"{parsed}: added to {name}")


@app.command()
def show(
    address: AddressArgument,
    everything: Annotated[
        bool, typer.Option("--everything", help="All that is stored, as JSON: what they may ask.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """What is stored of a person."""
    with database_about(address) as db, db.read() as session:
        found = store.show(session, address)
        whole = histories.everything(session, found.id, found.address) if everything else None
    if whole is not None:
        show_json(whole)
        return
    if json:
        show_json(plain(found))
        return
    out.print(found.address)
    if found.suppression:
        out.print(f"  must not be mailed: {found.suppression.reason}")
    for subscription in found.subscriptions.values():
        _show_subscription(subscription)


def _show_subscription(found: Subscription) -> None:
    choice, at = found.preferences, found.consent_at
    out.print(f"\n{found.list_name}: {found.state}")
    show_facts(
        {
            "  follows": "everything" if choice.follows is None else sorted(choice.follows),
            "  mutes": sorted(choice.mutes),
            "  only their topics": "yes" if choice.only_topics else "no",
            "  lowest tier": choice.lowest_tier,
            "  languages": choice.languages,
            "  format": "HTML" if choice.html else "text",
            "  most entries": choice.most or "no limit",
            "  paused until": found.paused_until or "",
            "  time zone": found.zone or "the list's own",
            "  consent": (f"{at:%Y-%m-%d %H:%M} UTC, " if at else "") + found.consent_source,
        }
    )


@app.command("set")
def set_(
    address: AddressArgument,
    list_name: ListOption = "",
    pause_until: Annotated[
        dt.date | None,
        typer.Option(
            metavar="DAY", parser=a_day, help="No mail before that day; a past day ends a pause."
        ),
    ] = None,
    follow: FollowOption = None,
    mute: MuteOption = None,
    only_topics: OnlyTopicsOption = None,
    tier: TierOption = None,
    languages: LanguagesOption = None,
    format_: FormatOption = None,
    most: MostOption = None,
    zone: ZoneOption = None,
) -> None:
    """Change what somebody gets, from the next message on."""
    choice = Choice(
        follow=follow,
        mute=mute,
        only_topics=only_topics,
        tier=tier,
        languages=languages,
        format=format_,
        most=most,
    )
    with database_about(address) as db:
        name = only_list(db, list_name)
        with db.write() as session:
            person = store.show(session, address)
            if name not in person.subscriptions:
                raise NewsletterError(
                    f"{person.address} is not on {name}: `subscribers add` puts them on it"
                )
            tree = lists.get_list(session, name)
            before = person.subscriptions[name]
            wanted = Choices(
                preferences=choice.over(before.preferences, tree),
                paused_until=pause_until or before.paused_until,
                zone=zone_over(before.zone, zone),
            )
            at = now()
            today = local_day(tree, at)
            changed = choose(session, name, person.id, wanted, way=Way.ADMIN, now=at, today=today)
    out.print(f"{person.address}: {'changed' if changed else 'as before'}")


@app.command()
def export(
    list_name: ListOption = "",
    out_file: Annotated[Path | None, typer.Option("--out", help="A file for the CSV.")] = None,
    json: JsonOption = False,
) -> None:
    """Everybody on a list or once on it, as CSV for `import`."""
    with database() as db:
        name = only_list(db, list_name)
        with db.read() as session:
            people = list(store.export(session, name))
    if json:
        show_json([plain(person) for person in people])
        return
    text = "".join(subscriber_csv.export_rows(people))
    if out_file is None:
        sys.stdout.write(text)
        return
    try:
        out_file.write_text(text, "utf-8", newline="")
    except OSError as error:
        raise NewsletterError(f"{out_file} cannot be written: {error.strerror}") from None
    out.print(f"{out_file}: {len(people)} people")


@app.command()
def why(
    address: AddressArgument,
    issue: IssueArgument,
    json: JsonOption = False,
) -> None:
    """What a reader got of an issue or did not, and why.

    Each entry with the rule that decided, and the relay's reply.
    """
    with database_about(address) as db:
        with db.read() as session:
            wanted = issues.get_issue(session, *split_issue(issue))
        found = explain(db, wanted, address)
        skip = None if found.delivery else forecasting.why_not(db, wanted, address, now())
    if json:
        show_json(plain(found))
        return
    show_facts({"reader": found.address, "issue": issue, **_delivery_facts(found, skip)})
    out.print()
    show_table(
        ("", "got" if found.sent else "would get", "because", "topics", "title"),
        [
            (n, _GOT[e.depth], _because(e), e.topics, e.title)
            for n, e in enumerate(found.entries, 1)
        ],
        cut=2,
    )


def _delivery_facts(found: Explanation, skip: str | None) -> dict[str, object]:
    shown = found.delivery
    if shown is None:
        would = f"none yet; now it would be skipped: {skip}" if skip else "none yet"
        return {"delivery": would, "below": _BELOW}
    facts: dict[str, object] = {"delivery": shown.state, "reason": shown.reason}
    if shown.attempts:
        facts |= {"attempts": shown.attempts, "last": shown.last_at, "relay": shown.relay}
        facts["reply"] = reply(shown)
    if not found.sent:
        facts["below"] = _BELOW
    return {name: value for name, value in facts.items() if value}


_BELOW = "what their choices give them of it now"


_GOT = {Depth.FULL: "in full", Depth.TITLE: "title", Depth.ABSENT: "no"}

_BECAUSE = {
    Rule.EVERYTHING: "follows everything",
    Rule.FOLLOWS: "follows {}",
    Rule.GENERAL: "general: for everybody",
    Rule.NOT_FOLLOWED: "follows none of its topics",
    Rule.MUTED: "muted {}",
    Rule.ONLY_TOPICS: "general: not wanted",
    Rule.BELOW_TIER: "below their lowest tier",
    Rule.NOT_TRANSLATED: "not in their language",
    Rule.ALREADY_SENT: "sent to them before",
    Rule.OVER_MOST: "beyond their most entries",
}


def _because(entry: ExplainedEntry) -> str:
    said = _BECAUSE[entry.rule].format(entry.topic)
    folded = entry.depth is not Depth.FULL and Verdict(entry.rule).chosen
    return f"{said}; cut to fit" if folded else said
