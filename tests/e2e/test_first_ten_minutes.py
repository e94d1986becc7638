"""README's first ten minutes, run as they stand there: what a newcomer types does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from tests.ports import free_port

README = Path(__file__).parents[2] / "README.md"
_PATIENCE = 300  # seconds; a bound for a machine that is very busy
_BEFORE = "set -eu -o pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
_WAIT = "until (echo > /dev/tcp/127.0.0.1/{port}) 2>/dev/null; do sleep 0.1; done"


@dataclass(frozen=True)
class Walk:
    """What was printed, and the mails that were caught."""

    code: int
    out: str
    err: str
    mails: tuple[Message, ...]

    def to(self, address: str) -> Message:
        (found,) = (mail for mail in self.mails if mail["To"] == address)
        return found


def _script(relay: int, pages: int) -> str:
    """The section's blocks, on ports that are free here, each program waited for."""
    section = README.read_text("utf-8").split("\n## The first ten minutes\n")[1].split("\n## ")[0]
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```$", section)
    script = "\n".join(blocks).replace("8026", str(relay)).replace("8080", str(pages))
    script = script.replace("--no-schedule &", f"--no-schedule --port {pages} &")
    waits = "\n".join(_WAIT.format(port=port) for port in (relay, pages))
    served = f"--port {pages} &\n"
    assert script.count(served) == 1
    return _BEFORE + script.replace(served, served + waits + "\n")


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder = tmp_path_factory.mktemp("newcomer")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NEWSLETTER_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        ("bash", "-c", _script(free_port(), free_port())),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    caught = sorted((folder / "trial" / "caught" / "new").glob("*"))
    mails = tuple(message_from_bytes(path.read_bytes()) for path in caught)
    return Walk(done.returncode, done.stdout, done.stderr, mails)


def test_every_command_of_it_ends_well(walk: Walk) -> None:
    assert walk.code == 0, walk.out + walk.err
    assert "Traceback" not in walk.err


def test_each_of_its_readers_is_mailed_their_part_in_their_languages(walk: Walk) -> None:
    assert len(walk.mails) == 3
    texts = {
        name: walk.to(f"{name}@reader.example").get_payload(0).get_payload(decode=True).decode()  # type: ignore[union-attr]  # multipart: a text part, then HTML
        for name in ("ann", "bo", "chen")
    }
    storm, protein = "Storm surges by neural operator", "一个蛋白质语言模型"
    got = {name: {title for title in (storm, protein) if title in texts[name]} for name in texts}
    assert got == {"ann": {protein}, "bo": {storm}, "chen": {storm, protein}}


def test_what_became_of_it_is_told(walk: Walk) -> None:
    assert "loopback-address" in walk.out
    assert "follows neural-operators" in walk.out
    assert re.search(r"accepted by the relay +3\b", walk.out)
