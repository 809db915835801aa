"""References that make no edge: fields that name components without needing them at run time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from archlint.system.elements import ATTRIBUTES, NONE, Path, System


class Mention(NamedTuple):
    """A reference and where it stands. `place` says that a zone, region or domain may be named as well."""

    path: Path
    reference: str
    place: bool = False


_IN_COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "services": ("autoscaling.needs", "publishes.reconciliation.against"),
    "datastores": ("disk.shared_with", "reconciliation.against"),
    "caches": ("disk.shared_with",),
    "brokers": ("disk.shared_with",),
    "jobs": ("publishes.reconciliation.against",),
}
_IN_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "transactions": ("orchestrator", "state", "steps.on"),
    "locks": ("store", "holders"),
    "guards": ("on",),
    "changes": ("consumers",),
    "reservations": ("store",),
    "projections": ("from", "to", "fallback"),
    "snapshots": ("of",),
    "shadow": ("of", "to"),
    "filters": ("on",),
    "verification": ("invariants.on", "linearizability.on", "formal_spec.on", "restore_test.on"),
}
_OR_PLACES: Mapping[str, tuple[str, ...]] = {
    "operations": (
        "monitoring.runs_on",
        "independence.paging",
        "independence.status_page",
        "independence.admin_access",
        "independence.deploy",
        "independence.rollback",
        "independence.failover_controller",
        "certificates.on",
        "access.depends_on",
    ),
    "verification": ("chaos.targets",),
}


def mentions(system: System) -> Iterator[Mention]:
    """The mentions of one manifest, section by section."""
    for section, fields in _IN_COMPONENTS.items():
        routes = [field.split(".") for field in fields]
        firsts = [ATTRIBUTES.get(steps[0], steps[0]) for steps in routes]
        for component in getattr(system, section).values():
            for first, steps in zip(firsts, routes, strict=True):
                if getattr(component.spec, first, None) is not None:
                    for path, reference in _below(component.spec, steps, component.path):
                        yield Mention(path, reference)
            for name, operation in (getattr(component.spec, "operations", None) or {}).items():
                path = (*component.path, "operations", name)
                for at, reference in _below(operation, ["publishes", "reconciliation", "against"], path):
                    yield Mention(at, reference)
    for table, place in ((_IN_SECTIONS, False), (_OR_PLACES, True)):
        for section, fields in table.items():
            for path, spec in _entries(section, getattr(system.manifest, section)):
                for field in fields:
                    for at, reference in _below(spec, field.split("."), path):
                        yield Mention(at, reference, place)


def _entries(section: str, held: Any) -> Iterator[tuple[Path, Any]]:
    """What a section holds: named things, a list of things, or one thing."""
    if isinstance(held, dict):
        yield from (((section, name), spec) for name, spec in held.items())
    elif isinstance(held, list):
        yield from (((section, index), spec) for index, spec in enumerate(held))
    elif held is not None:
        yield (section,), held


def _below(value: Any, steps: list[str], path: Path) -> Iterator[tuple[Path, str]]:
    """The references at a field, in every item of the lists on the way."""
    if value is None or (isinstance(value, str) and value == NONE):
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _below(item, steps, (*path, index))
    elif steps:
        child = getattr(value, ATTRIBUTES.get(steps[0], steps[0]), None)
        yield from _below(child, steps[1:], (*path, steps[0]))
    else:
        yield path, value
