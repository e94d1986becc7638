"""The HTML is valid, and what some client does not support has a fallback that we know of."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pytest

from tests.clients.tools import FOLDER, INSTALLED, run
from tests.golden.kinds import KINDS, page

pytestmark = pytest.mark.system(INSTALLED)

PAGES = [kind.name for kind in KINDS if kind.preferences.html]
VALIDATOR = Path("node_modules/html-validate/bin/html-validate.mjs")
FALLBACKS = tomllib.loads((FOLDER / "fallbacks.toml").read_text("utf-8"))["fallback"]
FORESEEN = frozenset(feature for fallback in FALLBACKS for feature in fallback["features"])


def problems(folder: Path, pages: Mapping[str, str]) -> list[str]:
    """What html-validate says of each page."""
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, "utf-8")
    files = [folder / f"{name}.html" for name in pages]
    done = run(VALIDATOR, "--config", "html-validate.cjs", "--formatter", "json", *files)
    assert done.stderr == ""
    return [
        f"{Path(told['filePath']).name}:{one['line']}: {one['ruleId']}: {one['message']}"
        for told in json.loads(done.stdout)
        for one in told["messages"]
    ]


@lru_cache
def unsupported(text: str) -> frozenset[str]:
    """Features of a page that some client does not support, or supports in part."""
    done = run("caniemail.mjs", stdin=text)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return frozenset({*told["errors"], *told["warnings"]})


def test_the_html_is_valid(tmp_path: Path) -> None:
    assert problems(tmp_path, {kind: page(kind) for kind in PAGES}) == []


def test_invalid_html_is_found(tmp_path: Path) -> None:
    wrong = page("thin").replace("</h1>", "</h2>", 1)
    assert any("close-order" in told for told in problems(tmp_path, {"wrong": wrong}))


@pytest.mark.parametrize("kind", PAGES)
def test_what_a_client_does_not_support_has_a_fallback(kind: str) -> None:
    assert sorted(unsupported(page(kind)) - FORESEEN) == []


def test_a_feature_without_a_fallback_is_found() -> None:
    wrong = page("thin").replace("</head>", "<style>p { position: sticky; }</style></head>", 1)
    assert unsupported(wrong) - FORESEEN == {"position"}


def test_every_fallback_is_of_a_feature_in_use() -> None:
    used = frozenset().union(*(unsupported(page(kind)) for kind in PAGES))
    assert sorted(FORESEEN - used) == []
