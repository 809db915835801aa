"""What images, ports and addresses say of the technology that runs there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

from archlint.importers.draft import Section
from archlint.records import dataclass

_IMAGES = Path(__file__).parent.parent / "knowledge" / "images.yaml"
_VERSION = re.compile(r"v?(\d+(?:\.\d+){0,2})(?![\d.])")

SCHEMES: Mapping[str, str] = MappingProxyType(
    {
        "postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mariadb",
        "mongodb": "mongodb", "mongodb+srv": "mongodb", "redis": "redis", "rediss": "redis", "memcached": "memcached",
        "amqp": "rabbitmq", "amqps": "rabbitmq", "nats": "nats", "kafka": "kafka", "cassandra": "cassandra",
        "clickhouse": "clickhouse", "zookeeper": "zookeeper", "pulsar": "pulsar",
    }
)  # fmt: skip
"""Schemes of addresses that only one technology answers."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A technology, by its slug, the version where it is told, and the section that its instances belong to."""

    slug: str
    section: Section
    version: str | None = None

    @property
    def technology(self) -> str:
        return f"{self.slug}@{self.version}" if self.version else self.slug


def of_image(image: str) -> Recognised | None:
    """What an image such as `docker.io/bitnami/postgresql:16.2-debian` runs; None for one that is not known."""
    path, version = _parted(image)
    table = _table()
    parts = path.lower().split("/")
    for name in ("/".join(parts[-2:]), parts[-1]):
        if name in table:
            slug, section = table[name]
            return Recognised(slug, section, version)
    return None


def of_slug(slug: str) -> Recognised | None:
    """The technology of that name, or of an image of that name, as other tools name engines and types."""
    found = dict(_table().values())
    wanted = slug.strip().lower()
    if wanted in found:
        return Recognised(wanted, found[wanted])
    known = _table().get(wanted)
    return Recognised(*known) if known else None


def _parted(image: str) -> tuple[str, str | None]:
    """The path of an image without its registry, tag and digest; and the version that its tag begins with."""
    name = image.strip().partition("@")[0]
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        path, tag = name, ""
    version = _VERSION.match(tag)
    return path, version[1] if version else None


@cache
def _table() -> Mapping[str, tuple[str, Section]]:
    """Images by name: `postgres`, or `owner/name` where the name alone says too little."""
    rows = yaml.load(_IMAGES.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {
        image: (slug, section)
        for section, technologies in rows.items()
        for slug, images in technologies.items()
        for image in (slug, *images)
    }
