"""MJML to the HTML of a mail: mrml compiles it, premailer inlines its styles."""

from __future__ import annotations

import logging
import re

import mjml
from premailer import Premailer

from newsletter.errors import TemplateError

# The first style sheet is MJML's own reset, which clients without style sheets do not need.
_RESET = '<style type="text/css">'
_PARTS = re.compile(
    r"""(<!--.*?-->)|<([A-Za-z][\w:-]*)\s((?:(?!\bstyle=)[^<>"']|"[^"]*")*(?:style=(?:"[^"]*"|'[^']*'))?)""",
    re.DOTALL,
)


def to_html(source: str, file: str) -> str:
    """The HTML of an MJML document, styles inlined, with a line break in each tag.

    Raises:
        TemplateError: it is not well-formed MJML.
    """
    try:
        compiled = str(mjml.mjml2html(source))
    except Exception as error:  # noqa: BLE001 (mrml raises bare ones of several kinds)
        raise TemplateError(file, 0, f"MJML does not compile: {error}") from None
    compiled = compiled.replace("<!doctype", "<!DOCTYPE", 1)  # premailer drops a lowercase one
    html = _inlined(compiled.replace(_RESET, f'{_RESET[:-1]} data-premailer="ignore">', 1))
    head, body, rest = html.partition("<body")
    return head + _broken(body + rest)


def _inlined(html: str) -> str:
    # premailer's printing adds line breaks that depend on an element's neighbours: off.
    return str(
        Premailer(
            html,
            keep_style_tags=True,
            strip_important=False,
            disable_validation=True,
            allow_network=False,
            disable_leftover_css=True,
            cssutils_logging_level=logging.CRITICAL,
        ).transform(pretty_print=False)
    )


def _broken(html: str) -> str:
    """A line break inside every tag that has attributes: RFC 5322 section 2.1.1 allows lines of
    998 octets, and mrml writes a whole body as one. Styles lose premailer's spaces."""
    return _PARTS.sub(lambda m: m[0] if m[1] else f"<{m[2]}\n{m[3].replace('; ', ';')}", html)
