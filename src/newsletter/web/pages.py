"""The pages' templates: found in the templates folders, escaped, worded in the page's language."""

from __future__ import annotations

import datetime as dt
import gettext
import io
import re
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from newsletter.content.mailinglist import Theme
from newsletter.packaged import packaged
from newsletter.rendering.dates import period
from newsletter.rendering.prose import unturned
from newsletter.web.language import DEFAULT, LANGUAGES
from newsletter.web.paths import Paths

FOLDER = "pages"
"""The folder of the pages' templates inside each templates folder."""

_CSS_ENDS = re.compile(r"[{};<>\\]")
"""What could end a declaration of the stylesheet; no colour and no font needs it."""

_TAGS = {"en": "en", "zh": "zh-Hans"}
_LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}


class Pages:
    """Templates from the first of `folders` that has them, else the packaged ones."""

    def __init__(self, folders: Sequence[Path], paths: Paths) -> None:
        self._folders = tuple(f / FOLDER for f in (*folders, packaged("templates")))
        self._paths = paths

    def render(self, name: str, language: str, **values: Any) -> str:
        """The page `name` (`leave.html`) in `language`, values escaped."""
        environment = _environment(self._folders, self._paths, language)
        return environment.get_template(name).render(language=language, **values)

    def words(self, language: str) -> gettext.NullTranslations:
        """The catalogue of a language, for wording that is chosen in code."""
        return _catalogue(self._folders, language)

    def style(self, theme: Theme) -> str:
        """The stylesheet in a list's colours and fonts."""
        values = {f.name: _CSS_ENDS.sub("", getattr(theme, f.name)) for f in fields(theme)}
        return self.render("style.css", DEFAULT, theme=values)


def day(when: dt.date, language: str) -> str:
    """A day as it is written in a language."""
    return format_date(when, format="long", locale=_LOCALES[language])


@cache
def _catalogue(folders: tuple[Path, ...], language: str) -> gettext.NullTranslations:
    for folder in folders:
        if (path := folder / f"{language}.po").is_file():
            compiled = io.BytesIO()
            with path.open("rb") as file:
                write_mo(compiled, read_po(file, locale=language))
            compiled.seek(0)
            return gettext.GNUTranslations(compiled)
    return gettext.NullTranslations()


@cache
def _environment(folders: tuple[Path, ...], paths: Paths, language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        finalize=unturned,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = _catalogue(folders, language)
    install = environment.install_gettext_callables  # type: ignore[attr-defined]  # by i18n
    install(words.gettext, words.ngettext, newstyle=True)
    environment.globals.update(links=paths, languages=LANGUAGES, lang_tag=_TAGS[language])
    environment.filters["period"] = lambda days: period(days, language)
    return environment
