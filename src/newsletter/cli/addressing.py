"""Addresses on the command line, however they are spelt: every command takes them by these."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.addresses import as_stored, domain_as_stored

AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", parser=as_stored)]
"""Whose command it is."""

OldAddressArgument = Annotated[str, typer.Argument(metavar="OLD", parser=as_stored)]

OnlyAddressOption = Annotated[
    str, typer.Option("--to", metavar="ADDRESS", parser=as_stored, help="Only this address.")
]

ReaderOption = Annotated[
    str,
    typer.Option("--to", metavar="ADDRESS", parser=as_stored, help="The subscriber's address."),
]

DomainOption = Annotated[
    str,
    typer.Option(metavar="DOMAIN", parser=domain_as_stored, help="Only addresses at this domain."),
]
