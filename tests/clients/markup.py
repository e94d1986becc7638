"""HTML as a sequence of tags and texts in one spelling, so that two compilers can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from html import escape
from html.parser import HTMLParser

_CONDITIONAL = re.compile(r"\[if ([^\]]+)\]>(.*?)(?:<!\[endif\])?", re.DOTALL)
_END = "[endif]-->"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens: list[str] = []
        self._condition = ""  # that of the conditional comment that was last read

    def handle_decl(self, decl: str) -> None:
        self.tokens.append(f"<!{decl.lower()}>")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = ((name, _spelled(name, value or "")) for name, value in sorted(attrs))
        kept = (f' {name}="{escape(value)}"' for name, value in said if value or name != "class")
        self.tokens.append(f"<{tag}{''.join(kept)}>")

    def handle_endtag(self, tag: str) -> None:
        self.tokens.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and self.cdata_elem == "style":
            self.tokens += re.sub(r"\s*([{}:;,])\s*", r"\1", text).replace(";}", "}").split("}")
        elif text:
            self.tokens.append(text)

    def handle_comment(self, data: str) -> None:
        if match := _CONDITIONAL.fullmatch(data):
            opening = f"<!--[if {match[1]}]"
            inside = tokens(match[2])
            if self.tokens[-1:] == [_END] and self._condition == opening:
                self.tokens[-1:] = [*inside, _END]  # it goes on where the last one ended
            else:
                self.tokens += [opening, *inside, _END]
            self._condition = opening
        elif data.strip():
            self.tokens.append(f"<!--{data.strip()}-->")


def _spelled(name: str, value: str) -> str:
    if name == "class":
        return " ".join(sorted(value.split()))
    if name != "style":
        return value
    said = (part.partition(":") for part in value.split(";") if part.strip())
    return ";".join(sorted(f"{prop.strip()}:{' '.join(text.split())}" for prop, _, text in said))


def tokens(html: str) -> list[str]:
    """Tags with attributes, classes and declarations sorted, rules of style sheets, and texts, all
    with white space folded; the inside of Outlook's conditional comments too."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.tokens


def differences(one: str, other: str) -> Iterator[tuple[str, str]]:
    """What the first says and the second says instead, each as one line; either may be empty."""
    ours, theirs = tokens(one), tokens(other)
    for kind, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind != "equal":
            yield " ".join(ours[a:b]), " ".join(theirs[c:d])
