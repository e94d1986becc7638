from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import make_digest
from tests.web.newsstand import Newsstand, copy_newsstand, make_newsstand


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Newsstand:
    """Made once, for tests to copy: making it takes longer than most of them do."""
    made = make_newsstand(tmp_path_factory.mktemp("pristine"), make_digest())
    made.database.close()
    return made


@pytest.fixture
def newsstand(pristine: Newsstand, tmp_path: Path) -> Iterator[Newsstand]:
    stand = copy_newsstand(pristine, tmp_path)
    yield stand
    stand.database.close()
