"""What bindings say of topics, and of those who publish and consume: the part of AsyncAPI that is a protocol's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from archlint.importers.quantities import duration, size
from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Part

Fact = tuple[str, Any, Origin]
"""A field of the manifest, its value, and where that stands."""

_QOS = ("at-most-once", "at-least-once", "exactly-once")
_CLEANUP: Mapping[frozenset[str], str] = MappingProxyType(
    {
        frozenset({"delete"}): "delete",
        frozenset({"compact"}): "compact",
        frozenset({"compact", "delete"}): "compact-delete",
    }
)


def topic_name(family: str, binding: Part) -> str | None:
    """The name that a binding gives a topic or queue, where the address is another."""
    if family == "kafka":
        return binding["topic"].text()
    if family == "amqp" and binding["is"].text() == "queue":
        return binding["queue"]["name"].text()
    if family == "sqs":
        return binding["queue"]["name"].text()
    return binding["name"].text() if family == "sns" else None


def topic_facts(family: str, binding: Part) -> Iterator[Fact]:
    """What the binding of a channel says of its topic."""
    reader = _TOPICS.get(family)
    if reader is not None:
        yield from (fact for fact in reader(binding) if fact[1] is not None)


def _kafka(binding: Part) -> Iterator[Fact]:
    yield "partitions", *_of(binding.first("partitions", "x-partitions"), _positive)
    yield "replication_factor", *_of(binding.first("replicas", "x-replicas"), _positive)
    configuration = binding.first("topicConfiguration", "x-configs")
    yield "min_insync_replicas", *_of(configuration["min.insync.replicas"], _positive)
    yield "retention", *_of(configuration["retention.ms"], lambda part: _time(part, Decimal("0.001")))
    yield "max_size", *_of(configuration["retention.bytes"], _bytes_or_unlimited)
    yield "message_size", *_of(configuration["max.message.bytes"], _bytes)
    cleanup = configuration["cleanup.policy"]
    policies = frozenset(text for one in cleanup.each() if (text := one.text()))
    yield "cleanup", _CLEANUP.get(policies or frozenset((cleanup.text() or "").split(","))), cleanup.origin


def _sqs(binding: Part) -> Iterator[Fact]:
    queue = binding["queue"]
    yield "retention", *_of(queue["messageRetentionPeriod"], _time)
    yield "ordering", "per-key" if queue["fifoQueue"].flag() else None, queue["fifoQueue"].origin


def _sns(binding: Part) -> Iterator[Fact]:
    kind = binding["ordering"]["type"]
    yield "ordering", "per-key" if (kind.text() or "").lower() == "fifo" else None, kind.origin


def _pubsub(binding: Part) -> Iterator[Fact]:
    part = binding["messageRetentionDuration"]
    text = part.text() or ""
    yield "retention", duration(int(text[:-1])) if text[:-1].isdecimal() and text.endswith("s") else None, part.origin


def _pulsar(binding: Part) -> Iterator[Fact]:
    yield "retention", *_of(binding["retention"]["time"], lambda part: _time(part, Decimal(60)))
    yield "max_age", *_of(binding["ttl"], _time)


def _ibmmq(binding: Part) -> Iterator[Fact]:
    yield "message_size", *_of(binding["maxMsgLength"], _bytes)


def _amqp(binding: Part) -> Iterator[Fact]:
    for part in (binding["queue"], binding["exchange"]):
        durable = part["durable"]
        yield "settings.durable", durable.flag(), durable.origin


_TOPICS: Mapping[str, Callable[[Part], Iterator[Fact]]] = MappingProxyType(
    {
        "kafka": _kafka,
        "sqs": _sqs,
        "sns": _sns,
        "googlepubsub": _pubsub,
        "pulsar": _pulsar,
        "ibmmq": _ibmmq,
        "amqp": _amqp,
    }
)


def consume_facts(family: str, operation: Part, channel: Part) -> Iterator[Fact]:
    """What the bindings of an operation and of its channel say of who consumes."""
    if family == "kafka":
        yield "group", _constant(operation["groupId"]), operation["groupId"].origin
    elif family == "nats":
        yield "group", operation["queue"].text(), operation["queue"].origin
    elif family == "sqs":
        queue = channel["queue"]
        yield "lease", *_of(queue["visibilityTimeout"], _time)
        yield "max_deliveries", *_of(queue["redrivePolicy"]["maxReceiveCount"], _positive)


def dead_letter(family: str, channel: Part) -> Part:
    """The name of the queue for what cannot be handled; without a value where none is stated."""
    return channel["queue"]["redrivePolicy"]["deadLetterQueue"]["name"] if family == "sqs" else channel["nothing"]


def delivery(family: str, operation: Part) -> Fact | None:
    """How often a message arrives, where the quality of service is stated."""
    qos = operation["qos"].integer() if family == "mqtt" else None
    return ("delivery", _QOS[qos], operation["qos"].origin) if qos is not None and 0 <= qos <= 2 else None


def weakest(facts: Iterable[Fact]) -> Fact | None:
    """Of the deliveries on the way of a message: it arrives as the weakest of them says."""
    return min(facts, key=lambda fact: _QOS.index(fact[1]), default=None)


def key_name(schema: Part, reference: str | None) -> str | None:
    """The name of the field that messages are keyed by: as the schema names it, else `key`."""
    if not schema.is_mapping:
        return None
    properties = [name for name, _ in schema["properties"].items()]
    named = reference.rpartition("/")[2] if reference else None
    only = properties[0] if len(properties) == 1 else None
    return only or schema["title"].text() or named or _constant(schema) or "key"


def _constant(schema: Part) -> str | None:
    """The only value that a schema allows; or the value itself, where a document writes none."""
    values = list(schema["enum"].each())
    if schema["const"] or len(values) == 1:
        return schema["const"].text() or values[0].text()
    return schema["default"].text() if schema.is_mapping else schema.text()


def _of(part: Part, read: Callable[[Part], Any]) -> tuple[Any, Origin]:
    return read(part), part.origin


def _positive(part: Part) -> int | None:
    number = part.integer()
    return number if number is not None and 0 < number < 1_000_000 else None


def _time(part: Part, unit: Decimal = Decimal(1)) -> str | None:
    number = part.integer()
    if number is None or abs(number) > 10**15:
        return None
    return "unlimited" if number < 0 else duration(number * unit)


def _bytes(part: Part) -> str | None:
    number = part.integer()
    return size(number) if number is not None and 0 < number < 10**15 else None


def _bytes_or_unlimited(part: Part) -> str | None:
    return "unlimited" if part.integer() == -1 else _bytes(part)
