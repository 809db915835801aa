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
_WORDS = re.compile(r"[a-z0-9]+(?:\.\d+)*")
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
            return Recognised(slug, section, _version_inside(name, image, version))
    return None


_OWN_VERSIONS = re.compile(
    r"^(cp-zookeeper|spilo|dse-server|dynamodb-local|azure-sql-edge|nats-streaming|spotify/kafka|crunchy-postgres)"
)
"""Images whose tags number the image, not what runs in it."""
_NUMBER_IN_NAME = re.compile(r"^spilo-(\d+)$")
_NUMBER_IN_TAG = re.compile(r":[^@]*?(?:kafka-|pg|\d+\.\d+-)(\d+(?:\.\d+){0,2})")
_CONFLUENT = {"8": "4", "7": "3", "6": "2", "5": "2"}
"""Major versions of Confluent Platform and of the Kafka in them; the minor ones agree but for an offset in 6."""


def _version_inside(name: str, image: str, version: str | None) -> str | None:
    """The version of what runs in an image, where its tag says it in another way, or does not say it."""
    if (numbered := _NUMBER_IN_NAME.match(name)) is not None:
        return numbered[1]
    if name in ("strimzi/kafka", "wurstmeister/kafka", "timescaledb-ha", "pgvector", "pgvector/pgvector"):
        inside = _NUMBER_IN_TAG.search(image)
        return inside[1] if inside is not None else None
    if name in ("cp-kafka", "cp-server", "confluent-local"):
        major, _, minor = (version or "").partition(".")
        minor = minor.partition(".")[0]
        if major not in _CONFLUENT or not minor:
            return None
        return f"{_CONFLUENT[major]}.{int(minor) + 6 if major == '6' else minor}"
    return None if _OWN_VERSIONS.match(name) else version


def of_slug(slug: str) -> Recognised | None:
    """The technology of that name, or of an image of that name, as other tools name engines and types."""
    found = dict(_table().values())
    wanted = slug.strip().lower()
    if wanted in found:
        return Recognised(wanted, found[wanted])
    known = _table().get(wanted)
    return Recognised(*known) if known else None


def of_words(text: str) -> Recognised | None:
    """The store, cache or broker that a description such as `Amazon RDS for PostgreSQL 16` names."""
    words = _WORDS.findall(text.lower())
    table = _table()
    for at, word in enumerate(words):
        pair = f"{word}-{words[at + 1]}" if at + 1 < len(words) else word
        slug, section = table.get(pair) or table.get(word) or ("", "services")
        if section != "services":
            version = next((_VERSION.fullmatch(after) for after in words[at + 1 : at + 2]), None)
            return Recognised(slug, section, version[1] if version else None)
    return None


_LOAD = re.compile(
    r"(^|[-_./])(load-?gen(erator)?|load-?test(er|ing)?|traffic-?gen(erator)?|user-sim(ulator)?|k6|locust|jmeter|gatling)"
    r"($|[-_.:/@])"
)


def is_load_generator(name: str, image: str = "") -> bool:
    """Whether what runs stands in for users: its name or that of its image is a load generator's."""
    return bool(_LOAD.search(name.lower()) or _LOAD.search(image.lower()))


_WATCHERS = re.compile(
    r"(^|/)(opentelemetry-collector[\w-]*|otel-?col(lector)?[\w-]*|promtail|alloy|fluentd|fluent-bit|vector|prometheus|"
    r"pushgateway|[\w-]+[-_]exporter|filebeat|metricbeat|heartbeat|telegraf|cadvisor|datadog-agent|grafana-agent)$"
)
_TELEMETRY = re.compile(
    r"(^|/)(jaeger|jaeger-(collector|agent|all-in-one)|all-in-one|zipkin[\w-]*|tempo|loki|statsd|graphite|apm-server|grafana|"
    r"grafana-(oss|enterprise)|kibana|opensearch-dashboards|alertmanager|pgadmin4?|adminer|phpmyadmin|mailhog|mailpit)$"
)


def watches(name: str, image: str = "") -> bool:
    """Whether what runs collects telemetry: it reaches what it watches, and needs none of it."""
    return bool(_WATCHERS.search(name.lower()) or _WATCHERS.search(_parted(image)[0].lower()))


def is_for_operators(name: str, image: str = "") -> bool:
    """Whether what runs takes telemetry, or shows things to those who run the system: no request waits for it."""
    return watches(name, image) or bool(_TELEMETRY.search(name.lower()) or _TELEMETRY.search(_parted(image)[0].lower()))


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
