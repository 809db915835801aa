"""From the services of a Compose project to components and what connects them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from archlint.importers.compose.clusters import clusters_of, name_of
from archlint.importers.compose.connections import Directory, Reach, hinted, hints_of, is_telemetry, reached, unresolved
from archlint.importers.compose.facts import instances_of, settings_of, state_facts
from archlint.importers.compose.kafka import CONTROLLER, roles_of, state_kafka
from archlint.importers.compose.layers import Layers
from archlint.importers.compose.profiles import started
from archlint.importers.compose.project import Project
from archlint.importers.compose.recognition import HOLDS_DATA, Kind, kind_of
from archlint.importers.compose.service import Service
from archlint.importers.draft import INSTANCES, Component, Draft
from archlint.importers.gathering import Sources
from archlint.importers.names import as_name
from archlint.importers.reading.files import Origin
from archlint.importers.technologies import is_for_operators, of_slug, watches
from archlint.records import dataclass

_COMPLETED = "service_completed_successfully"


@dataclass(slots=True)
class _Held:
    """What a service holds of others: addresses, names of variables, and how many of each technology it waits for."""

    addresses: dict[str, Reach]
    hints: Mapping[str, Origin]
    technologies: Counter[str | None]


class Drafting:
    """Writes one project into the draft. `taken` are the names that other projects of the import have."""

    def __init__(
        self, project: Project, sources: Sources, draft: Draft, taken: dict[str, None], *, alone: bool
    ) -> None:
        self._project, self._draft, self._taken, self._alone = project, draft, taken, alone
        self._depended: dict[tuple[str, str], None] = {}
        stated = project.services()
        self._services = {key: Service(key, spec, sources, draft) for key, spec in stated.items() if spec.parts}

    def run(self) -> None:
        self._state_name()
        self._leave_out_profiles()
        self._services = {key: service for key, service in self._services.items() if self._is_whole(service)}
        completed = {
            name
            for service in self._services.values()
            for name, stated in service.dependencies.items()
            if stated["condition"].known() == _COMPLETED
        }
        kinds = {key: kind_of(service, key in completed) for key, service in self._services.items()}
        directory = Directory(self._services, self._project.section("configs"))
        reaches = {key: list(reached(service, directory)) for key, service in self._services.items()}
        spoken = {
            reach.to: reach for others in reversed(reaches.values()) for reach in reversed(others) if reach.technology
        }
        self._kinds = {key: _by_address(kind, spoken.get(key)) for key, kind in kinds.items()}
        self._clusters = clusters_of(self._services, self._kinds, reaches)
        self._name()
        self._components = {key: self._state(key) for key in self._services if self._first_of(key) == key}
        for key in self._services:
            self._connect(key, reaches[key], directory)
        self._tell_unresolved()
        self._tell_unconnected(reaches)

    def _state_name(self) -> None:
        name = self._project.section("name")
        known = name.known()
        if self._alone and known and as_name(known) and name.origin is not None:
            self._draft.top.state("system.name", as_name(known), name.origin)

    def _leave_out_profiles(self) -> None:
        profiles = {key: _texts(service.spec["profiles"]) for key, service in self._services.items()}
        kept = started(self._services, profiles, self._active_profiles())
        left = [key for key in self._services if key not in kept]
        if left:
            names = ", ".join(sorted({name for key in left for name in profiles[key]}))
            starts = "starts" if len(left) == 1 else "start"
            origin = self._services[left[0]].spec["profiles"].origin
            self._draft.note(f"{_listed(left)} {starts} only with a profile ({names}); left out", origin)
        self._services = {key: self._services[key] for key in self._services if key in kept}

    def _active_profiles(self) -> set[str]:
        """Those that a `.env` beside the files asks for."""
        files = self._project.files
        text = self._project.scope.of(files[0]).get("COMPOSE_PROFILES", "") if files else ""
        return {name.strip() for name in text.split(",") if name.strip()}

    def _is_whole(self, service: Service) -> bool:
        """Whether a service is described, be it in part: what is no mapping is left out."""
        if any(part.is_mapping for part in service.spec.parts):
            if not any(service.spec[key] for key in ("image", "build", "provider")):
                what = "says neither `image` nor `build`: a layer over another file, which is not among those given"
                self._draft.note(f"{service.key} {what}", service.origin)
            return bool(as_name(service.key))
        self._draft.note(f"{service.key} is not described", service.origin)
        return False

    def _name(self) -> None:
        """A component's name for each service; the members of a cluster share theirs."""
        self._first: dict[str, str] = {member: first for first, keys in self._clusters.items() for member in keys}
        names: dict[str, str] = {}
        for key in self._services:
            first = self._first_of(key)
            if first != key:
                continue
            wanted = as_name(key)
            if key in self._clusters:
                wanted = as_name(name_of(self._data_nodes(key), self._services))
            names[key] = self._free(wanted)
        self._names = {key: names[self._first_of(key)] for key in self._services}

    def _free(self, wanted: str) -> str:
        if wanted in self._taken:
            folder = os.path.basename(os.path.dirname(os.path.abspath(self._project.files[0].path or "")))
            wanted = f"{as_name(folder) or 'other'}-{wanted}"
        name, count = wanted, 1
        while name in self._taken:
            count += 1
            name = f"{wanted}-{count}"
        self._taken[name] = None
        return name

    def _first_of(self, key: str) -> str:
        return self._first.get(key, key)

    def _data_nodes(self, first: str) -> list[str]:
        """The members of a cluster that hold data: of Kafka not those that are controllers alone."""
        members = self._clusters.get(first, [first])
        return [key for key in members if roles_of(self._services[key]) != {CONTROLLER}] or members

    def _state(self, key: str) -> Component:
        kind, nodes = self._kinds[key], self._data_nodes(key)
        speaking = self._services[nodes[0]]
        component = self._draft.component(kind.section, self._names[key], speaking.origin)
        if kind.technology is not None:
            component.state("technology", self._kinds[nodes[0]].technology.technology, self._kinds[nodes[0]].origin)  # type: ignore[union-attr]
        self._state_instances(component, key, nodes)
        slug = kind.technology.slug if kind.technology is not None else None
        state_facts(speaking, component)
        if slug is not None:
            stated: dict[str, None] = {}
            for member in nodes:
                for name, value, origin in settings_of(self._services[member], slug):
                    if name not in stated:
                        stated[name] = None
                        component.entry("settings", name, value, origin)
        if slug == "kafka":
            members = [self._services[node] for node in self._clusters.get(key, [key])]
            state_kafka(component, speaking, members)
        return component

    def _state_instances(self, component: Component, key: str, nodes: Sequence[str]) -> None:
        if component.section in ("jobs", "clients", "externals"):
            return
        counts = [instances_of(self._services[node]) for node in nodes]
        if any(count is None for count in counts):
            return
        known = [count for count in counts if count is not None]
        origin = known[0][1]
        if len(nodes) > 1:
            origin = self._services[nodes[0]].origin.noted(f"one cluster: {_listed(nodes)}")
        default = len(known) == 1 and not known[0][2]
        component.state(INSTANCES, sum(count for count, *_ in known), origin, default=default)

    def _connect(self, key: str, reaches: Sequence[Reach], directory: Directory) -> None:
        component = self._components[self._first_of(key)]
        service = self._services[key]
        reached_from = {reach.to: reach for reach in reversed(reaches) if reach.to in self._services}
        kept: dict[str, Reach] = {}
        for reach in reaches:
            if reach.to not in reached_from or self._first_of(reach.to) == self._first_of(key):
                continue
            if not directory.share_a_network(service, self._services[reach.to]):
                other = self._names[reach.to]
                self._draft.note(f"{component.name} names `{other}`, but they share no network; left out", reach.origin)
                continue
            if reach.to not in kept or (kept[reach.to].telemetry and not reach.telemetry):
                kept[reach.to] = reach
        held = _Held(kept, hints_of(service), Counter(map(self._slug, service.dependencies)))
        for name, stated in service.dependencies.items():
            self._depend(component, service, name, stated, held)
        for reach in kept.values():
            self._call(component, service, reach.to, reach)

    def _depend(
        self,
        component: Component,
        service: Service,
        name: str,
        stated: Layers,
        held: _Held,
    ) -> None:
        """What is started first: needed at the start, or while it runs where something shows that."""
        origin, kept = stated.origin, held.addresses
        if name not in self._services:
            if stated["required"].flag() is not False:
                self._draft.note(f"{component.name} depends on `{name}`, which no file describes; left out", origin)
            return
        if self._first_of(name) == self._first_of(service.key) or origin is None:
            return
        kind = self._kinds[name]
        ends = stated["condition"].known() == _COMPLETED or kind.section == "jobs"
        slug = self._slug(name)
        if name not in kept and not ends:
            hint = hinted(held.hints, name, slug if held.technologies[slug] == 1 else None)
            if hint is not None:
                kept[name] = Reach(name, hint, is_telemetry(hint))
        if component.section == "clients":
            kept.setdefault(name, Reach(name, origin))
            return
        lasting = (kind.section in HOLDS_DATA or slug == "pgbouncer") and slug != "zookeeper" and not ends
        if name in kept and self._becomes_dependency(component, name):
            return
        target = self._names[name]
        required = False if stated["required"].flag() is False else None
        if (component.name, target) in self._depended:
            return
        if lasting and name not in kept:
            self._depended[component.name, target] = None
            component.depend(target, origin.noted("what holds data is needed as long as it runs"), required=required)
        elif name not in kept or stated["condition"].known() == "service_healthy":
            self._depended[component.name, target] = None
            component.depend(target, origin, phase="startup", required=required)

    def _slug(self, name: str) -> str | None:
        kind = self._kinds.get(name)
        return None if kind is None or kind.technology is None else kind.technology.slug

    def _becomes_dependency(self, component: Component, name: str) -> bool:
        return component.section in HOLDS_DATA or self._kinds[name].section in ("brokers", "jobs")

    def _call(self, component: Component, service: Service, key: str, reach: Reach) -> None:
        target, origin = self._names[key], reach.origin
        if target == component.name or self._kinds[key].section in ("jobs", "clients"):
            return
        other = self._services[key]
        if watches(service.key, service.image_text) and not is_for_operators(other.key, other.image_text):
            if (component.name, target) not in self._depended:
                component.depend(target, origin.noted("watched, not needed"), phase="control", required=False)
        elif reach.telemetry or is_for_operators(other.key, other.image_text):
            told = origin.noted("for those who run the system: no request waits for it")
            if self._becomes_dependency(component, key):
                component.depend(target, told, required=False)
            else:
                component.call(target, told, required=False, async_=True)
        elif self._becomes_dependency(component, key):
            component.depend(target, origin)
        else:
            component.call(target, origin)

    def _tell_unconnected(self, reaches: Mapping[str, Sequence[Reach]]) -> None:
        """A service that names no other, and that none names, has connections elsewhere: in its code, or in files."""
        met = {reach.to for others in reaches.values() for reach in others}
        for key, service in self._services.items():
            met.update(service.dependencies, (key,) if reaches[key] or service.dependencies else ())
        together = {self._first_of(key) for key in met if key in self._services}
        alone = [key for key in self._components if key not in together]
        if alone and len(self._components) > 1:
            reach, them = ("reaches", "it") if len(alone) == 1 else ("reach", "them")
            self._draft.note(
                f"nothing says what {_listed(alone)} {reach}, or what reaches {them}: "
                "connections that stand in code or in other files are not known",
                self._services[alone[0]].origin,
            )

    def _tell_unresolved(self) -> None:
        names = dict.fromkeys(name for service in self._services.values() for name in unresolved(service))
        if names:
            origin = self._project.section("services").origin
            has = "has" if len(names) == 1 else "have"
            self._draft.note(
                f"{_listed(list(names))} {has} no value here or in a `.env` beside the file: "
                "what is reached by them is not known",
                origin,
            )


def _by_address(kind: Kind, reach: Reach | None) -> Kind:
    """A store whose technology only those tell that speak to it."""
    if reach is None or kind.section != "datastores" or kind.technology is not None:
        return kind
    known = of_slug(reach.technology or "")
    if known is None or known.section not in HOLDS_DATA:
        return kind
    return Kind(known.section, known, reach.origin.noted("by the address that it is reached at"))


def _texts(stated: Layers) -> list[str]:
    texts = (stated.scope.text(item) for item in stated.each())
    return [text.known for text in texts if text is not None and text.known is not None]


def _listed(names: Sequence[str] | Iterable[str], most: int = 6) -> str:
    listed = list(names)
    if len(listed) > most:
        listed = [*listed[: most - 1], f"{len(listed) - most + 1} more"]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
