"""What a custom resource becomes: a component, and the names by which pods reach it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from archlint.importers.draft import Component, Draft, Section
from archlint.importers.kubernetes.amounts import amount, number
from archlint.importers.kubernetes.directory import Directory
from archlint.importers.kubernetes.objects import Object, Objects
from archlint.importers.quantities import size
from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Part
from archlint.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Around:
    """What a resource may look at while it is drafted."""

    objects: Objects
    directory: Directory
    draft: Draft


@dataclass(slots=True)
class Resource:
    """A component that a custom resource asks an operator to run.

    `services` are the names under which the operator offers it, each with whether they lead to copies that only
    answer reads. `state` writes what the resource says, once all components have their names.
    """

    item: Object
    section: Section
    name: str
    services: Mapping[str, bool]
    state: Callable[[Resource, Component, Around], None]
    role: str = ""
    parts: list[Object] = field(default_factory=list)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def namespace(self) -> str:
        return self.item.namespace

    @property
    def kind(self) -> str:
        return f"{self.item.kind}{self.role}"

    @property
    def spec(self) -> Part:
        return self.item.spec

    @property
    def origin(self) -> Origin:
        return self.item.origin


def primary_and_copies(name: str, *copies: str) -> Mapping[str, bool]:
    return MappingProxyType({name: False, **dict.fromkeys(copies, True)})


def state_settings(component: Component, settings: Part) -> None:
    """A technology's own configuration: its scalars, as they stand."""
    for key, value in settings.items():
        if isinstance(value.value, str | int | float | bool) and value.text() is not None:
            component.entry("settings", key, value.value, value.origin)


def state_memory(component: Component, resources: Part) -> None:
    """Memory of one instance of a service. How its operator places pods is not known, and so not stated."""
    part = resources["limits"]["memory"]
    found = amount(part)
    if found:
        component.state("memory.limit", size(int(found)), part.origin)


def state_resources(component: Component, resources: Part) -> None:
    """Processor and memory of one instance, for operators of which it is known what else they do for pods."""
    for which in ("requests", "limits"):
        for name in ("cpu", "memory"):
            part = resources[which][name]
            found = amount(part)
            if found:
                written = number(found) if name == "cpu" else size(int(found))
                component.state(f"scheduling.{which}.{name}", written, part.origin)


def state_size(component: Component, part: Part) -> None:
    """The disk of one node."""
    found = amount(part)
    if found:
        component.state("disk.size", size(int(found)), part.origin)


def count(part: Part, otherwise: int | None = None) -> int | None:
    found = part.integer()
    return found if found is not None and found >= 0 else otherwise


def technology(slug: str, version: str | None) -> str:
    """`postgresql@16` of `16.2-debian`: numbers only."""
    import re

    found = re.match(r"v?(\d+(?:\.\d+){0,2})", version or "")
    return f"{slug}@{found[1]}" if found else slug
