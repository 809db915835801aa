"""Structurizr workspaces in JSON: people, software systems and containers of the C4 model, and where they run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archlint.importers.draft import INSTANCES, Component, Draft, Section
from archlint.importers.elements import Elements
from archlint.importers.gathering import Sources
from archlint.importers.names import slug
from archlint.importers.reading.files import SourceFile
from archlint.importers.reading.tree import Part
from archlint.importers.technologies import of_words

TITLE = "a Structurizr workspace in JSON"

_PRODUCTION = re.compile(r"live|prod", re.IGNORECASE)
_CLIENT_SIDE = re.compile(r"web ?browser|mobile|desktop|\bios\b|android|single.page", re.IGNORECASE)
_STORE = re.compile(r"\bdatabase\b|\bschema\b|\bdata ?store\b|\bbucket\b", re.IGNORECASE)
_QUEUE = re.compile(r"\bqueue\b|\btopic\b|\bmessage (bus|broker)\b", re.IGNORECASE)
_RANGE = re.compile(r"(\d+)\s*\.\.\s*(\d+|[Nn*])")


def recognises(file: SourceFile) -> bool:
    return any(
        part["model"].is_mapping and (part["model"]["softwareSystems"].is_list or part["model"]["people"].is_list)
        for part in file.documents
    )


def draft_from(sources: Sources, draft: Draft) -> None:
    for file in sources.files:
        for workspace in file.documents:
            if workspace["model"].is_mapping and _is_sound(workspace, draft):
                _Workspace(workspace, draft).draft()


def _is_sound(workspace: Part, draft: Draft) -> bool:
    """Structurizr itself refuses names that are not unique, and views of relationships that there are not."""
    wrong = [*_repeated_names(workspace["model"]), *_unknown_relationships(workspace)]
    for message, part in wrong:
        draft.error(message, part.origin)
    return not wrong


def _repeated_names(model: Part) -> Iterator[tuple[str, Part]]:
    for system in model["softwareSystems"].each():
        names: set[str] = set()
        for container in system["containers"].each():
            name = container["name"].text() or ""
            if name in names:
                yield f"two containers of `{system['name'].text()}` are named `{name}`", container
            names.add(name)


def _unknown_relationships(workspace: Part) -> Iterator[tuple[str, Part]]:
    known = {relation["id"].text() for relation in _all_relations(workspace["model"])}
    for views in workspace["views"].values():
        for view in views.each():
            for relation in view["relationships"].each():
                if relation["id"] and relation["id"].text() not in known:
                    name = view["key"].text() or "a view"
                    yield (
                        f"{name} shows the relationship {relation['id'].text()}, which the model does not have",
                        relation,
                    )


def _all_relations(part: Part) -> Iterator[Part]:
    yield from part["relationships"].each()
    for key, inner in part.items():
        if key != "relationships" and inner.is_list:
            for item in inner.each():
                yield from _all_relations(item)


class _Workspace:
    def __init__(self, workspace: Part, draft: Draft) -> None:
        self._workspace, self._model, self._draft = workspace, workspace["model"], draft
        self._elements = Elements(draft)
        self._called = {relation["destinationId"].text() for relation in _all_relations(self._model)}

    def draft(self) -> None:
        self._name()
        for person in self._model["people"].each():
            self._add(person, "clients")
        systems = list(self._model["softwareSystems"].each())
        detailed = any(any(system["containers"].each()) for system in systems)
        for system in systems:
            self._system(system, detailed)
        for element in (*self._model["people"].each(), *systems):
            self._relations(element)
        self._deployment()

    def _name(self) -> None:
        """A workspace about one system is named after it."""
        own = [system for system in self._model["softwareSystems"].each() if any(system["containers"].each())]
        named = own[0] if len(own) == 1 else self._workspace
        self._draft.top.state("system.name", slug(named["name"].text() or "") or None, named["name"].origin)
        self._draft.top.state("system.description", named["description"].text(), named["description"].origin)

    def _system(self, system: Part, detailed: bool) -> None:
        """A system is known by its containers; where others have containers and it has none, it is somebody else's.

        What is somebody else's and only calls in, is a client.
        """
        containers = list(system["containers"].each())
        if not containers:
            theirs: Section = "externals" if system["id"].text() in self._called else "clients"
            self._add(system, theirs if detailed or _is_external(system) else "services")
            return
        for container in containers:
            self._container(container, system["name"].text() or "")

    def _container(self, container: Part, system: str) -> None:
        said = " ".join(filter(None, (container["technology"].text(), container["name"].text())))
        tags = container["tags"].text() or ""
        known = of_words(said)
        section: Section = "services"
        if _CLIENT_SIDE.search(f"{tags} {container['technology'].text() or ''} {container['name'].text() or ''}"):
            section = "clients"
        elif known is not None:
            section = known.section
        elif _STORE.search(f"{tags} {said}"):
            section = "datastores"
        elif _QUEUE.search(f"{tags} {said}"):
            section = "brokers"
        component = self._add(container, section, system)
        if known is not None and component is not None and section != "clients":
            component.state("technology", known.technology, container.first("technology", "name").origin)
        for part in container["components"].each():
            self._elements.lift(part["id"].text() or "", container["id"].text() or "")

    def _add(self, element: Part, section: Section, within: str = "") -> Component | None:
        id, name = element["id"].text(), element["name"].text()
        if id is None or name is None:
            self._draft.note("an element without an id or a name is left out", element.origin)
            return None
        component = self._elements.add(id, section, name, element.origin, within)
        component.state("description", element["description"].text(), element["description"].origin)
        return component

    def _relations(self, element: Part) -> None:
        """Relationships of an element and of all that it holds; those of a system stand for its containers' own."""
        for relation in element["relationships"].each():
            is_async = relation["interactionStyle"].text() == "Asynchronous"
            self._elements.relate(
                relation["sourceId"].text() or element["id"].text(),
                relation["destinationId"].text(),
                relation.origin,
                description=relation["description"].text(),
                async_=True if is_async else None,
            )
        for inner in (*element["containers"].each(), *element["components"].each()):
            self._relations(inner)

    def _deployment(self) -> None:
        """How many of each container run in production: one environment, the live one where there are several."""
        nodes = list(self._model["deploymentNodes"].each())
        environments = dict.fromkeys(node["environment"].text() for node in nodes)
        live = [name for name in environments if name and _PRODUCTION.search(name)]
        if len(environments) > 1 and len(live) != 1:
            return
        counts: dict[str, tuple[int, int, Part]] = {}
        for node in nodes:
            if len(environments) == 1 or node["environment"].text() in live:
                self._count(node, 1, 1, counts)
        for id, (least, most, instance) in counts.items():
            component = self._elements.find(id)
            if component is not None and component.section != "clients":
                many = least if least == most else {"min": least, "max": most}
                component.state(INSTANCES if least == most else "replicas", many, instance.origin)

    def _count(self, node: Part, least: int, most: int, counts: dict[str, tuple[int, int, Part]]) -> None:
        """`instances` of nested nodes multiply; a count without an upper end says nothing of the largest number."""
        low, high = _instances(node["instances"])
        least, most = least * low, most * high
        for instance in node["containerInstances"].each():
            id = instance["containerId"].text() or ""
            before = counts.get(id, (0, 0, node))
            part = node["instances"] if node["instances"] else instance
            counts[id] = (before[0] + least, before[1] + most, part if before[0] == 0 else before[2])
        for inner in node["children"].each():
            self._count(inner, least, most, counts)


def _instances(part: Part) -> tuple[int, int]:
    number = part.integer()
    if number is not None:
        return max(number, 0), max(number, 0)
    found = _RANGE.fullmatch(part.text() or "")
    if found is None:
        return 1, 1
    least = int(found[1])
    return least, int(found[2]) if found[2].isdigit() else max(least, 1)


def _is_external(system: Part) -> bool:
    tags = (system["tags"].text() or "").lower()
    return system["location"].text() == "External" or "external" in tags or "existing" in tags
