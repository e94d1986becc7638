"""An editor's Markdown as plain text: written anew for a page without fonts, not left as typed.

What is emphasised stands between asterisks, a link is a number in brackets whose address stands
below the note, lists and quotations are set in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from newsletter.rendering.prose import Prose, markdown_tokens, prose


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or one of a list: `first` stands before its first line, `rest` before others;
    after a `tight` one there is no blank line."""

    text: Prose
    first: str
    rest: str
    tight: bool


@dataclass(frozen=True, slots=True)
class NoteText:
    """The blocks of a note, and the addresses of its links, numbered from 1."""

    blocks: tuple[Block, ...]
    links: tuple[str, ...]


def note_text(markdown: str, lang: str, address: Callable[[str], str]) -> NoteText:
    """`address` gives a link's address as it may be printed, or nothing if it may not be."""
    writer = _Writer(lang, address)
    for token in markdown_tokens(markdown):
        writer.take(token)
    after = [*writer.tight[1:], False]
    blocks = tuple(
        Block(*written, tight and next_is)
        for written, tight, next_is in zip(writer.written, writer.tight, after, strict=False)
    )
    return NoteText(blocks, tuple(writer.links))


@dataclass
class _Container:
    """A list item or a quotation that is open: what stands before its next line."""

    first: str
    rest: str


@dataclass
class _Writer:
    lang: str
    address: Callable[[str], str]
    written: list[tuple[Prose, str, str]] = field(default_factory=list)
    tight: list[bool] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    _around: list[_Container] = field(default_factory=list)
    _hidden: bool = False

    def take(self, token: Token) -> None:
        """The next token of markdown-it, of blocks."""
        match token.type:
            case "list_item_open":
                mark = f"{token.info}. " if token.info else "- "
                self._around.append(_Container(mark, " " * len(mark)))
            case "blockquote_open":
                self._around.append(_Container("> ", "> "))
            case "list_item_close" | "blockquote_close":
                self._around.pop()
            case "paragraph_open":
                self._hidden = token.hidden  # of a list without blank lines between its items
            case "heading_open":
                self._hidden = False
            case "inline":
                self._write(self._spoken(token.children or ()), tight=self._hidden)
            case "fence" | "code_block":
                for line in token.content.splitlines():
                    self._write(line, tight=True)

    def _write(self, text: str, *, tight: bool) -> None:
        said = prose(text, self.lang)
        if not said:
            return
        first = "".join(container.first for container in self._around)
        rest = "".join(container.rest for container in self._around)
        for container in self._around:
            container.first = container.rest
        self.written.append((said, first, rest))
        self.tight.append(tight)

    def _spoken(self, tokens: Sequence[Token]) -> str:
        """What stands in one block."""
        said: list[str] = []
        links: list[tuple[str, int]] = []
        for token in tokens:
            match token.type:
                case "em_open" | "em_close" | "strong_open" | "strong_close":
                    said.append("*")
                case "softbreak" | "hardbreak":
                    said.append(" ")
                case "link_open":
                    links.append((str(token.attrs["href"]), len(said)))
                case "link_close":
                    url, start = links.pop()
                    said.append(self._reference(url, "".join(said[start:])))
                case _:  # text, code, and what an image shows if it cannot be seen
                    said.append(token.content)
        return "".join(said)

    def _reference(self, url: str, words: str) -> str:
        """What follows a link's words: its number, unless they are the address itself."""
        shown = self.address(url)
        if not shown or words in (url, shown, shown.removeprefix("mailto:")):
            return ""
        if shown not in self.links:
            self.links.append(shown)
        return f" [{self.links.index(shown) + 1}]"
