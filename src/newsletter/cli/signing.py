"""DKIM as the settings have it, and `newsletter dkim`: what to publish in DNS."""

from __future__ import annotations

from newsletter.cli.edge import JsonOption, out, settings, show_json
from newsletter.delivery.dkim import Signer, load_signer
from newsletter.errors import SettingsError
from newsletter.settings import Settings

_ALL = ("dkim_key_file", "dkim_selector", "dkim_domain")


def signer(found: Settings) -> Signer | None:
    """Who signs our mail; None: the relay does, or nobody.

    Raises:
        SettingsError: a part is missing, or the key cannot be used.
    """
    missing = [name for name in _ALL if not getattr(found, name)]
    if len(missing) == len(_ALL):
        return None
    if missing or found.dkim_key_file is None:
        raise SettingsError(
            f"{missing[0]} is not set: DKIM signing needs {', '.join(_ALL)}; a relay that signs "
            "needs none of them"
        )
    return load_signer(found.dkim_key_file, found.dkim_domain, found.dkim_selector)


def dkim(json: JsonOption = False) -> None:
    """The DNS record by which DKIM signatures are verified.

    It is made from the key's file.
    """
    found = signer(settings())
    if found is None:
        raise SettingsError(f"nothing is signed here: set {', '.join(_ALL)} to sign with DKIM")
    if json:
        show_json({"name": found.record_name, "type": "TXT", "value": found.record})
    else:
        out.print(found.zone_line)
