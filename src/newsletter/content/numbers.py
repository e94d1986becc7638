"""Numbers of things in English, for what is said to whoever runs the program."""

from __future__ import annotations


def counted(number: int, what: str) -> str:
    """`1 reader`, `2 readers`, `3 entries`: `what` is one of them, and has a regular plural."""
    if number == 1:
        return f"1 {what}"
    many = f"{what[:-1]}ies" if what[-1:] == "y" and what[-2:-1] not in "aeiou" else f"{what}s"
    return f"{number} {many}"
