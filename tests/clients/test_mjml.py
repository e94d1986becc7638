"""Our MJML is valid, and mrml makes of it what MJML's own compiler makes."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import mjml
import pytest

from newsletter.rendering.checks.mjml_values import type_of
from newsletter.rendering.checks.mjml_vocabulary import ATTRIBUTES, EVERYWHERE
from newsletter.rendering.inlining import INLINE_STYLE
from tests.clients.markup import differences
from tests.clients.sources import mjml_of
from tests.clients.tools import FOLDER, INSTALLED, run
from tests.golden.kinds import KINDS

pytestmark = pytest.mark.system(INSTALLED)

COMPILER = Path("node_modules/mjml/bin/mjml")
PAGES = [kind.name for kind in KINDS if kind.preferences.html]
KNOWN = tomllib.loads((FOLDER / "differences.toml").read_text("utf-8"))["difference"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the MJML of every kind; styles to inline are left to premailer."""
    folder = tmp_path_factory.mktemp("mjml")
    for kind in PAGES:
        (folder / f"{kind}.mjml").write_text(mjml_of(kind), "utf-8")
        plain = INLINE_STYLE.sub("", mjml_of(kind))
        (folder / f"{kind}-plain.mjml").write_text(plain, "utf-8")
    return folder


@pytest.fixture(scope="module")
def reference(written: Path) -> Mapping[str, str]:
    """What MJML's own compiler makes of each kind."""
    out = written / "out"
    out.mkdir()
    options = ("--config.beautify", "false", "--config.minify", "false", "-o", f"{out}/")
    done = run(COMPILER, *written.glob("*-plain.mjml"), *options)
    assert done.returncode == 0, done.stderr
    return {kind: (out / f"{kind}-plain.html").read_text("utf-8") for kind in PAGES}


def test_mjml_finds_every_template_valid(written: Path) -> None:
    done = run(COMPILER, "--validate", *(written / f"{kind}.mjml" for kind in PAGES))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_mjml_finds_what_is_wrong_in_a_template(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.mjml"
    wrong.write_text(mjml_of("thin").replace("<mj-text ", '<mj-text font-colour="#fff" ', 1))
    done = run(COMPILER, "--validate", wrong)
    assert done.returncode != 0
    assert "font-colour" in done.stderr


@pytest.mark.parametrize("kind", PAGES)
def test_mrml_says_what_mjml_says(kind: str, reference: Mapping[str, str]) -> None:
    assert [pair for pair in found(kind, reference[kind]) if match(pair) is None] == []


def test_every_known_difference_still_exists(reference: Mapping[str, str]) -> None:
    met = [match(pair) for kind in PAGES for pair in found(kind, reference[kind])]
    assert [known["why"] for known in KNOWN if known not in met] == []


@lru_cache
def found(kind: str, reference: str) -> tuple[tuple[str, str], ...]:
    ours = str(mjml.mjml2html(INLINE_STYLE.sub("", mjml_of(kind))))
    return tuple(differences(ours, reference))


def match(pair: tuple[str, str]) -> Mapping[str, Any] | None:
    """The known difference that a difference is, if any."""
    ours, theirs = (part.strip() for part in pair)
    for known in KNOWN:
        if re.fullmatch(known["mrml"], ours) and re.fullmatch(known["reference"], theirs):
            return dict(known)
    return None


def test_our_list_of_attributes_and_their_values_is_mjmls_own() -> None:
    done = run("attributes.cjs")
    assert done.returncode == 0, done.stderr
    for component, attributes in json.loads(done.stdout).items():
        missing = attributes.keys() - ATTRIBUTES[component] - EVERYWHERE
        assert not missing, component
        for name, kind in attributes.items():
            ours = type_of(component, name) or "string"
            assert _unordered(ours) == _unordered(kind), (component, name)


def _unordered(kind: str) -> tuple[str, list[str]]:
    """A type; the words of an enumeration stand in any order."""
    name, _, words = kind.partition("(")
    return name, sorted(words.rstrip(")").split(","))
