"""The entities of Backstage catalogues: which there are, and how they name one another."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator

from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources
from archlint.importers.names import as_name
from archlint.importers.reading.files import Origin, SourceError, SourceFile
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

_REFERENCE = re.compile(r"(?:([A-Za-z][\w.-]*):)?(?:([\w.-]+)/)?([\w.-]+)")
_KNOWN = ("component", "resource", "api", "system", "domain", "group", "user", "location", "template")
_TYPED_LOCATIONS = ("backstage.io/source-location", "backstage.io/techdocs-ref", "backstage.io/managed-by-location")
MAX_FILES = 2_000


@dataclass(frozen=True, slots=True)
class Reference:
    """An entity that another one names. `kind` and `namespace` in small letters, as Backstage compares them."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity of the catalogue."""

    reference: Reference
    part: Part

    @property
    def spec(self) -> Part:
        return self.part["spec"]

    @property
    def origin(self) -> Origin:
        return self.part.at("metadata", "name").origin


def is_entity(part: Part) -> bool:
    return (part["apiVersion"].text() or "").startswith("backstage.io/") and bool(part["kind"].text())


def refer(text: str, kind: str, namespace: str = "default") -> Reference | None:
    """`[kind:][namespace/]name`, what is left out being the defaults; None for what is no reference."""
    found = _REFERENCE.fullmatch(text.strip())
    if found is None:
        return None
    return Reference((found[1] or kind).lower(), (found[2] or namespace).lower(), found[3].lower())


class Catalogue:
    """Collects the entities of all files, those that Location entities name among them."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._entities: dict[Reference, Entity] = {}
        self._others: dict[str, list[Part]] = {}

    def read(self, sources: Sources) -> dict[Reference, Entity]:
        waiting, seen = deque(sources.files), dict.fromkeys(sources.files)
        while waiting:
            file = waiting.popleft()
            for part in file.documents:
                if is_entity(part):
                    self._add(part)
                    for other in _located(part, sources, self._draft):
                        if other not in seen and len(seen) < MAX_FILES:
                            seen[other] = None
                            waiting.append(other)
        for kind, parts in self._others.items():
            count = f"{len(parts)} entities" if len(parts) > 1 else "an entity"
            self._draft.note(f"{count} of kind {kind}, which says nothing of components; left out", parts[0].origin)
        return self._entities

    def _add(self, part: Part) -> None:
        kind = part["kind"].text() or ""
        if kind.lower() not in _KNOWN:
            self._others.setdefault(kind, []).append(part["kind"])
            return
        metadata = part["metadata"]
        name = metadata["name"].text()
        reference = refer(name or "", kind, metadata["namespace"].text() or "default") if name else None
        if name is not None and "${{" in name:
            self._draft.note(f"`{name}` is to be filled in from a template; left out", metadata["name"].origin)
        elif reference is None or not as_name(name or ""):
            why = f"has a name that Backstage does not take: `{name}`" if name else "has no `metadata.name`"
            self._draft.error(f"an entity of kind {kind} {why}; left out", (metadata or part).origin)
        elif reference in self._entities:
            first = self._entities[reference].origin
            self._draft.note(f"{kind} `{name}` stands in {first} already; the first is kept", metadata["name"].origin)
        else:
            self._entities[reference] = Entity(reference, part)
            self._remark(kind, name or "", part)

    def _remark(self, kind: str, name: str, part: Part) -> None:
        """Tell of what Backstage would refuse or ignore, where it is about what this importer reads."""
        for key in ("apiConsumedBy", "apiProvidedBy"):
            if part["spec"][key]:
                origin = part["spec"][key].origin
                self._draft.note(
                    f"`{key}` of {kind} {name} is no field of Backstage's model; read all the same", origin
                )
        if kind.lower() in ("component", "resource", "api") and not part.at("spec", "type").text():
            self._draft.note(f"{kind} {name} has no `spec.type`, which Backstage asks for", part["spec"].origin)
        for key in _TYPED_LOCATIONS:
            value = part["metadata"]["annotations"][key]
            if (value.text() or "").startswith(("http://", "https://")):
                self._draft.note(f"`{key}` of {kind} {name} lacks its type, such as `url:`", value.origin)


def _located(part: Part, sources: Sources, draft: Draft) -> Iterator[SourceFile]:
    """The files that a Location names, those that lie beside it."""
    if (part["kind"].text() or "").lower() != "location":
        return
    targets = [part["spec"]["target"], *part["spec"]["targets"].each()]
    elsewhere = []
    for target in targets:
        path = target.text()
        if path is None:
            continue
        if "://" in path or "*" in path or (part["spec"]["type"].text() or "file") not in ("file", "url"):
            elsewhere.append(target)
            continue
        try:
            yield sources.beside(os.path.normpath(path), part.file)
        except SourceError as error:
            draft.note(f"the location `{path}` is not read: {error}", target.origin)
    if elsewhere:
        draft.note("locations that lie elsewhere, or are patterns, are not read", elsewhere[0].origin)
