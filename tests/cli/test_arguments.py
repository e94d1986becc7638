"""What several commands are told, and mistakes in it."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    "words",
    [
        ("entries", "list", "--since"),
        ("issues", "assemble", "ai-for-science", "--to", "2026-02-08", "--from"),
        ("subscribers", "list", "--since"),
        ("subscribers", "set", "ann@reader.example", "--pause-until"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("day", ["6.2.2026", "2026-02-30", "tomorrow"])
def test_what_is_no_day_is_told_with_one_that_is(
    ready: Run, words: tuple[str, ...], day: str
) -> None:
    refused = ready(*words, day)
    assert refused.code == 2
    assert f"'{day}' is no day: write it like 2026-12-31" in refused.err


def test_who_has_left_is_not_added_and_it_is_said_how_they_may_be(filled: Run) -> None:
    filled("subscribers", "unsubscribe", "ann@reader.example")
    refused = filled("subscribers", "add", "ann@reader.example")
    assert refused.code == 1
    assert "--force-resubscribe" in refused.err
    again = filled("subscribers", "add", "ann@reader.example", "--force-resubscribe", "she asked")
    assert again.code == 0
