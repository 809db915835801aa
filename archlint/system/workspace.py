"""All systems of one run, linked with each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archlint.manifest.problems import Problem, Related
from archlint.system.build import build_system
from archlint.system.elements import System
from archlint.system.linking import link_system
from archlint.system.references import Directory

if TYPE_CHECKING:
    from archlint.manifest.loading import Loaded


@dataclass(slots=True)
class Workspace:
    """The systems by name, and the problems that only linking can see, by the name of the file."""

    systems: dict[str, System] = field(default_factory=dict)
    problems: dict[str, list[Problem]] = field(default_factory=dict)


def link(files: Sequence[Loaded]) -> Workspace:
    """Join the manifests of a run. Files without a manifest lend only the names that can be read in them."""
    workspace = Workspace(problems={loaded.document.name: [] for loaded in files})
    directory = Directory(workspace.systems)
    for loaded in files:
        problems = workspace.problems[loaded.document.name]
        if loaded.manifest is None:
            _present_but_unknown(loaded.document.data, directory)
            continue
        name = loaded.manifest.system.name
        twin = workspace.systems.get(name)
        if twin is not None:
            problems.append(_second_system(name, loaded, twin))
            continue
        system, clashes = build_system(loaded.document, loaded.manifest, workspace.systems)
        problems.extend(clashes)
        workspace.systems[name] = system
    for system in workspace.systems.values():
        workspace.problems[system.document.name].extend(link_system(system, directory))
    return workspace


def _second_system(name: str, loaded: Loaded, twin: System) -> Problem:
    first = twin.document.spans.place_of(("system", "name"), on="value")
    return Problem(
        code="MAN003",
        message=f"a second system is named `{name}`; the first stands in {twin.document.name}",
        path=("system", "name"),
        related=(Related(f"the first `{name}`", first, twin.document.name),),
    )


def _present_but_unknown(data: Any, directory: Directory) -> None:
    """A file that did not validate: its names count as present, and nothing else of it is known."""
    if not isinstance(data, dict):
        return
    system = data.get("system")
    name = system.get("name") if isinstance(system, dict) else None
    if isinstance(name, str):
        directory.unread[name] = frozenset(_names(data))


def _names(data: dict[str, Any]) -> Iterable[str]:
    for section, items in data.items():
        if not isinstance(items, dict):
            continue
        for key, item in items.items():
            yield key
            topics = item.get("topics") if section == "brokers" and isinstance(item, dict) else None
            if isinstance(topics, dict):
                yield from (f"{key}/{topic}" for topic in topics)
