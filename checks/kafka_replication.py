"""Copies of a partition: whether there are brokers for them, and whether writes go on when one is lost."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import greatest
from archlint.analysis.partitioned_logs import (
    REPLICATION_KEY,
    Said,
    acks,
    can_wait,
    copies,
    keeps_partitions,
    least_in_sync,
    runs_version,
    setting,
    waits_for_in_sync,
)
from archlint.analysis.technology import technology_of
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
    Topic,
    Unknown,
    check,
    need,
    show,
)

INTERNAL_KEYS = (REPLICATION_KEY, "offsets.topic.replication.factor", "transaction.state.log.replication.factor")
"""Settings of a broker that say how many copies topics get which nobody creates by hand."""

CAPPED = ">=3.7"
"""Versions that ask for no more copies in step than a partition has, and show consumers nothing before as many have
it, whatever the producer waits for (KAFKA-15583)."""


def _names_its_technology(component: Broker | Topic) -> bool:
    return technology_of(component) is not None


@check("LIM101", "kafka-rf-over-brokers", severity=ERROR, applies=_names_its_technology)
def kafka_rf_over_brokers(broker: Broker, analyses: Analyses) -> Iterator[Finding]:
    """A topic asks for more copies than there are brokers to hold them.

    What it finds: a replication factor above the `nodes` of a broker that keeps each copy of a partition on a broker
    of its own (Kafka, Amazon MSK, Redpanda): of a topic, or in the settings `default.replication.factor`,
    `offsets.topic.replication.factor` and `transaction.state.log.replication.factor`. One finding a broker.

    Why it matters: no broker takes two copies of one partition, so the topic is not created. Where it is the topic of
    the offsets, no consumer group can start.

    At 3 AM: `InvalidReplicationFactorException` on the first deploy into a smaller environment, or producers that get
    `UNKNOWN_TOPIC_OR_PARTITION` for a topic that everybody thought was there.

    How to fix: run at least as many brokers as copies, one more to survive a loss; or ask for fewer copies.

    When it is wrong: `nodes` does not count all brokers of the cluster. State them all.

    Sources: Apache Kafka, source of `StripedReplicaPlacer` and `AdminUtils` (InvalidReplicationFactorException), 2024,
    https://github.com/apache/kafka/blob/1eb7644349cb07139d6a3c1ad1986979647cac99/metadata/src/main/java/org/apache/kafka/metadata/placement/StripedReplicaPlacer.java;
    Apache Kafka documentation, "Replication", https://kafka.apache.org/documentation/#replication.

    Risky:
        archlint: 1
        system: {name: shop}
        brokers:
          events:
            technology: kafka@3.9
            nodes: 2
            topics: {orders: {partitions: 12, replication_factor: 3}}

    Safe:
        archlint: 1
        system: {name: shop}
        brokers:
          events:
            technology: kafka@3.9
            nodes: 3
            topics: {orders: {partitions: 12, replication_factor: 3}}
    """
    if not keeps_partitions(broker, analyses):
        raise NotApplicable
    wanted = list(_wanted(broker))
    if not wanted:
        raise Unknown("topics.*.replication_factor")
    nodes = need(broker, greatest(broker))
    over = [said for said in wanted if said.value > nodes]
    if over:
        yield _too_many_copies(broker, nodes, over)
    if any(copies(topic) is None for topic in broker.topics.values()):
        raise Unknown("topics.*.replication_factor")


def _wanted(broker: Broker) -> Iterator[Said]:
    """Every replication factor that is stated, once each place."""
    yield from (said for topic in broker.topics.values() if (said := copies(topic)) is not None and said.at is topic)
    for key in INTERNAL_KEYS:
        said = setting(broker, key)
        if said is not None and str(said.value).isdigit():
            yield said._replace(value=int(said.value))


def _too_many_copies(broker: Broker, nodes: int, over: list[Said]) -> Finding:
    most = max(over, key=lambda said: int(said.value))
    who = most.at.label if isinstance(most.at, Topic) else f"`{most.field[10:-2]}` of {broker.label}"
    return Finding(
        at=broker,
        field="nodes",
        message=f"{who} asks for {show(most.value, 'copies')} of each partition, on {show(nodes)} "
        f"{'broker' if nodes == 1 else 'brokers'}: the topic cannot be created",
        exposure=most.value / nodes if nodes else None,
        evidence=(Evidence("copies", most.value), Evidence("brokers", nodes)),
        formula="each copy of a partition needs a broker of its own",
        clears=(Clear("nodes", most.value, str(most.value), ERROR),),
        remedy=f"Run {show(most.value)} brokers or more, or ask for at most {show(nodes, 'copies')}.",
        related=tuple(Related(said.at, f"asks for {show(said.value, 'copies')}", said.field) for said in over),
    )


@check("LIM102", "kafka-min-isr-stops-writes", severity=ERROR, applies=_names_its_technology)
def kafka_min_isr_stops_writes(topic: Topic, analyses: Analyses) -> Iterator[Finding]:
    """As many copies must be in step as there are, so that the loss of one broker stops the topic.

    What it finds: `min.insync.replicas` of two or more (the topic's field, or `settings` of topic or broker) that is
    not below the replication factor. An error where a producer waits for all copies (`acks: all`); a warning where
    every such producer buffers or writes from an outbox. From Kafka 3.7 on the loss also hides new messages from
    consumers, whatever the producer waits for (a warning for `acks: leader`). Before 3.7 a topic whose producers wait
    for the leader alone goes on, `acks` that nobody states give a warning by the producer's default, and a topic that
    must have more copies in step than it has never takes a write with `acks: all`.

    Why it matters: three copies are there so that one may go. With all three required, every restart of a broker, and
    every upgrade that restarts all of them in turn, is an outage of the topic.

    At 3 AM: one broker is down, the cluster looks fine, and producers fail with `NOT_ENOUGH_REPLICAS`. Lower the
    topic's `min.insync.replicas` by one (it takes effect at once), then bring the broker back.

    How to fix: `min.insync.replicas` of two with a replication factor of three.

    When it is wrong: a stop is preferred to a write that has one copy fewer, and somebody signed for it.

    Sources: Apache Kafka documentation, "Availability and Durability Guarantees",
    https://kafka.apache.org/documentation/#design_ha; KAFKA-15583, "Enforce HWM advance only if partition is not
    under-min-ISR", 2023, https://github.com/apache/kafka/pull/14594; KAFKA-4680 and KIP-579, "New exception on
    min.insync.replicas > replication.factor",
    https://cwiki.apache.org/confluence/display/KAFKA/KIP-579%3A+new+exception+on+min.insync.replicas+%3E+replication.factor.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            publishes: [{to: events/orders, rate: 800/s, acks: all}]
        brokers:
          events:
            technology: kafka@3.9
            nodes: 3
            topics: {orders: {partitions: 12, replication_factor: 3, min_insync_replicas: 3}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            publishes: [{to: events/orders, rate: 800/s, acks: all}]
        brokers:
          events:
            technology: kafka@3.9
            nodes: 3
            topics: {orders: {partitions: 12, replication_factor: 3, min_insync_replicas: 2}}
    """
    if not waits_for_in_sync(topic, analyses):
        raise NotApplicable
    least, held = least_in_sync(topic, analyses), copies(topic)
    if least is not None and least.value <= 1:
        return
    if least is None or held is None:
        raise Unknown(*(["min_insync_replicas"] if least is None else []), *([] if held else ["replication_factor"]))
    if least.value < held.value:
        return
    severity, what = _consequence(topic, least.value, held.value, analyses)
    yield _stops(topic, least, held, severity, what)


def _consequence(topic: Topic, least: int, held: int, analyses: Analyses) -> tuple[Severity, str]:
    """How bad, and what happens. Raises NotApplicable where nobody waits, Unknown where nobody says."""
    writers = [(publish, acks(publish, analyses)) for publish in topic.publishers]
    waiting = [(publish, said) for publish, said in writers if said is not None and said.value == "all"]
    capped = runs_version(topic, CAPPED)
    if waiting:
        sure = any((capped or not said.by_default) and not can_wait(publish) for publish, said in waiting)
        never = least > held and capped is False
        refused = "no write that waits for all copies (`acks: all`) is ever taken"
        return (
            ERROR if sure else WARNING
        ), refused if never else "the loss of one broker stops every write that waits for all copies"
    if capped:
        hides = "the loss of one broker hides new messages from consumers"
        return (WARNING if writers and all(said for _, said in writers) else ERROR), hides
    if not writers or any(said is None for _, said in writers):
        raise Unknown("services.*.publishes.acks", *(("technology",) if capped is None else ()))
    if capped is None:
        raise Unknown("technology")
    raise NotApplicable


def _stops(topic: Topic, least: Said, held: Said, severity: Severity, what: str) -> Finding:
    left, enough = held.value - 1, max(3, least.value + 1)
    lower = left >= 2
    at, field = (least.at, least.field) if lower else (held.at, held.field)
    clears = [Clear(held.field, least.value + 1, str(least.value + 1), severity, held.at)]
    if left >= 1:
        clears.append(Clear(least.field, left, str(left), severity, least.at))
    return Finding(
        at=at,
        field=field,
        severity=severity,
        message=f"{topic.label} needs {show(least.value)} copies in step and has {show(held.value)}: {what}",
        exposure=least.value / left if left else None,
        evidence=(
            Evidence("copies", held.value),
            Evidence("copies that must be in step", least.value),
            Evidence("copies after a loss", left),
        ),
        formula="copies that must be in step <= copies - 1",
        clears=tuple(clears),
        remedy=f"Require {show(left)} in step." if lower else f"Keep {show(enough)} copies, of which two are in step.",
        concerns=(topic,),
        key=topic.name,
    )
