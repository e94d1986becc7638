"""`{% fragment CONDITION %}…{% endfragment %}`: marks a piece that a reader may or may not get."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Protocol

from jinja2 import TemplateSyntaxError, nodes
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser

from newsletter.rendering.marks import Place

_OURS = ("fragment", "endfragment")
_BLOCK = r"</?(?:mj[\w-]*|p|div|table|tbody|thead|tr|td|th|h[1-6]|ul|ol|li|hr|br)\b[^<>]*>"
_AROUND_BLOCK = re.compile(rf"\s*({_BLOCK})\s*")


class Cutter(Protocol):
    """What becomes of fragments: they are marked, or, when one plan is rendered alone, kept or
    not."""

    def begins(self, when: object, place: Place) -> bool:
        """A fragment begins: whether its content is rendered."""

    def opening(self) -> str:
        """What stands before the content of the fragment that began last."""

    def closing(self) -> str:
        """What stands after it."""


# The cutter of the rendering that is under way, so that parsed templates can be kept for the next.
CUTTER: ContextVar[Cutter] = ContextVar("CUTTER")


class FragmentExtension(Extension):
    """The tag itself. In HTML a line break beside it is layout and goes; a space is meant."""

    tags = {"fragment"}  # noqa: RUF012 (Jinja reads it from the class)

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        when = parser.parse_expression()
        try:
            body = parser.parse_statements(("name:endfragment",), drop_needle=True)
        except TemplateSyntaxError:
            if parser.stream.current.type == "eof":
                parser.fail("this fragment has no {% endfragment %}", line)
            raise
        begins = self.call_method("_begins", [when, nodes.Const(parser.name), nodes.Const(line)])
        opening = nodes.Output([self.call_method("_opening")])
        closing = nodes.Output([self.call_method("_closing")])
        return nodes.If(begins, [opening, *body, closing], [], []).set_lineno(line)

    def _begins(self, when: object, name: str, line: int) -> bool:
        return CUTTER.get().begins(when, Place(name, line))

    def _opening(self) -> str:
        return CUTTER.get().opening()

    def _closing(self) -> str:
        return CUTTER.get().closing()

    def filter_stream(self, stream: TokenStream) -> TokenStream | Iterator[Token]:
        return _folded(list(stream)) if self.environment.autoescape else stream


def _folded(tokens: list[Token]) -> Iterator[Token]:
    """The template's own text with its white space folded; done here, before anything is
    rendered, it comes out the same whatever a plan shows."""
    ours = False  # whether the tag that was last open is one of ours
    for index, token in enumerate(tokens):
        if token.type == "block_begin":
            ours = tokens[index + 1].value in _OURS
        if token.type != "data":
            yield token
            continue
        after = index > 0 and tokens[index - 1].type == "block_end" and ours
        before = (
            index + 2 < len(tokens)
            and tokens[index + 1].type == "block_begin"
            and tokens[index + 2].value in _OURS
        )
        yield Token(token.lineno, "data", _fold(str(token.value), after=after, before=before))


def _fold(text: str, *, after: bool, before: bool) -> str:
    if "<pre" in text:
        return text
    folded = re.sub(r"\s+", lambda m: "\n" if "\n" in m[0] else " ", text)
    folded = _AROUND_BLOCK.sub(r"\1", folded)
    if after:
        folded = folded.removeprefix("\n")
    return folded.removesuffix("\n") if before else folded


def check_loops(trees: Mapping[str, nodes.Template]) -> None:
    """Refuses `loop.index` and its like in a loop over fragments: it would count what the
    reader does not see. `trees` are a template's files as Jinja parsed them.

    Raises:
        TemplateError: with the file and line of the first such use.
    """
    cutting = _cutting_macros([m for tree in trees.values() for m in tree.find_all(nodes.Macro)])
    for name, tree in trees.items():
        for loop in tree.find_all(nodes.For):
            if _cuts(loop, cutting):
                for use in _loop_uses(loop, cutting):
                    raise Place(name, use.lineno).error(
                        "loop.* counts entries that a reader may not see; it cannot be used in a "
                        "loop with fragments, use count() or a fact such as first(entry)"
                    )


def _cutting_macros(macros: list[nodes.Macro]) -> set[str]:
    """The macros with a fragment in them, or in a macro that they call."""
    found: set[str] = set()
    while more := {m.name for m in macros if m.name not in found and _cuts(m, found)}:
        found |= more
    return found


def _cuts(node: nodes.Node, macros: set[str]) -> bool:
    return any(
        _name(call.node) in macros or _begins(call.node) for call in node.find_all(nodes.Call)
    )


def _begins(node: nodes.Node) -> bool:
    return isinstance(node, nodes.ExtensionAttribute) and node.name == "_begins"


def _name(node: Any) -> str:
    return str(getattr(node, "attr", getattr(node, "name", "")))


def _loop_uses(node: nodes.Node, macros: set[str]) -> Iterator[nodes.Node]:
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.For) and not _cuts(child, macros):
            continue  # its `loop` is its own
        if isinstance(child, nodes.Name) and child.name == "loop" and child.ctx == "load":
            yield child
        yield from _loop_uses(child, macros)
