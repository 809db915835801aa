"""What the main container of a pod runs: by its image, or by the port and the words of a known server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Part
from archlint.importers.technologies import Recognised, of_image, of_slug
from archlint.records import dataclass

SIDECAR = re.compile(
    r".*(?:istio-proxy|linkerd-proxy|exporter|fluent-?bit|fluentd|filebeat|promtail|vault-agent|cloud-?sql-proxy|"
    r"config-reloader|kube-rbac-proxy|oauth2-proxy|jaeger-agent|datadog-agent|otc-container|git-sync).*"
)
_CLIENTS = re.compile(
    r"(?:.*/)?(?:psql|pg_\w+|mysql|mysqldump|mysqladmin|mongo|mongosh|mongodump|mongorestore|redis-cli|redis-benchmark|"
    r"redis-sentinel|cqlsh|nodetool|clickhouse-client|rabbitmqadmin|kafka-\w+-perf-test(?:\.sh)?|kafka-topics(?:\.sh)?|"
    r"etcdctl|mc)"
)
_BESIDE = re.compile(
    r"exporter|proxy|router|operator|admin|dashboard|client|backup|migrat|console|commander|insight|balancer|\bui\b"
)
"""Words in the names of images of what works beside a server."""
_STORE = re.compile(r"(?:^|[-_])(?:db|database|sql)$")
"""Names of containers that hold a store of some kind."""
_PORTS: Mapping[int, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        3306: (("mariadb", "mariadb"), ("mysql", "mysql")),
        5432: (("postgres", "postgresql"), ("pgsql", "postgresql"), ("timescale", "postgresql")),
        27017: (("mongo", "mongodb"),),
        6379: (("valkey", "valkey"), ("keydb", "keydb"), ("redis", "redis")),
        11211: (("memcache", "memcached"),),
        9092: (("kafka", "kafka"),),
        5672: (("rabbit", "rabbitmq"), ("amqp", "rabbitmq")),
        9042: (("scylla", "scylladb"), ("cassandra", "cassandra"), ("cql", "cassandra")),
        9200: (("opensearch", "opensearch"), ("elasticsearch", "elasticsearch")),
        9300: (("opensearch", "opensearch"), ("elasticsearch", "elasticsearch")),
        2181: (("zookeeper", "zookeeper"),),
        2379: (("etcd", "etcd"),),
        26257: (("cockroach", "cockroachdb"),),
        4222: (("nats", "nats"),),
        8123: (("clickhouse", "clickhouse"),),
        7687: (("neo4j", "neo4j"), ("bolt", "neo4j")),
    }
)
"""Ports that servers listen on, and the words that have to stand beside them."""


@dataclass(frozen=True, slots=True)
class Runs:
    """A technology, and what shows it."""

    technology: Recognised
    origin: Origin


def main_of(containers: Iterable[Part], name: str) -> Part | None:
    """The container that the others serve."""
    everything = list(containers)
    own = [container for container in everything if not _is_sidecar(container)] or everything
    named = (container for container in own if container["name"].text() == name)
    return next(named, None) or next(iter(own), None)


def _is_sidecar(container: Part) -> bool:
    return any(SIDECAR.fullmatch(name) for name in (container["name"].text() or "", _base(container)))


def _base(container: Part) -> str:
    """The last part of an image's path."""
    return (container["image"].text() or "").rpartition("/")[2].partition("@")[0].partition(":")[0].lower()


def runs(main: Part) -> Runs | None:
    """None for what nobody knows, and for a client that is run from a store's image."""
    known = of_image(main["image"].text() or "")
    if known is None:
        return _by_port(main)
    command = main["command"][0].text() or main["args"][0].text() or ""
    return None if _CLIENTS.fullmatch(command) else Runs(known, main["image"].origin)


def _by_port(main: Part) -> Runs | None:
    if _BESIDE.search(_base(main)):
        return None
    for port in main["ports"].each():
        candidates = _PORTS.get(port["containerPort"].integer() or 0)
        if candidates is None:
            continue
        words = " ".join(_words(main, port)).lower()
        if _STORE.search(main["name"].text() or "") and not any(word in words for word, _ in candidates):
            words = candidates[-1][0]
        for word, slug in candidates:
            if word in words and (known := of_slug(slug)) is not None:
                return Runs(known, port["containerPort"].origin.noted(f"its port, and the word `{word}`"))
    return None


def _words(main: Part, port: Part) -> Iterator[str]:
    """Where a server's name may stand: in the image, the names of container and port, and those of variables."""
    yield _base(main)
    yield main["name"].text() or ""
    yield port["name"].text() or ""
    for variable in main["env"].each():
        yield variable["name"].text() or ""
