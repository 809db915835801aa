"""Holds a manifest against the draft of what exists: components, dependencies, and every field that both state.

Only what both sides speak of can drift. A source that draws no store says nothing about stores; what it leaves out
of a component is unknown; what the manifest leaves out is not wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from archlint.importers.drift.fields import Reached, equal, reached, shown
from archlint.importers.finished import Finished
from archlint.importers.names import normal
from archlint.importers.reading.files import Origin
from archlint.manifest.defaults import default_path
from archlint.manifest.loading import Loaded
from archlint.manifest.problems import Path, Place
from archlint.manifest.routes import format_route
from archlint.manifest.spans import NAMING
from archlint.manifest.tree import ABSENT, value_at
from archlint.records import dataclass
from archlint.system.elements import NONE, Component, System
from archlint.system.workspace import link

Kind = Literal["differs", "only-in-manifest", "only-in-source"]

_NEVER_COMPARED = frozenset({"description", "tags", "owner", "patterns", "depends_on"})
_OUTSIDE = ("clients", "externals", "networks")
"""What a source rarely draws, and a manifest often does: its absence there says nothing."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference. `stated` and `found` are the values as both sides write them, where there are values.

    `place` is in the manifest, of the nearest thing that stands there; `origin` in the source, None where it has
    nothing of the kind.
    """

    kind: Kind
    route: str
    message: str
    component: str
    place: Place
    origin: Origin | None = None
    stated: str | None = None
    found: str | None = None


def compare(manifest: Loaded, draft: Loaded, finished: Finished, names: Mapping[str, str]) -> tuple[Drift, ...]:
    """All drift, in the order of the manifest. `names` gives the source's name of a component of the manifest."""
    comparison = _Comparison(_system(manifest), _system(draft), finished, names)
    found = [*comparison.components(), *comparison.dependencies(), *comparison.topics(), *comparison.fields()]
    return tuple(sorted(found, key=lambda drift: (drift.place, drift.route, drift.kind, drift.message)))


def _system(loaded: Loaded) -> System:
    systems = link([loaded]).systems
    return next(iter(systems.values()))


class _Comparison:
    def __init__(self, manifest: System, draft: System, finished: Finished, names: Mapping[str, str]) -> None:
        self._manifest, self._draft, self._finished = manifest, draft, finished
        drawn = {normal(name): component for name, component in draft.components.items()}
        self._twins: dict[str, Component] = {}
        for name in manifest.components:
            wanted = names.get(name, name)
            twin = draft.components.get(wanted) or drawn.get(normal(wanted))
            if twin is not None:
                self._twins[name] = twin
        self._stated_of = {twin.name: manifest.components[name] for name, twin in self._twins.items()}

    # -- components

    def components(self) -> Iterator[Drift]:
        sections = {str(component.path[0]) for component in self._draft.components.values()} | {"services"}
        for name, component in self._manifest.components.items():
            section = str(component.path[0])
            if name not in self._twins and section in sections and section not in _OUTSIDE:
                message = f"`{name}` is in the manifest and in no file of the source"
                yield self._drift("only-in-manifest", component.path, name, message)
        for name, component in self._draft.components.items():
            if name not in self._stated_of and component.path[0] not in _OUTSIDE and "/" not in name:
                message = f"`{name}` runs, and the manifest does not know it"
                origin = self._finished.origin(component.path)
                yield self._drift("only-in-source", component.path, name, message, origin)

    # -- dependencies

    def dependencies(self) -> Iterator[Drift]:
        """Between components that both sides know; a publish or a topic counts for its broker."""
        drawn = {
            (self._stated_of[edge[0]].name, self._stated_of[edge[1]].name): path
            for edge, path in _edges(self._draft).items()
            if edge[0] in self._stated_of and edge[1] in self._stated_of
        }
        known = _edges(self._manifest)
        for (source, target), path in drawn.items():
            if (source, target) not in known and (target, source) not in known:
                message = f"`{source}` depends on `{target}`, and the manifest does not say so"
                at = self._manifest.components[source].path
                yield self._drift("only-in-source", at, source, message, self._finished.origin(path))
        if not drawn:
            return
        for (source, target), path in known.items():
            if source in self._twins and target in self._twins and not {(source, target), (target, source)} & {*drawn}:
                message = f"`{source}` depends on `{target}` by the manifest, and by no file of the source"
                origin = self._finished.origin(self._twins[source].path)
                yield self._drift("only-in-manifest", path, source, message, origin)

    def topics(self) -> Iterator[Drift]:
        """What is published or consumed by name, where both sides name topics of the same broker."""
        known, drawn = _topics(self._manifest), _topics(self._draft)
        for (source, broker, verb), here in known.items():
            twins = self._twins.get(source), self._twins.get(broker)
            there = drawn.get((twins[0].name, twins[1].name, verb), {}) if twins[0] and twins[1] else {}
            for topic in (here.keys() ^ there.keys()) if here and there else ():
                yield self._topic(source, f"{verb} `{broker}/{topic}`", here.get(topic), there.get(topic))

    def _topic(self, source: str, what: str, here: Path | None, there: Path | None) -> Drift:
        if here is not None:
            message = f"`{source}` {what} by the manifest, and by no file of the source"
            return self._drift(
                "only-in-manifest", here, source, message, self._finished.origin(self._twins[source].path)
            )
        message = f"`{source}` {what}, and the manifest does not say so"
        path = self._manifest.components[source].path
        return self._drift("only-in-source", path, source, message, self._finished.origin(there or ()))

    # -- fields

    def fields(self) -> Iterator[Drift]:
        """Where both sides state a field, its value. Sources are asked leaf by leaf."""
        told: set[Path] = set()
        for path, origin in self._finished.origins.items():
            twin = self._stated_of.get(str(path[1])) if len(path) > 2 else None
            if twin is None or path[2] in _NEVER_COMPARED or path[-1] == "description" or _is_name(path):
                continue
            for found in reached(twin, self._draft.components[str(path[1])], path):
                if found.path not in told and self._differs(found, path):
                    told.add(found.path)
                    yield self._difference(found, twin, origin)

    def _differs(self, found: Reached, path: Path) -> bool:
        value = value_at(self._finished.data, path)
        if not isinstance(value, dict) and not _is_mappings(value):
            return not equal(found.stated, found.drawn, str(path[-1]))
        here = value_at(self._manifest.document.data, found.path)
        kinds = (_kinds(here), _kinds(value)) if path[2:] == ("health_check",) and here != NONE else ()
        return all(kinds) and len(set(kinds)) > 1

    def _difference(self, found: Reached, twin: Component, origin: Origin) -> Drift:
        written = shown(value_at(self._manifest.document.data, found.path), found.stated)
        other = shown(value_at(self._draft.document.data, found.source), found.drawn)
        route = format_route(found.path, self._manifest.document.data)
        message = f"`{route}` is {written}, the source says {other}"
        return self._drift("differs", found.path, twin.name, message, origin, stated=written, found=other)

    def _drift(
        self,
        kind: Kind,
        path: Path,
        component: str,
        message: str,
        origin: Origin | None = None,
        stated: str | None = None,
        found: str | None = None,
    ) -> Drift:
        document = self._manifest.document
        route = format_route(path, document.data)
        place = document.spans.nearest(default_path(document, path) or path)[1]
        return Drift(kind, route, message, component, place, origin, stated, found)


def _is_name(path: Path) -> bool:
    """Of an item of a list: what finds the item is the same on both sides."""
    return isinstance(path[-2], int) and path[-1] in NAMING


def _kinds(probes: Any) -> frozenset[str]:
    """Those of a component's probes, where all state one; none where they do not."""
    listed = probes if isinstance(probes, list) else [probes]
    kinds = [str(value_at(probe, ("kind",))) for probe in listed if value_at(probe, ("kind",)) is not ABSENT]
    return frozenset(kinds) if len(kinds) == len(listed) else frozenset()


def _is_mappings(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _edges(system: System) -> dict[tuple[str, str], Path]:
    """Who needs whom, by name, with the path of what says so; topics stand for their brokers."""
    edges: dict[tuple[str, str], Path] = {}
    for component in system.components.values():
        for edge in component.outgoing:
            for target in edge.targets:
                pair = (component.name.partition("/")[0], target.name.partition("/")[0])
                if pair[0] != pair[1] and target.system is system:
                    edges.setdefault(pair, edge.item.path)
    return edges


_VERBS = {"publish": "publishes to", "consume": "consumes"}


def _topics(system: System) -> dict[tuple[str, str, str], dict[str, Path]]:
    """By component, broker and verb: the topics, normalised, with the path of what says so."""
    topics: dict[tuple[str, str, str], dict[str, Path]] = {}
    for component in system.components.values():
        for edge in component.outgoing:
            for target in edge.targets if edge.kind in _VERBS else ():
                broker, slash, topic = target.name.partition("/")
                if slash and target.system is system:
                    held = topics.setdefault((component.name, broker, _VERBS[edge.kind]), {})
                    held.setdefault(topic, edge.item.path)
    return topics
