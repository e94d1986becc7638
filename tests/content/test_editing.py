from __future__ import annotations

import pytest

from newsletter.content.editing import apply
from newsletter.content.entry import EntryText, Tier
from newsletter.errors import NewsletterError
from tests.builders import make_entry


def test_each_kind_of_field_is_read_in_its_own_way() -> None:
    edited = apply(
        make_entry(1, texts={}),
        {
            "title": "  New title ",
            "tier": "Notable",
            "topics": "proofs, operators",
            "position": "3",
            "texts.zh.innovations": "一\n\n二",
            "texts.zh.summary": "摘要",
        },
    )
    assert (edited.title, edited.tier, edited.position) == ("New title", Tier.NOTABLE, 3)
    assert edited.topics == ("proofs", "operators")
    assert edited.texts == {"zh": EntryText(summary="摘要", innovations=("一", "二"))}


def test_topics_left_empty_give_the_choice_back_to_the_rules() -> None:
    assert apply(make_entry(1, topics=("proofs",)), {"topics": " "}).topics is None


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("colour", "red", "no field 'colour'"),
        ("key", "other", "no field 'key'"),
        ("texts.en.colour", "red", "FIELD one of title, summary"),
        ("texts.en", "text", "no field 'texts.en'"),
        ("tier", "great", "use one of breakthrough, notable"),
        ("position", "first", "whole number"),
        ("title", " ", "needs a title"),
        ("title", "One\r\nBcc: x@example.org", r"control character \(U\+000D\)"),
        ("texts.en.summary", "\x1b[31mred", r"control character \(U\+001B\)"),
        ("links", "javascript:alert(1)", "is not a link"),
        ("links", "https://", "is not a link"),
    ],
)
def test_what_cannot_be_said_is_told(field: str, value: str, reason: str) -> None:
    with pytest.raises(NewsletterError, match=reason):
        apply(make_entry(1), {field: value})
