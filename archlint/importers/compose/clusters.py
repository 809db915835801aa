"""Containers that are nodes of one store or broker: they hold each other's addresses, or name the same cluster."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from archlint.importers.compose.connections import Reach
from archlint.importers.compose.recognition import HOLDS_DATA, Kind
from archlint.importers.compose.service import Service

_NOT_CLUSTERED = frozenset({"prometheus", "dynamodb"})
_ENDING = re.compile(r"([-_.]?\d+|[-_.](primary|master|leader|replica|slave|secondary|standby|node|server|main))+$")
_SAME = (
    "CLUSTER_ID",
    "KAFKA_CLUSTER_ID",
    "KAFKA_KRAFT_CLUSTER_ID",
    "KAFKA_ZOOKEEPER_CONNECT",
    "KAFKA_CFG_ZOOKEEPER_CONNECT",
)
_REPLICA_SET = ("--replSet", "--replset")


def clusters_of(
    services: Mapping[str, Service], kinds: Mapping[str, Kind], reaches: Mapping[str, Sequence[Reach]]
) -> dict[str, list[str]]:
    """The members of each cluster of several, by the first of them."""
    parent: dict[str, str] = {key: key for key, kind in kinds.items() if _clusters(kind)}
    place = {key: at for at, key in enumerate(services)}
    for one, other in _pairs(services, kinds, reaches):
        if one in parent and other in parent and _slug(kinds[one]) == _slug(kinds[other]):
            first, second = sorted((_root(parent, one), _root(parent, other)), key=place.__getitem__)
            parent[second] = first
    members: dict[str, list[str]] = {}
    for key in parent:
        members.setdefault(_root(parent, key), []).append(key)
    return {first: keys for first, keys in members.items() if len(keys) > 1}


def _clusters(kind: Kind) -> bool:
    return kind.section in HOLDS_DATA and kind.technology is not None and kind.technology.slug not in _NOT_CLUSTERED


def _slug(kind: Kind) -> str | None:
    return None if kind.technology is None else kind.technology.slug


def _root(parent: dict[str, str], key: str) -> str:
    while parent[key] != key:
        parent[key] = parent[parent[key]]
        key = parent[key]
    return key


def _pairs(
    services: Mapping[str, Service], kinds: Mapping[str, Kind], reaches: Mapping[str, Sequence[Reach]]
) -> Iterator[tuple[str, str]]:
    for key in kinds:
        yield from ((key, reach.to) for reach in reaches.get(key, ()))
    first: dict[tuple[str | None, str], str] = {}
    for key, kind in kinds.items():
        for same in _names_of_cluster(services[key]):
            yield first.setdefault((_slug(kind), same), key), key


def _names_of_cluster(service: Service) -> Iterator[str]:
    """Texts that the members of one cluster share; they are compared, never shown."""
    for key in _SAME:
        variable = service.environment.get(key)
        if variable is not None and variable.text is not None and variable.text.known:
            yield f"{key}={variable.text.known}"
    words = service.words
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in _REPLICA_SET:
            yield f"replSet={value if equals else ''.join(words[at + 1 : at + 2])}"
        elif re.search(r"://\S*\{\d+\.\.\.\d+\}", word):
            yield word


def name_of(members: Sequence[str], taken: Iterable[str]) -> str:
    """What the names of the members have in common; the first of them where that says nothing or is taken."""
    stems = list(dict.fromkeys(_ENDING.sub("", member) for member in members))
    common = stems[0] if len(stems) == 1 else _beginning(members).rstrip("-_.0123456789")
    others = set(taken) - set(members)
    return common if len(common) > 1 and common not in others else members[0]


def _beginning(names: Sequence[str]) -> str:
    """What all names begin with."""
    first, last = min(names), max(names)
    at = next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    return first[:at]
