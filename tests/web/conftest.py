from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.newsstand import Newsstand, open_newsstand


@pytest.fixture
def newsstand(tmp_path: Path) -> Iterator[Newsstand]:
    stand = open_newsstand(tmp_path)
    yield stand
    stand.database.close()
