"""The forms of an issue: it is compiled once for each choice of languages that readers may make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.content.mailinglist import MailingList
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.templates import load_template

Compile = Callable[[Digest, tuple[str, ...]], Compiled]
"""A digest compiled for a choice of languages, for a draft that has nothing stored yet."""


def variants(mailing_list: MailingList) -> tuple[tuple[str, ...], ...]:
    """Every choice of languages a reader may make: one, or two side by side in either order."""
    return tuple(
        choice for length in (1, 2) for choice in permutations(mailing_list.languages, length)
    )


def compiled_for(
    digest: Digest, languages: tuple[str, ...], template_folders: Sequence[Path]
) -> Compiled:
    """The digest compiled for one choice of languages, by the template of its list.

    Raises:
        TemplateError: the template is missing or broken.
    """
    template = load_template(template_folders, digest.list.template)
    return compile_issue(template, digest, languages, links=Links(digest.list.public_url))


def compiled_forms(digest: Digest, template_folders: Sequence[Path]) -> dict[str, bytes]:
    """The digest compiled for every choice of languages, by their names (`en`, `en+zh`)."""
    return {
        "+".join(languages): compiled_for(digest, languages, template_folders).dumps()
        for languages in variants(digest.list)
    }


def compiler(template_folders: Sequence[Path]) -> Compile:
    """`compiled_for` with those folders."""
    return lambda digest, languages: compiled_for(digest, languages, template_folders)
