"""Settings: `newsletter.toml` in the working folder, `NEWSLETTER_*` in the environment over it."""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from newsletter.errors import SettingsError

FILE_NAME = "newsletter.toml"
PREFIX = "NEWSLETTER_"
DATABASE_URL = "sqlite:///newsletter.db"
"""The database of whoever names none: a file of the working folder."""
_OWNER_ONLY = 0o600
_DNS_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")


def _database_url(value: SecretStr) -> SecretStr:
    scheme = urlsplit(value.get_secret_value()).scheme.partition("+")[0]
    if scheme not in ("sqlite", "postgresql"):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return value


def _smtp_url(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("smtp", "smtps", "smtp+starttls") or not parts.hostname:
        raise ValueError("must look like smtp://user:password@host:587, or smtps://…:465")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("must have a port from 1 to 65535") from None
    return value


def _mailbox_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    parts = urlsplit(url)
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if scheme and (scheme not in ("imaps", "imap") or not (parts.hostname and parts.password)):
        raise ValueError("must look like imaps://user:password@host/INBOX, or be a Maildir's path")
    return value


def _keys(value: object) -> object:
    """Keys as the environment holds them: parted by commas or spaces, or a list in JSON."""
    # No key is ever shown in a message, so what is wrong stays unsaid here: a ring judges keys.
    return tuple(re.findall(r"[^\s,\[\]\"']+", value)) if isinstance(value, str) else value


def _networks(value: object) -> object:
    """Networks as the environment holds them, parted by commas or spaces, or a list of texts."""
    if isinstance(value, str):
        value = re.findall(r"[^\s,\[\]\"']+", value)
    if not isinstance(value, (list, tuple)):
        raise ValueError("must be a list of addresses or networks, such as 10.0.0.0/8")  # noqa: TRY004
    return tuple(_network(str(one)) for one in value)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"holds {text!r}: write addresses or networks, as 10.0.0.0/8") from None


def _dns_name(value: str) -> str:
    if value and not _DNS_NAME.fullmatch(value):
        raise ValueError("must be a name in DNS, in ASCII, such as news.example.org")
    return value


def _public_url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must look like https://news.example.org")
    if parts.query or parts.fragment:
        raise ValueError("must have no ? or # part")
    return value.rstrip("/")


class Settings(BaseSettings):
    """What differs from one installation to the next. Secrets print as asterisks."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    database_url: Annotated[SecretStr, AfterValidator(_database_url)] = Field(
        default=SecretStr(DATABASE_URL),
        description="where everything is stored: sqlite:///FILE or postgresql://USER@HOST/NAME",
    )
    smtp_url: Annotated[SecretStr, AfterValidator(_smtp_url)] | None = Field(
        default=None,
        description="the relay: smtp://USER:PASSWORD@HOST:587 (STARTTLS) or smtps://HOST:465",
    )
    smtp_fallback_url: Annotated[SecretStr, AfterValidator(_smtp_url)] | None = Field(
        default=None,
        description="a second relay, over which a send goes on when the first cannot be used",
    )
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(
        default="",
        description="where readers reach the pages; takes the place of each list's public_url",
    )
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_keys)] = Field(
        default=(),
        description="keys that sign links in mail, newest first; old ones stay so links go on",
    )
    erasure_key: SecretStr | None = Field(
        default=None,
        description="the key of the hashes of erased people's addresses; it never changes",
    )
    lists_folder: Path = Field(
        default=Path("subscribers"), description="the folder that holds a folder for each list"
    )
    templates_folder: Path = Field(
        default=Path("templates"), description="your templates; the packaged ones come after them"
    )
    dkim_key_file: Path | None = Field(
        default=None,
        description="an RSA key in PEM, to sign with DKIM; unset where the relay signs",
    )
    dkim_selector: Annotated[str, AfterValidator(_dns_name)] = Field(
        default="", description="the name of that key below _domainkey"
    )
    dkim_domain: Annotated[str, AfterValidator(_dns_name)] = Field(
        default="", description="who signs: the domain of the lists' senders, or one above it"
    )
    mailbox_url: Annotated[SecretStr, AfterValidator(_mailbox_url)] | None = Field(
        default=None,
        description="where returned mail lies: imaps://USER:PASSWORD@HOST/INBOX, or a Maildir",
    )
    mailbox_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = Field(
        default=10, description="how often `serve` reads it"
    )
    unread_days: Annotated[int, Field(ge=1)] = Field(
        default=180, description="how long a report that no rule understood is kept"
    )
    trusted_proxies: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)
    ] = Field(
        default=(),
        description="proxies in front of the pages, whose X-Forwarded-For is believed",
    )
    metrics: bool = Field(
        default=False,
        description="whether /metrics answers anybody, not only requests from this machine",
    )
    editor: str = Field(
        default="", description="who works here, as histories name them; else the login name"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="how much is logged to stderr; info has a line an attempt"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secret keys in clear, newest first: never print them.

        Raises:
            SettingsError: none is set.
        """
        if not self.secret_keys:
            raise SettingsError(_missing("secret_keys", "`newsletter init` makes one"))
        return tuple(key.get_secret_value() for key in self.secret_keys)

    @property
    def relay_url(self) -> str:
        """The relay's URL, password included: never print it.

        Raises:
            SettingsError: it is not set.
        """
        if self.smtp_url is None:
            example = 'set it, for instance smtp_url = "smtp://user:password@host:587"'
            raise SettingsError(_missing("smtp_url", example))
        return self.smtp_url.get_secret_value()

    @property
    def mailbox(self) -> str:
        """Where returned mail lies, password included, or empty: never print it."""
        return "" if self.mailbox_url is None else self.mailbox_url.get_secret_value()

    @property
    def fallback_relay_url(self) -> str:
        """The second relay's URL, password included, or empty: never print it."""
        return "" if self.smtp_fallback_url is None else self.smtp_fallback_url.get_secret_value()


def load(folder: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of `folder`, the environment's over those of its file.

    Raises:
        SettingsError: a setting is wrong or unknown; names it and where it was found.
    """
    path = folder / FILE_NAME
    environment = os.environ if environment is None else environment
    stored = _read(path)
    _refuse_unknown(environment)
    try:
        return Settings(**stored)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        from_environment = PREFIX + name.upper() in environment
        where = "the environment" if from_environment else str(path)
        shown = PREFIX + name.upper() if from_environment else name
        reason = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
        if first["type"] == "extra_forbidden":
            reason = _unknown(name, tuple(Settings.model_fields))
        raise SettingsError(f"{shown} (in {where}) {reason}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    # A misspelt variable would otherwise leave the default in force, in silence.
    for name in environment:
        field = name.removeprefix(PREFIX).lower()
        if name.startswith(PREFIX) and field not in (*Settings.model_fields, "require_system"):
            known = [PREFIX + one.upper() for one in Settings.model_fields]
            raise SettingsError(f"{name} (in the environment) {_unknown(name, known)}")


def _unknown(name: str, known: Sequence[str]) -> str:
    # The prefix that all share would make any two of them alike.
    bare = {one.removeprefix(PREFIX): one for one in known}
    near = get_close_matches(name.removeprefix(PREFIX), bare, 1)
    meant = f"did you mean {bare[near[0]]}?" if near else f"there are {', '.join(known)}"
    return f"is no setting; {meant}"


def _missing(name: str, mend: str) -> str:
    return f"{name} is not set: looked in {FILE_NAME} and {PREFIX}{name.upper()}; {mend}"


def new_secret() -> str:
    """A fresh key of 256 bits."""
    return secrets.token_urlsafe(32)


def write_first(folder: Path, secret: str) -> Path:
    """Writes `newsletter.toml` with a key, readable by its owner only.

    Raises:
        SettingsError: the file is there already, and keys in it may sign links in sent mail; or
            the folder cannot be written.
    """
    path = folder / FILE_NAME
    text = (
        "# Settings; each can also stand in the environment as NEWSLETTER_NAME.\n"
        f'database_url = "{DATABASE_URL}"\n'
        "# The relay that mail is handed to. To try without one, catch the mail in a folder:\n"
        "#   python -m aiosmtpd -n -l 127.0.0.1:8026 -c aiosmtpd.handlers.Mailbox caught\n"
        '# smtp_url = "smtp://127.0.0.1:8026"\n'
        '# smtp_url = "smtp://user:password@relay.example.org:587"\n'
        '# public_url = "https://news.example.org"\n'
        '# mailbox_url = "imaps://bounces:password@imap.example.org/INBOX"\n'
        "# Newest first. Keep old keys: the links in sent mail depend on them.\n"
        f'secret_keys = ["{secret}"]\n'
        "# Tells erased people from others, so that no import revives them. It never changes.\n"
        f'erasure_key = "{new_secret()}"\n'
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        raise SettingsError(f"{path} is there already; nothing was changed") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path
