"""Before an issue goes out, the unsubscribe address it names is tried as a mail client would."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import uvicorn

from newsletter.delivery import oneclick
from newsletter.delivery.oneclick import BODY, Connect, prove_one_click
from newsletter.errors import OneClickError
from newsletter.tokens import TEST_DELIVERY, Purpose
from tests.builders import make_digest
from tests.delivery.certifying import Authority
from tests.delivery.sending import run
from tests.web.newsstand import make_newsstand

HOST = "news.example.org"
OK, GONE = b"HTTP/1.1 200 OK\r\n\r\nDone.\n", b"HTTP/1.1 404 Not Found\r\n\r\n"
Answer = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("authority"))


def message(url: str = f"https://{HOST}/u/token") -> bytes:
    return f"Subject: x\r\nList-Unsubscribe: <{url}>, <mailto:x@y.example>\r\n\r\nx\r\n".encode()


def to_port(authority: Authority, port: int) -> Connect:
    """Reaches a public name at a port of this machine, its certificate verified as ever."""
    context = ssl.create_default_context(cafile=str(authority.ca))

    async def connect(host: str, _port: int) -> oneclick.Stream:
        return await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)

    return connect


def try_at(
    authority: Authority,
    answer: Answer,
    *,
    host: str = HOST,
    expired: bool = False,
    url: str = f"https://{HOST}/u/token",
) -> list[bytes]:
    """What a server was asked that answers with `answer`."""
    asked: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head + await reader.readexactly(len(BODY)))
        writer.write(answer(head))
        if not answer(head):
            await reader.read()  # until the other side has had enough
        writer.close()

    async def go() -> None:
        context = authority.server(host, expired=expired)
        server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        try:
            await prove_one_click(message(url), to_port(authority, port))
        finally:
            server.close()
            await asyncio.sleep(0.01)

    run(go())
    return asked


def ours(head: bytes) -> bytes:
    return OK if b"/u/token " in head else GONE


def test_it_posts_the_pair_of_rfc_8058_and_then_a_forged_token(authority: Authority) -> None:
    real, forged = try_at(authority, ours)
    assert real.startswith(b"POST /u/token HTTP/1.1\r\nHost: news.example.org\r\n")
    assert real.endswith(b"\r\n\r\nList-Unsubscribe=One-Click")
    assert b"application/x-www-form-urlencoded" in real
    assert b"ookie" not in real
    assert forged.startswith(b"POST /u/aaaaa HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda _: GONE, "answers 404"),
        (lambda _: b"HTTP/1.1 500 Oh\r\n\r\n", "answers 500"),
        (lambda _: b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", r"redirects \(302\)"),
        (lambda _: OK, "welcomes a forged token"),
        (lambda _: b"SSH-2.0-OpenSSH\r\n", "does not speak HTTP"),
        (lambda _: b"x" * 100_000, "cannot be reached"),
    ],
    ids=["404", "500", "redirect", "welcomes all", "no HTTP", "no line"],
)
def test_whatever_would_keep_readers_from_leaving_is_one_line(
    authority: Authority, answer: Answer, said: str
) -> None:
    with pytest.raises(OneClickError, match=said) as caught:
        try_at(authority, answer)
    assert "\n" not in str(caught.value)
    assert "--unchecked" in str(caught.value)
    assert "/u/token" not in str(caught.value), "a token is a secret of its kind"


def test_no_answer_ends_in_time(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oneclick, "PATIENCE", 0.2)
    with pytest.raises(OneClickError, match="no answer within"):
        try_at(authority, lambda _: b"")


@pytest.mark.parametrize(
    ("host", "expired", "said"),
    [("other.example.org", False, "not valid for"), (HOST, True, "expired")],
)
def test_a_certificate_that_clients_refuse_is_refused(
    authority: Authority, host: str, expired: bool, said: str
) -> None:
    with pytest.raises(OneClickError, match=f"cannot be trusted: .*{said}"):
        try_at(authority, ours, host=host, expired=expired)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://news.example.org/u/token", "plain http"),
        ("https://localhost/u/token", "this machine's own"),
        ("https://127.0.0.1:8080/u/token", "this machine's own"),
        ("https://[::1]/u/token", "this machine's own"),
        ("https://me.localhost/u/token", "this machine's own"),
        ("mailto:leave@news.example.org", "names no web address"),
    ],
)
def test_an_address_that_no_reader_can_use_is_refused_without_asking(url: str, said: str) -> None:
    async def never(_host: str, _port: int) -> oneclick.Stream:
        raise AssertionError("nothing was to be asked")

    with pytest.raises(OneClickError, match=said):
        run(prove_one_click(message(url), never))


def test_an_address_where_nobody_listens_is_refused(authority: Authority) -> None:
    with pytest.raises(OneClickError, match=r"cannot be reached: .*refused"):
        run(prove_one_click(message(), to_port(authority, 9)))


def test_our_own_pages_pass_and_nobody_has_left(authority: Authority, tmp_path: Path) -> None:
    newsstand = make_newsstand(tmp_path, make_digest())
    before = newsstand.dump()
    authority.server(HOST)
    pem = authority.folder / f"{HOST}-False.pem"
    token = newsstand.keyring.current.sign(Purpose.LEAVE, TEST_DELIVERY)
    config = uvicorn.Config(
        newsstand.app, host="127.0.0.1", port=0, ssl_certfile=pem, log_level="critical"
    )

    async def go() -> None:
        server = uvicorn.Server(config)
        serving = asyncio.ensure_future(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            there = to_port(authority, port)
            await prove_one_click(message(f"https://{HOST}/u/{token}"), there)
            with pytest.raises(OneClickError, match="answers 404"):
                await prove_one_click(message(f"https://{HOST}/u/{token[:-3]}234"), there)
        finally:
            server.should_exit = True
            await serving

    run(go())
    assert newsstand.dump() == before
    newsstand.database.close()
