"""Who takes the mail of a domain, by its MX where DNS answers: a company's mail may be Google's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import dns.exception
import dns.resolver

from newsletter.replies import provider_of

PATIENCE = 3.0
"""Seconds that DNS has for an answer."""

AT_ONCE = 4
"""Domains asked for at a time; more are asked for when their next reader comes."""

MOST = 20_000
"""Domains whose provider is remembered."""

_HOSTS = {
    "google": ("google.com", "googlemail.com"),
    "microsoft": ("outlook.com", "mx.microsoft"),
    "yahoo": ("yahoodns.net",),
    "qq": ("qq.com",),
    "netease": ("netease.com", "163.com"),
}


def provider_by_hosts(domain: str, hosts: Iterable[str]) -> str:
    """The provider that one of the mail hosts of `domain` belongs to, else the domain itself."""
    for host in hosts:
        name = "." + host.rstrip(".").lower()
        for provider, suffixes in _HOSTS.items():
            if name.endswith(tuple("." + suffix for suffix in suffixes)):
                return provider
    return domain


def mail_hosts(domain: str) -> list[str]:
    """The hosts that `domain` names in its MX records (RFC 5321 §5.1); none if DNS says nothing.

    It blocks, for `PATIENCE` at most.
    """
    try:
        found = dns.resolver.resolve(domain, "MX", lifetime=PATIENCE)
    except (dns.exception.DNSException, OSError, UnicodeError):
        return []
    return [str(record.exchange) for record in found]


class MailHosts:
    """The provider behind a domain, without ever making anybody wait.

    A well-known domain is known. Any other is its own provider until DNS, asked in a thread, has
    said whose hosts take its mail; that is remembered.
    """

    def __init__(self, look_up: Callable[[str], list[str]] = mail_hosts) -> None:
        self._look_up = look_up
        self._found: dict[str, str] = {}
        self._asked: set[str] = set()
        self._threads = ThreadPoolExecutor(AT_ONCE, "dns")

    def __call__(self, domain: str) -> str:
        known = provider_of(domain)
        if known != domain:
            return known
        found = self._found.get(domain)
        if found is None:
            self._ask(domain)
        return found or domain

    def _ask(self, domain: str) -> None:
        if domain in self._asked or len(self._asked) >= AT_ONCE or len(self._found) >= MOST:
            return
        self._asked.add(domain)

        def keep(done: Future[list[str]]) -> None:
            failed = done.cancelled() or done.exception() is not None
            self._found[domain] = domain if failed else provider_by_hosts(domain, done.result())
            self._asked.discard(domain)

        self._threads.submit(self._look_up, domain).add_done_callback(keep)
