"""What a message says to its reader, and what it leaves out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import re
from typing import Any

import pytest

from newsletter.content.digest import Digest
from newsletter.content.entry import BriefText, EntryText, Period, Tier
from newsletter.content.links import Links
from newsletter.content.mailinglist import Policies, Untranslated
from newsletter.content.planning import Rule, Verdict, plan
from newsletter.content.preferences import Preferences
from newsletter.content.topics import Topic, TopicTree
from newsletter.rendering.checks.inbox import SUBJECT_CHARACTERS
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.templates import load_template
from tests.builders import (
    WEEK,
    make_breakthrough,
    make_brief,
    make_digest,
    make_entry,
    make_values,
)

LINKS = Links("https://news.example.org")
_HELD = Policies(untranslated=Untranslated.HOLD)


def seen(digest: Digest, name: str = "weekly", **wanted: Any) -> tuple[str, str]:
    """The page, its breaks folded, and the text."""
    preferences = Preferences(**wanted)
    made = compile_issue(load_template([], name), digest, preferences.languages, links=LINKS)
    chosen = plan(digest, preferences)
    page = made.html(chosen, make_values()).replace("<!--\n-->", "").replace("\n", " ")
    return page, made.text(chosen, make_values())


def test_the_head_says_how_much_of_the_whole_it_is() -> None:
    page, text = seen(make_digest(), follows=frozenset({"proofs"}), only_topics=True)
    assert "1 of 8 papers, for your topics" in page
    assert "1 of 8 papers, for your topics" in text
    assert "All 8 papers" in seen(make_digest())[0]


def test_why_is_said_once_where_it_holds_for_the_whole_section() -> None:
    two = [make_breakthrough(1), make_breakthrough(2)]
    page, text = seen(make_digest(two, []), follows=frozenset({"force-fields"}))
    body = page[page.index("<h2") :]
    assert body.count("You follow: Machine-learning force fields") == 1
    assert body.index("You follow") < body.index("<h3")
    assert text.count("You follow: Machine-learning force fields") == 1


def test_why_is_said_by_entry_where_entries_differ() -> None:
    two = [make_breakthrough(1), make_breakthrough(2, title="Lean proofs", categories=())]
    page, _ = seen(make_digest(two, []), follows=frozenset({"force-fields", "proofs"}))
    body = page[page.index("<h2") :]
    assert body.index("<h3") < body.index("You follow: Machine-learning force fields")
    assert "You follow: Proof automation" in body


def test_who_follows_everything_is_told_no_reason() -> None:
    assert "You follow" not in seen(make_digest())[0]


def test_no_topics_are_named_when_none_of_them_brought_anything() -> None:
    week = make_digest([make_entry(1, title="Something else"), make_entry(2, title="Lean")], [])
    for part in seen(week, follows=frozenset({"force-fields"})):
        assert "1 of 2 papers, for your topics" in part
        assert "Of general interest" in part
        assert "You follow" not in part


def test_who_muted_a_topic_is_not_told_that_they_get_all_of_them() -> None:
    for part in seen(make_digest(), mutes=frozenset({"proofs"})):
        assert "7 of 8 papers, for your topics" in part
        assert "all of its topics" not in part
        assert "with a choice of topics" in part
        assert "You follow" not in part


def test_one_section_needs_no_list_of_contents() -> None:
    page, _ = seen(make_digest(), follows=frozenset({"proofs"}), only_topics=True)
    assert "In this issue" not in page
    assert "#s" not in page
    assert "In this issue" in seen(make_digest())[0]


def test_the_weeks_counts_are_not_torn_from_their_words_and_belong_to_the_editorial() -> None:
    page = seen(make_digest())[0].replace("\N{NO-BREAK SPACE}", "&nbsp;")
    assert "· 92&nbsp;analyzed · 2&nbsp;breakthroughs" in re.sub(r"<[^>]*>", "", page)
    chinese = seen(make_digest(), languages=("zh",))[0]
    assert re.search(r'· <span\s+style="white-space:nowrap">2\s项重大突破</span>', chinese)
    page, _ = seen(make_digest(), follows=frozenset({"proofs"}), only_topics=True)
    assert "analyzed" not in page


def test_the_breakthroughs_that_are_counted_are_those_that_stand_below() -> None:
    brief = make_brief(breakthroughs=3)
    three = [make_breakthrough(1), make_breakthrough(2), make_entry(3, tier=Tier.NOTABLE)]
    assert "2 breakthroughs" in seen(make_digest(three, [brief]))[0].replace(
        "\N{NO-BREAK SPACE}", " "
    )
    none = seen(make_digest([make_entry(3, tier=Tier.NOTABLE)], [brief]))[0]
    assert not re.search(r"\d.breakthrough", none)
    unsaid = seen(make_digest(three, [make_brief(breakthroughs=None)]))[0]
    assert not re.search(r"\d.breakthrough", unsaid)


def test_names_read_from_the_right_keep_their_place_among_the_others() -> None:
    names = ("Ada Example", "דנה כהן", "محمد علي", "Béla Sample")
    told = "Ada Example, \u2068דנה כהן\u2069, \u2068محمد علي\u2069, Béla Sample"
    for part in seen(make_digest([make_entry(authors=names)], [])):
        assert told in part


def test_a_topic_read_from_the_right_is_isolated_too_and_others_are_not() -> None:
    titles = {"en": "כוחות"}
    topics = TopicTree((Topic(name="forces", titles=titles, keywords=("operators",)),))
    week = make_digest([make_entry(1), make_entry(2, title="Else")], [], topics=topics)
    for part in seen(week, follows=frozenset({"forces"})):
        assert "\u2068כוחות\u2069" in part
    assert not re.search("[\u2066-\u2069]", "".join(seen(make_digest())))


def test_a_name_in_another_language_is_escaped_but_once() -> None:
    title = f"Ada's & Béla's {'week' * 20} <digest>"
    page = seen(make_digest(titles={"en": title}), languages=("zh",))[0]
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL))
    assert heading is not None
    assert 'lang="en"' in heading[1]
    assert html.unescape(re.sub(r"<[^>]*>", "", heading[1])) == title


def test_the_subject_of_a_listing_has_its_parts_told_apart_in_each_language() -> None:
    for languages, count in ((("en",), "Feb 5 – 11: 8 papers · "), (("zh",), "：8 篇论文 · ")):
        made = compile_issue(load_template([], "listing"), make_digest(), languages, links=LINKS)
        assert count in made.subject(plan(make_digest(), Preferences()), make_values())


def test_only_my_topics_means_no_editorial() -> None:
    page, text = seen(make_digest(), follows=frozenset({"proofs"}), only_topics=True)
    for part in (page, text):
        assert "Key takeaway" not in part
        assert "Trends" not in part
        assert "Stability has become" not in part


def test_an_entry_without_text_has_no_empty_labels() -> None:
    page, text = seen(make_digest([make_entry(authors=(), texts={}, arxiv_id=None)], []))
    for label in ("Why it is new", "Key innovations", "Impact", "Evidence", "()"):
        assert label not in page
        assert label not in text
    assert not re.search(r"<(p|ul|li|h\d|div)[^>]*>\s*</\1>", page[page.index("<h2") :])


def test_a_text_in_another_language_is_shown_with_its_language() -> None:
    chinese = {"zh": EntryText(summary="只有中文摘要。")}
    page, _ = seen(make_digest([make_entry(texts=chinese)], []))
    assert re.search(r'<div lang="zh"><p [^>]*>只有中文摘要。', page)


def test_a_translated_title_is_shown_although_the_rest_is_in_another_language() -> None:
    texts = {"zh": EntryText(title="中文标题"), "en": EntryText(summary="In English.")}
    week = make_digest([make_entry(texts=texts)], [])
    for part in seen(week, languages=("zh",)):
        assert part.index("中文标题") < part.index("In English.")
    assert "中文标题" not in seen(week)[0]


@pytest.mark.parametrize("name", ["weekly", "listing"])
def test_the_title_in_the_readers_language_goes_first(name: str) -> None:
    texts = {"zh": EntryText(title="中文标题", summary="摘要。")}
    week = make_digest([make_entry(title="An original title", texts=texts)], [])
    for part in seen(week, name, languages=("zh", "en")):
        body = part[part.index("<body") :] if "<body" in part else part
        assert 0 < body.rindex("中文标题") < body.index("An original title") < body.index("摘要。")
    page, text = seen(week, name, languages=("en", "zh"))
    assert text.index("An original title") < text.index("中文标题")
    assert re.search(r"<h3[^>]*><a[^>]*>An original title", page)


@pytest.mark.parametrize("name", ["weekly", "listing"])
def test_a_paper_of_which_the_title_alone_has_room_is_named_in_the_readers_language(
    name: str,
) -> None:
    digest = make_digest([make_entry(texts={"zh": EntryText(title="中文标题", summary="摘要。")})])
    made = compile_issue(load_template([], name), digest, ("zh",), links=LINKS)
    whole = plan(digest, Preferences(languages=("zh",)))
    folded = dataclasses.replace(whole, full=0, titles=whole.full)
    for part in (made.html(folded, make_values()), made.text(folded, make_values())):
        assert "中文标题" in part
        assert digest.entries[0].entry.title not in part
        assert "摘要。" not in part
    assert "中文标题" in made.subject(folded, make_values())


@pytest.mark.parametrize("name", ["weekly", "listing"])
def test_the_head_says_how_many_of_them_are_on_the_web_only(name: str) -> None:
    digest = make_digest()
    made = compile_issue(load_template([], name), digest, ("en",), links=LINKS)
    for wanted, said in (
        (Preferences(), "All 8 papers, 2 of them on the web only"),
        (Preferences(most=5), "5 of 8 papers, as you asked, 2 of them on the web only"),
    ):
        whole = plan(digest, wanted)
        left = whole.full & (whole.full - 1)
        folded = dataclasses.replace(whole, full=left & (left - 1))
        page = made.html(folded, make_values()).replace("\n", " ")
        assert said in page
        assert said in made.text(folded, make_values())
        assert "on the web only" not in made.text(whole, make_values())


def test_a_muted_topic_is_a_choice_also_in_a_week_without_it() -> None:
    digest = make_digest([make_entry()], [])
    proofs, nothing = frozenset({"proofs"}), frozenset[str]()
    for mutes, said in ((proofs, "with a choice of topics"), (nothing, "all of its topics")):
        for part in seen(digest, mutes=mutes):
            assert said in part.replace("\n", " ")
            assert "One paper" in part  # nothing was lost by it


def test_what_stands_on_the_web_alone_is_no_text_in_a_mail() -> None:
    texts = {"en": EntryText(summary="In English."), "zh": EntryText(method="方法")}
    week = make_digest([make_entry(texts=texts)], [])
    assert "In English." in seen(week, languages=("zh",))[1]
    held = make_digest([make_entry(texts=texts)], [], policies=_HELD)
    assert plan(held, Preferences(languages=("zh",))).verdicts == (Verdict(Rule.NOT_TRANSLATED),)


def test_what_is_not_translated_can_be_held() -> None:
    chinese = {"zh": EntryText(summary="只有中文摘要。")}
    held = Policies(untranslated=Untranslated.HOLD)
    page, _ = seen(make_digest([make_entry(texts=chinese)], [], policies=held))
    assert "只有中文摘要" not in page


def test_a_chinese_reader_gets_chinese_words_around_an_original_title() -> None:
    page, text = seen(make_digest(), languages=("zh",))
    assert '<html lang="zh"' in page
    assert "2026年2月5日至11日" in page
    assert "本周要点" in text
    assert re.search(r'<h3 lang="en"[^>]*>', page)
    assert "面向大分子的长程力场" in page


def test_two_languages_stand_one_under_the_other() -> None:
    page, _ = seen(make_digest(), languages=("en", "zh"))
    first, second = page.index("Why it is new"), page.index("新在何处")
    assert first < second
    assert re.search(r'<div lang="zh" class="second"', page)


def test_what_is_said_in_the_second_language_alone_is_not_set_back() -> None:
    page, _ = seen(make_digest(), languages=("zh", "en"))  # its trends are in English only
    assert re.search(r'<div lang="en"><p [^>]*>Stable dynamics', page)
    assert re.search(r'<div lang="en" class="second"[^>]*><p [^>]*>Key takeaway', page)


def test_the_abstract_stands_in_for_a_missing_summary() -> None:
    abstract = "We show a thing. " * 60
    page, _ = seen(make_digest([make_entry(texts={"en": EntryText(abstract=abstract)})], []))
    assert "We show a thing. …" in page
    assert page.count("We show a thing.") < 40


def test_a_paper_of_which_only_the_title_is_known_has_no_link_beside_it() -> None:
    bare = make_entry(21, tier=Tier.MENTION, texts={}, arxiv_id=None)
    page, text = seen(make_digest([bare], []))
    assert page.count("/2026-W06#e0") == 1
    assert "Details" not in page
    assert "/2026-W06#e0" in text


def test_each_address_in_the_text_part_says_what_it_leads_to() -> None:
    _, text = seen(make_digest([make_entry(1)], []))
    assert "\n[1] Abstract: https://arxiv.org/abs/" in text
    assert "\n[2] PDF: https://arxiv.org/pdf/" in text
    assert re.search(r"\n\[\d\] Details: https://\S+/2026-W06#e0\n", text)
    _, chinese = seen(make_digest([make_entry(1)], []), languages=("zh",))
    assert "\n[1] 摘要：https://arxiv.org/abs/" in chinese


@pytest.mark.parametrize("name", ["weekly", "listing"])
def test_papers_link_to_abstract_pdf_and_details(name: str) -> None:
    page, text = seen(make_digest(), name)
    for url in (
        "https://arxiv.org/abs/2602.00031",
        "https://arxiv.org/pdf/2602.00031",
        "https://news.example.org/archive/ai-for-science/2026-W06#e5",
    ):
        assert url in page
        assert re.search(rf"\[\d\] \w+: {url}\n", text)


def test_only_web_addresses_become_links() -> None:
    links = ("javascript:alert(1)", "https://user:pw@example.org/", "https://doi.org/10.1/x")
    page, text = seen(make_digest([make_entry(links=links)], []))
    for part in (page, text):
        assert "javascript" not in part
        assert "user:pw" not in part
        assert "https://doi.org/10.1/x" in part


TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("name", ["weekly", "listing"])
def test_no_entry_turns_the_line_that_it_stands_on(name: str) -> None:
    turned = {"title": f"A{TURNS} title", "authors": (f"Ada{TURNS} Example",)}
    texts = {"en": EntryText(summary=f"Said{TURNS} so.", innovations=(f"New{TURNS}",))}
    hebrew = make_entry(2, title="למידה עמוקה", authors=("דוד כהן",))
    digest = make_digest([make_entry(1, **turned, texts=texts), hebrew], [])
    digest = dataclasses.replace(digest, notes={"en": f"A *note{TURNS}*."})
    made = compile_issue(load_template([], name), digest, ("en",), links=LINKS)
    chosen = plan(digest, Preferences())
    values = make_values()
    parts = (made.html(chosen, values), made.text(chosen, values), made.subject(chosen, values))
    for part in parts:  # the isolates are ours, around a name that is read from the right
        assert not set(part.replace("\u2068דוד כהן\u2069", "")) & set(TURNS)
        assert "A title" in part
    for part in parts[:2]:
        assert "למידה עמוקה" in part
        assert "דוד כהן" in part


def test_notes_are_markdown_of_harmless_tags() -> None:
    note = "See *this* [page](https://example.org)\n\n<script>x</script> [bad](javascript:x)"
    page, _ = seen(make_digest(briefs=[make_brief(texts={"en": BriefText(notes=(note,))})]))
    assert "<em>this</em>" in page
    assert re.search(r'<a\s+href="https://example.org"', page)
    assert "<script" not in page
    assert 'href="javascript' not in page


@pytest.mark.parametrize("name", ["weekly", "listing"])
def test_the_editors_note_stands_first_in_the_readers_language(name: str) -> None:
    notes = {"en": "A *quiet* week.\n\n- one\n- two", "zh": "平静的一周。"}
    digest = dataclasses.replace(make_digest(), notes=notes)
    page, text = seen(digest, name)
    assert "<em>quiet</em>" in page
    assert page.index("<em>quiet</em>") < page.index("<h2")
    assert "A *quiet* week.\n\n- one\n- two\n" in text
    assert "平静的一周" not in page
    assert "平静的一周" in seen(digest, name, languages=("zh",))[1]
    assert "quiet" not in seen(digest, name, follows=frozenset({"proofs"}), only_topics=True)[1]


def test_the_preheader_is_the_takeaway_or_the_first_title() -> None:
    page, _ = seen(make_digest())
    shown = page[page.index("display:none") :]
    assert "Stability has become the measure" in shown[:400]
    page, _ = seen(make_digest(), follows=frozenset({"proofs"}), only_topics=True)
    shown = page[page.index("display:none") :]
    assert "Agents that finish proofs" in shown[:400]


def test_the_footer_offers_every_way_to_change_or_end_it() -> None:
    page, text = seen(make_digest())
    for url in (
        "https://news.example.org/u/leave2token",
        "https://news.example.org/p/manage2token",
        "https://news.example.org/p/manage2token#pause",
        "https://news.example.org/v/view2token",
        "https://news.example.org/lists/ai-for-science/subscribe",
    ):
        assert f'href="{url}"' in page
        assert url in text
    assert "1 Example Street, 12345 Sampleton" in page


@pytest.mark.parametrize("name", ["weekly", "listing"])
@pytest.mark.parametrize("window", [WEEK, Period(dt.date(2025, 12, 29), dt.date(2026, 1, 4))])
def test_a_subject_with_a_long_title_still_fits_on_a_line(name: str, window: Period) -> None:
    entries = [make_entry(n, title="A title of many words " * 9, period=window) for n in range(92)]
    digest = make_digest(entries, [], window)
    made = compile_issue(load_template([], name), digest, ("en",), links=LINKS)
    subject = made.subject(plan(digest, Preferences()), make_values())
    assert subject.endswith("…")
    assert len(subject) <= SUBJECT_CHARACTERS


def test_nothing_is_fetched_from_anywhere() -> None:
    page, _ = seen(make_digest())
    assert not re.search(r"<(img|link|script|iframe)\b|@import|url\(", page)


def test_lines_of_the_text_are_at_most_76_columns_but_for_links() -> None:
    entries = [make_entry(n, title="磁性材料的第一性原理预测，以及" * 6) for n in range(1, 4)]
    entries[0] = make_breakthrough(1, tier=Tier.NOTABLE)
    _, text = seen(make_digest(entries), languages=("zh", "en"))
    from newsletter.rendering.plaintext import columns

    assert [x for x in text.split("\n") if columns(x) > 76 and "https://" not in x] == []
    assert "\n\n\n" not in text
