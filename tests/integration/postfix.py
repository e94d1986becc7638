"""A Postfix of the test's own: its configuration, queue and log in a folder that goes with it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.listening import until_open
from tests.ports import free_port

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = relay.example
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_tls_security_level = none
relayhost = [127.0.0.1]:{sink}
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
showq unix n - n - - showq
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    port: int
    folder: Path

    @property
    def log(self) -> str:
        """What it has logged; empty before its first line."""
        path = self.folder / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def waiting(self) -> int:
        """How many messages are in its queue."""
        queue = self.folder / "queue"
        folders = ("incoming", "active", "deferred")
        return sum(path.is_file() for name in folders for path in (queue / name).rglob("*"))


@contextmanager
def postfix(sink: int) -> Iterator[Postfix]:
    """A relay on a free port that hands all it takes to the sink at that port."""
    # Not pytest's folder: Postfix gives up its rights, and only root may enter that.
    folder = Path(tempfile.mkdtemp(prefix="newsletter-postfix-"))
    folder.chmod(0o755)
    port = free_port()
    (folder / "main.cf").write_text(_MAIN.format(folder=folder, sink=sink))
    (folder / "master.cf").write_text(_MASTER.format(port=port))
    (folder / "queue").mkdir()
    (folder / "data").mkdir()
    shutil.chown(folder / "data", "postfix")
    try:
        _run(folder, "start")
        until_open(port, "Postfix")
        yield Postfix(port, folder)
    finally:
        _run(folder, "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, verb: str) -> None:
    done = subprocess.run(
        ["postfix", "-c", folder, verb], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
