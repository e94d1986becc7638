"""`make demo` as a newcomer runs it, and the mail that its catcher has afterwards."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path


@dataclass(frozen=True)
class Demo:
    folder: Path
    first: subprocess.CompletedProcess[str]
    second: subprocess.CompletedProcess[str]
    octets: dict[str, bytes]  # by recipient
    after_first: int

    def message(self, address: str) -> EmailMessage:
        found = message_from_bytes(self.octets[address], policy=default)
        assert isinstance(found, EmailMessage)
        return found


def run_demo(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from newsletter.cli import main; main()", "demo"]
    return subprocess.run(
        [*command, "--folder", str(folder)],
        capture_output=True,
        text=True,
        timeout=600,
        stdin=subprocess.DEVNULL,
        check=False,
        cwd=folder.parent,
    )
