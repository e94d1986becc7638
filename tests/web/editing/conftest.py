from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.editing.project import Project, copy_project, make_project


@pytest.fixture(scope="session")
def made_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once, for tests to copy."""
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def project(made_project: Path, tmp_path: Path) -> Iterator[Project]:
    found = copy_project(made_project, tmp_path)
    yield found
    found.database.close()
