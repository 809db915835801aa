"""References of JSON Schema, OpenAPI and AsyncAPI: `$ref` to another part of a file, or of a file beside it."""

from __future__ import annotations

import re
from urllib.parse import unquote

from archlint.importers.draft import Draft, Level
from archlint.importers.gathering import Sources
from archlint.importers.reading.files import SourceError, SourceFile
from archlint.importers.reading.tree import Part

MAX_DEPTH = 50
"""References that may lead to one another."""

_REMOTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:|//")
_Key = tuple[str, str]


class References:
    """Follows each reference once, and remarks once on each that leads nowhere."""

    def __init__(self, sources: Sources, draft: Draft) -> None:
        self._sources, self._draft = sources, draft
        self._known: dict[_Key, Part] = {}
        self._open: dict[_Key, None] = {}
        self._told: set[str] = set()

    def resolve(self, part: Part, level: Level = "error") -> Part:
        """What a part refers to; itself where it refers to nothing; without a value where that is not to be had.

        What cannot be followed is remarked on, as an error or, where little is lost by it, as a note.
        """
        reference = part["$ref"]
        if not isinstance(reference.value, str):
            return part
        key = (reference.file.name, reference.value)
        if key in self._known:
            return self._known[key]
        if key in self._open or len(self._open) > MAX_DEPTH:
            why = "refers to itself" if key in self._open else f"is reached by more than {MAX_DEPTH} references"
            return self._missing(reference, f"`{reference.value}` {why}", level)
        self._open[key] = None
        self._known[key] = self._followed(reference, level)
        del self._open[key]
        return self._known[key]

    def _followed(self, reference: Part, level: Level) -> Part:
        path, _, pointer = reference.value.partition("#")
        steps = [unquote(step).replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        if _REMOTE.match(path):
            return self._missing(reference, f"`{path}` is not fetched; what it says is left out", "note", path)
        try:
            file = self._sources.beside(unquote(path), reference.file) if path else reference.file
            part = _document(file, steps)
        except SourceError as error:
            return self._missing(reference, f"`{path}` is not read: {error}", level, path)
        for step in steps:
            inner = self.resolve(part, level)
            if part and not inner:
                return inner  # which is remarked on where it refers to what is not to be had
            part = _step(inner, step)
        if not part:
            return self._missing(reference, f"`{reference.value}` leads to nothing", level)
        return self.resolve(part, level)

    def _missing(self, reference: Part, message: str, level: Level, subject: str = "") -> Part:
        subject = subject or f"{reference.file.name} {reference.value}"
        if subject not in self._told:
            self._told.add(subject)
            (self._draft.error if level == "error" else self._draft.note)(message, reference.origin)
        return reference["nothing"]


def _document(file: SourceFile, steps: list[str]) -> Part:
    """The document of a file that a pointer begins in. Raises SourceError."""
    documents = file.documents
    if not documents:
        raise SourceError(file.name, "the file holds nothing")
    return next((part for part in documents if steps and part[steps[0]]), documents[0])


def _step(part: Part, step: str) -> Part:
    return part[int(step)] if part.is_list and step.isdecimal() else part[step]
