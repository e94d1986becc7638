from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from newsletter.errors import ConflictError
from newsletter.store.database import Database
from newsletter.store.senders import alive, hold_issue, is_held

HOLDER = """
import sys, time
from newsletter.store.database import Database
from newsletter.store.senders import hold_issue
with hold_issue(Database.open(sys.argv[1]), 7) as name:
    print(name, flush=True)
    time.sleep(600)
"""


def test_an_issue_has_one_sender_at_a_time(database: Database) -> None:
    with hold_issue(database, 7) as name:
        assert alive(database, name)
        assert is_held(database, 7)
        assert not is_held(database, 8)
        with pytest.raises(ConflictError, match="by another process"), hold_issue(database, 7):
            pass
        with hold_issue(database, 8) as other:
            assert other != name
        assert not alive(database, other)
        assert alive(database, name)
    assert not alive(database, name)
    assert not is_held(database, 7)
    with hold_issue(database, 7) as later:
        assert not alive(database, name)
        assert alive(database, later)


def test_a_senders_lock_dies_with_it(database: Database) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        name = holder.stdout.readline().strip()
        assert alive(database, name)
        with pytest.raises(ConflictError), hold_issue(database, 7):
            pass
        os.kill(holder.pid, signal.SIGKILL)
    for _ in range(3000):  # its server needs a moment to see that the connection is closed
        if not alive(database, name):
            break
        time.sleep(0.02)
    with hold_issue(database, 7):
        assert not alive(database, name)


def test_a_sender_nobody_has_heard_of_is_not_alive(database: Database) -> None:
    assert not alive(database, "12-0000002a")
