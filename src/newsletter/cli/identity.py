"""Who is at the terminal, for the histories of what was changed and approved."""

from __future__ import annotations

import getpass

from newsletter.cli.edge import settings


def who() -> str:
    """The name in the settings, else the login name."""
    if named := " ".join(settings().editor.split()):
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that no name belongs to
        return "somebody at the terminal"
