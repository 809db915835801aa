"""What `.gitignore` files and lists of patterns in their manner leave out, as git decides it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence

from archlint.records import dataclass

FILE = ".gitignore"

_CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": " \t", "digit": "0-9", "lower": "a-z",
    "punct": r"!-/:-@\[-`{-~", "space": r"\s", "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line. `negated` brings back what an earlier line left out."""

    regex: re.Pattern[str]
    negated: bool
    folders_only: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """Patterns and the folder that they start from, absolute."""

    folder: str
    patterns: tuple[Pattern, ...]

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """Whether the last pattern that matches leaves the path out; None where none matches."""
        start = os.path.join(self.folder, "")
        if not path.startswith(start):
            return None
        relative = path[len(start) :].replace(os.sep, "/")
        for pattern in reversed(self.patterns):
            if (is_folder or not pattern.folders_only) and pattern.regex.fullmatch(relative):
                return not pattern.negated
        return None

    def matches(self, path: str) -> bool:
        """Whether a file, or a folder that it lies in, is meant."""
        start = len(self.folder) + 1
        ends = [index for index in range(start, len(path)) if path[index] == os.sep]
        return any(self.verdict(path[:end], True) for end in ends) or bool(self.verdict(path, False))


def parse(lines: Iterable[str]) -> tuple[Pattern, ...]:
    """The patterns of lines; blank ones, comments and what can match nothing are left out."""
    return tuple(pattern for line in lines if (pattern := _pattern(line)) is not None)


class Exclusion:
    """Decides which paths a search leaves out.

    `rules` come first and what they do not mention is for the `.gitignore` files, each read once: those of the
    folders between the repository's root and the path, the nearest first. Outside of a repository there are none.
    """

    def __init__(self, rules: Sequence[Rules] = ()) -> None:
        self._rules = tuple(rules)
        self._read: dict[str, tuple[Rules, ...] | None] = {}

    def leaves_out(self, path: str, is_folder: bool) -> bool:
        """Of an absolute path whose folders are not left out themselves."""
        for rules in (*self._rules, *(self._around(os.path.dirname(path)) or ())):
            verdict = rules.verdict(path, is_folder)
            if verdict is not None:
                return verdict
        return False

    def leaves_out_any(self, path: str) -> bool:
        """Whether an absolute path, or a folder that it lies in, is left out."""
        folders = []
        folder = os.path.dirname(path)
        while folder != os.path.dirname(folder):
            folders.append(folder)
            folder = os.path.dirname(folder)
        if any(self.leaves_out(folder, True) for folder in reversed(folders)):
            return True
        return self.leaves_out(path, os.path.isdir(path))

    def _around(self, folder: str) -> tuple[Rules, ...] | None:
        """The rules that hold in a folder, the nearest first; None outside of a repository, as for git."""
        if folder not in self._read:
            parent = os.path.dirname(folder)
            is_root = os.path.exists(os.path.join(folder, ".git"))
            above = () if is_root else None if parent == folder else self._around(parent)
            patterns = () if above is None else parse(_lines(os.path.join(folder, FILE)))
            self._read[folder] = (Rules(folder, patterns), *(above or ())) if patterns else above
        return self._read[folder]


def _lines(path: str) -> list[str]:
    try:
        with open(path, "rb") as stream:
            return os.fsdecode(stream.read()).removeprefix("\ufeff").split("\n")
    except OSError:  # there is none, or git could not read it either
        return []


def _pattern(line: str) -> Pattern | None:
    text = _without_trailing_space(line.removesuffix("\r"))
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    text = text[negated:]
    folders_only = text.endswith("/") and text != "/"
    text = text.removesuffix("/") if folders_only else text
    anchored = "/" in text
    regex = _translate(text.removeprefix("/"))
    if regex is None or not text:
        return None
    return Pattern(re.compile(regex if anchored else f"(?:.*/)?{regex}", re.DOTALL), negated, folders_only)


def _without_trailing_space(text: str) -> str:
    """Trailing spaces count only where the last has a backslash before it."""
    stripped = text.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return stripped + " " if backslashes % 2 and len(stripped) < len(text) else stripped


def _translate(glob: str) -> str | None:
    """A regular expression, None where the glob can match nothing (a class or an escape that does not end)."""
    try:
        return "".join(_parts(glob))
    except ValueError:
        return None


def _parts(glob: str) -> Iterator[str]:
    at = 0
    while at < len(glob):
        starts = at == 0 or glob[at - 1] == "/"
        if starts and glob.startswith("**/", at):
            yield "(?:.*/)?"
            at += 3
        elif starts and glob[at:] == "**":
            yield ".*" if at == 0 else ".+"
            at += 2
        elif glob[at] == "*":
            yield "[^/]*"
            at += 1
        elif glob[at] == "?":
            yield "[^/]"
            at += 1
        elif glob[at] == "[":
            text, at = _bracket(glob, at + 1)
            yield text
        else:
            at += glob[at] == "\\"
            if at == len(glob):
                raise ValueError("ends with a backslash")
            yield re.escape(glob[at])
            at += 1


def _bracket(glob: str, at: int) -> tuple[str, int]:
    """The expression for a class that opens before `at`, and where it ends. Raises ValueError where it does not."""
    negated = glob[at : at + 1] in ("!", "^")
    at += negated
    members: list[str] = []
    first = True
    while first or glob[at] != "]":
        first = False
        named = re.compile(r"\[:(\w+):\]").match(glob, at)
        if named:
            members.append(_CLASSES.get(named[1], ""))
            at = named.end()
            continue
        low, at = _member(glob, at)
        high = low
        if glob[at : at + 1] == "-" and glob[at + 1 : at + 2] not in ("]", ""):
            high, at = _member(glob, at + 1)
        members.append(re.escape(low))  # on its own too: the range may be empty
        if low < high:
            members.append(f"{re.escape(low)}-{re.escape(high)}")
        if at >= len(glob):
            raise ValueError("is not closed")
    inner = "".join(members)
    if negated:
        return (f"[^/{inner}]" if inner else "[^/]"), at + 1
    return (f"(?!/)[{inner}]" if inner else "(?!)"), at + 1


def _member(glob: str, at: int) -> tuple[str, int]:
    at += glob[at : at + 1] == "\\"
    if at >= len(glob):
        raise ValueError("is not closed")
    return glob[at], at + 1
