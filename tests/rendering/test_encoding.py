from __future__ import annotations

import quopri

from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.encoding import Encoding

pieces = st.lists(st.text(st.characters(exclude_characters="\r", codec="utf-8")))
edges = st.lists(
    st.builds(
        lambda n, end: "x" * n + end, st.integers(68, 80), st.sampled_from([" \n", "é", "=", "."])
    )
)


@given(pieces | edges)
def test_quoted_pieces_joined_in_any_order_are_a_body_of_short_lines(texts: list[str]) -> None:
    body = b"".join(map(Encoding.QUOTED_PRINTABLE.transfer, texts))
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert quopri.decodestring(body).replace(b"\r\n", b"\n").decode() == "".join(texts)


@given(pieces)
def test_eight_bit_pieces_are_the_text_with_crlf(texts: list[str]) -> None:
    body = b"".join(map(Encoding.EIGHT_BIT.transfer, texts))
    assert body.replace(b"\r\n", b"\n").decode() == "".join(texts)
    assert b"\n" not in body.replace(b"\r\n", b"")
