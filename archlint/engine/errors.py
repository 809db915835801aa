"""Errors that are the user's to mend: shown plainly, exit code 2."""

from __future__ import annotations


class UsageError(Exception):
    """Wrong usage or configuration. The message is for the user: one line, what is wrong and what to write."""

    @property
    def lines(self) -> tuple[str, ...]:
        """What a terminal shows."""
        return (f"error: {self}",)
