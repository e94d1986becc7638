"""The tables' history, one file a step in `versions`; Alembic runs it from inside the package."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

VERSIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
    "0017",
    "0018",
)
"""Every version there has been, oldest first."""

HEAD = VERSIONS[-1]
"""The version that `tables` describes; known here so that a start need not load Alembic."""


def upgrade(connection: Connection) -> None:
    """Brings the tables to `HEAD` within the transaction of `connection`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
