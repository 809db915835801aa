"""What the types of other tools' resources, free words all of them, say of a component: its section and technology."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from archlint.importers.draft import Section
from archlint.importers.technologies import of_slug, of_words
from archlint.knowledge.catalogue import Catalogue
from archlint.records import dataclass

_PLAIN = re.compile(r"[A-Za-z0-9]+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*|\d+")
_SECTIONS: Mapping[str, Section] = MappingProxyType(
    {
        "datastore": "datastores", "cache": "caches", "broker": "brokers", "network": "networks",
        "service": "services",
    }
)  # fmt: skip
_WORDS: Mapping[Section, frozenset[str]] = MappingProxyType(
    {
        "caches": frozenset({"cache", "caching"}),
        "brokers": frozenset({"queue", "topic", "broker", "stream", "eventbus", "bus", "amqp", "mqtt", "messaging"}),
        "datastores": frozenset(
            {
                "database", "db", "datastore", "store", "storage", "bucket", "table", "blob", "warehouse", "index",
                "filesystem", "nosql", "sql", "datalake", "dataset",
            }
        ),
        "networks": frozenset(
            {"cdn", "dns", "gateway", "loadbalancer", "balancer", "vpc", "network", "ingress", "vpn", "proxy"}
        ),
        "jobs": frozenset({"job", "cronjob", "batch"}),
    }
)  # fmt: skip
_OBJECTS = frozenset({"bucket", "blob"})
_ALIASES: Mapping[str, str] = MappingProxyType({"mssql": "sql-server", "mongo": "mongodb", "pg": "postgresql"})


@dataclass(frozen=True, slots=True)
class Kind:
    """The section; the technology where it is one that is known; whether the store holds objects."""

    section: Section
    technology: str | None = None
    objects: bool = False


@cache
def of_type(text: str) -> Kind | None:
    """What a type such as `s3-bucket`, `kafka-topic` or `PostgresInstance` names; None for what is neither."""
    plain = [word.lower() for word in _PLAIN.findall(text)]
    return _of_words(plain) or _of_words([word.lower() for word in _WORD.findall(text)])


def _of_words(words: list[str]) -> Kind | None:
    words = [_ALIASES.get(word, word) for word in words]
    known = of_slug("-".join(words)) or of_words(" ".join(words))
    if known is not None:
        return Kind(known.section, known.technology)
    found = _catalogued(words)
    if found is not None:
        return found
    for section, telling in _WORDS.items():
        if not telling.isdisjoint(words) or "".join(words) in telling:
            return Kind(section, None, not _OBJECTS.isdisjoint(words))
    return None


def _catalogued(words: list[str]) -> Kind | None:
    """A technology of the catalogue, such as `s3` or `api-gateway`."""
    catalogue = Catalogue()
    for length in (3, 2, 1):
        for at in range(len(words) - length + 1):
            slug = catalogue.resolve("-".join(words[at : at + length]))
            technology = None if slug is None else catalogue.technology(slug)
            if technology is not None and (kind := technology.kinds[0]) in _SECTIONS:
                return Kind(_SECTIONS[kind], slug)
    return None
