"""Rules of an organisation: from a file of YAML to checks like any other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archlint.engine.errors import UsageError
from archlint.engine.plugins import EntryPoint
from archlint.engine.registry import Registry, reserved
from archlint.engine.rule_files.check import Template, check_of
from archlint.engine.rule_files.expressions import Expression, ExpressionError, compiled
from archlint.engine.rule_files.fields import ITEM, Plans, names, step, suggestion, variables
from archlint.engine.rule_files.schema import rules_schema
from archlint.engine.schema_problems import Schema
from archlint.engine.sources.discovery import READ_AT_MOST, display_name
from archlint.manifest.problems import On, Place, Problem
from archlint.manifest.reader import Document, read
from archlint.manifest.routes import RouteError, parse_route
from archlint.records import dataclass

if TYPE_CHECKING:
    from archlint.manifest.problems import Path as Steps
    from archlint.plugin import Check

_FIGURE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NO_RULES = "a rule file is a mapping: `rules:` and a list"


class RuleFileError(UsageError):
    """All that is wrong with rule files. `lines` have each with its place."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = tuple(lines)
        super().__init__("\n".join(self._lines))

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(f"error: {line}" for line in self._lines)


@dataclass(frozen=True, slots=True, order=True)
class _Mistake:
    place: Place
    message: str


def with_rules(registry: Registry, files: Sequence[str]) -> Registry:
    """The registry with the rules of the files as further checks.

    Raises UsageError for a file that cannot be read, and RuleFileError for whatever is wrong in any of them.
    """
    wrong: list[str] = []
    for file in files:
        document = _read(file)
        rules, mistakes = _rules_of(document, registry)
        wrong.extend(f"{document.name}:{m.place.line}:{m.place.column}: {m.message}" for m in sorted(mistakes))
        if not mistakes:
            owner = EntryPoint(document.name, "", "rules", file)
            registry = registry.extended(rules, owner)
    if wrong:
        raise RuleFileError(wrong)
    return registry


def _read(file: str) -> Document:
    try:
        with open(file, "rb") as stream:
            return read(stream.read(READ_AT_MOST), display_name(Path(file)))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error


def _rules_of(document: Document, registry: Registry) -> tuple[list[Check], list[_Mistake]]:
    if document.data is None or document.problems:
        return [], [_unreadable(problem) for problem in document.problems]
    problems = list(Schema(rules_schema()).problems(document.data))
    if problems:
        return [], [_Mistake(document.spans.place_of(p.path, p.on), p.message) for p in problems]
    reader = _Reader(document, registry)
    checks = [check for at, rule in enumerate(document.data["rules"]) if (check := reader.rule(rule, ("rules", at)))]
    return checks, reader.mistakes


def _unreadable(problem: Problem) -> _Mistake:
    assert problem.place is not None
    message = _NO_RULES if "a manifest begins" in problem.message or "top level" in problem.message else problem.message
    return _Mistake(problem.place, message)


class _Reader:
    """Reads rules whose shape is right, and notes all else that is wrong with them."""

    def __init__(self, document: Document, registry: Registry) -> None:
        self.document = document
        self.mistakes: list[_Mistake] = []
        self._registry = registry
        self._seen: dict[str, Steps] = {}

    def rule(self, rule: Mapping[str, Any], path: Steps) -> Check | None:
        before = len(self.mistakes)
        self._refuse_clashes(rule, path)
        known = variables(rule["select"])
        where = self._expression(rule, "where", path, known)
        condition = self._expression(rule, "condition", path, known)
        message = self._template(rule["message"], (*path, "message"), known)
        self._refuse_unknown_field(rule, path, known)
        if len(self.mistakes) > before or condition is None:
            return None
        name, line = self.document.name, self.document.spans.place_of((*path, "condition"), "key").line
        return check_of(rule, where, condition, message, f"{name}:{line}")

    def _refuse_clashes(self, rule: Mapping[str, Any], path: Steps) -> None:
        for key in ("code", "name"):
            value = rule[key]
            owner = self._registry.owners.get(value)
            if reserved(value):
                self._note((*path, key), f"`{value}` belongs to archlint itself")
            elif value in self._seen:
                line = self.document.spans.place_of(self._seen[value]).line
                self._note((*path, key), f"`{value}` is already the {key} of the rule of line {line}")
            elif self._registry.find(value):
                of = f" of {owner.label}" if owner else ""
                self._note((*path, key), f"`{value}` is already a check{of}")
            self._seen.setdefault(value, (*path, key))

    def _expression(
        self, rule: Mapping[str, Any], key: str, path: Steps, known: Mapping[str, Plans]
    ) -> Expression | None:
        if key not in rule:
            return None
        try:
            return compiled(rule[key], known)
        except ExpressionError as error:
            self._note_within((*path, key), rule[key], error.index, str(error))
            return None

    def _template(self, text: str, path: Steps, known: Mapping[str, Plans]) -> Template:
        parts: list[str | Expression] = []
        end = 0
        for found in _FIGURE.finditer(text):
            parts.append(text[end : found.start()])
            end = found.end()
            try:
                parts.append(compiled(found[1], known))
            except ExpressionError as error:
                self._note_within(path, text, found.start(1) + error.index, str(error))
        rest = text[end:]
        if "{{" in rest:
            self._note_within(path, text, end + rest.index("{{"), "`{{` is never closed by `}}`")
        return Template((*parts, rest), known)

    def _refuse_unknown_field(self, rule: Mapping[str, Any], path: Steps, known: Mapping[str, Plans]) -> None:
        if "field" not in rule:
            return
        plans = known[rule["select"].lower()]
        try:
            parts = parse_route(rule["field"])
        except RouteError as error:
            self._note((*path, "field"), f"`{rule['field']}` is no field: {error}")
            return
        for at, part in enumerate(parts):
            following = step(plans, ITEM) if part.index is not None else step(plans, part.name or "")
            if not following:
                near = suggestion(str(part.name), names(plans))
                before = rule["select"].lower() if at == 0 else "".join(map(str, parts[:at]))
                self._note((*path, "field"), f"`{before}` has no field `{part}`{near}")
                return
            plans = following

    def _note(self, path: Steps, message: str, on: On = "value") -> None:
        self.mistakes.append(_Mistake(self.document.spans.place_of(path, on), message))

    def _note_within(self, path: Steps, text: str, index: int, message: str) -> None:
        place = _place_within(self.document, path, text, index)
        if place is None:
            line, column = text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1
            self._note(path, f"{message} (line {line}, column {column} of the text)")
        else:
            self.mistakes.append(_Mistake(place, message))


def _place_within(document: Document, path: Steps, text: str, index: int) -> Place | None:
    """Where the character of a text stands in the file; None where it is not written there as it is read."""
    place = document.spans.value_place(path)
    if place is None:
        return None
    lines = document.spans.lines
    start = lines.begin(place.line) + place.column - 1
    if document.text[start] in "|>":
        return _place_in_block(document, place.line, text, index)
    start += document.text[start] in "\"'"
    if not document.text.startswith(text, start):
        return None
    return lines.place(start + index, start + index + 1)


def _place_in_block(document: Document, line: int, text: str, index: int) -> Place | None:
    written = document.text.splitlines()[line:]
    indent = next((len(row) - len(row.lstrip()) for row in written if row.strip()), 0)
    row = text.count("\n", 0, index)
    column = index - (text.rfind("\n", 0, index) + 1)
    wanted = text.split("\n")[row]
    if row >= len(written) or written[row][indent:] != wanted:
        return None
    column = min(column, max(len(wanted) - 1, 0)) + indent + 1
    return Place(line + row + 1, column, line + row + 1, column + 1)
