"""Reads old files from the objects of a git repository: nothing is checked out, nothing is written."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from archlint.engine.errors import UsageError
from archlint.records import dataclass

_LEFT_OUT = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""What git sets for its hooks: there it speaks of the current folder, here of the folder that is asked for."""

LINK = "120000"
_FILES = ("100644", "100755", LINK)
FETCH_ALL = "fetch all of the history (in a workflow of GitHub `fetch-depth: 0`, elsewhere `git fetch --unshallow`)"


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of a commit: its path from the root of the repository, its mode (LINK or of a file), its object."""

    path: str
    mode: str
    id: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with a working tree, whose root is `root` (links resolved)."""

    root: Path

    def base(self, revision: str) -> str:
        """The merge base of a revision and HEAD. Raises UsageError where there is none, or no such revision."""
        tip, head = self._commit(revision), self._commit("HEAD")
        found = self._git("merge-base", tip, head)
        if found.returncode == 0:
            return _line(found.stdout)
        if self._is_shallow():
            raise UsageError(f"no common commit of `{revision}` and HEAD in this shallow clone: {FETCH_ALL}")
        raise UsageError(f"`{revision}` and HEAD have no commit in common")

    def blobs(self, commit: str) -> list[Blob]:
        """The files of a commit, sorted by path; submodules have none."""
        listed = self._succeed("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")
        return list(_blobs(listed))

    def contents(self, blobs: Sequence[Blob]) -> list[bytes]:
        """The bytes of files, all read by one process."""
        if not blobs:
            return []
        asked = "".join(f"{blob.id}\n" for blob in blobs).encode()
        return list(_parts(self._succeed("cat-file", "--batch", stdin=asked), blobs))

    def _commit(self, revision: str) -> str:
        refuse_misspelt(revision)
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
        if found.returncode == 0 and not found.stdout.startswith(b"^"):  # `^main` is all but main
            return _line(found.stdout)
        if revision == "HEAD":
            raise UsageError("there is no commit yet to compare with")
        raise UsageError(f"git knows no revision `{revision}` here; in a shallow clone, {FETCH_ALL}")

    def _is_shallow(self) -> bool:
        return _line(self._succeed("rev-parse", "--is-shallow-repository")) == "true"

    def _git(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return _run(self.root, arguments, stdin)

    def _succeed(self, *arguments: str, stdin: bytes = b"") -> bytes:
        return _succeeded(self._git(*arguments, stdin=stdin))


def refuse_misspelt(revision: str) -> None:
    """Raises UsageError for what cannot be a revision, but may be an option of git."""
    if revision.startswith("-") or not revision.isprintable() or not revision.strip():
        raise UsageError(f"`{revision}` is no revision of git")


def repository_around(folder: Path) -> Repository:
    """Raises UsageError for a folder that is in no working tree, or in one that git does not trust."""
    try:
        root = _succeeded(_run(folder, ("rev-parse", "--show-toplevel")))
    except _GitError as error:
        raise UsageError(f"{folder} is in no working tree of git: {error}") from error
    return Repository(Path(os.path.realpath(os.fsdecode(root.removesuffix(b"\n")))))


class _GitError(UsageError):
    """What git itself said."""


def _run(folder: Path, arguments: Sequence[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-C", os.path.abspath(folder), *arguments]
    try:
        return subprocess.run(command, input=stdin, capture_output=True, env=environment, check=False)
    except FileNotFoundError as error:
        raise UsageError("git is needed to compare with a revision, and is not on the PATH") from error


def _succeeded(result: subprocess.CompletedProcess[bytes]) -> bytes:
    if result.returncode != 0:
        said = result.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise _GitError(said.removeprefix("fatal: ") or f"git ends with {result.returncode}")
    return result.stdout


def _line(output: bytes) -> str:
    return output.decode("ascii").strip()


def _blobs(listed: Iterable[bytes]) -> Iterator[Blob]:
    for line in listed:
        described, tab, path = line.partition(b"\t")
        if tab:
            mode, _, identity = described.decode("ascii").split(" ")
            if mode in _FILES:
                yield Blob(os.fsdecode(path), mode, identity)


def _parts(batch: bytes, blobs: Iterable[Blob]) -> Iterator[bytes]:
    """The contents in the output of `git cat-file --batch`: `ID blob SIZE`, the bytes, a line's end."""
    at = 0
    for blob in blobs:
        end = batch.index(b"\n", at)
        described = batch[at:end].decode("ascii").split(" ")
        if described[1:2] != ["blob"]:
            raise UsageError(f"git lacks the object of {blob.path}; fetch the repository anew")
        start, size = end + 1, int(described[2])
        yield batch[start : start + size]
        at = start + size + 1
