"""Holds a manifest against the draft of what exists: components, dependencies, and every field that both state.

Only what both sides speak of can drift. A source that draws no store says nothing about stores; what it leaves out
of a component is unknown; what the manifest leaves out is not wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isclose
from typing import Any, Literal

from archlint.importers.finished import Finished
from archlint.importers.reading.files import Origin
from archlint.manifest.defaults import default_path
from archlint.manifest.loading import Loaded
from archlint.manifest.problems import Path, Place
from archlint.manifest.routes import format_route
from archlint.manifest.spans import NAMING
from archlint.manifest.tree import ABSENT, value_at
from archlint.manifest.units import Ranged
from archlint.records import dataclass
from archlint.system.elements import NONE, Component, System, stated
from archlint.system.workspace import link

Kind = Literal["differs", "only-in-manifest", "only-in-source"]

_NEVER_COMPARED = frozenset({"description", "tags", "owner", "patterns", "depends_on", *NAMING})
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
    found = [*comparison.components(), *comparison.dependencies(), *comparison.fields()]
    return tuple(sorted(found, key=lambda drift: (drift.place, drift.route, drift.kind)))


def _system(loaded: Loaded) -> System:
    systems = link([loaded]).systems
    return next(iter(systems.values()))


def normal(name: str) -> str:
    """Names that differ in case and in `_` for `-` are one."""
    return name.lower().replace("_", "-")


class _Comparison:
    def __init__(self, manifest: System, draft: System, finished: Finished, names: Mapping[str, str]) -> None:
        self._manifest, self._draft, self._finished = manifest, draft, finished
        drawn = {normal(name): component for name, component in draft.components.items()}
        self._twins: dict[str, Component] = {}
        for name in manifest.components:
            twin = drawn.get(normal(names.get(name, name)))
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

    # -- fields

    def fields(self) -> Iterator[Drift]:
        """Where both sides state a field, its value. Sources are asked leaf by leaf."""
        told: set[Path] = set()
        for path, origin in self._finished.origins.items():
            value = value_at(self._finished.data, path)
            twin = self._stated_of.get(str(path[1])) if len(path) > 2 else None
            if twin is None or isinstance(value, dict) or _is_mappings(value) or _NEVER_COMPARED & {path[2], path[-1]}:
                continue
            found = _reached(twin, self._draft.components[str(path[1])], path)
            if found is None or found.path in told:
                continue
            told.add(found.path)
            if not _equal(found.stated, found.drawn, str(path[-1])):
                yield self._difference(found, twin, value, origin)

    def _difference(self, found: _Reached, twin: Component, value: Any, origin: Origin) -> Drift:
        written = _shown(value_at(self._manifest.document.data, found.path), found.stated)
        route = format_route(found.path, self._manifest.document.data)
        message = f"`{route}` is {written}, the source says {_shown(value, value)}"
        return self._drift(
            "differs", found.path, twin.name, message, origin, stated=written, found=_shown(value, value)
        )

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


@dataclass(frozen=True, slots=True)
class _Reached:
    """A field on both sides, in canonical units, with its path in the manifest."""

    path: Path
    stated: Any
    drawn: Any


def _reached(twin: Component, drawn: Component, path: Path) -> _Reached | None:
    """The field of the manifest's component that a path of the draft leads to; None where it does not state it."""
    here, there = twin.spec, drawn.spec
    at: Path = twin.path
    data = value_at(twin.system.document.data, at)
    drawn_data = value_at(drawn.system.document.data, drawn.path)
    for step in _same_words(path[2:], twin):
        if here == NONE or there == NONE:
            return _Reached(at, here, there)
        if isinstance(step, int):
            place = _item(data, drawn_data[step])
            if place is None:
                return None
            here, there = here[place], there[step]
            at, data, drawn_data = (*at, place), value_at(data, (place,)), drawn_data[step]
            continue
        if isinstance(here, int | float):
            return _Reached(at, here, there)
        here = stated(here, step) if not isinstance(here, dict) else here.get(step)
        there = stated(there, step) if not isinstance(there, dict) else there.get(step)
        if here is None or there is None:
            return None
        at, data, drawn_data = (*at, step), value_at(data, (step,)), value_at(drawn_data, (step,))
    return _Reached(at, here, there)


def _same_words(path: Path, twin: Component) -> Path:
    """What one section calls replicas, another calls nodes."""
    words = {"replicas": "nodes"} if twin.path[0] in ("datastores", "caches", "brokers", "networks") else {}
    words = words or {"nodes": "replicas"}
    return (words.get(str(path[0]), path[0]), *path[1:])


def _item(stated_items: Any, drawn: Any) -> int | None:
    """The index of the item that has the same name."""
    if not isinstance(stated_items, list) or not isinstance(drawn, dict):
        return None
    for field in NAMING:
        if field in drawn:
            wanted = normal(str(drawn[field]))
            for at, item in enumerate(stated_items):
                if isinstance(item, dict) and normal(str(item.get(field))) == wanted:
                    return at
            return None
    return None


def _equal(here: Any, there: Any, field: str) -> bool:
    """Whether two canonical values say the same; a range holds what lies in it."""
    if field == "technology":
        return _same_technology(str(here), str(there))
    if isinstance(here, Ranged) and isinstance(there, int | float):
        return here.low <= there <= here.high
    if isinstance(here, bool) or isinstance(there, bool):
        return here is there
    if isinstance(here, int | float) and isinstance(there, int | float):
        return isclose(here, there, rel_tol=1e-6)
    if isinstance(here, int | float) or isinstance(there, int | float):  # `replicas: 3` against bounds
        return _bounds(here) == _bounds(there)
    if isinstance(here, list) and isinstance(there, list):
        return sorted(map(str, here)) == sorted(map(str, there))
    if isinstance(here, dict) and isinstance(there, list):
        return sorted(map(str, here)) == sorted(map(str, there))
    return bool(here == there)


def _bounds(value: Any) -> tuple[Any, Any]:
    if isinstance(value, int | float):
        return value, value
    return stated(value, "min"), stated(value, "max")


def _same_technology(here: str, there: str) -> bool:
    """A version that is told less exactly is the same; a technology goes by several names."""
    from archlint.knowledge.catalogue import Catalogue

    catalogue = Catalogue()
    slugs = [catalogue.resolve(name) or name.partition("@")[0] for name in (here, there)]
    versions = [name.partition("@")[2].split(".") for name in (here, there)]
    told = min(len(version) for version in versions) if all(name.partition("@")[2] for name in (here, there)) else 0
    return slugs[0] == slugs[1] and versions[0][:told] == versions[1][:told]


def _shown(written: Any, canonical: Any) -> str:
    value = canonical if written is ABSENT else written
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_shown(part, part)}" for name, part in value.items()) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
