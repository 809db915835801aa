"""From paths to the files of a source."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from archlint.engine.sources.discovery import display_name, refuse_missing
from archlint.importers.draft import Draft
from archlint.importers.reading.files import MAX_BYTES, SourceError, SourceFile, TemplateError, decode
from archlint.records import dataclass, field

SUFFIXES = (".yaml", ".yml", ".json")
_NEVER_ENTERED = frozenset({"node_modules", "__pycache__", "venv"})
STANDARD_INPUT = "-"


class Read:
    """The files of one import, each read once whatever leads to it."""

    def __init__(self, stdin: bytes | None = None) -> None:
        self._stdin = stdin
        self._files: dict[str, SourceFile | None] = {}
        self._refused: set[SourceFile] = set()
        self._entered: set[str] = set()
        self.templates: list[str] = []
        """Names of the files of folders that are templates."""

    def __iter__(self) -> Iterator[SourceFile]:
        return (file for file in self._files.values() if file is not None)

    def file(self, path: Path, draft: Draft) -> SourceFile | None:
        """None for what cannot be read, which the draft remarks on once."""
        real = os.path.realpath(path)
        if real not in self._files:
            try:
                self._files[real] = self._read(path)
            except SourceError as error:
                self._files[real] = None
                report(draft, error)
        return self._files[real]

    def enter(self, folder: str, draft: Draft) -> None:
        """Remark on the folders below one that cannot be read, once."""
        real = os.path.realpath(folder)
        if real in self._entered or not os.path.isdir(real):
            return
        self._entered.add(real)
        for _ in _walk(Path(folder), lambda error: report(draft, _unread(error))):
            pass

    def refuse(self, file: SourceFile, error: SourceError, draft: Draft, named: bool) -> None:
        """Remark on a file that holds no data, once, however many sources look at it."""
        if file in self._refused:
            return
        self._refused.add(file)
        if isinstance(error, TemplateError) and not named:
            self.templates.append(file.name)
        elif file.name.endswith(".json") and not named:  # settings of editors and compilers have comments
            draft.note(f"{error}; left out", file=_where(error))
        else:
            report(draft, error)

    def beside(self, path: Path) -> SourceFile:
        """Raises SourceError for what cannot be read."""
        if _is_stream(path):
            raise SourceError(display_name(path), "is not a file")
        real = os.path.realpath(path)
        file = self._files.get(real) or self._read(path)
        self._files[real] = file
        return file

    def _read(self, path: Path) -> SourceFile:
        if self._stdin is not None and str(path) == STANDARD_INPUT:
            return SourceFile("<stdin>", decode("<stdin>", self._stdin))
        return read_file(path)


@dataclass(slots=True)
class Sources:
    """The files of one source, and the only way for an importer to open a further one."""

    files: list[SourceFile]
    folders: tuple[str, ...]
    read: Read
    named: list[SourceFile] = field(default_factory=list)
    """Those of the files that were given by name, rather than found in a folder."""

    def beside(self, path: str, file: SourceFile) -> SourceFile:
        """The file at `path`, which another file names. Raises SourceError: missing, or outside what was given."""
        folder = os.path.dirname(file.path) if file.path is not None else ""
        at = os.path.normpath(os.path.join(folder, path))
        real = os.path.realpath(at)
        if not any(real == root or real.startswith(os.path.join(root, "")) for root in self.folders):
            raise SourceError(file.name, f"`{path}` lies outside the folder; give the folder that holds both")
        return self.read.beside(Path(at))


def gather(module: Any, paths: Sequence[str], draft: Draft, read: Read, lenient: bool = False) -> Sources:
    """The files that the source of `module` reads below the paths.

    A named file has to be one of that source, unless `lenient`; a folder may hold others. Raises UsageError for a path
    that does not exist; what cannot be read is an error in the draft.
    """
    sources = Sources([], tuple(dict.fromkeys(os.path.realpath(_folder(path)) for path in paths)), read)
    for given in paths:
        read.enter(given, draft)
        for path, named in _below(given, module):
            file = read.file(path, draft)
            if file is not None and file not in sources.files and _is_meant(file, module, draft, read, named, lenient):
                sources.files.append(file)
                if named:
                    sources.named.append(file)
    return sources


def _folder(path: str) -> str:
    return path if os.path.isdir(path) else os.path.dirname(os.path.abspath(path))


def _below(given: str, module: Any) -> Iterator[tuple[Path, bool]]:
    path = Path(given)
    if given == STANDARD_INPUT:
        yield path, True
        return
    refuse_missing(path)
    if not path.is_dir():
        yield path, True
        return
    files_in = getattr(module, "files_in", data_files)
    try:
        for file in files_in(path):
            if not _is_stream(file):
                yield file, False
    except PermissionError:
        return  # `Read.enter` has told of the folder


def _is_stream(path: Path) -> bool:
    """Whether it is a pipe, a socket or a device, which is read only where a person names it."""
    return path.exists() and not path.is_file()


def data_files(folder: Path) -> Iterator[Path]:
    """All YAML and JSON files below a folder, sorted; links that lead out of it are not followed."""
    root = os.path.join(os.path.realpath(folder), "")
    for at, names in _walk(folder):
        for name in sorted(names):
            if name.endswith(SUFFIXES) and os.path.realpath(os.path.join(at, name)).startswith(root):
                yield Path(at, name)


def _walk(folder: Path, onerror: Callable[[OSError], None] | None = None) -> Iterator[tuple[str, list[str]]]:
    """The folders at and below one that may hold sources, each with the names of its files."""
    for at, folders, names in os.walk(folder, onerror=onerror):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NEVER_ENTERED)
        yield at, names


def _unread(error: OSError) -> SourceError:
    return SourceError(display_name(Path(error.filename)), f"the folder cannot be read: {error.strerror}")


def read_file(path: Path) -> SourceFile:
    """Raises SourceError where the file cannot be read as text."""
    name = display_name(path)
    try:
        with path.open("rb") as stream:
            return SourceFile(name, decode(name, stream.read(MAX_BYTES + 1)), str(path))
    except OSError as error:
        raise SourceError(name, f"cannot be read: {error.strerror}") from error


def _is_meant(file: SourceFile, module: Any, draft: Draft, read: Read, named: bool, lenient: bool) -> bool:
    try:
        meant: bool = module.recognises(file)
    except SourceError as error:
        read.refuse(file, error, draft, named)
        return False
    if not meant and named and not lenient:
        what = "holds nothing" if not file.documents else f"is not recognised as {module.TITLE}"
        draft.error(f"the file {what}", file=file.name)
    return meant


def report(draft: Draft, error: SourceError) -> None:
    """Keep an error of reading as a remark, with its place."""
    draft.error(str(error), file=_where(error))


def _where(error: SourceError) -> str:
    return error.file if error.place is None else f"{error.file}:{error.place.line}:{error.place.column}"
