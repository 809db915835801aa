"""`required-version` and `require-plugins`: versions compared as far as releases go, `1.10` above `1.9`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from archlint.records import dataclass

_CLAUSE = re.compile(r"\s*(==|!=|>=|<=|~=|>|<)\s*(\d+(?:\.\d+)*)\s*\Z")
_RELEASE = re.compile(r"\d+(?:\.\d+)*")
_REQUIREMENT = re.compile(r"\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?P<versions>.*)", re.DOTALL)

Release = tuple[int, ...]

_COMPARISONS: Mapping[str, Callable[[Release, Release], bool]] = {
    "==": operator.eq, "!=": operator.ne, ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


class RequirementError(ValueError):
    """A requirement that cannot be read."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A distribution, by its name as indexes write it, and the versions of it that will do."""

    name: str
    versions: str


def requirement_of(text: str) -> Requirement:
    """Read `acme-checks` or `acme-checks>=1.2, <2`. Raises RequirementError."""
    match = _REQUIREMENT.fullmatch(text)
    if match is None:
        raise RequirementError(f"`{text}` names no distribution; write one as `acme-checks` or `acme-checks>=1.2`")
    versions = match["versions"].strip()
    if versions:
        satisfies("0", versions)
    return Requirement(re.sub(r"[-_.]+", "-", match["name"]).lower(), versions)


def missing_plugins(wanted: Iterable[str], there: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """What is wrong with each requirement that the distributions (names to versions) do not meet."""
    for index, text in enumerate(wanted):
        try:
            requirement = requirement_of(text)
        except RequirementError as error:
            yield index, str(error)
            continue
        version = there.get(requirement.name)
        if version is None:
            yield index, f"the plug-in `{requirement.name}` is not installed"
        elif requirement.versions and not satisfies(version, requirement.versions):
            yield index, f"requires `{requirement.name}` {requirement.versions}; installed is {version}"


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version meets every clause of `>=1.2, <2`. Raises RequirementError for what is no clause."""
    clauses = [_clause(clause) for clause in wanted.split(",")]
    release = _RELEASE.match(version)
    have = _release(release.group()) if release else ()
    return all(_meets(have, comparison, want) for comparison, want in clauses)


def _clause(text: str) -> tuple[str, str]:
    match = _CLAUSE.match(text)
    if match is None:
        raise RequirementError(f"`{text.strip()}` is no condition on a version; write one as `>=0.1` or `>=0.1, <2`")
    if match[1] == "~=" and "." not in match[2]:
        raise RequirementError(f"`{text.strip()}` needs two numbers, such as `~=1.2`")
    return match[1], match[2]


def _meets(have: Release, comparison: str, wanted: str) -> bool:
    want = _release(wanted)
    if comparison == "~=":
        prefix = tuple(map(int, wanted.split(".")))[:-1]
        padded = have + (0,) * len(prefix)
        return have >= want and padded[: len(prefix)] == prefix
    return _COMPARISONS[comparison](have, want)


def _release(text: str) -> Release:
    """Without trailing zeros: 1.0 and 1 are the same release."""
    numbers = list(map(int, text.split(".")))
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
