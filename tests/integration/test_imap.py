"""Returned mail in a real Dovecot: read once, marked only after it is recorded, and every way in
which a server can fail told in one line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from newsletter.errors import MailboxError
from newsletter.store.database import Database
from newsletter.store.readings import readings
from newsletter.tracking import imap, imap_connection
from newsletter.tracking.imap import unread_on
from newsletter.tracking.inbound import Taken
from newsletter.tracking.mailbox_url import parse_imap
from newsletter.tracking.returned_mail import read_mailbox
from tests.integration.dovecot import CERTIFICATES, PASSWORD, USER, Dovecot, dovecot
from tests.store.stage import NOW
from tests.tracking.imap_server import CAPABLE, GREETING, talking
from tests.tracking.mailed import Mailed, mail
from tests.tracking.returned_mail import RING, arf, dsn, envelope, our_headers

ANN, BO = "ann@reader.example", "bo@reader.example"
pytestmark = pytest.mark.system("dovecot", "root")  # only root can start a Dovecot


@pytest.fixture(scope="module")
def running() -> Iterator[Dovecot]:
    with dovecot() as server:
        yield server


@pytest.fixture
def server(running: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dovecot]:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "ca.pem"))
    yield running
    with running.client() as client:
        _, (number,) = client.select("INBOX")
        if number != b"0":
            client.store("1:*", "+FLAGS", r"(\Deleted)")
            client.expunge()


def url(server: Dovecot, rest: str = "INBOX", *, password: str = PASSWORD) -> str:
    return f"imaps://{USER}:{quote(password, safe='')}@localhost:{server.tls}/{rest}"


@pytest.fixture
def mailed(database: Database) -> Mailed:
    return mail(database, [ANN, BO])


def bounce(mailed: Mailed) -> bytes:
    return dsn(to=envelope(mailed.ids[ANN]))


def complaint(mailed: Mailed) -> bytes:
    return arf(returned=our_headers(mailed.ids[BO]))


def read(mailed: Mailed, mailbox: str) -> Taken:
    return read_mailbox(mailed.stage.database, RING, mailbox, lambda: NOW)


def test_what_is_unread_is_taken_in_and_marked(server: Dovecot, mailed: Mailed) -> None:
    server.deliver(bounce(mailed), complaint(mailed))
    assert read(mailed, url(server)).messages == {"bounce": 1, "complaint": 1}
    assert (mailed.suppressed(ANN), mailed.suppressed(BO)) == ("bounce", "complaint")
    assert all(r"\Seen" in flags for flags in server.flags())
    assert read(mailed, url(server)).messages == {}
    with mailed.stage.database.read() as session:
        (noted,) = readings(session)
    assert (noted.messages, noted.failures, noted.read_at) == (2, 0, NOW)
    assert noted.place == f"imaps://localhost:{server.tls}/INBOX"


def test_reading_the_same_mail_twice_counts_once(server: Dovecot, mailed: Mailed) -> None:
    server.deliver(bounce(mailed))
    read(mailed, url(server))
    with server.client() as client:
        client.select("INBOX")
        client.store("1:*", "-FLAGS", r"(\Seen)")
    assert read(mailed, url(server)).messages == {"known before": 1}


def test_starttls_comes_before_the_password(server: Dovecot, mailed: Mailed) -> None:
    server.deliver(bounce(mailed))
    plain = url(server).replace("imaps:", "imap:").replace(str(server.tls), str(server.plain))
    assert read(mailed, plain).messages == {"bounce": 1}


def test_what_was_read_is_moved_to_a_folder_that_is_made(server: Dovecot, mailed: Mailed) -> None:
    server.deliver(bounce(mailed))
    read(mailed, url(server, f"INBOX?then=move:{quote('退信')}"))
    assert server.flags() == []
    assert r"\Seen" in server.flags('"&kABP4Q-"')[0]


def test_nothing_is_deleted_unless_asked_and_then_nothing_else(
    server: Dovecot, mailed: Mailed
) -> None:
    server.deliver(b"Subject: an invoice\n\nread by somebody, and deleted\n")
    with server.client() as client:
        client.select("INBOX")
        client.store("1", "+FLAGS", r"(\Seen \Deleted)")
    server.deliver(bounce(mailed))
    assert read(mailed, url(server, "INBOX?then=delete")).messages == {"bounce": 1}
    (left,) = server.flags()
    assert r"\Deleted" in left


def test_a_batch_is_marked_only_once_it_is_recorded(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_BATCH", 2)
    monkeypatch.setattr(imap, "_WINDOW", 2)
    server.deliver(*(b"Subject: out of office %d\n\nback on Monday\n" % n for n in range(5)))
    batches = unread_on(parse_imap(url(server)))
    assert len(next(batches)) == 2
    assert sum(r"\Seen" in flags for flags in server.flags()) == 0
    assert len(next(batches)) == 2
    batches.close()  # type: ignore[attr-defined]  # it is a generator
    assert sum(r"\Seen" in flags for flags in server.flags()) == 2


def test_of_very_many_the_next_reading_takes_the_rest(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_WINDOW", 2)
    monkeypatch.setattr(imap, "_MOST", 2)
    server.deliver(*(b"Subject: out of office %d\n\nback on Monday\n" % n for n in range(5)))
    readings = [list(unread_on(parse_imap(url(server)))) for _ in range(4)]
    assert [sum(map(len, batches)) for batches in readings] == [2, 2, 1, 0]


def test_two_processes_may_read_at_once(server: Dovecot, mailed: Mailed) -> None:
    server.deliver(*(b"Subject: out of office %d\n\nback on Monday\n" % n for n in range(60)))
    server.deliver(bounce(mailed))

    def taken(_: int) -> Taken:
        return read(mailed, url(server, "INBOX?then=move:Read"))

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(taken, range(2)))
    assert sum(one.messages.get("bounce", 0) for one in found) == 1
    assert server.flags() == []


def test_a_stop_ends_between_batches(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "_BATCH", 1)
    server.deliver(*(b"Subject: out of office %d\n\nback on Monday\n" % n for n in range(3)))
    stop = threading.Event()
    seen = 0
    for _ in unread_on(parse_imap(url(server)), stop=stop.is_set):
        seen += 1
        stop.set()
    assert seen == 1
    assert sum(r"\Seen" in flags for flags in server.flags()) == 1


def test_a_message_of_any_size_is_cut(server: Dovecot) -> None:
    server.deliver(b"Subject: large\n\n" + b"x" * 70 + b"\n" + b"0123456789abcdef\n" * 90_000)
    (batch,) = list(unread_on(parse_imap(url(server))))
    assert [len(message) for message in batch] == [1 << 20]


def told(mailed: Mailed, mailbox: str) -> str:
    """The one line that says why a mailbox could not be read; it is noted as well."""
    with pytest.raises(MailboxError) as error:
        read(mailed, mailbox)
    with mailed.stage.database.read() as session:
        (noted,) = readings(session)
    reason = str(error.value)
    assert (noted.failures, noted.reason) == (1, reason)
    assert "\n" not in reason
    assert USER not in reason
    assert PASSWORD not in reason
    return reason


def test_a_wrong_password_is_told(server: Dovecot, mailed: Mailed) -> None:
    wrong = url(server, password="wrong")
    assert "does not accept this user and password" in told(mailed, wrong)


def test_a_folder_that_is_not_there_is_told(server: Dovecot, mailed: Mailed) -> None:
    assert "opening it was refused: " in told(mailed, url(server, "Nowhere"))


def test_a_certificate_that_nobody_trusts_is_told(
    server: Dovecot, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "its certificate is not to be trusted" in told(mailed, url(server))


def test_a_server_that_is_not_there_is_told(server: Dovecot, mailed: Mailed) -> None:
    gone = url(server).replace(str(server.tls), "9")
    assert "cannot be reached: Connection refused" in told(mailed, gone)


def test_a_server_that_says_nothing_is_given_up(
    mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_connection, "PATIENCE", 0.2)
    with talking(b"") as port:
        assert "no answer within" in told(mailed, f"imap://{USER}:x@127.0.0.1:{port}/")


def test_a_connection_that_is_lost_is_told(mailed: Mailed) -> None:
    with talking(GREETING, CAPABLE, b"TAG OK done\r\n", then="hang up") as port:
        assert "the connection was lost" in told(mailed, f"imap://{USER}:x@127.0.0.1:{port}/")


def test_a_password_is_not_sent_in_clear(mailed: Mailed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.tracking.mailbox_url.ImapPlace.here", False)
    with talking(GREETING, CAPABLE) as port:
        reason = told(mailed, f"imap://{USER}:x@127.0.0.1:{port}/")
    assert "offers no STARTTLS" in reason


def test_where_nothing_can_be_taken_out_nothing_is_read(mailed: Mailed) -> None:
    lines = (GREETING, CAPABLE, b"TAG OK done\r\n", b"* 1 EXISTS\r\nTAG OK done\r\n", CAPABLE)
    with talking(*lines) as port:
        mailbox = f"imap://{USER}:x@127.0.0.1:{port}/?then=delete"
        assert "has no UIDPLUS" in told(mailed, mailbox)


def fetch(uid: int, octets: bytes) -> bytes:
    """A message as a server gives it that writes its UID after it."""
    return b"* %d FETCH (BODY[]<0> {%d}\r\n%s UID %d)\r\n" % (uid, len(octets), octets, uid)


def test_what_a_server_did_not_give_is_not_marked() -> None:
    told: list[bytes] = []
    lines = (
        *(GREETING, CAPABLE, b"TAG OK welcome\r\n", b"* 2 EXISTS\r\nTAG OK it is\r\n"),
        *(CAPABLE, b"* SEARCH 7 8\r\nTAG OK found\r\n"),
        *(fetch(8, b"Subject: x\r\n\r\n") + b"TAG OK given\r\n", b"TAG OK marked\r\n"),
    )
    with talking(*lines, then="hang up", told=told) as port:
        batches = unread_on(parse_imap(f"imap://{USER}:x@127.0.0.1:{port}/"))
        assert list(batches) == [[b"Subject: x\r\n\r\n"]]
    assert [line for line in told if b"STORE" in line] == [
        told[-1].split()[0] + b" UID STORE 8 +FLAGS.SILENT (\\Seen)\r\n"
    ]


def test_a_path_is_a_maildir(mailed: Mailed, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1").write_bytes(bounce(mailed))
    assert read(mailed, str(tmp_path)).messages == {"bounce": 1}
    assert read(mailed, str(tmp_path)).messages == {}
