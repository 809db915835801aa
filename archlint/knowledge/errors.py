"""What goes wrong with a file of the catalogue. Apart from the reader, so that whoever catches it loads no YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class CatalogueError(Exception):
    """A file of the catalogue that cannot be used. `line` and `column` count from 1."""

    def __init__(self, file: Path, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"{file}:{line}:{column}: {message}")
        self.file = file
        self.message = message
        self.line = line
        self.column = column
