"""Everything that is wrong with a manifest, in one go: the models read it, and their errors become sentences.

This imports pydantic; `validation` comes here only with a manifest that is not valid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from archlint.manifest import models
from archlint.manifest.defaults import merge_defaults
from archlint.manifest.manifest import Manifest
from archlint.manifest.models import SECTIONS
from archlint.manifest.problems import On, Path, Problem
from archlint.manifest.tree import ABSENT, value_at
from archlint.records import dataclass, field

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from archlint.manifest.reader import Document

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_UNIT = "archlint_unit"

SUGGESTIONS = 200
"""Words of a file that come with what was meant: nobody mends more before the next run, and fifty thousand would take
minutes."""


@dataclass(slots=True)
class _Findings:
    """What went wrong so far."""

    failures: list[tuple[Path, Any, ValidationError]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    names: list[Path] = field(default_factory=list)
    shapes: list[tuple[Path, object]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.failures or self.missing or self.unknown or self.names or self.shapes)


def diagnose(document: Document) -> tuple[Manifest | None, list[Problem]]:
    """As `validation.validate`, the values being the models themselves."""
    stated = document.data or {}
    found = _Findings(unknown=[key for key in stated if key not in SECTIONS])
    sections: dict[str, Any] = {}
    if "defaults" in stated:
        sections["defaults"] = _section("defaults", stated["defaults"], found)
    data = stated if found.failures else merge_defaults(stated)
    for key, section in SECTIONS.items():
        if key in data and key not in sections:
            sections[key] = _section(key, data[key], found)
        elif section.required and key not in data and (key,) not in document.nulls:
            found.missing.append(key)
    if found:
        return None, _ordered(found, document)
    # A required section may still lack its value; the reader has reported that.
    is_whole = all(key in sections for key, section in SECTIONS.items() if section.required)
    return Manifest(**sections) if is_whole else None, []


def concrete(loc: Sequence[str | int], data: object) -> Path:
    """The part of an error's location that leads somewhere in the data.

    A location also names the alternative of a union that was tried and marks a mapping's key with "[key]";
    neither is in the manifest.
    """
    path: Path = ()
    for part in loc:
        here = value_at(data, (part,))
        if here is not ABSENT:
            data, path = here, (*path, part)
    return path


def _section(key: str, value: object, found: _Findings) -> object:
    section = SECTIONS[key]
    model = getattr(import_module(f"{models.__name__}.{section.module}"), section.model)
    if section.shape == "one":
        return _item(_reader(model), value, (key,), found)
    if section.shape == "named" and isinstance(value, dict):
        found.names.extend((key, item) for item in value if not _NAME.fullmatch(item))
        return {item: _item(_reader(model), stated, (key, item), found) for item, stated in value.items()}
    if section.shape == "list" and isinstance(value, list):
        return [_item(_reader(model), stated, (key, at), found) for at, stated in enumerate(value)]
    found.shapes.append(((key,), value))
    return None


def _reader(model: Any) -> Callable[[object], object]:
    """What reads one value of a type: a model's own method, without an adapter around it, where it is a model."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        return model.model_validate
    return TypeAdapter(model).validate_python


def _item(read: Callable[[object], object], value: object, path: Path, found: _Findings) -> object:
    try:
        return read(value)
    except ValidationError as error:
        found.failures.append((path, value, error))
        return None


def _ordered(found: _Findings, document: Document) -> list[Problem]:
    from archlint.manifest import wording

    problems = [Problem("MAN002", f"a manifest needs `{key}`", (), "key") for key in found.missing]
    problems.extend(
        Problem("MAN002", wording.unknown_section(key, at < SUGGESTIONS), (key,), "key")
        for at, key in enumerate(found.unknown)
    )
    problems.extend(Problem("MAN002", wording.not_a_name(path[-1]), path, "key") for path in found.names)
    problems.extend(Problem("MAN002", wording.wrong_section(path, value), path) for path, value in found.shapes)
    nulls, misspelt = frozenset(document.nulls), len(found.unknown)
    for path, value, failure in found.failures:
        for error in failure.errors(include_url=False):
            misspelt += error["type"] in wording.SUGGESTED
            problems.extend(_worded(error, path, value, nulls, misspelt <= SUGGESTIONS))
    return sorted(problems, key=lambda problem: document.spans.place_of(problem.path, problem.on))


def _worded(
    error: ErrorDetails, prefix: Path, data: object, nulls: frozenset[Path], suggest: bool
) -> Iterator[Problem]:
    """The problem that an error means; none where a null, which is reported already, is all that is wrong."""
    from archlint.manifest import wording

    kind, loc = error["type"], error["loc"]
    is_missing, is_key = kind == "missing", loc[-1:] == ("[key]",)
    path = prefix + concrete(loc[:-1] if is_missing else loc, data)
    named = (*path, loc[-1]) if is_missing else path
    of_whole = isinstance(error["input"], dict) and wording.is_about_the_whole(kind, path)
    if named in nulls or (of_whole and any(null[:-1] == path for null in nulls)):
        return
    on: On = "key" if is_missing or is_key or of_whole or kind == "extra_forbidden" else "value"
    if is_key:
        message = wording.not_a_name(path[-1])
    else:
        message = error["msg"] if of_whole else wording.worded(error, named, suggest)
    yield Problem("MAN005" if kind == _UNIT else "MAN002", message, path, on)
