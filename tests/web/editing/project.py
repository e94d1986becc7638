"""A project's folder with a draft of the samples, under the editors' page, for a client or a
browser."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from newsletter import settings as settings_module
from newsletter.cli.edge import keyring
from newsletter.cli.preview import bench
from newsletter.settings import Settings
from newsletter.store import issues
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.web.editing.app import create_preview_app
from newsletter.web.editing.bench import Bench
from newsletter.web.editing.desk import Desk
from newsletter.web.editing.gate import LocalGate
from tests.cli.conftest import ISSUE, PEOPLE, SAMPLES, invoke

NOW = dt.datetime(2026, 2, 12, 9, 0, tzinfo=dt.UTC)
LIST, NAME = ISSUE.split("/")
ANN, BO, CY = "ann@reader.example", "bo@reader.example", "cy@reader.example"
PORT = 8765


def make_project(folder: Path, *people: Path) -> Path:
    """As `init` and the commands after it leave a folder: samples in, three readers or those of
    the files, a draft."""
    (folder / "people.csv").write_text(PEOPLE)
    commands: tuple[tuple[str | Path, ...], ...] = (
        ("init",),
        ("lists", "sync"),
        ("entries", "import", *SAMPLES),
        *(("subscribers", "import", file) for file in people or ("people.csv",)),
        ("issues", "assemble", LIST, "--week", NAME),
    )
    for words in commands:
        result = invoke(folder, *words)
        assert (result.code, result.err) == (0, ""), words
    return folder


@dataclass
class Project:
    """`client` is let in and says where it comes from, as the page does."""

    folder: Path
    settings: Settings = field(init=False)
    database: Database = field(init=False)
    bench: Bench = field(init=False)
    desk: Desk = field(init=False)
    gate: LocalGate = field(init=False)
    app: FastAPI = field(init=False)
    client: TestClient = field(init=False)

    def __post_init__(self) -> None:
        found = settings_module.load(self.folder, {})
        self.settings = found.model_copy(
            update={
                "lists_folder": self.folder / "subscribers",
                "templates_folder": self.folder / "templates",
            }
        )
        self.database = Database.open(f"sqlite:///{self.folder / 'newsletter.db'}")
        made = bench(self.database, self.settings, in_project=True)
        self.bench = Bench(**{**vars(made), "clock": lambda: NOW})
        self.desk = Desk(self.bench, ISSUE)
        self.gate = LocalGate("Ada Editor", PORT)
        self.app = create_preview_app(self.desk, self.gate)
        self.client = self.visitor()
        assert self.client.get("/edit", params={"key": self.gate.key}).status_code == 303

    def visitor(self) -> TestClient:
        """Somebody at the right address whom nobody let in."""
        base = f"http://127.0.0.1:{PORT}"
        return TestClient(self.app, base_url=base, headers={"origin": base}, follow_redirects=False)

    def get(self, what: str, **asked: Any) -> Any:
        answer = self.client.get(f"/edit/api/{what}", params={"issue": ISSUE, **asked})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, what: str, **values: Any) -> Any:
        answer = self.client.post(f"/edit/api/{what}", json={"issue": ISSUE, **values})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def frame(self, made_id: str, **look: Any) -> str:
        return self.client.get(f"/edit/frame/{made_id}", params=look).text

    def issue(self) -> Issue:
        with self.database.read() as session:
            return issues.get_issue(session, LIST, NAME)

    def template(self, name: str) -> Path:
        return self.folder / "templates" / name

    @property
    def keyring(self) -> Any:
        return keyring(self.settings)

    @contextmanager
    def served(self) -> Iterator[str]:
        """The link that `newsletter preview` prints, for as long as it is served."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.gate.port = listener.getsockname()[1]
            server = uvicorn.Server(uvicorn.Config(self.app, log_config=None, access_log=False))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                yield f"http://127.0.0.1:{self.gate.port}/edit?key={self.gate.key}"
            finally:
                self.desk.stop.set()
                server.should_exit = True
                thread.join(60)


def copy_project(made: Path, folder: Path) -> Project:
    """A project of its own for one test."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return Project(folder)
