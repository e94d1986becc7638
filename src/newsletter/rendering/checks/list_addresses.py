"""The addresses in list.toml, on which every link to leave or to choose depends."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.content.mailinglist import MailingList
from newsletter.rendering.checks.addresses import is_host, is_loopback, is_reserved, split
from newsletter.rendering.checks.finding import Finding, Severity

_WHERE = "list.toml: public_url"


def check_list_addresses(
    mailing_list: MailingList, readers: int, *, loopback_allowed: bool = False
) -> Iterator[Finding]:
    """Findings about `public_url` and the sender's domain.

    `loopback_allowed` is for mail that never leaves the machine: the demo's.
    """
    parts = split(mailing_list.public_url)
    host = (parts.hostname or "") if parts else ""
    if is_loopback(host):
        if not loopback_allowed:
            yield _error(
                "loopback-address",
                f"{mailing_list.public_url} is this machine: every reader's link to leave is dead",
                readers,
            )
    elif parts is None or parts.scheme not in ("http", "https") or not is_host(host):
        yield _error("malformed-link", f"{mailing_list.public_url!r} is not a web address", readers)
    elif parts.scheme != "https":
        yield _error(
            "insecure-link",
            f"{mailing_list.public_url} is not https, which one-click needs (RFC 8058 section 4)",
            readers,
        )
    yield from _reserved(host, _WHERE, readers)
    domain = mailing_list.sender.address.rpartition("@")[2]
    yield from _reserved(domain, "list.toml: sender.address", readers)


def _error(code: str, what: str, readers: int) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        code=code,
        where=_WHERE,
        what=what,
        mend="set public_url to the https address at which readers reach `newsletter serve`",
        readers=readers,
    )


def _reserved(host: str, where: str, readers: int) -> Iterator[Finding]:
    if is_reserved(host.lower()):
        yield Finding(
            severity=Severity.WARNING,
            code="example-address",
            where=where,
            what=f"{host} is a name kept for examples (RFC 2606): nothing answers there",
            mend="put your own domain into list.toml and run newsletter lists sync",
            readers=readers,
        )
