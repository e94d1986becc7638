"""A filter takes our messages for what they are."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.golden.kinds import FOLDER, KINDS

pytestmark = pytest.mark.system("spamassassin")

MOST = 1.0


def reports(*messages: Path) -> list[str]:
    """SpamAssassin's report of each message, by its local rules."""
    done = subprocess.run(
        ["spamassassin", "-L", "-t", *map(str, messages)],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return done.stdout.split("Content analysis details:")[1:]


def points(report: str) -> float:
    found = re.match(r"\s+\((-?[\d.]+) points", report)
    assert found is not None, report
    return float(found[1])


def test_spamassassin_scores_every_message_below_one() -> None:
    found = reports(*(FOLDER / f"{kind.name}.eml" for kind in KINDS))
    assert len(found) == len(KINDS)
    assert [report for report in found if points(report) >= MOST] == []


def test_spamassassin_knows_its_own_test_string(tmp_path: Path) -> None:
    spam = tmp_path / "spam.eml"
    gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    spam.write_text(f"From: a@example.org\nSubject: x\n\n{gtube}\n", "ascii")
    assert points(reports(spam)[0]) > MOST
