"""Outside tools from npm, run as programs; `npm ci --prefix tests/clients` installs them."""

from __future__ import annotations

import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent
MODULES = FOLDER / "node_modules"
INSTALLED = "tests/clients/node_modules"
"""What tests that need these tools name in `pytest.mark.system`."""


def run(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """A script run by the Node that came with the tools, some of which need a newer one than
    Debian's; failing that by the one on the path."""
    own = next(MODULES.glob("node-linux-*/bin/node"), Path("node"))
    return subprocess.run(
        [own, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        cwd=FOLDER,
    )
