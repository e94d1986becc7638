from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest

from tests.e2e.newcomer import Demo, run_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("newcomer") / "demo"
    first = run_demo(folder)
    after_first = len(list((folder / "mail" / "new").iterdir()))
    second = run_demo(folder)
    octets = {}
    for path in (folder / "mail" / "new").iterdir():
        to = str(message_from_bytes(path.read_bytes(), policy=default)["To"])
        octets[to] = path.read_bytes()
    return Demo(folder, first, second, octets, after_first)
