"""An issue with nothing wrong has no finding."""

from __future__ import annotations

import pytest

from newsletter.rendering.checks import Finding
from tests.rendering.checks.looking import clean_digest, look, look_at_template, shipped


@pytest.mark.parametrize("name", ["weekly", "listing"])
def test_a_clean_issue_has_no_finding(name: str) -> None:
    assert look(clean_digest(template=name), shipped(name)) == ()


@pytest.mark.parametrize("name", ["weekly", "listing"])
def test_a_shipped_template_is_valid_mjml_and_keeps_the_law(name: str) -> None:
    assert look_at_template(shipped(name), clean_digest(template=name), law=True) == ()


def test_every_finding_says_where_what_and_how_to_mend_it_on_one_line_each() -> None:
    digest = clean_digest(public_url="http://localhost:8080")
    findings: tuple[Finding, ...] = look(digest)
    assert findings
    for finding in findings:
        for said in (finding.where, finding.what, finding.mend):
            assert said
            assert "\n" not in said
