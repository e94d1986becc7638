"""A relay as its URL describes it: where, how secured, as whom, and how many connections."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from newsletter.errors import SettingsError

CONNECTIONS = 8
"""How many connections a send opens when neither the URL nor the caller says."""

RATE = 10.0
"""Messages a second that a relay gets when its URL does not say; one on loopback gets what it
takes, for it queues by itself."""

REUSE = 1000
"""How many messages one connection carries before another takes its place."""

SETTING, FALLBACK_SETTING = "smtp_url", "smtp_fallback_url"

_RATE = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?")
_LEAST_RATE = 0.01

_EXAMPLE = "write smtp://user:password@host:587 or smtps://user:password@host:465"


class Security(StrEnum):
    """How a connection is protected. TLS always verifies the relay's certificate."""

    PLAIN = "plain"
    STARTTLS = "starttls"  # RFC 3207, and nothing is sent without it
    TLS = "tls"  # from the first octet, RFC 8314 §3.3


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """A relay. `ca_file` holds certificates to trust beside the system's; `hello` is our name in
    EHLO, empty for this host's; `setting` is where it was named, for messages. `rate` is in
    messages a second (0: no limit), `rates` the same by provider or domain, `warmup` the day on
    which its warm-up began. A send goes on over `fallback` when this one cannot be used."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = field(default="", repr=False)
    connections: int = CONNECTIONS
    reuse: int = REUSE
    ca_file: str = ""
    hello: str = ""
    rate: float = 0.0
    rates: Mapping[str, float] = field(default_factory=dict, hash=False)
    warmup: dt.date | None = None
    setting: str = SETTING
    fallback: RelaySettings | None = None

    @property
    def name(self) -> str:
        """`host:port`, for logs and rows."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def paced(self) -> bool:
        """Whether anything limits how fast it is given mail."""
        return bool(self.rate or self.rates or self.warmup)


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
    `connections`, `reuse` (messages per connection), `ca` (a file of certificates), `hello`,
    `rate` (messages a second; 0: no limit), `rate.qq` (those of one provider or domain) and
    `warmup` (a day).

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
        rate=_rate(options, "rate", 0.0 if is_loopback(host) else RATE, setting),
        rates=_rates(options, setting),
        warmup=_day(options, "warmup", setting),
        setting=setting,
    )
    if options:
        raise SettingsError(
            f"{setting} has an option {next(iter(options))!r} that does not exist: "
            "there are tls, connections, reuse, ca, hello, rate, rate.PROVIDER, warmup"
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


def _rates(options: dict[str, str], setting: str) -> dict[str, float]:
    named = [name for name in options if name.startswith("rate.")]
    found = {name.removeprefix("rate.").lower(): _rate(options, name, 0, setting) for name in named}
    return {name: rate for name, rate in found.items() if rate}


def _rate(options: dict[str, str], name: str, default: float, setting: str) -> float:
    text = options.pop(name, "")
    if not text:
        return default
    if not _RATE.fullmatch(text) or (0 < float(text) < _LEAST_RATE):
        raise SettingsError(
            f"{setting} has {name}={text}: write messages a second, from {_LEAST_RATE} to 99999, "
            "or 0 for no limit"
        )
    return float(text)


def _day(options: dict[str, str], name: str, setting: str) -> dt.date | None:
    text = options.pop(name, "")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise SettingsError(
            f"{setting} has {name}={text}: write its first day as 2026-11-20"
        ) from None


def is_loopback(host: str) -> bool:
    """Whether what is sent to `host` never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
