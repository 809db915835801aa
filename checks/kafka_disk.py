"""Retention: whether what topics keep fits on the disks of their brokers."""

from __future__ import annotations

from typing import NamedTuple

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import greatest
from archlint.analysis.kept_data import Kept, kept_by
from archlint.analysis.partitioned_logs import keeps_partitions
from archlint.analysis.technology import technology_of
from archlint.analysis.thresholds import at_least, at_most, exceeds
from archlint.plugin import (
    ERROR,
    WARNING,
    Broker,
    Clear,
    Evidence,
    Finding,
    Iterator,
    NotApplicable,
    Related,
    Severity,
    Unknown,
    check,
    need,
    show,
    stated,
)

NEAR = 0.8
"""Share of the disk from which on no broker can take over partitions of another, and segments have no room."""


DATA = "broker_data_per_node"


class _Sum(NamedTuple):
    parts: list[Kept]
    missing: tuple[str, ...]

    @property
    def bytes(self) -> float:
        return sum(part.bytes for part in self.parts)

    @property
    def is_certain(self) -> bool:
        return all(part.mean and part.sized for part in self.parts)


def _has_a_disk(broker: Broker) -> bool:
    return technology_of(broker) is not None


@check(
    "LIM107",
    "kafka-retention-over-disk",
    severity=ERROR,
    applies=_has_a_disk,
    subsumes=("LIM001",),
)
def kafka_retention_over_disk(broker: Broker, analyses: Analyses) -> Iterator[Finding]:
    """The topics keep more than the disks of the brokers hold.

    What it finds: bytes in x retention x copies, added up over the topics and divided by the nodes, against
    `disk.size`. Beyond it at the mean rate is an error, from 80% on a warning. At the peak rate (where a publisher
    states no `mean`), with the largest message for all, or with compression, it is a warning: less may be kept. A
    retention stands in the topic's field, in `settings` (`retention.ms`, `log.retention.hours` ...), or is the
    technology's default (7 days); `max_size`, `retention.bytes` and `local.retention.*` of tiered storage bound it.
    Compacted topics are left out.

    Why it matters: Kafka deletes nothing because a disk is full. The log directory goes offline and with it every
    partition on it; the brokers that take over are as full.

    At 3 AM: `No space left on device`, one broker down, the next to follow. Lower the retention of the largest topic
    (`retention.ms`); segments go within minutes. Delete no files by hand.

    How to fix: a shorter retention or a bound by size (`retention.bytes`) for the largest topic, larger disks, more
    brokers, or tiered storage; and an alert at 70%.

    When it is wrong: `size` says what messages are before a compression that the manifest does not show.

    Sources: Apache Kafka documentation, topic configurations `retention.ms`, `retention.bytes` and
    `local.retention.bytes`, https://kafka.apache.org/documentation/#topicconfigs_retention.bytes; KIP-112, "Handle disk
    failure for JBOD", 2017,
    https://cwiki.apache.org/confluence/display/KAFKA/KIP-112%3A+Handle+disk+failure+for+JBOD; Amazon MSK developer
    guide, "Best practices" (disk space), https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            publishes: [{to: events/orders, rate: 5k/s, mean: 2k/s, size: 2kB}]
        brokers:
          events:
            technology: kafka@3.9
            nodes: 3
            disk: {size: 1TB}
            topics: {orders: {partitions: 12, replication_factor: 3, retention: 7d}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            publishes: [{to: events/orders, rate: 5k/s, mean: 2k/s, size: 2kB}]
        brokers:
          events:
            technology: kafka@3.9
            nodes: 3
            disk: {size: 4TB}
            topics: {orders: {partitions: 12, replication_factor: 3, retention: 7d}}
    """
    if not broker.topics or not keeps_partitions(broker, analyses):
        raise NotApplicable
    total = _sum(broker, analyses)
    if not total.parts and not total.missing:
        raise NotApplicable
    size, nodes = need(broker, "disk.size", greatest(broker))
    room = float(size) * nodes
    beyond, near = exceeds(total.bytes, room), exceeds(total.bytes, NEAR * room)
    if beyond or (near and total.is_certain):
        severity = ERROR if beyond and total.is_certain else WARNING
        yield _over(broker, total, float(size), nodes, severity, _same(broker, analyses))
    elif total.missing:
        raise Unknown(*total.missing)


def _same(broker: Broker, analyses: Analyses) -> tuple[str, ...]:
    """Names of the limits of the catalogue that say the same: those findings are replaced, and never all."""
    slug = (technology_of(broker) or "").partition("@")[0]
    names = (limit.name for limit in analyses.knowledge.limits(slug) if limit.measure == DATA)
    return tuple(dict.fromkeys(names)) or (f"{slug}/{DATA}",)


def _sum(broker: Broker, analyses: Analyses) -> _Sum:
    parts: list[Kept] = []
    missing: set[str] = set()
    for topic in broker.topics.values():
        subject = analyses.measures.subject(topic)
        kept = kept_by(subject) if subject is not None else None
        if isinstance(kept, Unknown):
            missing.update(kept.fields)
        elif kept is not None:
            parts.append(kept)
            missing.update(kept.missing)
    return _Sum(parts, tuple(sorted(missing)))


def _over(broker: Broker, total: _Sum, size: float, nodes: int, severity: Severity, same: tuple[str, ...]) -> Finding:
    most, each = max(total.parts, key=lambda part: part.bytes), total.bytes / nodes
    said, certain = most.retention, total.is_certain
    about = "at least " if total.missing else "" if certain else "up to "
    room = size * nodes * (NEAR if severity == WARNING and certain else 1)
    return Finding(
        at=said.at if said is not None else most.topic,
        field=said.field if said is not None else "max_size",
        severity=severity,
        message=(
            f"each broker of {broker.label} keeps {about}{show(each, 'B')}{_at_rate(total)}, its disk holds "
            f"{show(size, 'B')}: {most.topic.label} alone keeps {show(most.bytes, 'B')} in all"
        ),
        exposure=each / size if size else None,
        evidence=(
            Evidence(f"bytes into {most.topic.name}", most.rate, "B/s"),
            *([Evidence(f"retention{said.mark}", said.value, "s")] if said is not None else []),
            Evidence("copies", most.copies),
            Evidence("kept in all", total.bytes, "B"),
            Evidence("brokers", nodes),
            Evidence("kept on each", each, "B"),
            Evidence("disk", size, "B"),
        ),
        formula="sum of bytes in x retention x copies / brokers",
        clears=() if total.missing else tuple(_clears(broker, total, most, size, nodes, room, severity)),
        remedy="Keep messages for a shorter time or bound them by size, or add disks or brokers.",
        related=(Related(broker, f"each disk holds {show(size, 'B')}", "disk.size"),),
        concerns=(most.topic, broker),
        explains=same,
        key=broker.name,
    )


def _at_rate(total: _Sum) -> str:
    return "" if all(part.mean for part in total.parts) else " at the peak rate (no mean is stated)"


def _clears(
    broker: Broker, total: _Sum, most: Kept, size: float, nodes: int, room: float, severity: Severity
) -> Iterator[Clear]:
    said, others = most.retention, total.bytes - most.bytes
    bounded = stated(most.topic.spec, "max_size") is not None
    if said is not None and said.field == "retention" and not bounded and others < room:
        shorter = at_most((room - others) / (most.rate * most.copies), "s")
        yield Clear("retention", shorter.value, shorter.text, severity, said.at)
    more = at_least(nodes * total.bytes / room)
    if broker.spec.nodes is not None:
        yield Clear("nodes", more.value, more.text, severity, broker)
    larger = at_least(size * total.bytes / room, "B")
    yield Clear("disk.size", larger.value, larger.text, severity, broker)
