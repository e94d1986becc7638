"""`newsletter preview` prints a link that opens the page, and ends at once when it is told to."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

from tests.cli.conftest import ISSUE, Run

PROGRAM = (sys.executable, "-c", "from newsletter.cli import main; main()")


def test_its_link_opens_the_page_and_ctrl_c_ends_it_though_the_page_is_open(
    filled_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(filled_folder, tmp_path, dirs_exist_ok=True)
    command = [*PROGRAM, "preview", "--no-open"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = running.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/edit\S+", said)
        assert found is not None, said
        assert said.startswith(ISSUE)
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with browser.open(found[0]) as page:
            assert "assets/edit.js" in page.read().decode()
        place = found[0].partition("?")[0]
        with browser.open(f"{place}/api/changes?issue={ISSUE}") as stream:
            assert stream.readline().startswith(b"retry:")
            running.send_signal(signal.SIGINT)
            assert running.wait(timeout=60) == 0, "it does not wait for who watches"


def test_an_issue_that_is_not_there_is_said_so(filled: Run) -> None:
    result = filled("preview", "ai-for-science/2020-W01", "--no-open")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "there is no issue" in result.err
