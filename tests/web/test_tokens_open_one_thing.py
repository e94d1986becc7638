from __future__ import annotations

from base64 import b32decode, b32encode
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.tokens import Key, Purpose
from tests.web.newsstand import Newsstand, copy_newsstand

MAC_OCTETS = 10
PLACES = {Purpose.LEAVE: "/u", Purpose.MANAGE: "/p", Purpose.VIEW: "/v"}
OPENS = {
    "/u": {Purpose.LEAVE, Purpose.LEAVE_LIST, Purpose.ENVELOPE, Purpose.ENVELOPE_LIST},
    "/p": {Purpose.MANAGE, Purpose.MANAGE_LIST},
    "/v": {Purpose.VIEW, Purpose.VIEW_WELCOME},
    "/c": set(),  # nothing without a number: see test_clicking
    "/confirm": {Purpose.CONFIRM},
}
FORMS = {
    Purpose.LEAVE: {"List-Unsubscribe": "One-Click"},
    Purpose.MANAGE: {"scope": "everything"},
}


@pytest.fixture(scope="module")
def stand(pristine: Newsstand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsstand]:
    newsstand = copy_newsstand(pristine, tmp_path_factory.mktemp("tokens"))
    yield newsstand
    newsstand.database.close()


def opens_nothing(stand: Newsstand, place: str, token: str) -> None:
    before = stand.dump()
    for response in (
        stand.client.get(f"{place}/{token}"),
        *(stand.client.post(f"{place}/{token}", data=form) for form in FORMS.values()),
    ):
        assert response.status_code in (400, 404, 405)
        assert "AI for Science" not in response.text
        assert "•••" not in response.text
    assert stand.dump() == before


def test_a_token_for_one_purpose_opens_nothing_else(stand: Newsstand) -> None:
    for purpose in Purpose:
        for place, opening in OPENS.items():
            if purpose not in opening:
                opens_nothing(stand, place, stand.token(purpose))


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(PLACES)), st.text("abcdefghijklmnopqrstuvwxyz234567", max_size=40))
def test_a_made_up_token_opens_nothing(stand: Newsstand, purpose: Purpose, token: str) -> None:
    opens_nothing(stand, PLACES[purpose], token)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(PLACES)), st.integers(0, 23), st.sampled_from("abcz237"))
def test_a_token_with_another_letter_opens_nothing(
    stand: Newsstand, purpose: Purpose, at: int, letter: str
) -> None:
    token = stand.token(purpose)
    changed = token[:at] + letter + token[at + 1 :]
    if changed != token:
        opens_nothing(stand, PLACES[purpose], changed)


def test_a_cut_token_opens_nothing(stand: Newsstand) -> None:
    for purpose, place in PLACES.items():
        token = stand.token(purpose)
        for length in range(1, len(token)):
            assert stand.client.get(f"{place}/{token[:length]}").status_code == 404


def test_tokens_with_their_parts_swapped_open_nothing(stand: Newsstand) -> None:
    readers = sorted(stand.deliveries)[:2]
    for purpose, place in PLACES.items():
        ada, mei = (_octets(stand.token(purpose, reader)) for reader in readers)
        of_another = _octets(stand.token(Purpose.CLICK, readers[0]))
        for payload, mac in ((ada, mei), (mei, ada), (ada, of_another)):
            mixed = payload[:-MAC_OCTETS] + mac[-MAC_OCTETS:]
            opens_nothing(stand, place, b32encode(mixed).decode().rstrip("=").lower())


def _octets(token: str) -> bytes:
    return b32decode(token.upper() + "=" * (-len(token) % 8))


def test_a_token_under_a_strangers_key_opens_nothing(stand: Newsstand) -> None:
    stranger = Key("a key that somebody else made up, long enough")
    for purpose, place in PLACES.items():
        opens_nothing(
            stand, place, stranger.sign(purpose, stand.deliveries["ada@mail.example.net"])
        )
