"""`newsletter init` and `newsletter db`: a folder to work in and a database to work with."""

from __future__ import annotations

from pathlib import Path

import typer

from newsletter import settings as settings_module
from newsletter.cli.edge import out, settings
from newsletter.packaged import copy_out
from newsletter.store.database import Database

app = typer.Typer(help="The database.", no_args_is_help=True, rich_markup_mode=None)


def init() -> None:
    """Make this folder a place to work in.

    It gets settings with keys, a sample list, templates and a database; what is there already is
    left as it is.
    """
    folder = Path.cwd()
    path = folder / settings_module.FILE_NAME
    if path.exists():
        out.print(f"kept    {path.name}")
    else:
        settings_module.write_first(folder, settings_module.new_secret())
        out.print(f"made    {path.name} (its keys are secret; only you can read it)")
    found = settings()
    for target, kind in (
        (found.lists_folder, "subscribers"),
        (found.templates_folder, "templates"),
    ):
        if target.exists():
            out.print(f"kept    {target}/")
        else:
            copy_out(kind, target)
            out.print(f"made    {target}/")
    upgrade()
    out.print(
        f"next    write your list into {found.lists_folder}/*/list.toml and your relay into "
        f"{path.name}; then newsletter lists sync"
    )


@app.command()
def upgrade() -> None:
    """Bring the database to this version, making it if there is none."""
    url = settings().database_url.get_secret_value()
    database = Database.open(url)
    try:
        database.upgrade()
    finally:
        database.close()
    out.print("ready   the database")
