"""MJML to the HTML of a mail: mrml compiles it, premailer inlines its styles.

As in MJML, `<mj-style inline="inline">` goes into style attributes and any other `<mj-style>` stays
in the head. mrml makes no difference between the two, so the inlined ones are taken out first.
"""

from __future__ import annotations

import logging
import re

import mjml
from premailer import Premailer

from newsletter.errors import TemplateError

INLINE_STYLE = re.compile(
    r"""<mj-style\s+inline\s*=\s*["']inline["']\s*>(.*?)</mj-style>""", re.DOTALL
)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
_CLASS_NAME = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
_CLASSES = re.compile(r"""(<[A-Za-z](?:[^<>"']|"[^"]*")*?)\sclass="([^"]*)\"""")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(
    r"""<(?P<closes>/?)(?P<name>mj[\w-]*)(?:"[^"]*"|'[^']*'|[^<>"'])*?(?P<empty>/?)>"""
)
_IGNORE = ' data-premailer="ignore"'
_PARTS = re.compile(
    r"""(<!--.*?-->)|<([A-Za-z][\w:-]*)\s((?:(?!\bstyle=)[^<>"']|"[^"]*")*(?:style=(?:"[^"]*"|'[^']*'))?)""",
    re.DOTALL,
)


def to_html(source: str, file: str) -> str:
    """The HTML of an MJML document, styles inlined, with a line break in each tag.

    Raises:
        TemplateError: it is not well-formed MJML.
    """
    inline = INLINE_STYLE.findall(source)
    try:
        compiled = str(mjml.mjml2html(INLINE_STYLE.sub("", source)))
    except Exception as error:  # noqa: BLE001 (mrml raises bare ones of several kinds)
        reason = _unbalanced(source) or str(error)
        raise TemplateError(file, 0, f"MJML does not compile: {reason}") from None
    compiled = compiled.replace("<!doctype", "<!DOCTYPE", 1)  # premailer drops a lowercase one
    head, body, rest = _inlined(compiled, inline).partition("<body")
    head = head.replace("\n.", "\n .")  # a class that begins a line: SMTP would double its dot
    return head + _broken(_used_classes(head, body + rest))


def _unbalanced(source: str) -> str:
    """Which element is not closed, or never opened, which mrml does not tell; else empty."""
    opened: list[str] = []
    for tag in _TAG.finditer(_COMMENT.sub("", source)):
        name = tag["name"]
        if not tag["closes"]:
            opened += [name] * (not tag["empty"])
        elif not opened:
            return f"</{name}> closes nothing"
        elif (last := opened.pop()) != name:
            return f"<{last}> is not closed before </{name}>"
    return f"<{opened[-1]}> is not closed" if opened else ""


def _inlined(html: str, styles: list[str]) -> str:
    head, body, rest = html.partition("<body")
    # premailer's printing adds line breaks that depend on an element's neighbours: off.
    made = Premailer(
        head.replace("<style", f"<style{_IGNORE}") + body + rest,
        css_text=styles,
        keep_style_tags=False,
        strip_important=False,
        disable_validation=True,
        allow_network=False,
        disable_leftover_css=True,
        cssutils_logging_level=logging.CRITICAL,
    ).transform(pretty_print=False)
    head, body, rest = str(made).partition("<body")
    return head.replace(_IGNORE, "") + body + rest  # it stays in conditional comments


def _used_classes(head: str, body: str) -> str:
    """`body` without the classes that only served inlining: a paper in a few lines has a dozen."""
    used = {name for style in _STYLE.findall(head) for name in _CLASS_NAME.findall(style)}

    def keep(match: re.Match[str]) -> str:
        kept = " ".join(name for name in match[2].split() if name in used)
        return f'{match[1]} class="{kept}"' if kept else match[1]

    return _CLASSES.sub(keep, body)


def _broken(html: str) -> str:
    """A line break inside every tag that has attributes: RFC 5322 section 2.1.1 allows lines of
    998 octets, and mrml writes a whole body as one. Styles lose premailer's spaces."""
    return _PARTS.sub(lambda m: m[0] if m[1] else f"<{m[2]}\n{m[3].replace('; ', ';')}", html)
