"""What if: `--set ROUTE=VALUE` and `--scale-load 1.9x`, applied to the tree before validation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from archlint.manifest.defaults import supplied_by
from archlint.manifest.models import SECTIONS
from archlint.manifest.problems import Path
from archlint.manifest.reader import read
from archlint.manifest.routes import Part, RouteError, format_route, parse_route, resolve, resolve_all
from archlint.manifest.scaling import scale_loads
from archlint.manifest.spans import Found, SpanIndex
from archlint.manifest.tree import ABSENT, TreeCopy, value_at
from archlint.records import dataclass, field

REMOVE = object()
"""The value of an assignment that removes: `ROUTE=`."""

_SYSTEM = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*):")
_EQUALS = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^"=])*=', re.DOTALL)
_FACTOR = re.compile(r"([0-9]+(?:\.[0-9]+)?)x")
_NO_SYSTEM = "no system is named"


class OverrideError(Exception):
    """An option that cannot be read, or that changes nothing in any manifest."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(f"{option}: {message}")
        self.option = option
        self.message = message


@dataclass(frozen=True, slots=True)
class Assignment:
    """One `--set`: the value is plain data, or REMOVE."""

    text: str
    route: tuple[Part, ...]
    value: Any
    system: str | None = None

    @property
    def option(self) -> str:
        return f"--set {self.text}"

    @property
    def is_pattern(self) -> bool:
        return any(part.any for part in self.route)


@dataclass(frozen=True, slots=True)
class Overrides:
    """The assumptions of a run. Loads are scaled first: what `--set` states is the value that is checked."""

    assignments: tuple[Assignment, ...] = ()
    scale_load: Decimal | None = None


@dataclass(slots=True)
class Applied:
    """A changed copy of a tree. `changed` holds each path that an option changed, and that option."""

    data: dict[str, Any]
    assumptions: list[str] = field(default_factory=list)
    changed: dict[Path, str] = field(default_factory=dict)
    unmatched: list[OverrideError] = field(default_factory=list)


class AssumedSpans(SpanIndex):
    """Positions in a text whose tree has changed: what lies below a change stands where the change does."""

    __slots__ = ("_changed",)

    def __init__(self, spans: SpanIndex, changed: Sequence[Path]) -> None:
        super().__init__(spans.text, spans.nodes)
        self._changed = frozenset(changed)

    def _find(self, path: Path) -> Found | None:
        for length in range(1, len(path)):
            if path[:length] in self._changed:
                return super()._find(path[:length])
        return super()._find(path)


def parse_overrides(assignments: Sequence[str], scale_load: str | None = None) -> Overrides:
    """From the texts of the options. Raises OverrideError."""
    factor = None if scale_load is None else parse_scale(scale_load)
    return Overrides(tuple(parse_assignment(text) for text in assignments), factor)


def parse_assignment(text: str) -> Assignment:
    """From `[system:]ROUTE=VALUE`. Raises OverrideError."""
    equals = _EQUALS.match(text)
    if equals is None:
        raise OverrideError(f"--set {text}", "`=` is missing; write ROUTE=VALUE, or ROUTE= to remove what is there")
    system = _SYSTEM.match(text)
    start = system.end() if system else 0
    route = text[start : equals.end() - 1].strip()
    try:
        parts = parse_route(route)
    except RouteError as error:
        raise OverrideError(f"--set {text}", error.message) from None
    if not parts:
        raise OverrideError(f"--set {text}", "the route before `=` is missing")
    value = _value(text, text[equals.end() :].strip())
    return Assignment(text, parts, value, system[1] if system else None)


def parse_scale(text: str) -> Decimal:
    """From `1.9x`. Raises OverrideError."""
    found = _FACTOR.fullmatch(text.strip())
    if found is None:
        raise OverrideError(f"--scale-load {text}", "write a multiple such as 1.9x")
    return Decimal(found[1])


def apply_overrides(data: dict[str, Any], overrides: Overrides) -> Applied:
    """A changed copy that shares what did not change. An assignment without effect is in `unmatched`."""
    tree = TreeCopy(data)
    applied = Applied(tree.data)
    if overrides.scale_load is not None:
        scale_loads(tree, overrides.scale_load)
        applied.assumptions.append(f"every declared load x {overrides.scale_load}")
    for assignment in overrides.assignments:
        try:
            if assignment.system not in (None, _system_name(data)):
                raise RouteError(f"{_NO_SYSTEM} `{assignment.system}`")
            _assign(tree, applied, assignment)
        except RouteError as error:
            applied.unmatched.append(OverrideError(assignment.option, error.message))
    return applied


def raise_unmatched(unmatched: Sequence[Sequence[OverrideError]]) -> None:
    """Raises the first OverrideError that stands in every list, one list a manifest of the run."""
    if not unmatched:
        return
    for error in unmatched[0]:
        if all(any(error.option == other.option for other in others) for others in unmatched[1:]):
            raise max(
                (other for others in unmatched for other in others if other.option == error.option),
                key=lambda other: not other.message.startswith(_NO_SYSTEM),
            )


def _value(text: str, value: str) -> Any:
    if not value:
        return REMOVE
    document = read(f"value: {value}\n".encode(), "--set")
    if document.nulls:
        raise OverrideError(f"--set {text}", "a value cannot be null; write `none`, or nothing to remove what is there")
    if document.problems or document.data is None or list(document.data) != ["value"]:
        said = document.problems[0].message if document.problems else "more than one value"
        raise OverrideError(f"--set {text}", f"`{value}` is not one YAML value: {said}")
    return document.data["value"]


def _system_name(data: dict[str, Any]) -> Any:
    system = data.get("system")
    return system.get("name") if isinstance(system, dict) else None


def _assign(tree: TreeCopy, applied: Applied, assignment: Assignment) -> None:
    removes = assignment.value is REMOVE
    paths = (_removable if removes else _targets)(tree.data, assignment)
    applied.assumptions.append(_assumption(tree.data, paths, assignment))
    for path in reversed(paths):
        if removes:
            tree.remove(path)
        else:
            tree.put(path, assignment.value)
        # The items after a removed one move up, so that no index of the list is what the text says.
        moved = removes and isinstance(path[-1], int)
        applied.changed[path[:-1] if moved else path] = assignment.option


def _targets(data: dict[str, Any], assignment: Assignment) -> list[Path]:
    """The paths that an assignment sets: those that are stated, and fields that are not but may be."""
    last = max((at for at, part in enumerate(assignment.route) if part.any), default=-1) + 1
    prefix, rest = assignment.route[:last], assignment.route[last:]
    return [_reach(path, rest, data) for path in resolve_all(prefix, data)]


def _reach(path: Path, rest: Sequence[Part], data: Any) -> Path:
    for at, part in enumerate(rest):
        here = value_at(data, path)
        try:
            path += resolve((part,), here)
        except RouteError:
            if not (isinstance(here, dict) or here == "none"):
                raise RouteError(_lacks(path, part, data)) from None
            return _created(path, rest[at:], data)
    return path


def _created(path: Path, missing: Sequence[Part], data: Any) -> Path:
    """Fields may be created, components may not, and neither may what the language does not know."""
    from archlint.manifest import shapes, wording

    for part in missing:
        key = part.name
        if key is None or (path and not shapes.model_at(path) and not shapes.may_hold_values(path)):
            raise RouteError(_lacks(path, part, data))
        if not path and key not in SECTIONS:
            raise RouteError(wording.unknown_section(key))
        if not shapes.at((*path, key)):
            raise RouteError(wording.unknown_field((*path, key)))
        path = (*path, key)
    return path


def _lacks(path: Path, part: Part, data: Any) -> str:
    """What `resolve` says of the part, with the whole route in it."""
    here = value_at(data, path)
    where = f"`{format_route(path, data)}`" if path else "the top level"
    try:
        resolve((part,), {} if here is ABSENT else here)
    except RouteError as error:
        return error.message.replace("the top level", where, 1)
    return f"{where} has no `{part}`"


def _removable(data: dict[str, Any], assignment: Assignment) -> list[Path]:
    try:
        return resolve_all(assignment.route, data)
    except RouteError:
        if not assignment.is_pattern:
            path = _reach((), assignment.route, data)
            if default := supplied_by(data, path):
                raise RouteError(f"the value comes from `{format_route(default, data)}`; set it to `none`") from None
            raise RouteError("nothing is stated there that could be removed") from None
        raise


def _assumption(before: Any, paths: list[Path], assignment: Assignment) -> str:
    system = f"{assignment.system}:" if assignment.system else ""
    said = "removed" if assignment.value is REMOVE else f"= {flow(assignment.value)}"
    if len(paths) > 1:
        route = assignment.text.partition(":")[2] if system else assignment.text
        return f"{system}{route.rpartition('=')[0].strip()} {said} ({len(paths)} places)"
    path = paths[0]
    was = value_at(before, path)
    default = supplied_by(before, path) if was is ABSENT else None
    if default and path[2 - len(default) :] == default[2:]:
        was = value_at(before, default)
    earlier = "was not stated" if was is ABSENT else f"was {flow(was)}"
    return f"{system}{format_route(path, before)} {said} ({earlier})"


def flow(value: Any) -> str:
    """A value as it would be written on one line of a manifest."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
