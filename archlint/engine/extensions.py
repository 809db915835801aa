"""Checks the `x-` blocks of manifests against the JSON Schemas that plug-ins have registered for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from archlint.engine.results import Fault
from archlint.engine.schema_problems import Schema
from archlint.manifest.loading import Loaded
from archlint.manifest.problems import Path, Problem
from archlint.records import replace

if TYPE_CHECKING:
    from archlint.engine.plugins import EntryPoint
    from archlint.engine.registry import Registry
    from archlint.extension import Extension


def with_blocks(files: Sequence[Loaded], registry: Registry) -> tuple[list[Loaded], tuple[Fault, ...]]:
    """The files with what is wrong in their blocks, and the plug-ins whose schemas cannot be used.

    A file whose block does not meet its schema is treated as any with MAN002: it is not checked further.
    """
    stated = {path[-1] for loaded in files for path in loaded.document.extensions}
    schemas: dict[str, _Block] = {}
    faults: list[Fault] = []
    for extension in registry.extensions:
        if extension.name in stated:
            owner = registry.owners.get(extension.name)
            try:
                schemas[extension.name] = _Block(extension, owner)
            except Exception as error:
                faults.append(_unusable(extension, owner, error))
    checked = [_checked(loaded, schemas, faults) for loaded in files]
    return checked, tuple(faults)


def _unusable(extension: Extension, owner: EntryPoint | None, error: Exception) -> Fault:
    message = f"the JSON Schema of `{extension.name}` cannot be used: {getattr(error, 'message', error)}"
    return Fault("plug-in", owner.name if owner else extension.name, message, owner.label if owner else "")


def _checked(loaded: Loaded, schemas: dict[str, _Block], faults: list[Fault]) -> Loaded:
    problems: list[Problem] = []
    for path, block in loaded.document.extensions.items():
        schema = schemas.get(str(path[-1]))
        if schema is not None:
            try:
                problems.extend(schema.problems(path, block))
            except Exception as error:  # a reference within the schema that leads nowhere is seen only now
                del schemas[schema.extension.name]
                faults.append(_unusable(schema.extension, schema.owner, error))
    if not problems:
        return loaded
    placed = [_placed(problem, loaded) for problem in problems]
    return replace(loaded, manifest=None, problems=(*loaded.problems, *placed))


def _placed(problem: Problem, loaded: Loaded) -> Problem:
    return replace(problem, place=loaded.document.spans.place_of(problem.path, problem.on))


class _Block:
    """One plug-in's block and its schema. Raises whatever jsonschema finds wrong with that."""

    def __init__(self, extension: Extension, owner: EntryPoint | None) -> None:
        self.extension = extension
        self.owner = owner
        self._schema = Schema(extension.schema)
        self._origin = f"`{extension.name}`" + (f" of {owner.distribution}" if owner else "")

    def problems(self, path: Path, block: Any) -> Iterator[Problem]:
        for problem in self._schema.problems(block, path):
            yield replace(problem, message=f"{problem.message} ({self._origin})")
