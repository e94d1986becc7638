"""A Dovecot of the test's own: its configuration, mail and log in a folder that goes with it."""

from __future__ import annotations

import imaplib
import shutil
import signal
import ssl
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.listening import until_open
from tests.ports import free_port

USER, PASSWORD = "bounces", "pass word/@:é"
CERTIFICATES = Path(__file__).parents[1] / "delivery" / "certificates"

_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
mail_location = maildir:{folder}/mail
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}
disable_plaintext_auth = {secured}
auth_mechanisms = plain login
namespace inbox {{
  inbox = yes
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """Listens with TLS on `tls`, and on `plain` with STARTTLS; both at `localhost`."""

    tls: int
    plain: int
    folder: Path

    def deliver(self, *messages: bytes) -> None:
        """Puts messages into the mailbox, unread."""
        with self.client() as client:
            for message in messages:
                done, said = client.append("INBOX", "", "", message.replace(b"\n", b"\r\n"))
                assert done == "OK", said

    def flags(self, folder: str = "INBOX") -> list[str]:
        """The flags of each message of a folder, in order; it is only looked at."""
        with self.client() as client:
            done, (number,) = client.select(folder, readonly=True)
            if done != "OK" or number == b"0":
                return []
            _, found = client.fetch("1:*", "(FLAGS)")
            return [
                " ".join(flag.decode() for flag in imaplib.ParseFlags(line))
                for line in found
                if isinstance(line, bytes)
            ]

    @contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        context = ssl.create_default_context(cafile=CERTIFICATES / "ca.pem")
        with imaplib.IMAP4_SSL("localhost", self.tls, ssl_context=context, timeout=60) as client:
            client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            yield client


@contextmanager
def dovecot(*, secured: bool = True) -> Iterator[Dovecot]:
    """An IMAP server with one empty mailbox; `secured` wants TLS before a password."""
    # Not pytest's folder: Dovecot gives up its rights, and only root may enter that.
    folder = Path(tempfile.mkdtemp(prefix="newsletter-dovecot-"))
    folder.chmod(0o755)
    server = Dovecot(free_port(), free_port(), folder)
    certificate = folder / "server.pem"
    shutil.copy(CERTIFICATES / "server-with-key.pem", certificate)
    stored = b64encode(PASSWORD.encode()).decode()  # it has a colon, which parts the fields
    (folder / "users").write_text(f"{USER}:{{PLAIN.b64}}{stored}\n", "utf-8")
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "nobody", "nogroup")
    config = folder / "dovecot.conf"
    config.write_text(
        _CONFIG.format(
            folder=folder,
            certificate=certificate,
            secured="yes" if secured else "no",
            plain=server.plain,
            tls=server.tls,
        )
    )
    process = subprocess.Popen(
        ["/usr/sbin/dovecot", "-F", "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        until_open(server.tls, "Dovecot", process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)
