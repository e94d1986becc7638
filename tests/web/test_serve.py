from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from fastapi import FastAPI

from newsletter.errors import SettingsError
from newsletter.web.serve import serve

PROGRAM = """
import sys
from fastapi import FastAPI
from newsletter.web.serve import serve

app = FastAPI()

@app.get("/")
def home():
    return "here"

serve(app, started=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_on_a_free_port_and_ends_cleanly(stop: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(url, timeout=60) as response:  # noqa: S310 - it is ours
            assert response.read() == b'"here"'
            assert "server" not in {name.lower() for name in response.headers}
        process.send_signal(stop)
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, output.strip(), errors) == (0, "ended", "")


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(SettingsError, match=r"cannot listen on 127\.0\.0\.1 port \d+: .*--port$"),
    ):
        serve(FastAPI(), port=taken.getsockname()[1])


def test_a_fault_of_ours_is_logged_without_the_words_that_may_hold_an_address() -> None:
    program = PROGRAM.replace('return "here"', 'raise ValueError("ada@mail.example.net")')
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with pytest.raises(urllib.error.HTTPError, match="500"):
            urllib.request.urlopen(url, timeout=60)  # noqa: S310 - it is ours
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert "ada" not in errors
