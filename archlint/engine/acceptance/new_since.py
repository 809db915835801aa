"""`--new-since REV`: what stood in the workspace at the merge base of REV and HEAD is not new.

Both sides are judged by today's configuration, catalogue and clock; findings are matched by fingerprint.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from archlint.engine.acceptance.accepted import Accepted
from archlint.engine.errors import UsageError
from archlint.engine.results import EvidenceRow, Fault, Report, ReportedFinding, Suppressed
from archlint.engine.sources.discovery import READ_AT_MOST, Source, display_name, is_discovered
from archlint.engine.sources.git import LINK, Blob, Repository, refuse_misspelt, repository_around
from archlint.engine.sources.gitignore import Exclusion
from archlint.records import dataclass, replace

_MOST_LINKS = 8
_SHORT = 10


@dataclass(frozen=True, slots=True)
class OldSide:
    """The manifests at the merge base; those that the run reads come first, so that their systems win a clash."""

    revision: str
    commit: str
    sources: tuple[Source, ...]

    @property
    def name(self) -> str:
        return f"{self.revision} ({self.commit[:_SHORT]})"


@dataclass(frozen=True, slots=True)
class NewSince:
    """Suppresses what the old side has, unless its exposure or its severity has risen since."""

    old: OldSide
    findings: Mapping[str, Accepted]

    def suppress(self, finding: ReportedFinding) -> Suppressed | None:
        before = self.findings.get(finding.fingerprint)
        if before is None or before.outgrown_by(finding):
            return None
        return Suppressed("new-since", f"stood at {self.old.name}")

    def remembered(self, finding: ReportedFinding) -> Iterator[EvidenceRow]:
        before = self.findings.get(finding.fingerprint)
        if before is not None:
            revision = self.old.revision
            yield from before.rows(finding, f"exposure at {revision}", f"severity at {revision}")


def new_since(old: OldSide, report: Report) -> NewSince:
    """`report` is of the old side. What was suppressed there stood there all the same."""
    return NewSince(old, {f.fingerprint: Accepted(f.severity, f.exposure) for f in report.findings})


def old_faults(old: OldSide, report: Report, faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """The faults of the old side that the run does not have itself, named as such."""
    told = {(fault.kind, fault.name) for fault in faults}
    return tuple(
        replace(fault, message=f"at {old.name}: {fault.message}")
        for fault in report.faults
        if (fault.kind, fault.name) not in told
    )


def old_side(revision: str, paths: Iterable[str], exclusion: Exclusion, files: Sequence[str]) -> OldSide:
    """Read the whole workspace as it was, under the names that its files would have in the working tree.

    `paths` are where the run looks, `files` what it reads. Raises UsageError where git cannot say how.
    """
    refuse_misspelt(revision)
    places = [_Place.of(path) for path in paths]
    repository, *others = {place.repository: None for place in places}
    if others:
        raise UsageError("--new-since compares within one repository, and the paths are in several")
    commit = repository.base(revision)
    search = _Search(repository.root, [place.path for place in places], exclusion)
    blobs = _manifests(repository, repository.blobs(commit), search)
    first = {os.path.relpath(os.path.realpath(file), repository.root) for file in files}
    order = sorted(blobs, key=lambda path: (path not in first, path))
    contents = repository.contents([blobs[path] for path in order])
    sources = (
        Source(display_name(repository.root / path), content[:READ_AT_MOST])
        for path, content in zip(order, contents, strict=True)
    )
    return OldSide(revision, commit, tuple(sources))


@dataclass(frozen=True, slots=True)
class _Place:
    """A path of the command line, as its repository names it; the root is empty."""

    repository: Repository
    path: str

    @staticmethod
    def of(path: str) -> _Place:
        resolved = os.path.realpath(path)
        repository = repository_around(_nearest_folder(Path(resolved)))
        inner = Path(resolved).relative_to(repository.root).as_posix()
        return _Place(repository, "" if inner == "." else inner)


def _nearest_folder(path: Path) -> Path:
    """What standard input is called need not exist."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


@dataclass(frozen=True, slots=True)
class _Search:
    """Which files of a commit are read: what discovery finds from the root and below `places`, and these themselves."""

    root: Path
    places: Sequence[str]
    exclusion: Exclusion

    def finds(self, path: str) -> bool:
        folders = ("", *(f"{place}/" for place in self.places))
        return path in self.places or any(self._finds_below(folder, path) for folder in folders)

    def _finds_below(self, folder: str, path: str) -> bool:
        inner = path.removeprefix(folder)
        if not path.startswith(folder) or not is_discovered(inner):
            return False
        *folders, _ = accumulate(inner.split("/"), posixpath.join)
        start = os.path.join(self.root, folder)
        in_folder = any(self.exclusion.leaves_out(os.path.join(start, name), True) for name in folders)
        return not in_folder and not self.exclusion.leaves_out(os.path.join(start, inner), False)


def _manifests(repository: Repository, blobs: Iterable[Blob], search: _Search) -> dict[str, Blob]:
    """The manifests by path, each once, whatever links lead to it."""
    by_path = {blob.path: blob for blob in blobs}
    links = [blob for blob in by_path.values() if blob.mode == LINK]
    targets = dict(zip((link.path for link in links), map(os.fsdecode, repository.contents(links)), strict=True))
    found = (_target(path, targets) for path in by_path if search.finds(path))
    return {path: by_path[path] for path in found if path in by_path}


def _target(path: str, targets: Mapping[str, str]) -> str:
    """Where a link of the tree leads; the path itself where it is none, or where it leads too far."""
    for _ in range(_MOST_LINKS):
        if path not in targets:
            return path
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), targets[path]))
    return ""
