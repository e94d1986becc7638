"""Text from outside, made fit to stand in a page: what it says is kept, what it could do is not."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

from newsletter.rendering.mathtext import readable_maths

LINE_OCTETS = 200  # a space after this many becomes a line break
WORD_CHARACTERS = 60  # a longer word is broken by an empty comment
BREAK = "<!--\n-->"

# Characters that turn the direction of all that follows on their line (Unicode Standard Annex 9,
# section 2): Arabic and Hebrew do without them, as letters have a direction of their own.
_TURNS = "\u202a-\u202e\u2066-\u2069"
_NO_TURNS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
# Those, control characters, half surrogates and non-characters, which XML and mail cannot carry.
_UNFIT = re.compile(
    f"[{_TURNS}\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_FROM_THE_RIGHT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_ISOLATE, _END = "\u2068", "\u2069"
_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_TAGS = {"p", "em", "strong", "a", "ul", "ol", "li", "blockquote", "code", "br"}


def _lines_of_code(
    _: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: Any
) -> str:
    lines = map(html.escape, tokens[at].content.splitlines())
    return f"<p><code>{'<br>'.join(lines)}</code></p>\n"


def _instead_of_an_image(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any
) -> str:
    said = renderer.renderInlineAsText(tokens[at].children or [], options, env)
    return html.escape(said)


def _markdown() -> MarkdownIt:
    """What a few tags cannot say is said with those few: nothing runs into its neighbours."""
    made = MarkdownIt("commonmark", {"html": False})
    made.add_render_rule("heading_open", lambda *_: "<p><strong>")
    made.add_render_rule("heading_close", lambda *_: "</strong></p>\n")
    made.add_render_rule("code_block", _lines_of_code)
    made.add_render_rule("fence", _lines_of_code)
    made.add_render_rule("image", _instead_of_an_image)
    return made


_MARKDOWN = _markdown()


class Prose(str):
    """One line of text and the language it is in. In HTML it is escaped, and broken into lines of
    moderate length: where a browser sees a space, or, in a long word, an empty comment.

    The breaks depend on the text alone, never on what stands around it; so a piece of an issue
    has the same octets whatever else a reader gets.
    """

    __slots__ = ("lang",)
    lang: str

    def __new__(cls, text: str, lang: str = "") -> Prose:
        self = super().__new__(cls, text)
        self.lang = lang
        return self

    def __html__(self) -> Markup:  # what formats it would escape a plain string again
        return Markup(_in_lines(self))  # noqa: S704 (`_in_lines` escapes each word)


def prose(text: str, lang: str = "") -> Prose:
    """`text` on one line, without what no mail can carry, its maths readable."""
    return Prose(readable_maths(one_line(text)), lang)


def proper_name(text: str, lang: str = "") -> Prose:
    """`text` on one line, to stand among others on theirs: a name that is read from the right is
    isolated (Unicode Standard Annex 9, section 2.4.2), so that it leaves the order of its
    neighbours, and of the commas and numbers after it, alone."""
    said = prose(text, lang)
    return Prose(f"{_ISOLATE}{said}{_END}", lang) if _FROM_THE_RIGHT.search(said) else said


def one_line(text: str) -> str:
    """`text` with every line break and run of white space folded into one space."""
    return " ".join(_UNFIT.sub("", text).split())


def unturned(value: Any) -> Any:
    """What a page prints: text without the characters by which it would turn what follows it."""
    return value.translate(_NO_TURNS) if isinstance(value, str) else value


def language_of(text: str) -> str:
    """The language a title is in, as far as its script tells: `zh` or `en`."""
    return "zh" if _HAN.search(text) else "en"


def shorten(text: str, characters: int) -> str:
    """`text` cut after a sentence or, failing that, a word, with an ellipsis that no line begins
    with.

    >>> shorten("One thing. Another thing.", 15)
    'One thing.\\xa0…'
    """
    if len(text) <= characters:
        return text
    head = text[:characters]
    sentence = max((head.rfind(end) for end in (". ", "。", "！", "？")), default=-1)
    if sentence > characters // 3:
        return head[: sentence + 1].rstrip() + (
            "\N{NO-BREAK SPACE}…" if head[sentence] == "." else "…"
        )
    word = head.rfind(" ")
    return (head[:word] if word > characters // 2 else head).rstrip(" ,;:，；：") + "…"


def rich(markdown: str) -> str:
    """Markdown from an editor as HTML of a few harmless tags (nh3 keeps nothing else)."""
    clean = nh3.clean(
        _MARKDOWN.render(_fit(markdown)),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    return re.sub(r">([^<>]+)<", lambda m: f">{_in_lines(html.unescape(m[1]))}<", clean).strip()


def markdown_tokens(markdown: str) -> Sequence[Token]:
    """What Markdown says, block by block."""
    return _MARKDOWN.parse(_fit(markdown))


def _fit(markdown: str) -> str:
    return "\n".join(_UNFIT.sub("", line) for line in markdown.splitlines())


def _in_lines(text: str) -> str:
    lines: list[str] = []
    room = 0
    for word in re.split(r"\s", text):
        for start in range(0, len(word) or 1, WORD_CHARACTERS):
            part = html.escape(word[start : start + WORD_CHARACTERS])
            full = room <= 0 and not part.startswith(".")  # such a line would need its dot doubled
            between = BREAK if start else "\n" if full else " "
            if between != " ":
                room = LINE_OCTETS
            room -= len(part.encode()) + 1
            lines.append(between + part)
    return "".join(lines)[1:]
