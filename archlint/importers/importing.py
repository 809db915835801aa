"""One import: sources and their paths to a finished draft."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from archlint.engine.errors import UsageError
from archlint.importers import SOURCES
from archlint.importers.draft import Draft, Remark
from archlint.importers.finished import Finished, finish
from archlint.importers.gathering import STANDARD_INPUT, Read, gather, report
from archlint.importers.names import as_name
from archlint.importers.reading.files import Origin, SourceError, SourceFile
from archlint.importers.writing import body, commented
from archlint.records import dataclass

AUTO = "auto"
"""Stands for every source, each reading the files that it recognises."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A source and the paths to read for it."""

    source: str
    paths: tuple[str, ...]


@dataclass(slots=True)
class Imported:
    """A drafted manifest. `files` are all the files that were read, also those that other files name."""

    finished: Finished
    remarks: tuple[Remark, ...]
    files: tuple[SourceFile, ...]
    sources: tuple[str, ...]
    _body: str = ""

    @property
    def errors(self) -> tuple[Remark, ...]:
        return tuple(remark for remark in self.remarks if remark.level == "error")

    @property
    def components(self) -> int:
        held = (part for name, part in self.finished.data.items() if name not in ("system", "teams", "topology"))
        return sum(len(part) for part in held if isinstance(part, dict))

    def text(self, questions: Iterable[str] = ()) -> str:
        """The manifest; `questions` are lines for its heading."""
        used = {origin.file.name for origin in self.finished.origins.values()}
        names = ", ".join(file.name for file in self.files if file.name in used)
        heading = [
            f"Drafted by `archlint import` from {names}." if 0 < len(names) < 100 else "Drafted by `archlint import`.",
            "What the sources do not say is left out: archlint judges only what stands here.",
        ]
        asked = list(questions)
        self._body = self._body or body(self.finished)
        return commented(heading + (["", "Worth answering first:", *asked] if asked else [])) + self._body


def import_sources(asked: Sequence[Asked], name: str | None = None, stdin: bytes | None = None) -> Imported:
    """Raises UsageError for an unknown source or a missing path; all else that is wrong is among the remarks."""
    collects = gc.isenabled()
    gc.disable()  # trees of large files are kept whole: to look through them again and again finds nothing to free
    try:
        return _import(asked, name, stdin)
    finally:
        if collects:
            gc.enable()


def _import(asked: Sequence[Asked], name: str | None, stdin: bytes | None) -> Imported:
    draft = Draft(Origin(SourceFile("", ""), 0, 0), as_name(name or "") or None, _name_of(asked))
    read = Read(stdin)
    told: dict[str, None] = {}
    for source, ask in _in_order(asked):
        if _read(source, ask, draft, read):
            told[source] = None
    _tell_templates(read.templates, draft)
    finished = finish(draft)
    return Imported(finished, tuple(draft.remarks), tuple(read), tuple(told))


def _read(source: str, ask: Asked, draft: Draft, read: Read) -> bool:
    """Whether there was something to read."""
    module = module_of(source)
    sources = gather(module, ask.paths, draft, read, lenient=ask.source == AUTO)
    if not sources.files:
        return False
    try:
        module.draft_from(sources, draft)
    except SourceError as error:
        report(draft, error)
    return True


def _in_order(asked: Sequence[Asked]) -> list[tuple[str, Asked]]:
    """As they were asked for; those that say more of calls which others know of come last."""
    pairs = [(source, ask) for ask in asked for source in (SOURCES if ask.source == AUTO else (ask.source,))]
    return sorted(pairs, key=lambda pair: getattr(module_of(pair[0]), "OF_CALLS", False))


def _tell_templates(names: Sequence[str], draft: Draft) -> None:
    if names:
        which = names[0] if len(names) == 1 else f"{len(names)} files, such as {names[0]},"
        what = "is a template" if len(names) == 1 else "are templates"
        render = "render them first (`helm template`, `kustomize build`) and give what comes out"
        draft.note(f"{which} {what}, which are no data yet; left out: {render}")


def module_of(source: str) -> Any:
    if source not in SOURCES:
        from difflib import get_close_matches

        near = get_close_matches(source, SOURCES, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"choose one of {', '.join((*SOURCES, AUTO))}"
        raise UsageError(f"no source `{source}`; {hint}")
    return import_module(SOURCES[source][0])


def _name_of(asked: Sequence[Asked]) -> str:
    """The folder that the first path lies in."""
    path = next((path for ask in asked for path in ask.paths if path != STANDARD_INPUT), ".")
    absolute = os.path.abspath(path)
    folder = absolute if os.path.isdir(absolute) else os.path.dirname(absolute)
    return as_name(os.path.basename(folder)) or "system"
