"""LaTeX in titles and abstracts as readable Unicode; what has no Unicode stays as written."""

from __future__ import annotations

import re
import unicodedata

_GREEK = (
    "alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι "
    "kappa κ lambda λ mu μ nu ν xi ξ pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ "
    "upsilon υ phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π "
    "Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω"
)
_SIGNS = (
    "times × cdot · pm ± mp ∓ div ÷ ast ∗ star ⋆ circ ∘ bullet • oplus ⊕ otimes ⊗ odot ⊙ "
    "le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ ne ≠ neq ≠ ll ≪ gg ≫ sim ∼ simeq ≃ approx ≈ "
    "cong ≅ equiv ≡ propto ∝ lesssim ≲ gtrsim ≳ in ∈ notin ∉ subset ⊂ subseteq ⊆ supset ⊃ "
    "cup ∪ cap ∩ setminus ∖ emptyset ∅ forall ∀ exists ∃ neg ¬ land ∧ lor ∨ to → rightarrow → "
    "leftarrow ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔ mapsto ↦ uparrow ↑ "
    "downarrow ↓ infty ∞ partial ∂ nabla ∇ sum ∑ prod ∏ int ∫ oint ∮ sqrt √ hbar ℏ ell ℓ Re ℜ "
    "Im ℑ aleph ℵ angle ∠ perp ⊥ parallel ∥ dagger † ddagger ‡ prime ′ degree ° langle ⟨ rangle ⟩ "
    "lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ mid | vert | Vert ‖ ldots … dots … cdots ⋯ deg ° AA Å aa å "
    "ss ß ae æ AE Æ oe œ OE Œ o ø O Ø l ł L Ł i ı j ȷ S § P ¶ copyright ©"
)
_pairs = f"{_GREEK} {_SIGNS}".split()
SYMBOLS = dict(zip(_pairs[::2], _pairs[1::2], strict=True))
_WORDS = ("log", "ln", "exp", "sin", "cos", "tan", "min", "max", "sup", "inf", "lim", "det", "tr")
_SPACES = {",": "\u2009", ";": " ", ":": " ", " ": " ", "!": "", "quad": " ", "qquad": " "}
_PLAIN: tuple[str, ...] = (
    "text",
    "textrm",
    "textit",
    "textbf",
    "textsc",
    "texttt",
    "emph",
    "mathrm",
    "rm",
)
_PLAIN += ("mbox", "operatorname", "mathit", "mathsf", "mathtt")
_DROPPED = ("left", "right", "big", "Big", "bigl", "bigr", "displaystyle", "limits", "nolimits")

_ACCENTS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303"}
_ACCENTS |= {"=": "\u0304", ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b"}
_ACCENTS |= {"c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323", "b": "\u0331"}
_OVER = {"hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303"}
_OVER |= {"bar": "\u0304", "overline": "\u0304", "dot": "\u0307", "ddot": "\u0308", "vec": "\u20d7"}

_SUPER = dict(
    zip(
        "0123456789+-=()nisxaTbcdefghjklmoprtuvwyz",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˢˣᵃᵀᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳᵗᵘᵛʷʸᶻ",
        strict=True,
    )
)
_SUPER |= {"−": "⁻", "∗": "*", "*": "*", "†": "†", "′": "′", "°": "°", "∘": "°"}
_SUB = dict(
    zip(
        "0123456789+-=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)
_SUB |= {"−": "₋"}

_LETTERS = {"mathbb": "DOUBLE-STRUCK", "mathcal": "SCRIPT", "mathscr": "SCRIPT"}
_LETTERS |= {"mathfrak": "BLACK-LETTER", "mathbf": "BOLD", "boldsymbol": "BOLD", "bm": "BOLD"}

# `$5 and $6` is money: only a formula that begins with a command may end before a digit.
_FORMULA = re.compile(
    r"\$\$([^$]+)\$\$|(?<![\\$])\$(\\[A-Za-z][^$]*(?<!\\)|[^$\s](?:[^$]*[^$\s\\])?(?=\$(?!\d)))\$"
    r"|\\\((.{1,400}?)\\\)"
)
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_~]|\s+|[^\\{}^_~\s]")
_IN_TEXT = re.compile(
    r"""\\(["'`^~=.])\s*(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))|\\([uvHckrdb])\{\\?([A-Za-z])\}"""
)
_BRACED = re.compile(
    r"""\{(\\(?:["'`^~=.]\s*\\?[A-Za-z]|["'`^~=.]\{\\?[A-Za-z]\}|[uvHckrdb]\{\\?[A-Za-z]\}))\}"""
)
_NAMED_LETTERS = "AA|aa|ss|ae|AE|oe|OE|o|O|l|L"
_LETTER = re.compile(rf"\{{\\({_NAMED_LETTERS})\}}|\\({_NAMED_LETTERS})(?![A-Za-z])(?:\{{\}}|\s)?")
_TEXT_STYLE = re.compile(r"\\(?:emph|textit|textbf|texttt|textsc|textrm|text)\{([^{}]*)\}")


_DEEPEST = 30  # groups within groups; a formula with more was not written to be read


class _UnreadableError(Exception):
    """A formula with something that has no likeness in Unicode."""


def readable_maths(text: str) -> str:
    r"""`text` with its formulas and accents in Unicode; a formula that cannot be is left whole.

    >>> readable_maths(r"Scaling as $N^{2}$ in $\alpha$-RuCl$_3$, by Schr\"odinger")
    'Scaling as N² in α-RuCl₃, by Schrödinger'
    >>> readable_maths(r"$\frac{a}{\begin{matrix}b\end{matrix}}$ costs $5 or $6")
    '$\\frac{a}{\\begin{matrix}b\\end{matrix}}$ costs $5 or $6'
    """
    if "$" not in text and "\\" not in text:
        return text
    done: list[str] = []
    at = 0
    for match in _FORMULA.finditer(text):
        done.append(_words(text[at : match.start()]))
        done.append(_formula(match))
        at = match.end()
    done.append(_words(text[at:]))
    return "".join(done)


def _words(text: str) -> str:
    if "\\" not in text:
        return text
    text = _TEXT_STYLE.sub(r"\1", text)
    text = _BRACED.sub(r"\1", text)
    text = _IN_TEXT.sub(lambda m: _accented(m[1] or m[4], m[2] or m[3] or m[5]), text)
    text = _LETTER.sub(lambda m: SYMBOLS[m[1] or m[2]], text)
    return re.sub(r"\\([%&#_$ ])", r"\1", text)


def _accented(accent: str, letter: str) -> str:
    return unicodedata.normalize("NFC", letter + _ACCENTS[accent])


def _formula(match: re.Match[str]) -> str:
    source = match[1] or match[2] or match[3]
    try:
        reader = _Reader(_TOKEN.findall(source))
        result = reader.group(at_top=True)
    except _UnreadableError:
        return match[0]
    return " ".join(unicodedata.normalize("NFC", result).split(" ")).strip()


class _Reader:
    """Reads one formula's tokens from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._deep = 0

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise _UnreadableError
        self._at += 1
        return self._tokens[self._at - 1]

    def group(self, *, at_top: bool = False) -> str:
        """Up to the closing brace, or, at the top, to the end."""
        parts: list[str] = []
        while self._at < len(self._tokens):
            sign = self._next()
            if sign == "}":
                if at_top:
                    raise _UnreadableError
                return "".join(parts)
            read = self._one(sign)
            if self._only_ends_a_command(sign, read):
                self._at += 1
            apart = sign[1:] in _WORDS and parts and parts[-1][-1:].isalnum()
            parts.append(f" {read}" if apart else read)
        if not at_top:
            raise _UnreadableError
        return "".join(parts)

    def _only_ends_a_command(self, sign: str, read: str) -> bool:
        r"""Whether the space that is next was typed for TeX alone: `\Delta E` is ΔE."""
        after = self._tokens[self._at : self._at + 2]
        if sign[1:] not in SYMBOLS or not (read.isalpha() or read in "∂∇") or len(after) < 2:
            return False
        letter = SYMBOLS.get(after[1][1:], "") if after[1].startswith("\\") else after[1]
        return after[0].isspace() and (letter.isalpha() or letter == "(")

    def _argument(self) -> str:
        sign = self._next()
        while sign.isspace():
            sign = self._next()
        return self.group() if sign == "{" else self._one(sign)

    def _one(self, sign: str) -> str:
        self._deep += 1
        if self._deep > _DEEPEST:
            raise _UnreadableError
        read = self._read(sign)
        self._deep -= 1
        return read

    def _read(self, sign: str) -> str:
        if sign == "{":
            return self.group()
        if sign in "^_":
            return _raised(self._argument(), _SUPER if sign == "^" else _SUB, sign)
        if sign == "~" or sign.isspace():
            return " "
        if sign.startswith("\\"):
            return self._command(sign[1:])
        return "−" if sign == "-" else "′" if sign == "'" else sign

    def _command(self, name: str) -> str:  # one line for each kind of command
        if name in SYMBOLS and name != "sqrt":
            return SYMBOLS[name]
        if name in _WORDS or name in _DROPPED:
            return name if name in _WORDS else ""
        if name in _SPACES:
            return _SPACES[name]
        if name in _PLAIN:
            return self._argument()
        if name in _LETTERS:
            return "".join(_styled(c, _LETTERS[name]) for c in self._argument())
        if name in _OVER or (name in _ACCENTS and not name.isalpha()):
            return _over(self._argument(), _OVER.get(name) or _ACCENTS[name])
        if name == "sqrt":
            return "√" + _bracketed(self._argument())
        if name in ("frac", "tfrac", "dfrac"):
            return f"{_bracketed(self._argument())}/{_bracketed(self._argument())}"
        if name in "{}%&#_$|":
            return "‖" if name == "|" else name
        raise _UnreadableError


def _raised(inner: str, table: dict[str, str], sign: str) -> str:
    inner = inner.replace(" ", "")
    if inner and all(c in table for c in inner):
        return "".join(table[c] for c in inner)
    if not inner:
        raise _UnreadableError
    return sign + (inner if len(inner) == 1 else f"({inner})")


def _styled(character: str, style: str) -> str:
    """The letter as ℝ or ℋ where Unicode has had it for long; of the newer mathematical alphabets
    many a reader's fonts show only boxes, so such letters stay plain."""
    if not (character.isascii() and character.isalpha()):
        return character
    size = "CAPITAL" if character.isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"{style} {size} {character.upper()}")
    except KeyError:
        return character


def _over(inner: str, accent: str) -> str:
    if len(inner) != 1:
        raise _UnreadableError
    return inner + accent


def _bracketed(inner: str) -> str:
    return inner if re.fullmatch(r"\w+", inner) else f"({inner})"
