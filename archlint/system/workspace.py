"""All systems of one run, linked with each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archlint.manifest.problems import Problem, Related
from archlint.records import dataclass, field
from archlint.system.build import build_system
from archlint.system.elements import System
from archlint.system.linking import link_system
from archlint.system.references import Directory

if TYPE_CHECKING:
    from archlint.manifest.loading import Loaded
    from archlint.manifest.reader import Document


@dataclass(slots=True)
class Workspace:
    """The systems by name, and the problems that only linking can see, by the name of the file."""

    systems: dict[str, System] = field(default_factory=dict)
    problems: dict[str, list[Problem]] = field(default_factory=dict)


def link(files: Sequence[Loaded]) -> Workspace:
    """Join the manifests of a run. Files that are not sound lend only the names that can be read in them."""
    workspace = Workspace(problems={loaded.document.name: [] for loaded in files})
    directory = Directory(workspace.systems)
    named: dict[str, Document] = {}
    unsound: list[System] = []
    for loaded in files:
        document, problems = loaded.document, workspace.problems[loaded.document.name]
        name = _name_of(document)
        if name in named:
            problems.append(_second_system(name, named[name]))
            continue
        named[name] = document
        system, clashes = _built(loaded, workspace.systems)
        problems.extend(clashes)
        if system is not None and not clashes:
            workspace.systems[name] = system
            continue
        directory.unread[name] = frozenset(_names(document.data))
        if system is not None:
            unsound.append(system)
    for system in workspace.systems.values():
        workspace.problems[system.document.name].extend(link_system(system, directory))
    for system in unsound:
        workspace.problems[system.document.name].extend(link_system(system, _apart(system, directory)))
    return workspace


def _name_of(document: Document) -> str:
    """The name of the file's system; one that no system can have where it cannot be read."""
    system = document.data.get("system") if document.data is not None else None
    name = system.get("name") if isinstance(system, dict) else None
    return name if isinstance(name, str) else f"/{document.name}"


def _built(loaded: Loaded, systems: Mapping[str, System]) -> tuple[System | None, list[Problem]]:
    return (None, []) if loaded.manifest is None else build_system(loaded.document, loaded.manifest, systems)


def _apart(system: System, directory: Directory) -> Directory:
    """For a system that is not checked: its references must lead somewhere, and its edges nowhere else."""
    others = {name: frozenset(other.components) for name, other in directory.systems.items()}
    return Directory({system.name: system}, others | directory.unread)


def _second_system(name: str, twin: Document) -> Problem:
    first = twin.spans.place_of(("system", "name"), on="value")
    return Problem(
        code="MAN003",
        message=f"a second system is named `{name}`; the first stands in {twin.name}",
        path=("system", "name"),
        related=(Related(f"the first `{name}`", first, twin.name),),
    )


def _names(data: dict[str, Any] | None) -> Iterator[str]:
    """All that may be the name of a component in a file that is not sound."""
    for section, items in (data or {}).items():
        if not isinstance(items, dict):
            continue
        for key, item in items.items():
            yield key
            topics = item.get("topics") if section == "brokers" and isinstance(item, dict) else None
            if isinstance(topics, dict):
                yield from (f"{key}/{topic}" for topic in topics)
