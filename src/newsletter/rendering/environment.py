"""Jinja2 as templates use it, and its errors as this program tells them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jinja2
from jinja2 import Environment, FunctionLoader, StrictUndefined

from newsletter.errors import NewsletterError, TemplateError
from newsletter.rendering.fragments import Cutter, FragmentExtension, check_loops
from newsletter.rendering.templates import Template


class _Folder(Environment):
    """Templates named `folder/file`; one file names another of its folder by the file alone."""

    def join_path(self, template: str, parent: str) -> str:
        return f"{parent.rpartition('/')[0]}/{template}"


def render(template: Template, file: str, names: Mapping[str, Any], cutter: Cutter) -> str:
    """`file` of `template` rendered with `names`: escaped as HTML if it is MJML, else as text.

    Raises:
        TemplateError: with the file and line of what is wrong.
    """
    in_html = file.endswith(".mjml")
    files = {
        f"{template.name}/{name}": text
        for name, text in template.files.items()
        if name.endswith(".mjml" if in_html else ".txt")
    }
    environment = _environment(files, in_html=in_html)
    environment.cutter = cutter  # type: ignore[attr-defined]  # declared by the extension
    name = f"{template.name}/{file}"
    return _told(name, files, lambda: _rendered(environment, name, files, names))


def _environment(files: Mapping[str, str], *, in_html: bool) -> Environment:
    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        return (files[name], name, lambda: True) if name in files else None

    return _Folder(
        loader=FunctionLoader(load),
        autoescape=in_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=[FragmentExtension, "jinja2.ext.do"],
    )


def _rendered(
    environment: Environment, name: str, files: Mapping[str, str], names: Mapping[str, Any]
) -> str:
    check_loops(environment, files)
    return environment.get_template(name).render(names)


def _told(name: str, files: Mapping[str, str], work: Callable[[], str]) -> str:
    try:
        return work()
    except NewsletterError:
        raise
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(error.name or name, error.lineno, str(error.message)) from None
    except jinja2.TemplateNotFound as error:
        raise TemplateError(name, 0, f"there is no file {error.name}") from None
    except Exception as error:  # noqa: BLE001 (a template can raise anything)
        at, line = _place(error, files) or (name, 0)
        raise TemplateError(at, line, f"{type(error).__name__}: {error}") from None


def _place(error: BaseException, files: Mapping[str, str]) -> tuple[str, int] | None:
    """The innermost line of a template that an error passed through."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in files:
            found = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    return found
