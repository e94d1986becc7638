"""A relay as its URL describes it: where, how secured, as whom, and how many connections."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from newsletter.errors import SettingsError

CONNECTIONS = 8
"""How many connections a send opens when neither the URL nor the caller says."""

REUSE = 1000
"""How many messages one connection carries before another takes its place."""

_EXAMPLE = "write smtp://user:password@host:587 or smtps://user:password@host:465"


class Security(StrEnum):
    """How a connection is protected. TLS always verifies the relay's certificate."""

    PLAIN = "plain"
    STARTTLS = "starttls"  # RFC 3207, and nothing is sent without it
    TLS = "tls"  # from the first octet, RFC 8314 §3.3


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """A relay. `ca_file` holds certificates to trust beside the system's; `hello` is our name in
    EHLO, empty for this host's."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = field(default="", repr=False)
    connections: int = CONNECTIONS
    reuse: int = REUSE
    ca_file: str = ""
    hello: str = ""

    @property
    def name(self) -> str:
        """`host:port`, for logs and rows."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


_PORTS = {Security.PLAIN: 25, Security.STARTTLS: 587, Security.TLS: 465}
_SCHEMES = ("smtp", "smtps", "smtp+starttls")


def parse_relay(url: str) -> RelaySettings:
    """The relay that `url` names.

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
        raise SettingsError(f"smtp_url: {error}: {_EXAMPLE}") from None
    if parts.scheme not in _SCHEMES or not host:
        raise SettingsError(f"smtp_url names no relay: {_EXAMPLE}")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    security = _security(parts.scheme, host, options.pop("tls", ""))
    settings = RelaySettings(
        host=host,
        port=port or _PORTS[security],
        security=security,
        username=unquote(parts.username or ""),
        password=_password(parts),
        connections=_number(options, "connections", CONNECTIONS, 64),
        reuse=_number(options, "reuse", REUSE, 1_000_000),
        ca_file=options.pop("ca", ""),
        hello=options.pop("hello", "") or ("localhost" if is_loopback(host) else ""),
    )
    if options:
        raise SettingsError(
            f"smtp_url has an option {next(iter(options))!r} that does not exist: "
            "there are tls, connections, reuse, ca, hello"
        )
    return settings


def _password(parts: SplitResult) -> str:
    return unquote(parts.password or "")


def _security(scheme: str, host: str, tls: str) -> Security:
    if tls not in ("", "required", "off"):
        raise SettingsError(f"smtp_url has tls={tls}: write tls=required or tls=off")
    if scheme != "smtp" and tls == "off":
        raise SettingsError(f"smtp_url begins with {scheme}:// and says tls=off: write smtp://")
    if scheme == "smtps":
        return Security.TLS
    insists = scheme == "smtp+starttls" or tls == "required"
    if tls == "off" or (is_loopback(host) and not insists):
        return Security.PLAIN
    return Security.STARTTLS


def _number(options: dict[str, str], name: str, default: int, most: int) -> int:
    text = options.pop(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise SettingsError(f"smtp_url has {name}={text}: write a number from 1 to {most}")
    return int(text)


def is_loopback(host: str) -> bool:
    """Whether what is sent to `host` never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
