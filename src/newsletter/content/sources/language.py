"""Which language a text is written in, as far as its script tells."""

from __future__ import annotations

import re

_IDEOGRAPH = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[A-Za-z]{2,}")


def language_of(text: str) -> str:
    """`zh` when ideographs outweigh words in Latin letters, else `en`.

    Chinese about science is full of English names, so one ideograph weighs as much as one word.
    """
    ideographs = sum(1 for _ in _IDEOGRAPH.finditer(text))
    return "zh" if ideographs and ideographs >= sum(1 for _ in _WORD.finditer(text)) else "en"
