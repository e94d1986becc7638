"""What is forwarded with a mail proves nothing: text and header have tokens of their own."""

from __future__ import annotations

import datetime as dt
import email.policy
import re
from email.message import EmailMessage
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.links import Links
from newsletter.content.mailinglist import Clicks, Policies
from newsletter.content.planning import plan
from newsletter.content.preferences import Preferences
from newsletter.delivery.messages import message_for
from newsletter.errors import TemplateError, TokenError
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.encoding import Encoding
from newsletter.rendering.templates import load_template
from newsletter.store.values import Fixed
from newsletter.tokens import Keyring, Purpose
from newsletter.tracking.returned import read_returned
from tests.builders import make_digest
from tests.tracking.returned_mail import arf, dsn, our_headers, our_text

RING = Keyring.of(["a key for tests, and for nothing else at all"])
PROOFS = (Purpose.ENVELOPE, Purpose.ENVELOPE_LIST)
DIGESTS = {
    clicks: make_digest(
        policies=Policies(clicks=clicks), unsubscribe_mailbox="leave@news.example.org"
    )
    for clicks in Clicks
}
_WORD = re.compile(r"(?=([a-z2-7]{20,32}))")

NUMBERS = st.integers(1, 2**64 - 1)
KINDS = st.tuples(
    st.sampled_from(["weekly", "listing"]),
    st.sampled_from(Clicks),
    st.booleans(),
    st.sampled_from(Encoding),
)


@lru_cache
def form(template: str, clicks: Clicks) -> Compiled:
    found, links = load_template([], template), Links("https://news.example.org")
    return compile_issue(found, DIGESTS[clicks], ("en",), links=links)


def message(number: int, kind: tuple[str, Clicks, bool, Encoding]) -> EmailMessage:
    """The message of the delivery `number`, parsed."""
    template, clicks, html, encoding = kind
    fixed = Fixed(
        edition=1,
        address="ann@reader.example",
        preferences_id=1,
        message_id="<1@news.example.org>",
        date=dt.datetime(2026, 2, 12, 8, 0, tzinfo=dt.UTC),
        key_id=RING.current.id,
        encoding=encoding,
    )
    chosen = plan(DIGESTS[clicks], Preferences(html=html))
    octets = message_for(form(template, clicks), chosen, fixed, number, RING)
    found = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def words(text: str) -> set[str]:
    """All that could be a token of a delivery's, at whatever place it begins."""
    return {whole[1][:length] for whole in _WORD.finditer(text) for length in (24, 32)}


def opens(purpose: Purpose, text: str) -> set[int]:
    found = set()
    for word in words(text):
        try:
            found.add(RING.open(purpose, word))
        except TokenError:
            continue
    return found


def text_of(mail: EmailMessage) -> str:
    return "\n".join(
        str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"
    )


@settings(deadline=None)
@given(NUMBERS, KINDS)
def test_nothing_in_the_text_of_a_message_proves_whose_it_is_and_its_header_does(
    number: int, kind: tuple[str, Clicks, bool, Encoding]
) -> None:
    mail = message(number, kind)
    header, text = "\n".join(f"{name}: {value}" for name, value in mail.items()), text_of(mail)
    assert [opens(purpose, text) for purpose in PROOFS] == [set(), set()]
    assert opens(Purpose.LEAVE, text) == {number}
    assert [opens(purpose, header) for purpose in PROOFS] == [{number}, set()]
    assert not any(opens(other, header) for other in set(Purpose) - set(PROOFS))
    assert not words(text) & words(str(mail["List-Unsubscribe"]))


@settings(deadline=None)
@given(NUMBERS, KINDS)
def test_a_report_that_quotes_the_text_names_the_reader_and_one_with_the_header_proves_it(
    number: int, kind: tuple[str, Clicks, bool, Encoding]
) -> None:
    mail = message(number, kind)
    text, header = text_of(mail), f"List-Unsubscribe: {mail['List-Unsubscribe']}\n"
    for quoted, signed, named in (
        (f"Subject: Fwd\n\n{text}", (), (number,)),
        (header, (number,), ()),
        (f"{header}\n{text}", (number,), (number,)),
    ):
        clues = read_returned(arf(returned=quoted), RING).clues
        assert (clues.signed, clues.named) == (signed, named)


@given(NUMBERS, NUMBERS, st.sampled_from(sorted(set(Purpose) - set(PROOFS))))
def test_only_what_envelope_and_header_have_proves_a_report(
    number: int, other: int, purpose: Purpose
) -> None:
    forged = our_headers(number, purpose=purpose, ring=RING) + "\n" + our_text(other, RING)
    for report in (arf(returned=forged), dsn(returned=forged)):
        clues = read_returned(report, RING).clues
        assert (clues.signed, clues.subscriptions) == ((), ())


def test_a_template_cannot_put_the_headers_token_into_a_text() -> None:
    template = load_template([], "weekly")
    files = {**template.files, "issue.txt": "{{ slot('header_token') }}"}
    with pytest.raises(TemplateError, match="no slot 'header_token'"):
        compile_issue(
            type(template)(template.name, files),
            DIGESTS[Clicks.OFF],
            ("en",),
            links=Links("https://news.example.org"),
        )
