"""A relay as its URL describes it: where, how secured, as whom, and how many connections."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from newsletter.errors import SettingsError

CONNECTIONS = 8
"""How many connections a send opens when neither the URL nor the caller says."""

REUSE = 1000
"""How many messages one connection carries before another takes its place."""

SETTING, FALLBACK_SETTING = "smtp_url", "smtp_fallback_url"

_EXAMPLE = "write smtp://user:password@host:587 or smtps://user:password@host:465"


class Security(StrEnum):
    """How a connection is protected. TLS always verifies the relay's certificate."""

    PLAIN = "plain"
    STARTTLS = "starttls"  # RFC 3207, and nothing is sent without it
    TLS = "tls"  # from the first octet, RFC 8314 §3.3


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """A relay. `ca_file` holds certificates to trust beside the system's; `hello` is our name in
    EHLO, empty for this host's; `setting` is where it was named, for messages. A send goes on over
    `fallback` when this one cannot be used."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = field(default="", repr=False)
    connections: int = CONNECTIONS
    reuse: int = REUSE
    ca_file: str = ""
    hello: str = ""
    setting: str = SETTING
    fallback: RelaySettings | None = None

    @property
    def name(self) -> str:
        """`host:port`, for logs and rows."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


_PORTS = {Security.PLAIN: 25, Security.STARTTLS: 587, Security.TLS: 465}
_SCHEMES = ("smtp", "smtps", "smtp+starttls")


def parse_relays(url: str, fallback_url: str = "") -> RelaySettings:
    """The relay that `url` names, with the one of `fallback_url` behind it if there is one.

    Raises:
        SettingsError: one of them names no relay.
    """
    fallback = parse_relay(fallback_url, FALLBACK_SETTING) if fallback_url else None
    return replace(parse_relay(url), fallback=fallback)


def parse_relay(url: str, setting: str = SETTING) -> RelaySettings:
    """The relay that `url`, the value of `setting`, names.

    `smtps://` is TLS; `smtp://` is STARTTLS, but plain to a loopback address and wherever
    `?tls=off` says so; `smtp+starttls://` and `?tls=required` insist. Further options are
    `connections`, `reuse` (messages per connection), `ca` (a file of certificates), `hello`.

    Raises:
        SettingsError: it names no relay. The message never shows the URL: it may hold a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise SettingsError(f"{setting}: {error}: {_EXAMPLE}") from None
    if parts.scheme not in _SCHEMES or not host:
        raise SettingsError(f"{setting} names no relay: {_EXAMPLE}")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    security = _security(parts.scheme, host, options.pop("tls", ""), setting)
    settings = RelaySettings(
        host=host,
        port=port or _PORTS[security],
        security=security,
        username=unquote(parts.username or ""),
        password=_password(parts),
        connections=_number(options, "connections", CONNECTIONS, 64, setting),
        reuse=_number(options, "reuse", REUSE, 1_000_000, setting),
        ca_file=options.pop("ca", ""),
        hello=options.pop("hello", "") or ("localhost" if is_loopback(host) else ""),
        setting=setting,
    )
    if options:
        raise SettingsError(
            f"{setting} has an option {next(iter(options))!r} that does not exist: "
            "there are tls, connections, reuse, ca, hello"
        )
    return settings


def _password(parts: SplitResult) -> str:
    return unquote(parts.password or "")


def _security(scheme: str, host: str, tls: str, setting: str) -> Security:
    if tls not in ("", "required", "off"):
        raise SettingsError(f"{setting} has tls={tls}: write tls=required or tls=off")
    if scheme != "smtp" and tls == "off":
        raise SettingsError(f"{setting} begins with {scheme}:// and says tls=off: write smtp://")
    if scheme == "smtps":
        return Security.TLS
    insists = scheme == "smtp+starttls" or tls == "required"
    if tls == "off" or (is_loopback(host) and not insists):
        return Security.PLAIN
    return Security.STARTTLS


def _number(options: dict[str, str], name: str, default: int, most: int, setting: str) -> int:
    text = options.pop(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise SettingsError(f"{setting} has {name}={text}: write a number from 1 to {most}")
    return int(text)


def is_loopback(host: str) -> bool:
    """Whether what is sent to `host` never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
