"""A file of another tool: its text, where a part of it stands, and what of it must not be shown."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from archlint.manifest.problems import Place
from archlint.manifest.spans import Lines
from archlint.records import dataclass

if TYPE_CHECKING:
    from archlint.importers.reading.tree import Part

MAX_BYTES = 64 * 1024 * 1024

_TEMPLATE = re.compile(r"\{\{-?[^}\n]*(?:\.(?:Values|Release|Chart|Capabilities)\b|\binclude \")")
"""What only the templates of Helm hold."""
_UNRENDERED = "a template, which is no data yet: render it first (`helm template`, `kustomize build`)"
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@:\"']*:[^\s/@\"']+(?=@)")


class SourceError(Exception):
    """A file that cannot be read. The message is for the user; `place` is where in `file` (a name)."""

    def __init__(self, file: str, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.file, self.place = file, place


class TemplateError(SourceError):
    """A file that is not data yet: a template, which has to be rendered first."""


class SourceFile:
    """One file under the name that reports use. `path` is None for standard input."""

    def __init__(self, name: str, text: str, path: str | None = None) -> None:
        self.name, self.text, self.path = name, text, path
        self._concealed: list[tuple[int, int]] = []
        self._error: SourceError | None = None

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.text)

    @cached_property
    def documents(self) -> tuple[Part, ...]:
        """What the file holds, one part a document, empty ones left out. Raises SourceError."""
        if self._error is None:
            try:
                return self._read()
            except SourceError as error:
                self._error = error
        raise self._error

    def _read(self) -> tuple[Part, ...]:
        if "{{" in self.text and _TEMPLATE.search(self.text):
            raise TemplateError(self.name, _UNRENDERED)
        if self.text.lstrip()[:1] in ("{", "["):
            from archlint.importers.reading.json_tree import read_json

            return read_json(self)
        from archlint.importers.reading.yaml_tree import read_yaml

        try:
            return read_yaml(self)
        except SourceError as error:
            if "{{" in self.text or "{%" in self.text:
                raise TemplateError(self.name, _UNRENDERED, error.place) from error
            raise

    def conceal(self, start: int, end: int) -> None:
        """Keeps a span of the text, such as the value of an environment variable, out of every report."""
        self._concealed.append((start, end))

    @property
    def shown(self) -> str:
        """The text for excerpts: what is concealed, and credentials in addresses, are blanked column by column."""
        spans = [*self._concealed, *(found.span() for found in _CREDENTIALS.finditer(self.text))]
        kept, at = [], 0
        for start, end in sorted(spans):
            kept += [self.text[at:start], _blank(self.text[max(start, at) : end])]
            at = max(at, end)
        return "".join([*kept, self.text[at:]])


def _blank(text: str) -> str:
    return re.sub(r"[^\r\n]", "*", text)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact of a draft came from. `note` says how it was read, where the place alone does not tell."""

    file: SourceFile
    start: int
    end: int
    note: str = ""

    @property
    def place(self) -> Place:
        return self.file.lines.place(self.start, self.end)

    def noted(self, note: str) -> Origin:
        return Origin(self.file, self.start, self.end, note)

    def __str__(self) -> str:
        return f"{self.file.name}:{self.file.lines.position(self.start)[0]}"


def decode(name: str, source: bytes) -> str:
    """The text of a file, without a byte order mark. Raises SourceError for what is no text."""
    from archlint.manifest.decoding import decode_text

    if len(source) > MAX_BYTES:
        raise SourceError(name, f"the file is longer than {MAX_BYTES // 1024 // 1024} MiB")
    text, problem = decode_text(source)
    if problem is not None:
        raise SourceError(name, problem.message, problem.place)
    return text
