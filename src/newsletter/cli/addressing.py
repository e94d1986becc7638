"""Addresses on the command line, however they are spelt."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.addresses import parse_address
from newsletter.errors import AddressError


def as_stored(text: str) -> str:
    """An address in the form in which it is kept (`user@xn--bcher-kva.example` has Unicode there);
    what is none stays as it is, for the command to say that nobody has it."""
    try:
        return parse_address(text)
    except AddressError:
        return text


AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", parser=as_stored)]
"""Whose command it is."""
