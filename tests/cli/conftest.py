"""The command line as a person uses it: in a folder, with words, reading what it prints."""

from __future__ import annotations

import io
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from unittest.mock import patch

import pytest
import structlog

from newsletter.cli.app import main
from newsletter.cli.catcher import catcher
from newsletter.packaged import packaged

SAMPLES = sorted(packaged("samples").iterdir())
ISSUE = "ai-for-science/2026-W06"
PEOPLE = """\
email;topics;language
ann@reader.example;proteins;en
bo@reader.example;everything;zh
cy@reader.example;none;en
"""


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Run = Callable[..., Result]


def invoke(folder: Path, *words: str | Path) -> Result:
    """Runs `newsletter …` in a folder; nobody is at the terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    code = 0
    with (
        chdir(folder),
        patch.object(sys, "argv", ["newsletter", *map(str, words)]),
        patch.object(sys, "stdin", io.StringIO()),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
        finally:
            structlog.reset_defaults()  # a command sets the whole process's logs
    return Result(code, _written(out), _written(err))


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def _prepared(folder: Path, *commands: tuple[str | Path, ...]) -> Path:
    for words in commands:
        result = invoke(folder, *words)
        assert (result.code, result.err) == (0, ""), words
    return folder


@pytest.fixture(scope="session")
def ready_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _prepared(tmp_path_factory.mktemp("ready"), ("init",), ("lists", "sync"))


@pytest.fixture(scope="session")
def filled_folder(ready_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    shutil.copytree(ready_folder, folder, dirs_exist_ok=True)
    (folder / "people.csv").write_text(PEOPLE)
    return _prepared(
        folder,
        ("entries", "import", *SAMPLES),
        ("subscribers", "import", "people.csv"),
        ("issues", "assemble", "ai-for-science", "--week", "2026-W06"),
    )


def _in(folder: Path) -> Run:
    def run(*words: str | Path, smtp: str = "") -> Result:
        named = {"NEWSLETTER_SMTP_URL": smtp} if smtp else {}
        with patch.dict(os.environ, named):
            return invoke(folder, *words)

    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `newsletter …` in an empty folder."""
    return _in(tmp_path)


@pytest.fixture
def ready(ready_folder: Path, tmp_path: Path) -> Run:
    """In a folder after `init` and `lists sync`."""
    shutil.copytree(ready_folder, tmp_path, dirs_exist_ok=True)
    return _in(tmp_path)


@pytest.fixture
def filled(filled_folder: Path, tmp_path: Path) -> Run:
    """The samples imported, three readers on the list, the issue assembled."""
    shutil.copytree(filled_folder, tmp_path, dirs_exist_ok=True)
    return _in(tmp_path)


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maildir that a real SMTP server fills; the settings name that server as the relay."""
    with catcher(tmp_path / "mail") as url:
        monkeypatch.setenv("NEWSLETTER_SMTP_URL", url)
        yield tmp_path / "mail" / "new"


@pytest.fixture
def gone() -> Iterator[str]:
    """A relay that answers the first who comes, and is gone after: an issue is frozen for it, and
    all of it is still to be sent."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = Thread(target=_answer_once, args=(listener,), daemon=True)
    thread.start()
    try:
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def _answer_once(listener: socket.socket) -> None:
    with suppress(OSError):
        connection, _ = listener.accept()
        listener.close()
        with connection, connection.makefile("rb") as asked:
            connection.sendall(b"220 relay.test\r\n")
            for command in asked:
                connection.sendall(b"250 as you like\r\n")
                if command.startswith(b"QUIT"):
                    break
