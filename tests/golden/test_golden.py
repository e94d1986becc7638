"""Messages are octet for octet what they were when somebody last looked at them."""

from __future__ import annotations

import pytest

from tests.golden.kinds import FOLDER, KINDS, Kind, message

MOST_OCTETS = 100_000


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_message_has_the_octets_it_had(kind: Kind) -> None:
    made, stored = message(kind.name), (FOLDER / f"{kind.name}.eml").read_bytes()
    if made != stored:
        lines = zip(made.split(b"\r\n"), stored.split(b"\r\n"), strict=False)
        number, pair = next(
            ((at, pair) for at, pair in enumerate(lines, 1) if pair[0] != pair[1]),
            (0, (made[-80:], stored[-80:])),
        )
        pytest.fail(
            f"{kind.name}.eml:{number} was {pair[1][:160]!r} and is {pair[0][:160]!r}; if that is "
            "meant, run `make golden` and look at the difference"
        )


def test_every_golden_message_is_of_a_kind_that_we_send() -> None:
    assert {path.stem for path in FOLDER.glob("*.eml")} == {kind.name for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_golden_message_is_small_enough_to_keep(kind: Kind) -> None:
    assert len(message(kind.name)) < MOST_OCTETS
