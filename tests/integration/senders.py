"""`newsletter` in processes that can be killed, started within milliseconds.

A launcher imports the program once and forks for each command, before there is a thread or an event
loop, so that each child is as a fresh start of the program and costs no import.

    python -m tests.integration.senders      (one JSON request a line, one JSON answer a line)
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KEY = "a-key-of-sufficient-length-for-a-test"
ISSUE = "ai-for-science/2026-W06"


@dataclass(frozen=True)
class Process:
    """One run of `newsletter`."""

    launcher: Launcher
    pid: int
    output: Path

    def signal(self, number: int) -> None:
        """Sends it a signal, if it still runs."""
        self.launcher.ask({"signal": number, "pid": self.pid})

    def kill(self) -> None:
        """SIGKILL, and waits until it is gone."""
        self.signal(signal.SIGKILL)
        self.ended()

    def ended(self, seconds: float = 60.0) -> int:
        """Its exit code, negative for a signal."""
        code = self.launcher.ask({"wait": seconds, "pid": self.pid})
        assert code is not None, f"it still runs after {seconds} s: {self.said}"
        return int(code)

    @property
    def runs(self) -> bool:
        return bool(self.launcher.ask({"pid": self.pid}) is None)

    @property
    def said(self) -> str:
        """What it printed, stderr included."""
        return self.output.read_text("utf-8")


@dataclass(frozen=True)
class Launcher:
    """Starts `newsletter`, on a database of the test's choice."""

    process: subprocess.Popen[bytes]
    folder: Path

    def start(
        self,
        database_url: str,
        smtp_url: str,
        *words: str,
        sabotage: str = "",
        log_level: str = "warning",
    ) -> Process:
        """`newsletter WORDS`, by default a send that asks nothing; `sabotage` names a function of
        tests/integration/sabotage.py that breaks it first; `+` parts several."""
        output = self.folder / f"said-{time.monotonic_ns()}.txt"
        environment = {
            "NEWSLETTER_DATABASE_URL": database_url,
            "NEWSLETTER_SMTP_URL": smtp_url,
            "NEWSLETTER_SECRET_KEYS": KEY,
            "NEWSLETTER_LOG_LEVEL": log_level,
        }
        request = {
            "words": words or ("send", ISSUE, "--yes", "--unchecked"),
            "environment": environment,
            "output": str(output),
            "sabotage": sabotage,
        }
        return Process(self, int(self.ask(request)), output)

    def ask(self, request: dict[str, Any]) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def launcher(folder: Path) -> Iterator[Launcher]:
    """A launcher whose children work in `folder`."""
    command = [sys.executable, "-m", __spec__.name]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield Launcher(process, folder)
        finally:
            assert process.stdin is not None
            process.stdin.close()  # it ends its children, then itself


def _serve() -> None:
    _warm()
    children: dict[int, int | None] = {}
    for line in sys.stdin:
        request = json.loads(line)
        if "words" in request:
            answer: int | None = _fork(request)
            children[answer or 0] = None
        else:
            answer = _ask_after(children, **request)
        print(json.dumps(answer), flush=True)
    for pid, code in children.items():
        if code is None:
            os.kill(pid, signal.SIGKILL)


def _warm() -> None:
    """Imports the program and parses its templates, so that children need not."""
    from newsletter.cli import edge
    from newsletter.rendering.forms import compiled_for
    from newsletter.settings import Settings
    from tests.builders import make_digest

    for name in ("newsletter.cli.sending", "newsletter.cli.serving", "tests.integration.sabotage"):
        import_module(name)
    folders = edge.template_folders(Settings())
    compiled_for(make_digest(), ("en", "zh"), folders)
    assert threading.active_count() == 1, "a fork takes no threads along"


def _ask_after(
    children: dict[int, int | None], pid: int, signal: int = 0, wait: float = 0.0
) -> int | None:
    """The exit code of a child, or None while it runs."""
    _reap(children, pid, wait)
    if signal and children[pid] is None:
        os.kill(pid, signal)  # not reaped yet, so the number is still its own
    return children[pid]


def _reap(children: dict[int, int | None], pid: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while children[pid] is None:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            children[pid] = os.waitstatus_to_exitcode(status)
        elif time.monotonic() >= deadline:
            return
        else:
            time.sleep(0.001)


def _fork(request: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        code = _run(request)
    finally:
        os._exit(code)


def _run(request: dict[str, Any]) -> int:
    from newsletter.cli.app import main  # long there
    from tests.integration import sabotage

    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for old, new in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (output, 2)):
        os.dup2(old, new)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as we live
    os.environ.update(request["environment"])
    sys.argv = ["newsletter", *request["words"]]
    try:
        for each in filter(None, request["sabotage"].split("+")):
            name, _, argument = each.partition(":")
            getattr(sabotage, name)(*filter(None, [argument]))
        main()
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except Exception:  # noqa: BLE001 - the test shall see the traceback of whatever it was
        sys.excepthook(*sys.exc_info())
        return 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    _serve()
