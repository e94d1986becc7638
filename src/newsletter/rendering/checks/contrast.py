"""Whether what is written can be read: contrast in light and dark (WCAG 2.2, 1.4.3, level AA)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from newsletter.content.mailinglist import Theme
from newsletter.rendering.checks.finding import Finding, Severity
from newsletter.rendering.checks.page import Look, Page, When
from newsletter.rendering.checks.seen import Seen

TEXT, LARGE = 4.5, 3.0
"""Least ratios; large is 24 px, or 18.66 px in bold."""

_NAMED = {
    "black": "000000", "silver": "c0c0c0", "gray": "808080", "grey": "808080", "white": "ffffff",
    "maroon": "800000", "red": "ff0000", "purple": "800080", "fuchsia": "ff00ff", "green": "008000",
    "lime": "00ff00", "olive": "808000", "yellow": "ffff00", "navy": "000080", "blue": "0000ff",
    "teal": "008080", "aqua": "00ffff", "orange": "ffa500",
}  # fmt: skip


def check_theme(theme: Theme, readers: int) -> Iterator[Finding]:
    """Findings about pairs of a theme's colours that templates set upon each other."""
    for ink, ground in _pairs():
        above, below = getattr(theme, ink), getattr(theme, ground)
        ratio = contrast(above, below)
        if ratio is not None and ratio < TEXT:
            yield _finding(
                f"list.toml: theme.{ink} on theme.{ground}",
                f"{above} on {below} has a contrast of {ratio:.1f}; text needs {TEXT}",
                ratio,
                readers,
            )


def _pairs() -> Iterator[tuple[str, str]]:
    for dark, ink, ground in product(
        ("", "dark_"), ("ink", "muted", "accent"), ("paper", "ground")
    ):
        yield dark + ink, dark + ground


def check_page_contrast(page: Page, seen: Seen, theme: Theme) -> Iterator[Finding]:
    """Findings about the colours that the compiled HTML really uses, once for each pair.

    Pairs of the theme are left to `check_theme`, which says which value to change.
    """
    own = {(_written(getattr(theme, a)), _written(getattr(theme, b))) for a, b in _pairs()}
    met: dict[tuple[str, str, str], tuple[str, float, float, list[When]]] = {}
    for run in page.runs:
        for mode, look in (("light", run.light), ("dark", run.dark)):
            ink, ground = _written(look.ink or "black"), _written(look.ground or "white")
            ratio = contrast(ink, ground)
            least = LARGE if _large(look) else TEXT
            if look.hidden or ratio is None or ratio >= least or (ink, ground) in own:
                continue
            entry = met.setdefault((mode, ink, ground), (run.text, ratio, least, []))
            entry[3].append(run.when)
    for (mode, ink, ground), (text, ratio, least, whens) in met.items():
        if readers := seen.by_any(whens):
            yield _finding(
                f"the {mode} colours",
                f"{ink} on {ground} has a contrast of {ratio:.1f}, and {least} is needed: "
                f"{text[:40]!r}",
                ratio,
                readers,
            )


def contrast(one: str, other: str) -> float | None:
    """The contrast ratio of two CSS colours, 1 to 21; None if one is not understood."""
    first, second = luminance(one), luminance(other)
    if first is None or second is None:
        return None
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)


def luminance(colour: str) -> float | None:
    """The relative luminance of `#rgb`, `#rrggbb`, `rgb()` or a basic name."""
    channels = _channels(colour.strip().lower())
    if channels is None:
        return None
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[float, float, float] | None:
    digits = _NAMED.get(colour, colour.removeprefix("#"))
    if re.fullmatch("[0-9a-f]{3}", digits):
        digits = "".join(2 * digit for digit in digits)
    if re.fullmatch("[0-9a-f]{6}", digits):
        red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
        return red, green, blue
    match = re.fullmatch(r"rgb\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*\)", colour)
    if not match:
        return None
    return int(match[1]) / 255, int(match[2]) / 255, int(match[3]) / 255


def _written(colour: str) -> str:
    """A colour in the one form `#rrggbb`, or as it is if it is not understood."""
    channels = _channels(colour.strip().lower())
    return "#" + "".join(f"{round(c * 255):02x}" for c in channels) if channels else colour


def _large(look: Look) -> bool:
    size = look.size or 16
    return size >= 24 or (look.bold and size >= 18.66)


def _finding(where: str, what: str, ratio: float, readers: int) -> Finding:
    return Finding(
        # Under 3 no text of any size passes.
        severity=Severity.ERROR if ratio < LARGE else Severity.WARNING,
        code="contrast",
        where=where,
        what=what,
        mend="take a darker or lighter colour",
        readers=readers,
    )
