from __future__ import annotations

import io
from pathlib import Path

import pytest

from newsletter.errors import MailboxError
from newsletter.tracking import mailbox
from newsletter.tracking.mailbox import MOST_OCTETS, messages_at, messages_in, unread_in

MESSAGE = b"From: a@b.example\nSubject: one\n\nFrom here on, text.\n"


def test_a_file_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(MESSAGE)
    assert list(messages_at(tmp_path / "one.eml")) == [MESSAGE]


def test_an_mbox_is_cut_where_messages_begin() -> None:
    mbox = b"".join(
        b"From MAILER-DAEMON Thu Feb 12 07:00:00 2026\n" + MESSAGE + b"\n" for _ in range(3)
    )
    found = list(messages_in(io.BytesIO(mbox)))
    assert [message.strip() for message in found] == [MESSAGE.strip()] * 3


def test_a_line_that_begins_with_from_amid_a_message_is_text() -> None:
    text = b"From MAILER-DAEMON Thu Feb 12 07:00:00 2026\nSubject: x\n\na\nFrom b to c\n"
    assert len(list(messages_in(io.BytesIO(text)))) == 1
    assert list(messages_in(io.BytesIO(b"Subject: x\n\nFrom b\n"))) == [b"Subject: x\n\nFrom b\n"]


def test_a_maildir_is_read_but_not_what_is_still_being_written(tmp_path: Path) -> None:
    for folder in ("new", "cur", "tmp"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1").write_bytes(folder.encode())
    assert sorted(messages_at(tmp_path)) == [b"cur", b"new"]


def test_no_more_of_a_message_is_kept_than_the_limit(tmp_path: Path) -> None:
    big = b"Subject: x\n\n" + b"y" * (2 * MOST_OCTETS)
    (tmp_path / "big").write_bytes(big)
    for found in (*messages_at(tmp_path), *messages_at(tmp_path / "big")):
        assert found == big[:MOST_OCTETS]


def test_an_empty_input_holds_no_message() -> None:
    assert list(messages_in(io.BytesIO(b""))) == []


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MailboxError, match="there is no such file"):
        list(messages_at(tmp_path / "nothing"))


def test_what_was_read_of_a_maildir_is_marked_when_the_next_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "_BATCH", 2)
    for folder, name in (("new", "a"), ("cur", "b:2,FR"), ("cur", "c:2,S"), ("new", "d")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_bytes(name[:1].encode())
    batches = unread_in(tmp_path)
    assert next(batches) == [b"b", b"a"]
    assert len(list((tmp_path / "new").iterdir())) == 2
    assert next(batches) == [b"d"]
    assert next(batches, None) is None
    names = {file.name for file in (tmp_path / "cur").iterdir()}
    assert names == {"a:2,S", "b:2,FRS", "c:2,S", "d:2,S"}
    assert list(unread_in(tmp_path)) == []


def test_what_somebody_else_reads_at_the_same_moment_is_left_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = mailbox._first

    def moved_by_another(file: Path) -> bytes:
        if file.name == "a":
            file.rename(tmp_path / "cur" / "a:2,S")
        return first(file)

    monkeypatch.setattr(mailbox, "_first", moved_by_another)
    for folder in ("new", "cur"):
        (tmp_path / folder).mkdir()
    for name in ("a", "b"):
        (tmp_path / "new" / name).write_bytes(name.encode())
    assert list(unread_in(tmp_path)) == [[b"b"]]
    assert {file.name for file in (tmp_path / "cur").iterdir()} == {"a:2,S", "b:2,S"}


def test_what_is_no_maildir_is_told(tmp_path: Path) -> None:
    with pytest.raises(MailboxError, match="it is no Maildir"):
        list(unread_in(tmp_path / "mbox"))
