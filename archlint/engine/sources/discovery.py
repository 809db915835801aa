"""From paths to the texts of manifests."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.engine.errors import UsageError
from archlint.records import dataclass

if TYPE_CHECKING:
    from archlint.engine.sources.gitignore import Exclusion

SUFFIXES = ("archlint.yaml", "archlint.yml")
READ_AT_MOST = 16 * 1024 * 1024 + 1
"""Bytes: one more than a manifest may have, so that the reader sees that it is too large."""

_NEVER_ENTERED = frozenset({"node_modules", "__pycache__", "venv"})
STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """One manifest's bytes under the name that reports use (a relative path with forward slashes)."""

    name: str
    content: bytes


def is_manifest(name: str) -> bool:
    """`archlint.yaml`, `*.archlint.yaml`, and the same with `.yml`."""
    return any(name == suffix or name.endswith("." + suffix) for suffix in SUFFIXES)


def discover(paths: Iterable[Path], exclusion: Exclusion | None = None) -> list[Path]:
    """The manifests that paths mean: a named file whatever its name, a folder's manifests at any depth.

    `exclusion` is for what lies below folders; what is named is read all the same. Sorted and without repetition,
    whatever links lead to a file. Raises UsageError for a path that does not exist.
    """
    found: dict[str, Path] = {}
    for path in paths:
        refuse_missing(path)
        for manifest in _below(path, exclusion) if path.is_dir() else (path,):
            found.setdefault(os.path.realpath(manifest), manifest)
    return sorted(found.values(), key=os.path.abspath)


def refuse_missing(path: Path) -> None:
    if not os.path.lexists(path):
        raise UsageError(f"{path}: no such file or folder")


def without_excluded(paths: Iterable[Path], exclusion: Exclusion) -> list[Path]:
    """The paths that are not left out, themselves or with a folder that they lie in."""
    kept = []
    for path in paths:
        refuse_missing(path)
        if not exclusion.leaves_out_any(os.path.abspath(path)):
            kept.append(path)
    return kept


def is_discovered(path: str) -> bool:
    """Whether a folder's discovery finds the file at `path` (relative, forward slashes) below it."""
    *folders, name = path.split("/")
    return is_manifest(name) and not any(_is_passed_over(folder) for folder in folders)


def _is_passed_over(folder: str) -> bool:
    return folder.startswith(".") or folder in _NEVER_ENTERED


def _below(folder: Path, exclusion: Exclusion | None) -> Iterator[Path]:
    for root, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not _is_passed_over(name))
        manifests = sorted(filter(is_manifest, files))
        if exclusion is not None:
            absolute = os.path.abspath(root)
            folders[:] = [name for name in folders if not exclusion.leaves_out(os.path.join(absolute, name), True)]
            manifests = [name for name in manifests if not exclusion.leaves_out(os.path.join(absolute, name), False)]
        for name in manifests:
            yield Path(root, name)


def _refuse(error: OSError) -> None:
    raise UsageError(f"{error.filename}: cannot be read: {error.strerror}")


def read_source(path: Path) -> Source:
    """A manifest's bytes, at most READ_AT_MOST of them. Raises UsageError where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return Source(display_name(path), stream.read(READ_AT_MOST))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def display_name(path: Path) -> str:
    """A path as reports show it: relative to the current folder where it lies below it, and always printable."""
    absolute = Path(os.path.abspath(path))
    try:
        shown = absolute.relative_to(Path.cwd())
    except ValueError:
        shown = path
    return os.fsencode(shown.as_posix()).decode("utf-8", "replace")


def repository_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a repository, `start` itself where there is none."""
    folder = Path(os.path.abspath(start))
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate
    return folder


def repository_paths(names: Iterable[str]) -> dict[str, str]:
    """Files, named from the current folder, as the repository around it names them: from its root, links resolved.

    A file outside the repository keeps its name. Where there is no repository, the current folder is its root.
    """
    root = os.path.join(os.path.realpath(repository_root(Path())), "")
    paths = {name: os.path.realpath(name) for name in names}
    return {
        name: Path(path.removeprefix(root)).as_posix() if path.startswith(root) else name
        for name, path in paths.items()
    }
