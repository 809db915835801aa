"""Which workloads are one component, and what components are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from archlint.importers.kubernetes.objects import DEFAULT, Objects
from archlint.importers.kubernetes.selectors import Labelled
from archlint.importers.kubernetes.workloads import Workload, selector_of_service
from archlint.importers.names import as_name, slug

VERSIONS = ("version", "app.kubernetes.io/version", "track", "release-track", "color", "slot", "stage", "canary")
"""Labels by which versions of one service that run side by side are told apart."""


class Named(Protocol):
    """What becomes a component: the name that it asks for, and what tells it from others of that name."""

    name: str

    @property
    def namespace(self) -> str: ...

    @property
    def kind(self) -> str: ...


def merge_versions(workloads: Sequence[Workload], objects: Objects, pods: Labelled[Workload]) -> None:
    """Workloads behind one Service that differ only in their version are one component, named like the Service."""
    seen: set[int] = set()
    for service in objects.of("Service"):
        selector = selector_of_service(service.spec["selector"])
        if selector is None or service.spec["clusterIP"].text() == "None":
            continue
        everything = pods.selected(service.namespace, selector)
        if id(everything) in seen:  # another Service selects the same: the first names what they are
            continue
        seen.add(id(everything))
        selected = [workload for workload in everything if workload.follows is None]
        versions = [workload for workload in selected if workload.section == "services"]
        if len(versions) > 1 and len(versions) == len(selected) and len({_unversioned(one) for one in versions}) == 1:
            first, *others = sorted(versions, key=lambda one: one.item.name)
            first.service = service.name
            for other in others:
                other.follows = first
        elif len(selected) == 1 and _is_version(selected[0], service.name):
            selected[0].service = service.name


def _unversioned(workload: Workload) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, value) for key, value in workload.labels.items() if key not in VERSIONS))


def _is_version(workload: Workload, service: str) -> bool:
    """Whether `details-v1` is a version of `details`."""
    return any(workload.item.name == f"{service}-{workload.labels.get(label)}" for label in VERSIONS)


def assign_names(things: Iterable[Named]) -> None:
    """One name for each: with its namespace where others are called the same, with its kind where they still are."""
    wanted: dict[str, list[Named]] = {}
    for thing in things:
        thing.name = as_name(thing.name) or slug(thing.kind)
        wanted.setdefault(thing.name, []).append(thing)
    taken = set(wanted)
    for name, alike in wanted.items():
        if len(alike) > 1:
            _tell_apart(name, alike, taken)


def _tell_apart(name: str, alike: list[Named], taken: set[str]) -> None:
    spaces = len({thing.namespace for thing in alike}) > 1
    seen: set[str] = set()
    for at, thing in enumerate(alike):
        prefix = f"{as_name(thing.namespace)}-" if spaces and thing.namespace != DEFAULT else ""
        name_in_space = f"{prefix}{name}"
        if name_in_space in seen or (prefix and name_in_space in taken):
            name_in_space = f"{name_in_space}-{slug(thing.kind.partition('.')[0])}"
        while name_in_space in seen:
            name_in_space = f"{name_in_space}-{at}"
        seen.add(name_in_space)
        thing.name = name_in_space
