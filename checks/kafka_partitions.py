"""Partitions: whether there are enough of them for the consumers, and for what is written."""

from __future__ import annotations

from typing import NamedTuple

from archlint.analysis.analyses import Analyses
from archlint.analysis.partitioned_logs import keeps_partitions
from archlint.analysis.technology import technology_of
from archlint.analysis.thresholds import at_least, exceeds
from archlint.analysis.topic_measures import consumers, groups_of, has_other_work
from archlint.plugin import (
    ERROR,
    WARNING,
    Clear,
    Consume,
    Evidence,
    Finding,
    Iterator,
    NotApplicable,
    Related,
    Topic,
    Unknown,
    check,
    need,
    show,
    stated,
)

NEAR = 0.8
"""Share of what was measured of a partition from which on it has no room left."""

THROUGHPUT, CONSUMERS = "partition_write_throughput", "consumers_per_partition"
STATED = "brokers.*.capacity.partition_throughput"


def _names_its_technology(topic: Topic) -> bool:
    return technology_of(topic) is not None


def _limits_on(measure: str, topic: Topic, analyses: Analyses) -> tuple[str, ...]:
    """Names of the limits of the catalogue that say the same: those findings are replaced, and never all."""
    slug = _slug(topic)
    names = dict.fromkeys(limit.name for limit in analyses.knowledge.limits(slug) if limit.measure == measure)
    return tuple(names) or (f"{slug}/{measure}",)


def _slug(topic: Topic) -> str:
    return (technology_of(topic) or "").partition("@")[0]


@check(
    "LIM105",
    "kafka-fewer-partitions-than-consumers",
    severity=WARNING,
    applies=_names_its_technology,
    subsumes=("LIM004",),
)
def kafka_fewer_partitions_than_consumers(topic: Topic, analyses: Analyses) -> Iterator[Finding]:
    """A group has more consumers than the topic has partitions, and the rest of them never get a message.

    What it finds: the consumers of a group (`instances`, else the replicas of a service that does nothing else, at
    their maximum) above the `partitions` of a topic of Kafka, Amazon MSK or Redpanda. Silent for replicas that serve
    requests or read other topics as well: these are counted for other work. Where the group does not keep up,
    LAW133 says so in place of this.

    Why it matters: a partition is read by one member of a group. Consumers beyond the partitions are paid for, and
    scaling out, which looks like the cure for a lag, cures nothing.

    At 3 AM: the lag grows, somebody doubles the replicas, and nothing changes. Only more partitions help, and only
    for messages to come.

    How to fix: partitions for the most consumers that the group will ever need, from the start: adding some later
    changes which partition a key goes to. Else run no more consumers than partitions.

    When it is wrong: the spare consumers stand by on purpose, or read as a share group (Kafka 4.0 and later).

    Sources: Apache Kafka documentation, "The Consumer" (consumer position),
    https://kafka.apache.org/documentation/#theconsumer; J. Rao, "How to choose the number of topics/partitions in a
    Kafka cluster", 2015,
    https://www.confluent.io/blog/how-choose-number-topics-partitions-kafka-cluster/.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          fulfilment: {replicas: 12, consumes: [{from: events/orders, instances: 12}]}
        brokers:
          events: {technology: kafka@3.9, topics: {orders: {partitions: 8}}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          fulfilment: {replicas: 12, consumes: [{from: events/orders, instances: 12}]}
        brokers:
          events: {technology: kafka@3.9, topics: {orders: {partitions: 12}}}
    """
    if not topic.consumers or not keeps_partitions(topic, analyses):
        raise NotApplicable
    judged, missing = 0, False
    for name, members in groups_of(topic).items():
        if any(has_other_work(consume, analyses) for consume in members):
            continue
        judged += 1
        partitions = need(topic, "partitions")
        counts = [count for consume in members if (count := consumers(consume)) is not None]
        if sum(counts) > partitions:
            yield _idle(topic, name, members, sum(counts), partitions, _limits_on(CONSUMERS, topic, analyses))
        elif len(counts) < len(members):
            missing = True
    if missing:
        raise Unknown("services.*.consumes.instances")
    if not judged:
        raise NotApplicable


def _idle(
    topic: Topic, name: str, members: list[Consume], count: int, partitions: int, same: tuple[str, ...]
) -> Finding:
    first = members[0]
    alone = len(members) == 1 and stated(first.spec, "instances") is not None
    clears = [Clear("partitions", count, str(count), WARNING, topic)]
    if alone and partitions:
        clears.append(Clear("instances", partitions, str(partitions), WARNING))
    return Finding(
        at=first,
        field="instances",
        message=(
            f"group {name} has {show(count, 'consumers')} on {show(partitions, 'partitions')} of {topic.label}: "
            f"{show(count - partitions)} never {'get' if count - partitions > 1 else 'gets'} a message"
        ),
        exposure=count / partitions if partitions else None,
        evidence=(
            Evidence("consumers", count),
            Evidence("partitions", partitions),
            Evidence("consumers without a partition", count - partitions),
        ),
        formula="one member of a group reads a partition",
        clears=tuple(clears),
        remedy=f"Run at most {show(partitions, 'consumers')}, or give the topic {show(count, 'partitions')} or more.",
        related=(Related(topic, f"has {show(partitions, 'partitions')}", "partitions"),),
        concerns=tuple(members),
        explains=same,
        key=name,
    )


class _Lane(NamedTuple):
    """What one partition takes, and who says so: the manifest, where `certain`, or advice or a limit."""

    limit: float
    says: str
    source: str
    certain: bool
    has_margin: bool = False


@check(
    "LIM106",
    "kafka-partition-throughput",
    severity=ERROR,
    applies=_names_its_technology,
    subsumes=("LIM001", "LIM003", "LIM004"),
)
def kafka_partition_throughput(topic: Topic, analyses: Analyses) -> Iterator[Finding]:
    """More is written to a topic than its partitions take, even where all of them get the same.

    What it finds: bytes in at peak (rate x size over the producers) / partitions, against
    `capacity.partition_throughput` of the broker: beyond it is an error, from 80% on a warning. Where nobody has
    measured that, against what the catalogue knows of the technology: beyond a limit of the provider an error, beyond
    advice (10 MB/s for Kafka, a floor for planning) a warning. Sizes that stand for the largest message make it a
    warning. What the hottest key adds is LAW080's.

    Why it matters: a partition is one log on one leader's disk, copied by one fetch of each follower and read by one
    consumer of each group. It does not get faster with more brokers.

    At 3 AM: producers time out or buffer at the daily peak, followers drop out of step, and the brokers are half idle.
    Add partitions now; they help for new messages.

    How to fix: partitions = peak bytes a second / what one was measured to take, with room for growth; larger batches
    and compression raise what one takes.

    When it is wrong: the messages are compressed, and `size` says what they are before. State the size on the wire.

    Sources: J. Rao, "How to choose the number of topics/partitions in a Kafka cluster", 2015,
    https://www.confluent.io/blog/how-choose-number-topics-partitions-kafka-cluster/; and the documents that `archlint
    explain TECHNOLOGY` names for `partition_write_throughput`.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            publishes: [{to: events/orders, rate: 40k/s, size: 2kB}]
        brokers:
          events:
            technology: kafka@3.9
            capacity: {partition_throughput: 15MB/s}
            topics: {orders: {partitions: 4, replication_factor: 3}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            publishes: [{to: events/orders, rate: 40k/s, size: 2kB}]
        brokers:
          events:
            technology: kafka@3.9
            capacity: {partition_throughput: 15MB/s}
            topics: {orders: {partitions: 12, replication_factor: 3}}
    """
    if not keeps_partitions(topic, analyses):
        raise NotApplicable
    found = analyses.measures.of(topic, THROUGHPUT)
    if not found:
        raise NotApplicable
    measured = found[0]
    if isinstance(measured, Unknown):
        raise measured
    flow, partitions, lane = measured.terms[0].value, need(topic, "partitions"), _lane(topic, analyses)
    each = flow / partitions
    if lane is None:
        raise Unknown(STATED)
    if exceeds(each, lane.limit * (NEAR if lane.has_margin else 1)):
        same = _limits_on(THROUGHPUT, topic, analyses)
        yield _too_few(topic, flow, partitions, lane, measured.certain, measured.missing, same)
    elif measured.missing:
        raise Unknown(*measured.missing)


def _lane(topic: Topic, analyses: Analyses) -> _Lane | None:
    own = stated(topic.broker.spec, "capacity.partition_throughput")
    if own is not None:
        return _Lane(float(own), f"one takes {show(own, 'B/s')}", "", certain=True, has_margin=True)
    judged = analyses.measures.judge(topic)
    bounds = [x.bound for x in judged.held if x.bound.limit.measure == THROUGHPUT] if judged is not None else []
    if not bounds:
        return None
    least = min(bounds, key=lambda bound: bound.amount)
    limit, what = least.limit, show(least.amount, "B/s")
    says = f"{what} at most is advised" if limit.kind == "recommended" else f"one takes {what}"
    source = f" ({limit.name}; {limit.source.title}, {limit.source.year})"
    return _Lane(least.amount, says, source, limit.kind == "hard" and limit.can_err)


def _too_few(
    topic: Topic,
    flow: float,
    partitions: int,
    lane: _Lane,
    sized: bool,
    missing: tuple[str, ...],
    same: tuple[str, ...],
) -> Finding:
    each, beyond = flow / partitions, exceeds(flow / partitions, lane.limit)
    severity = ERROR if beyond and sized and lane.certain else WARNING
    room = lane.limit * (NEAR if lane.has_margin and severity == WARNING else 1)
    enough = at_least(flow / room)
    about = "at least " if missing else "" if sized else "up to "
    return Finding(
        at=topic,
        field="partitions",
        severity=severity,
        message=(
            f"each of {show(partitions, 'partitions')} of {topic.label} takes in {about}{show(each, 'B/s')} at peak, "
            f"{lane.says}{lane.source}"
        ),
        exposure=each / lane.limit,
        evidence=(
            Evidence("bytes in", flow, "B/s"),
            Evidence("partitions", partitions),
            Evidence("bytes into one", each, "B/s"),
            Evidence("limit of one", lane.limit, "B/s"),
        ),
        formula="sum of rate x size / partitions",
        clears=() if missing else (Clear("partitions", enough.value, enough.text, severity),),
        remedy=f"Give the topic {enough.text} partitions or more, larger batches, or compressed messages.",
        explains=same,
    )
