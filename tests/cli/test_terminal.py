"""What is different on a terminal: a question before sending, a bar, and tables that fit."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE

ROWS, COLUMNS = 40, 100
PATIENCE = 60  # seconds without a word
ASKED = "Type 2 to send to 2 readers: "


class Terminal:
    """A program on a terminal of its own, and what it has written there so far."""

    def __init__(self, program: subprocess.Popen[bytes], master: int) -> None:
        self.program, self._master, self.screen = program, master, ""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def interrupt(self, words: str) -> None:
        """Ctrl-C until the program says so: one between the prompt's last letter and the read that
        follows it is taken by Python, and acted upon only after the next key."""
        while words not in self.screen:
            self.type("\x03")
            while words not in self.screen and select.select([self._master], [], [], 5)[0]:
                more = self._read()
                assert more, self.screen
                self.screen += more

    def read_until(self, words: str) -> None:
        while words not in self.screen and (more := self._read()):
            self.screen += more
        assert words in self.screen, self.screen

    def end(self) -> int:
        while more := self._read():
            self.screen += more
        return self.program.wait(timeout=60)

    def _read(self) -> str:
        ready, _, _ = select.select([self._master], [], [], PATIENCE)
        assert ready, f"nothing came for {PATIENCE} s after: {self.screen}"
        try:
            return os.read(self._master, 65536).decode(errors="replace")
        except OSError:  # Linux says EIO when the other end is closed
            return ""


@contextmanager
def terminal(folder: Path, *words: str) -> Iterator[Terminal]:
    """`newsletter …` in a folder, on a terminal of 100 columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    program = subprocess.Popen(
        [sys.executable, "-c", "from newsletter.cli import main; main()", *words],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=folder,
        env={**os.environ, "TERM": "xterm-256color"},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    try:
        yield Terminal(program, master)
    finally:
        program.kill()
        program.wait()
        os.close(master)


@pytest.mark.usefixtures("filled")
def test_send_asks_for_the_number_and_then_shows_a_bar(mail: Path, tmp_path: Path) -> None:
    with terminal(tmp_path, "send", ISSUE, "--unchecked") as shown:
        shown.read_until(ASKED)
        shown.type("2\n")
        assert shown.end() == 0
    assert "━" in shown.screen
    assert len(list(mail.iterdir())) == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("3\n", "that was another number; nothing was sent"),
        ("\n", "that was another number; nothing was sent"),
        ("", "no number was typed; nothing was sent"),
    ],
    ids=["another number", "an empty line", "Ctrl-C"],
)
@pytest.mark.usefixtures("filled")
def test_any_other_answer_sends_nothing(mail: Path, tmp_path: Path, typed: str, said: str) -> None:
    with terminal(tmp_path, "send", ISSUE, "--unchecked") as shown:
        shown.read_until(ASKED)
        if typed:
            shown.type(typed)
        else:
            shown.interrupt(said)
        assert shown.end() == 1
    assert f"\nnewsletter: {said}" in shown.screen.replace("\r", "")
    assert not list(mail.iterdir())


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("issues", "cancel", ISSUE), "for good: "),
        (("subscribers", "erase", "ann@reader.example"), "[y/N]: "),
    ],
    ids=["cancel", "erase"],
)
@pytest.mark.usefixtures("filled")
def test_ctrl_c_at_a_question_says_that_nothing_was_changed(
    tmp_path: Path, words: tuple[str, ...], asked: str
) -> None:
    with terminal(tmp_path, *words) as shown:
        shown.read_until(asked)
        shown.interrupt("nothing was changed")
        assert shown.end() == 1
    assert "Abort" not in shown.screen


@pytest.mark.usefixtures("filled")
def test_why_stands_on_one_screen(tmp_path: Path) -> None:
    with terminal(tmp_path, "subscribers", "why", "ann@reader.example", ISSUE) as shown:
        assert shown.end() == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.screen).replace("\r", "").splitlines()
    assert len(lines) <= ROWS
    assert max(map(len, lines)) <= COLUMNS
    assert sum("follows proteins" in line for line in lines) > 1
