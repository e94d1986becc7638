"""Parts that say nothing, and parts without a link by which to leave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.content.preferences import Preferences
from newsletter.rendering.checks import Severity
from newsletter.rendering.templates import Template
from tests.rendering.checks.looking import broken, clean_digest, found, look, shipped

LINKS = {"footer.mjml": '<a href="{{ urls.leave }}">', "foot.txt": "{{ urls.leave }}"}
PART = {"footer.mjml": "weekly/issue.mjml", "foot.txt": "weekly/issue.txt"}


def saying(text: str) -> Template:
    """The weekly template with another text part."""
    return replace(shipped(), files={**shipped().files, "issue.txt": text})


@pytest.mark.parametrize("text", ["", "  \n\n", "{% fragment when.more %}more{% endfragment %}"])
def test_a_text_part_that_says_nothing_is_an_error(text: str) -> None:
    finding = found(look(clean_digest(), saying(text)), "empty-text")
    assert (finding.severity, finding.where) == (Severity.ERROR, "weekly/issue.txt")
    assert finding.readers == 42


@pytest.mark.parametrize("file", LINKS)
def test_a_part_without_a_link_to_leave_is_an_error(file: str) -> None:
    template = broken(file, LINKS[file], LINKS[file].replace("leave", "about"))
    finding = found(look(clean_digest(), template), "no-way-to-leave")
    assert (finding.severity, finding.where) == (Severity.ERROR, PART[file])
    assert finding.readers == 42


def test_a_link_that_only_some_are_shown_counts_those_who_are_not() -> None:
    old = LINKS["footer.mjml"]
    some = f"{{% fragment when.choosy %}}{old}leave</a>{{% endfragment %}}"
    new = some + '<a href="{{ urls.about }}">'
    template = broken("footer.mjml", old, new)
    choosy = Preferences(follows=frozenset({"operators"}))
    readers = [(choosy, 7), (Preferences(), 4), (Preferences(html=False), 2)]
    assert found(look(clean_digest(), template, readers), "no-way-to-leave").readers == 4
