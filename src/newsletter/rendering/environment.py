"""Jinja2 as templates use it, and its errors as this program tells them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import BytecodeCache, Environment, FunctionLoader, StrictUndefined, nodes
from jinja2.bccache import Bucket
from jinja2.utils import missing

from newsletter.errors import NewsletterError, TemplateError
from newsletter.rendering.fragments import CUTTER, Cutter, FragmentExtension, check_loops
from newsletter.rendering.marks import Place
from newsletter.rendering.templates import Template

Files = tuple[tuple[str, str], ...]  # a file's full name and its text

Trace = Callable[[str, Place], str]

_TRACE: ContextVar[Trace | None] = ContextVar("trace", default=None)

_MOST_FILES = 256
"""Files that are kept as they were read: some templates, each with what it includes."""


class _Missing(StrictUndefined):
    """What a template asked for and is not there; it says what is."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        asked, of = self._undefined_name, self._undefined_obj
        if self._undefined_hint or of is missing or not isinstance(asked, str):
            return super()._undefined_message
        kind = "a text" if isinstance(of, str) else type(of).__name__.lstrip("_").lower()
        known = [] if isinstance(of, str) else [name for name in dir(of) if name[0] != "_"]
        meant = get_close_matches(asked, known, 1)
        if meant:
            hint = f"; is {meant[0]} meant?"
        else:
            hint = f"; there are {', '.join(known)}" if known else ""
        return f"{kind.removesuffix('view')} has no attribute {asked!r}{hint}"


class _Folder(Environment):
    """Templates named `folder/file`; one file names another of its folder by the file alone."""

    def join_path(self, template: str, parent: str) -> str:
        return f"{parent.rpartition('/')[0]}/{template}"


def render(
    template: Template,
    file: str,
    names: Mapping[str, Any],
    cutter: Cutter,
    trace: Trace | None = None,
) -> str:
    """`file` of `template` rendered with `names`: escaped as HTML if it is MJML, else as text.
    What `trace` makes of it takes the place of each text that the template puts out.

    Raises:
        TemplateError: with the file and line of what is wrong.
    """
    kind = file[file.rindex(".") :]
    files = tuple(
        (f"{template.name}/{name}", text)
        for name, text in template.files.items()
        if name.endswith(kind)
    )
    name = f"{template.name}/{file}"
    cutting, tracing = CUTTER.set(cutter), _TRACE.set(trace)
    try:
        traced = trace is not None
        return _told(name, files, lambda: _parsed(files, name, traced=traced).render(names))
    finally:
        CUTTER.reset(cutting)
        _TRACE.reset(tracing)


@lru_cache(maxsize=32)
def _parsed(
    files: tuple[tuple[str, str], ...], name: str, *, traced: bool = False
) -> jinja2.Template:
    texts = dict(files)

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        return (texts[name], name, lambda: True) if name in texts else None

    mjml = name.endswith(".mjml")
    check_loops({name: _tree(name, text, mjml=mjml) for name, text in files})
    return _environment(FunctionLoader(load), mjml=mjml, traced=traced).get_template(name)


def _environment(loader: FunctionLoader | None, *, mjml: bool, traced: bool = False) -> Environment:
    return _Folder(
        loader=loader,
        autoescape=mjml,
        undefined=_Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=[FragmentExtension],
        finalize=_traced if traced else None,
        bytecode_cache=None if traced else _COMPILED,  # its code is another
    )


def _traced(value: object) -> object:
    """A value that a template puts out, and the line on which it does so, handed to the trace."""
    trace, frame = _TRACE.get(), sys._getframe(1)
    found = frame.f_globals.get("__jinja_template__")
    if trace is None or found is None or not isinstance(value, str):
        return value
    place = Place(frame.f_code.co_filename, found.get_corresponding_lineno(frame.f_lineno))
    return type(value)(trace(value, place))


class _CompiledFiles(BytecodeCache):
    """What each file was compiled to. Whoever changes one file of a template waits for that one."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Jinja asks for a file's code, by its name and the hash of its text."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Jinja has compiled a file."""
        while len(self._kept) >= _MOST_FILES:
            self._kept.pop(next(iter(self._kept)), None)
        self._kept[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _CompiledFiles()


def parsed_files(template: Template) -> Iterator[tuple[str, nodes.Template]]:
    """The files of a template that Jinja reads, by name, each as a tree.

    Raises:
        TemplateError: one cannot be parsed; with its line.
    """
    for file, text in template.files.items():
        if file.endswith((".mjml", ".txt")):
            name = f"{template.name}/{file}"
            try:
                yield file, _tree(name, text, mjml=file.endswith(".mjml"))
            except jinja2.TemplateSyntaxError as error:
                raise TemplateError(name, error.lineno, str(error.message)) from None


@lru_cache(maxsize=_MOST_FILES)
def _tree(name: str, text: str, *, mjml: bool) -> nodes.Template:
    return _environment(None, mjml=mjml).parse(text, name)


def _told(name: str, files: Files, work: Callable[[], str]) -> str:
    try:
        return work()
    except NewsletterError:
        raise
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(error.name or name, error.lineno, str(error.message)) from None
    except jinja2.TemplateNotFound as error:
        at, line = _place(error, files) or (name, 0)
        raise TemplateError(at, line, f"there is no file {error.name}") from None
    except Exception as error:  # noqa: BLE001 (a template can raise anything)
        at, line = _place(error, files) or (name, 0)
        kind = "" if isinstance(error, jinja2.UndefinedError) else f"{type(error).__name__}: "
        raise TemplateError(at, line, f"{kind}{error}") from None


def _place(error: BaseException, files: Files) -> tuple[str, int] | None:
    """The innermost line of a template that an error passed through."""
    found = None
    names = dict(files)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in names:
            found = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    return found
