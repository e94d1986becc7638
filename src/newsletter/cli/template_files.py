"""A draft's template, as far as its review goes."""

from __future__ import annotations

from newsletter.cli.edge import settings, template_folders
from newsletter.rendering.templates import files_print


def template_files(template: str) -> str:
    """What tells the files of a template from any others, in the folders of the settings."""
    return files_print(template_folders(settings()), template)
