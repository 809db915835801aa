"""From a validated manifest to the elements of a System, not yet linked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archlint.manifest.problems import Problem, Related
from archlint.system.elements import (
    NONE,
    Broker,
    Cache,
    Call,
    Caller,
    Client,
    Component,
    Consume,
    Datastore,
    DependsOn,
    External,
    Flow,
    Job,
    Lock,
    Network,
    Path,
    Publish,
    Service,
    System,
    Team,
    Topic,
    Transaction,
)

if TYPE_CHECKING:
    from archlint.manifest.manifest import Manifest
    from archlint.manifest.reader import Document

# Section of the manifest, attribute of System, class of its elements; the order settles which of two
# components of one name counts as the first.
_COMPONENTS: tuple[tuple[str, type[Component]], ...] = (
    ("services", Service),
    ("datastores", Datastore),
    ("caches", Cache),
    ("brokers", Broker),
    ("externals", External),
    ("networks", Network),
    ("clients", Client),
    ("jobs", Job),
)
COMPONENT_SECTIONS = frozenset(section for section, _ in _COMPONENTS)


def build_system(
    document: Document, manifest: Manifest, workspace: Mapping[str, System]
) -> tuple[System, list[Problem]]:
    """The elements of one manifest. All sections share one namespace: a clash is MAN003."""
    system = System(document, manifest, workspace)
    clashes: list[Problem] = []
    for section, kind in _COMPONENTS:
        for name, spec in getattr(manifest, section).items():
            first = system.components.get(name)
            if first is not None:
                clashes.append(_clash(system, (section, name), first))
                continue
            component = kind(system, name, (section, name), spec)
            system.components[name] = component
            getattr(system, section)[name] = component
            _add_items(component)
    for name, spec in manifest.flows.items():
        system.flows[name] = Flow(system, name, ("flows", name), spec)
    for name, spec in manifest.teams.items():
        system.teams[name] = Team(system, name, ("teams", name), spec)
    for name, spec in manifest.transactions.items():
        system.transactions[name] = Transaction(system, name, ("transactions", name), spec)
    for name, spec in manifest.locks.items():
        system.locks[name] = Lock(system, name, ("locks", name), spec)
    return system, clashes


def _clash(system: System, path: Path, first: Component) -> Problem:
    place = system.document.spans.place_of(first.path, on="key")
    return Problem(
        code="MAN003",
        message=f"`{path[-1]}` is already the name of a {first.kind}; all sections share one namespace",
        path=path,
        on="key",
        related=(Related(f"the {first.kind} `{first.name}`", place),),
    )


def listed(value: Any) -> list[Any]:
    """A list field: empty where it is not stated or stated to be absent."""
    return [] if value is None or value == NONE else value


def _add_items(component: Component) -> None:
    for index, spec in enumerate(listed(getattr(component.spec, "depends_on", None))):
        component.depends_on.append(DependsOn(component, (*component.path, "depends_on", index), spec))
    if isinstance(component, Broker):
        _add_topics(component)
    if isinstance(component, Caller):
        _add_traffic(component, component.spec, component.path, "")
        operations = getattr(component.spec, "operations", None) or {}
        for operation, spec in operations.items():
            _add_traffic(component, spec, (*component.path, "operations", operation), operation)


def _add_traffic(caller: Caller, spec: Any, path: Path, operation: str) -> None:
    for index, call in enumerate(listed(getattr(spec, "calls", None))):
        caller.calls.append(Call(caller, (*path, "calls", index), call, operation))
    for index, publish in enumerate(listed(getattr(spec, "publishes", None))):
        caller.publishes.append(Publish(caller, (*path, "publishes", index), publish, operation))
    for index, consume in enumerate(listed(getattr(spec, "consumes", None))):
        caller.consumes.append(Consume(caller, (*path, "consumes", index), consume))


def _add_topics(broker: Broker) -> None:
    system = broker.system
    for name, spec in (broker.spec.topics or {}).items():
        full_name = f"{broker.name}/{name}"
        topic = Topic(system, full_name, (*broker.path, "topics", name), spec, broker)
        broker.topics[name] = topic
        system.topics[full_name] = topic
        system.components[full_name] = topic
