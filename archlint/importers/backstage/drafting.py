"""From the entities of a Backstage catalogue to components, owners and what connects them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archlint.importers import kinds
from archlint.importers.backstage.catalogue import Entity, Reference, refer
from archlint.importers.draft import Component, Draft, Section
from archlint.importers.names import as_name
from archlint.importers.reading.tree import Part

_NOT_RUN = frozenset(
    {
        "library", "documentation", "docs", "package", "cli", "sdk", "plugin", "tool", "tooling", "template",
        "frontend-plugin", "backend-plugin", "common-library", "node-library", "web-library", "cli-module",
        "config", "configuration", "infrastructure-code", "module",
    }
)  # fmt: skip
"""Types of components that are built or read, and run nowhere by themselves."""


class Drafting:
    def __init__(self, entities: Mapping[Reference, Entity], draft: Draft) -> None:
        self._entities, self._draft = entities, draft
        self._components: dict[Reference, Component] = {}
        self._providers: dict[Reference, list[Component]] = {}
        self._taken: dict[str, None] = {}

    def run(self) -> None:
        self._state_system()
        self._state_teams()
        left = []
        for entity in self._of("component", "resource"):
            if entity.reference.kind == "component" and (entity.spec["type"].text() or "").lower() in _NOT_RUN:
                left.append(entity)
            else:
                self._state(entity)
        if left:
            names = ", ".join(entity.reference.name for entity in left[:6])
            types = ", ".join(sorted({entity.spec["type"].text() or "" for entity in left}))
            more = f" and {len(left) - 6} more" if len(left) > 6 else ""
            runs = "runs nowhere by itself" if len(left) == 1 else "run nowhere by themselves"
            self._draft.note(f"{names}{more} {runs} ({types}); left out", left[0].origin)
        self._find_providers()
        for entity in self._of("component", "resource", "api"):
            self._connect(entity)
        self._tell_of_unused_apis()

    def _of(self, *wanted: str) -> Iterator[Entity]:
        return (entity for entity in self._entities.values() if entity.reference.kind in wanted)

    def _state_system(self) -> None:
        systems = list(self._of("system"))
        if len(systems) > 1:
            names = ", ".join(entity.reference.name for entity in systems[:6])
            self._draft.note(f"{len(systems)} systems ({names}) in one draft", systems[1].origin)
        if not systems:
            self._state_common_system()
        if len(systems) != 1:
            return
        system = systems[0]
        top = self._draft.top
        top.state("system.name", as_name(system.part.at("metadata", "name").text() or "") or None, system.origin)
        self._describe(system, "system.description")
        owner = self._owner(system)
        top.state("system.owner", owner, system.spec["owner"].origin)
        domain = refer(system.spec["domain"].text() or "", "domain")
        if domain is not None:
            top.state("system.domain", domain.name, system.spec["domain"].origin)

    def _state_common_system(self) -> None:
        """The system that all components are said to be part of, where no entity describes it."""
        stated = [entity.spec["system"] for entity in self._of("component", "resource")]
        named = {part.text() for part in stated}
        only = refer(stated[0].text() or "", "system") if len(named) == 1 else None
        if only is not None and as_name(only.name):
            self._draft.top.state("system.name", as_name(only.name), stated[0].origin)

    def _describe(self, entity: Entity, field: str) -> None:
        text = entity.part.at("metadata", "description")
        line = next((line.strip() for line in (text.text() or "").splitlines() if line.strip()), None)
        if line is None:
            return
        target = self._components.get(entity.reference)
        (self._draft.top if target is None else target).state(field, line, text.origin)

    def _owner(self, entity: Entity) -> str | None:
        owner = refer(entity.spec["owner"].text() or "", "group", entity.reference.namespace)
        return None if owner is None else self._name_of(owner, entity.spec["owner"].text() or "")

    def _name_of(self, reference: Reference, text: str) -> str | None:
        name = as_name(text.rpartition("/")[2].rpartition(":")[2])
        return (f"{reference.namespace}-{name}" if reference.namespace != "default" else name) or None

    def _state_teams(self) -> None:
        """Groups that own something; how many people they have where the catalogue lists them."""
        owned = {
            refer(entity.spec["owner"].text() or "", "group", entity.reference.namespace)
            for entity in self._entities.values()
        }
        members: dict[Reference, list[Entity]] = {}
        for user in self._of("user"):
            for part in user.spec["memberOf"].each():
                group = refer(part.text() or "", "group", user.reference.namespace)
                if group is not None:
                    members.setdefault(group, []).append(user)
        for entity in self._of("group"):
            if entity.reference in owned:
                self._state_team(entity, members.get(entity.reference, []))

    def _state_team(self, group: Entity, users: Sequence[Entity]) -> None:
        name = self._name_of(group.reference, group.part.at("metadata", "name").text() or "")
        if name is None:
            return
        team = self._draft.top.mapping("teams", name, group.origin)
        listed = {text for part in group.spec["members"].each() if (text := part.text()) is not None}
        if listed:
            team.state("size", len(listed), group.spec["members"].origin)
        elif users:
            team.state("size", len(users), users[0].spec["memberOf"].origin.noted("users that are members of it"))
        contact = group.spec.at("profile", "email")
        team.state("contact", contact.text(), contact.origin)

    def _state(self, entity: Entity) -> None:
        type_ = entity.spec["type"]
        section, kind = self._kind(entity)
        name = self._free(entity)
        component = self._draft.component(section, name, entity.origin)
        self._components[entity.reference] = component
        self._describe(entity, "description")
        owner = self._owner(entity)
        component.state("owner", owner, entity.spec["owner"].origin)
        if kind is not None:
            component.state("technology", kind.technology, type_.origin)
            if kind.objects and section == "datastores":
                component.state("model", "object", type_.origin)
            if kind.technology is None:
                _state_technology(entity, component)
        tags = [text for tag in entity.part.at("metadata", "tags").each() if (text := tag.text()) is not None]
        if tags:
            component.state("tags", tags, entity.part.at("metadata", "tags").origin)

    def _kind(self, entity: Entity) -> tuple[Section, kinds.Kind | None]:
        type_ = entity.spec["type"].text() or ""
        kind = kinds.of_type(type_)
        if entity.reference.kind == "component":
            if kind is None or kind.section in ("networks",):
                return "services", None
            return kind.section, kind
        if kind is None:
            self._draft.note(
                f"the type `{type_}` of {entity.reference.name} is not known; taken for a service of others",
                entity.spec["type"].origin,
            )
            return "externals", None
        return kind.section, kind

    def _free(self, entity: Entity) -> str:
        name = as_name(entity.part.at("metadata", "name").text() or "")
        namespace = entity.reference.namespace
        wanted = (name, f"{name}-{entity.reference.kind}", f"{namespace}-{name}-{entity.reference.kind}")
        free = next((free for free in wanted if free not in self._taken), f"{name}-{len(self._taken)}")
        self._taken[free] = None
        return free

    def _find_providers(self) -> None:
        for entity in self._of("component", "resource"):
            component = self._components.get(entity.reference)
            for _, api in self._references(entity, "providesApis", "api"):
                if component is not None:
                    self._providers.setdefault(api, []).append(component)
        for entity in self._of("api"):
            for _, provider in self._references(entity, "apiProvidedBy", "component"):
                if provider in self._components:
                    self._providers.setdefault(entity.reference, []).append(self._components[provider])

    def _connect(self, entity: Entity) -> None:
        component = self._components.get(entity.reference)
        if component is not None:
            for part, api in self._references(entity, "consumesApis", "api"):
                self._consume(component, api, part)
            for part, on in self._references(entity, "dependsOn", "component"):
                self._depend(component, on, part)
        for part, by in self._references(entity, "dependencyOf", "component"):
            if by in self._components:
                self._depend(self._components[by], entity.reference, part)
        for part, by in self._references(entity, "apiConsumedBy", "component"):
            if by in self._components:
                self._consume(self._components[by], entity.reference, part)

    def _references(self, entity: Entity, field: str, kind: str) -> Iterator[tuple[Part, Reference]]:
        stated = entity.spec[field]
        for part in (stated, *stated.each()):
            reference = refer(part.text() or "", kind, entity.reference.namespace)
            if reference is not None:
                yield part, reference

    def _consume(self, component: Component, api: Reference, part: Part) -> None:
        """The consumer calls what provides the API; the API itself, as a service of others, where nothing does."""
        providers = [found for found in self._providers.get(api, ()) if found.name != component.name]
        if api in self._providers:
            for provider in providers:
                component.call(provider.name, part.origin)
            return
        entity = self._entities.get(api)
        if entity is None:
            self._missing(component, part)
            return
        if api not in self._components:
            external = self._draft.component("externals", self._free(entity), entity.origin)
            self._components[api] = external
            self._describe(entity, "description")
            external.state("owner", self._owner(entity), entity.spec["owner"].origin)
        component.call(self._components[api].name, part.origin.noted("nothing in the catalogue provides this API"))

    def _depend(self, component: Component, on: Reference, part: Part) -> None:
        if on.kind == "api":
            self._consume(component, on, part)
        elif on in self._components:
            if self._components[on].name != component.name:
                component.depend(self._components[on].name, part.origin)
        elif on not in self._entities:
            self._missing(component, part)

    def _missing(self, component: Component, part: Part) -> None:
        self._draft.note(f"{component.name} needs `{part.text()}`, which no file describes; left out", part.origin)

    def _tell_of_unused_apis(self) -> None:
        unused = [
            entity
            for entity in self._of("api")
            if entity.reference not in self._providers and entity.reference not in self._components
        ]
        if unused:
            names = _listed([entity.reference.name for entity in unused])
            self._draft.note(f"no component provides or consumes the API {names}; left out", unused[0].origin)


def _state_technology(entity: Entity, component: Component) -> None:
    """The technology of what only a kind is stated of: by a tag, the name, the title, or the description."""
    metadata = entity.part["metadata"]
    told = [(tag, "") for tag in metadata["tags"].each()]
    told += [(metadata["name"], "by its name"), (metadata["title"], ""), (metadata["description"], "")]
    for part, how in told:
        known = kinds.of_type(part.text() or "")
        if known is not None and known.technology is not None and known.section == component.section:
            component.state("technology", known.technology, part.origin.noted(how))
            return


def _listed(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
