"""The command line: one thin module per group of commands."""

from newsletter.cli.app import main

__all__ = ["main"]
