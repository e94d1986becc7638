"""DKIM signatures (RFC 6376), for those whose relay does not sign: rsa-sha256, relaxed/relaxed.

The same message at the same instant under the same key gives the same signature, so `newsletter
render` and later attempts repeat it; with which key a sender signed is kept (`store.signings`).
"""

from __future__ import annotations

import datetime as dt
import re
import stat
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from newsletter.errors import SettingsError
from newsletter.store.signings import KeyName

OVERSIGNED = (
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)
"""Fields named once more than they occur, so that nobody can add another (RFC 6376 §8.15)."""

SIGNED = (
    "Content-Transfer-Encoding",
    "Content-Language",
    "List-Id",
    "List-Help",
    "List-Owner",
    "List-Archive",
    "List-Post",
    "Feedback-ID",
    "Auto-Submitted",
    "Precedence",
)
"""Fields that are signed where they occur."""

LEAST_BITS = 2048
"""Of the key; what Gmail asks of bulk senders."""

MOST_BITS = 4096

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_WHITE = re.compile(rb"[ \t\r\n]+")
_LINE = 72
_STRING = 255  # octets in one string of a TXT record: RFC 1035 §3.3


@dataclass(frozen=True, eq=False)
class Signer:
    """A key under the name by which its public half is found: `selector._domainkey.domain`."""

    key: RSAPrivateKey
    domain: str
    selector: str

    def signed(self, message: bytes, at: dt.datetime, author: str) -> bytes:
        """`message` (CRLF line ends, not dot-stuffed) with a signature before its header.

        `author` is the domain of its From; `at` becomes the signature's time.

        Raises:
            SettingsError: no receiver would count the signature for that author.
        """
        self._must_align(author)
        header, _, body = message.partition(b"\r\n\r\n")
        fields = _by_name(header)
        names = [name for name in (*OVERSIGNED, *SIGNED) if name.lower().encode() in fields]
        named = [name for name in names for _ in fields[name.lower().encode()]] + list(OVERSIGNED)
        unsigned = self._unsigned(named, sha256(relaxed_body(body)).digest(), at)
        covered = [field for name in names for field in reversed(fields[name.lower().encode()])]
        data = b"".join([field + b"\r\n" for field in covered]) + relaxed_field(unsigned)
        signature = b64encode(self.key.sign(data, PKCS1v15(), SHA256())).decode()
        return unsigned + _folded(signature).encode() + b"\r\n" + message

    def _unsigned(self, names: Iterable[str], body_hash: bytes, at: dt.datetime) -> bytes:
        """The field up to `b=`, as RFC 6376 §3.7 has it hashed, without a CRLF."""
        return (
            "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
            f" d={self.domain}; s={self.selector}; t={int(at.timestamp())};\r\n"
            f" h={_listed(names)};\r\n"
            f" bh={b64encode(body_hash).decode()};\r\n b="
        ).encode()

    def _must_align(self, author: str) -> None:
        # RFC 7489 §3.1.1: they need one organisational domain, which has two labels at least.
        if self.domain.split(".")[-2:] != author.lower().split(".")[-2:]:
            raise SettingsError(
                f"dkim_domain {self.domain} cannot vouch for mail from {author}: DMARC wants the "
                "domain of the list's sender, or one above it"
            )

    @property
    def record_name(self) -> str:
        """Where the public key is to be published."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The TXT record to publish there (RFC 6376 §3.6.1)."""
        return f"v=DKIM1; k=rsa; p={b64encode(self._public).decode()}"

    @property
    def name(self) -> KeyName:
        """What tells the key from any other, and is no secret."""
        return KeyName(self.record_name, sha256(self._public).hexdigest())

    @property
    def _public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def zone_line(self) -> str:
        """The record as a line of a zone file: in strings of at most 255 octets."""
        record = self.record
        strings = (record[at : at + _STRING] for at in range(0, len(record), _STRING))
        quoted = " ".join(f'"{string}"' for string in strings)
        return f"{self.record_name}. IN TXT ( {quoted} )"


def load_signer(key_file: Path, domain: str, selector: str) -> Signer:
    """The signer whose private key, PEM and without a password, is in `key_file`.

    Raises:
        SettingsError: the file is not there, may be read by everybody, or holds no such key.
    """
    where = f"dkim_key_file {key_file}"
    try:
        # Parsed once: it takes tens of milliseconds.
        key = load_pem_private_key(_secret(key_file, where), None)
    except OSError as error:
        raise SettingsError(f"{where} cannot be read: {(error.strerror or '').lower()}") from None
    except TypeError:
        raise SettingsError(f"{where} is locked with a password: store it without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise SettingsError(f"{where} holds no private key in PEM: {_make(key_file)}") from None
    if not isinstance(key, RSAPrivateKey):
        raise SettingsError(f"{where} holds a key that is not RSA: {_make(key_file)}")
    if not LEAST_BITS <= key.key_size <= MOST_BITS:
        raise SettingsError(
            f"{where} has a key of {key.key_size} bits; it needs {LEAST_BITS} to {MOST_BITS}: "
            f"{_make(key_file)}"
        )
    return Signer(key, domain.lower(), selector.lower())


def _secret(path: Path, where: str) -> bytes:
    with path.open("rb") as file:
        if stat.S_IMODE(path.stat().st_mode) & stat.S_IROTH:
            raise SettingsError(f"{where} may be read by everybody: chmod 600 {path}")
        return file.read()


def _make(path: Path) -> str:
    return f"make one with `openssl genrsa -out {path} {LEAST_BITS}`"


def relaxed_body(body: bytes) -> bytes:
    """The body as it is hashed (RFC 6376 §3.4.4): a few passes over all of it, none by line."""
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n")
    while body.endswith(b"\r\n\r\n"):
        body = body[:-2]
    return body if body != b"\r\n" else b""


def relaxed_field(field: bytes) -> bytes:
    """A header field as it is hashed (RFC 6376 §3.4.2), without a CRLF."""
    name, _, value = field.partition(b":")
    return name.rstrip(b" \t").lower() + b":" + _WHITE.sub(b" ", value).strip(b" ")


def _by_name(header: bytes) -> dict[bytes, list[bytes]]:
    """The relaxed fields of a header by their names, from the top."""
    found: dict[bytes, list[bytes]] = {}
    for field in _FIELD_END.split(header):
        relaxed = relaxed_field(field)
        found.setdefault(relaxed.partition(b":")[0], []).append(relaxed)
    return found


def _listed(names: Iterable[str]) -> str:
    """Names with colons between, folded after one."""
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) >= _LINE:
            lines.append("")
        lines[-1] += f"{name}:"
    return "\r\n  ".join(lines).removesuffix(":")


def _folded(signature: str) -> str:
    return "\r\n  ".join(signature[at : at + _LINE] for at in range(0, len(signature), _LINE))
