"""CALM architectures (Common Architecture Language Model of FINOS): nodes and the relationships between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from archlint.importers.draft import Draft, Section
from archlint.importers.elements import Elements
from archlint.importers.gathering import Sources
from archlint.importers.names import slug
from archlint.importers.reading.files import SourceFile
from archlint.importers.reading.tree import Part
from archlint.importers.technologies import of_words

TITLE = "a CALM architecture"

_SECTIONS: Mapping[str, Section] = MappingProxyType(
    {
        "actor": "clients",
        "webclient": "clients",
        "ecosystem": "externals",
        "database": "datastores",
        "ldap": "externals",
    }
)
_GROUPS = frozenset({"system", "network", "standard", "vpc", "subnet", "region", "zone", "account", "cluster"})
"""Types of nodes that only hold others, unless they take part in a connection themselves."""
_NO_COMPONENT = frozenset({"data-asset"})

_CLOUD: Mapping[str, tuple[Section, str | None]] = MappingProxyType(
    {
        "api-gateway": ("networks", "api-gateway"),
        "elb": ("networks", "alb"),
        "alb": ("networks", "alb"),
        "nlb": ("networks", "nlb"),
        "cloudfront": ("networks", "cloudfront"),
        "route53": ("networks", "route53"),
        "lambda": ("services", "lambda"),
        "ec2": ("services", None),
        "ecs": ("services", "ecs"),
        "eks": ("services", "eks"),
        "step-functions": ("services", "step-functions"),
        "rds": ("datastores", "rds"),
        "aurora": ("datastores", "aurora"),
        "dynamodb": ("datastores", "dynamodb"),
        "s3": ("datastores", "s3"),
        "opensearch": ("datastores", "opensearch"),
        "elasticache": ("caches", "elasticache"),
        "sqs": ("brokers", "sqs"),
        "sns": ("brokers", "sns"),
        "kinesis": ("brokers", "kinesis"),
        "msk": ("brokers", "msk"),
        "eventbridge": ("brokers", "eventbridge"),
        "cognito": ("externals", None),
        "secrets-manager": ("externals", None),
    }
)
"""Types of nodes of the AWS extension: the section, and the technology where the catalogue knows one."""

_BROKER = re.compile(r"\b(message|event) (broker|bus|hub|queue)\b|\bqueue\b", re.IGNORECASE)


def recognises(file: SourceFile) -> bool:
    return any(_is_architecture(part) or _is_pattern(part) for part in file.documents)


def _is_architecture(part: Part) -> bool:
    nodes = part["nodes"]
    return nodes.is_list and all(node["unique-id"] and node["node-type"] for node in nodes.each()) and _is_calm(part)


def _is_calm(part: Part) -> bool:
    """Other tools have `nodes` too; these have ids of CALM's own."""
    return bool(part["relationships"].is_list or "calm" in (part["$schema"].text() or "") or any(part["nodes"].each()))


def _is_pattern(part: Part) -> bool:
    """A JSON Schema of architectures, which CALM calls a pattern."""
    properties = part["properties"]
    return properties["nodes"].is_mapping and properties["relationships"].is_mapping


def draft_from(sources: Sources, draft: Draft) -> None:
    for file in sources.files:
        for part in file.documents:
            if _is_pattern(part):
                draft.error("a pattern of CALM is a template, not an architecture: generate one from it", part.origin)
            elif _is_architecture(part):
                _Architecture(part, draft).draft()


class _Architecture:
    def __init__(self, part: Part, draft: Draft) -> None:
        self._part, self._draft = part, draft
        self._elements = Elements(draft)
        self._connected = {id for relation in self._relations() for id in relation[1:3]}
        self._called = {target for _, _, target in self._relations()}

    def draft(self) -> None:
        name = self._part.first("name", "title")
        self._draft.top.state("system.name", slug(name.text() or "") or self._system(), name.origin)
        for node in self._part["nodes"].each():
            self._node(node)
        for relation, source, target in self._relations():
            self._elements.relate(
                source,
                target,
                relation.origin,
                description=relation["description"].text(),
                protocol=(relation["protocol"].text() or "").lower() or None,
            )

    def _system(self) -> str | None:
        """The name of the only node that is a system."""
        systems = [node for node in self._part["nodes"].each() if node["node-type"].text() == "system"]
        return slug(systems[0]["name"].text() or "") or None if len(systems) == 1 else None

    def _node(self, node: Part) -> None:
        id, kind = node["unique-id"].text() or "", (node["node-type"].text() or "").lower()
        plain = kind.rpartition(":")[2]
        only_holds = plain in _GROUPS or self._holds_others(id)
        if plain in _NO_COMPONENT or (only_holds and id not in self._connected):
            return
        section, technology = self._kind(node, kind, plain)
        component = self._elements.add(id, section, node["name"].text() or id, node.origin, within=id)
        component.state("description", node["description"].text(), node["description"].origin)
        component.state("technology", technology, node["node-type"].origin)

    def _kind(self, node: Part, kind: str, plain: str) -> tuple[Section, str | None]:
        if plain in _CLOUD and kind != plain:
            return _CLOUD[plain]
        said = f"{node['name'].text() or ''} {plain.replace('-', ' ')}"
        known = of_words(said)
        if plain in _SECTIONS:
            section = _SECTIONS[plain]
            if section == "externals" and node["unique-id"].text() not in self._called:
                section = "clients"  # somebody else's that only calls in
            same = known is not None and (known.section == section or section == "datastores")
            return (known.section, known.technology) if known is not None and same else (section, None)
        if known is not None:
            return known.section, known.technology
        if _BROKER.search(said):
            return "brokers", None
        is_store = plain in ("db", "datastore", "store") or plain.endswith(("-db", "-database"))
        return ("datastores" if is_store else "services"), None

    def _holds_others(self, id: str) -> bool:
        return any(
            relation["relationship-type"][kind]["container"].text() == id
            for relation in self._part["relationships"].each()
            for kind in ("composed-of", "deployed-in")
        )

    def _relations(self) -> Iterator[tuple[Part, str, str]]:
        """Who talks to whom: connections, and what actors interact with."""
        for relation in self._part["relationships"].each():
            kind = relation["relationship-type"]
            source, target = (kind["connects"][end]["node"].text() for end in ("source", "destination"))
            if source and target:
                yield relation, source, target
            for node in kind["interacts"]["nodes"].each():
                yield relation, kind["interacts"]["actor"].text() or "", node.text() or ""
