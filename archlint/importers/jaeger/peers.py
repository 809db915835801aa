"""Whom a span calls that sends no spans itself: a store, a broker, or whatever has a name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from archlint.importers.addresses import named_hosts
from archlint.importers.draft import Section
from archlint.importers.jaeger.spans import Span
from archlint.importers.observed import is_bare_address
from archlint.importers.technologies import of_slug
from archlint.records import dataclass

_SYSTEMS: Mapping[str, str] = MappingProxyType(
    {
        "mssql": "sql-server", "microsoft.sql_server": "sql-server", "aws.dynamodb": "dynamodb",
        "cosmosdb": "cosmos-db", "azure.cosmosdb": "cosmos-db",
        "gcp.spanner": "spanner", "cockroach": "cockroachdb", "mongo": "mongodb",
        "azure.sql": "azure-sql", "aws.redshift": "redshift", "pgx": "postgresql", "postgres": "postgresql",
        "aws_sqs": "sqs", "aws.sqs": "sqs", "amazonsqs": "sqs", "aws_sns": "sns", "aws.sns": "sns",
        "amazonsns": "sns", "gcp_pubsub": "pubsub", "google_pubsub": "pubsub", "gcp.pubsub": "pubsub",
        "servicebus": "service-bus", "azure_servicebus": "service-bus", "eventhubs": "event-hubs",
        "azure_eventhubs": "event-hubs", "aws_kinesis": "kinesis", "aws.kinesis": "kinesis",
    }
)  # fmt: skip
"""Systems of OpenTelemetry and OpenTracing whose technology is called otherwise."""
_WITHIN = frozenset({"sqlite", "h2", "hsqldb", "hsql", "derby", "duckdb", "leveldb", "rocksdb", "bbolt"})
"""Databases that run within the program itself."""
_UNKNOWN = frozenset({"other_sql", "other", "sql", "jdbc", "jms", "unknown"})
_PUBLISH = frozenset({"publish", "create", "send"})
_CONSUME = frozenset({"receive", "process", "deliver", "poll"})
_SQL_WRITES = frozenset(
    {
        "insert", "update", "delete", "merge", "replace", "upsert", "create", "alter", "drop", "truncate", "set",
        "hset", "hmset", "setex", "setnx", "del", "incr", "incrby", "decr", "lpush", "rpush", "sadd", "zadd", "expire",
        "putitem", "updateitem", "deleteitem", "batchwriteitem", "findandmodify", "bulkwrite", "index", "bulk",
    }
)  # fmt: skip
_MESSAGING = ("producer", "consumer")
_HTTP_WRITES = frozenset({"put", "patch", "delete"})
_HOSTS = ("server.address", "net.peer.name", "peer.hostname", "http.host", "net.sock.peer.name", "peer.address")


@dataclass(frozen=True, slots=True)
class Peer:
    """What a span calls. `system` is a technology's slug, or what the span calls the system; empty for no store.

    `host` is None where the span names none or only a machine's address.
    """

    kind: Literal["store", "broker", "other"]
    system: str
    name: str | None
    host: str | None
    database: str | None = None

    @property
    def section(self) -> Section:
        known = of_slug(self.system) if self.system else None
        if self.kind == "other":
            return "services"
        fitting = ("brokers",) if self.kind == "broker" else ("datastores", "caches")
        return known.section if known is not None and known.section in fitting else fitting[0]  # type: ignore[return-value]

    @property
    def technology(self) -> str | None:
        known = of_slug(self.system) if self.system else None
        return known.slug if known is not None and known.section == self.section else None


@dataclass(frozen=True, slots=True)
class Message:
    """What a span says of a message: the broker, the topic, and whether it is published or consumed."""

    broker: Peer
    topic: str
    publishes: bool
    group: str | None


def host_of(span: Span) -> str | None:
    """The name of the host that a span calls, without its port; None for the address of a machine."""
    cluster = (span.tag("upstream_cluster.name", "upstream_cluster") or "").split("|")
    if len(cluster) == 4:
        return cluster[3] or None
    url = span.tag("http.url", "url.full")
    for text in (*(span.tags.get(key) for key in _HOSTS), url if url and "://" in url else None):
        for address in named_hosts(text or ""):
            return None if is_bare_address(address.host) else address.host.lower()
    return None


def peer_of(span: Span) -> Peer | None:
    """Whom a span calls; None where it does not say, or calls what runs within the program.

    Of one that sends or takes messages only the broker is told.
    """
    database = span.tag("db.namespace", "db.name", "db.instance")
    system = (span.tag("db.system.name", "db.system", "db.type") or "").lower()
    if system in _WITHIN:
        return None
    if system or span.tag("sql.query"):
        known = _SYSTEMS.get(system, system)
        return Peer("store", "" if known in _UNKNOWN else known, _name(span), host_of(span), database)
    name, host = _name(span), host_of(span)
    if span.kind in _MESSAGING:
        known_broker = of_slug(name or "")
        is_broker = known_broker is not None and known_broker.section == "brokers"
        return Peer("broker", known_broker.slug, name, host) if known_broker is not None and is_broker else None
    return Peer("other", "", name, host) if name or host else None


def message_of(span: Span) -> Message | None:
    system = (span.tag("messaging.system") or _of_brave(span) or "").lower()
    publishes = _publishes(span)
    if not system or publishes is None:
        return None
    topic = _topic(span)
    if topic is None:
        return None
    known = _SYSTEMS.get(system, system)
    broker = Peer("broker", "" if known in _UNKNOWN else known, _name(span), host_of(span))
    group = span.tag("messaging.consumer.group.name", "messaging.kafka.consumer.group", "messaging.consumer_group")
    return Message(broker, topic, publishes, None if publishes else group)


def _of_brave(span: Span) -> str | None:
    """The system of a message by the tags of Zipkin's own instrumentation."""
    tags = {"kafka.topic": "kafka", "rabbit.queue": "rabbitmq", "rabbit.routing_key": "rabbitmq"}
    tags |= {"jms.queue": "jms", "jms.topic": "jms"}
    return next((system for key, system in tags.items() if span.tag(key)), None)


def _name(span: Span) -> str | None:
    name = span.tag("peer.service")
    return None if name is None or is_bare_address(name) or name.lower() == "unknown" else name


def _publishes(span: Span) -> bool | None:
    told = span.tag("messaging.operation.type", "messaging.operation", "messaging.operation.name") or ""
    if told.lower() in _PUBLISH or told.lower() in _CONSUME:
        return told.lower() in _PUBLISH
    return {"producer": True, "consumer": False}.get(span.kind)


def _topic(span: Span) -> str | None:
    """The topic or queue; None for one that lives only as long as its connection."""
    if any(
        (span.tag(f"messaging.{key}") or "").lower() == "true"
        for key in ("destination.temporary", "destination.anonymous", "temp_destination")
    ):
        return None
    name = span.tag(
        "messaging.destination.template",
        "messaging.destination.name",
        "messaging.destination",
        "message_bus.destination",
        "kafka.topic",
        "rabbit.queue",
        "rabbit.exchange",
        "rabbit.routing_key",
        "jms.queue",
        "jms.topic",
        "messaging.rabbitmq.destination.routing_key",
        "messaging.rabbitmq.routing_key",
    )
    # Of an address or a resource name of AWS, only the queue.
    return re.split(r"[/:]", name)[-1] if name and re.match(r"https?://|arn:", name) else name


def writes(span: Span) -> bool:
    """Whether a call is known to change something at its target."""
    statement = (
        span.tag("db.operation.name", "db.operation", "db.query.text", "db.statement", "sql.query") or ""
    ).split(None, 1)
    method = (span.tag("http.request.method", "http.method") or "").lower()
    return (bool(statement) and statement[0].lower() in _SQL_WRITES) or method in _HTTP_WRITES


def protocol_of(span: Span) -> str | None:
    rpc = span.tag("rpc.system.name", "rpc.system")
    if rpc:
        return rpc.lower()
    http = ("http.method", "http.request.method", "http.url", "url.full")
    return "http" if span.tag(*http) else None
