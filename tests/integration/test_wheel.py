"""The built wheel works alone: in an empty environment, in an empty folder."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=1200,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_runs_init_and_the_demo_with_nothing_else_installed(tmp_path: Path) -> None:
    dist, home, folder = tmp_path / "dist", tmp_path / "env", tmp_path / "empty"
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", dist)
    run(*build, cwd=ROOT)
    (wheel,) = dist.glob("*.whl")
    venv.create(home, with_pip=True)
    # The locked versions of what the wheel itself asks for, and none of what only tests need.
    lock = (ROOT / "requirements.txt").read_text().replace("\\\n", "")
    pins = (line.partition("--hash")[0].strip() for line in lock.splitlines())
    (tmp_path / "versions.txt").write_text("\n".join(pins))
    pip = (
        home / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    )
    run(*pip, "--constraint", tmp_path / "versions.txt", wheel, cwd=tmp_path)
    folder.mkdir()
    newsletter = home / "bin" / "newsletter"
    assert "newsletter.toml" in run(newsletter, "init", cwd=folder)
    assert (folder / "templates" / "weekly" / "issue.mjml").is_file()
    shown = run(newsletter, "demo", cwd=folder)
    assert "290" in shown
    assert "0 messages sent" in run(newsletter, "demo", cwd=folder)
