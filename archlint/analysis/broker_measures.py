"""Measures of brokers, topics and consumers: what they are is said in archlint/knowledge/measures.py."""

from __future__ import annotations

import math
from collections.abc import Mapping

from archlint.analysis.instances import greatest
from archlint.analysis.measured import Found, Knob, Measured, Measurers, Subject, Term, lacking
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import Broker, Consume, Element, Topic, stated


def partitions_per_cluster(subject: Subject) -> Found:
    topics = _topics(subject)
    known = [topic for topic in topics if topic.spec.partitions is not None]
    if not known:
        yield Unknown("topics.*.partitions")
        return
    total, largest = sum(topic.spec.partitions for topic in known), max(known, key=lambda t: int(t.spec.partitions))
    yield Measured(
        total, largest, "partitions", f"{subject.component.label} has {{}}",
        terms=(Term(f"of {largest.label}", largest.spec.partitions),),
        formula="sum of partitions over topics",
        missing=lacking(len(known) < len(topics), "topics.*.partitions"),
        knob=Knob(rest=total - largest.spec.partitions),
    )  # fmt: skip


def partition_replicas_per_broker(subject: Subject) -> Found:
    topics, nodes = _topics(subject), greatest(subject.component)
    known = [topic for topic in topics if topic.spec.partitions is not None]
    missing = [*lacking(len(known) < len(topics) or not topics, "topics.*.partitions")]
    missing += lacking(any(topic.spec.replication_factor is None for topic in known), "topics.*.replication_factor")
    if isinstance(nodes, Unknown) or not known or not nodes.value:
        yield Unknown(*missing, *(nodes.fields if isinstance(nodes, Unknown) else ("nodes",)))
        return
    total = sum(topic.spec.partitions * (topic.spec.replication_factor or 1) for topic in known)
    yield Measured(
        math.ceil(total / nodes.value), subject.component, "nodes",
        f"each broker of {subject.component.label} holds {{}}, replicas counted",
        terms=(Term("replicas of partitions", total), Term("nodes", nodes.value)),
        formula="sum of partitions x replication factor / nodes",
        missing=tuple(missing), knob=Knob(factor=total, inverse=True),
    )  # fmt: skip


def topic_name_length(subject: Subject) -> Found:
    name = str(subject.component.path[-1])
    yield Measured(len(name), subject.component, "", f"the name of {subject.component.label[:40]} has {{}}")


def message_size(subject: Subject) -> Found:
    topic = _topic(subject)
    sizes = [(float(p.spec.size), p, "size") for p in topic.publishers if p.spec.size is not None]
    own = topic.spec.message_size
    at: list[tuple[float, Element, str]] = [*sizes, *([(float(own), topic, "message_size")] if own is not None else [])]
    incomplete = own is None and (len(sizes) < len(topic.publishers) or not topic.publishers)
    if not at:
        if not _is_dead_letter(topic):
            yield Unknown("services.*.publishes.size" if topic.publishers else "message_size")
        return
    value, element, field = max(at, key=lambda item: item[0])
    yield Measured(
        value, element, field, f"{topic.label} gets messages of {{}}",
        missing=lacking(incomplete, "services.*.publishes.size"),
        knob=Knob(unit="B"), owners=tuple(publish.owner for publish in topic.publishers),
    )  # fmt: skip


def partition_write_throughput(subject: Subject) -> Found:
    topic, partitions = _topic(subject), _topic(subject).spec.partitions
    if not topic.publishers and _is_dead_letter(topic):
        return
    flow, certain, missing = _bytes_in(subject, topic)
    if partitions is None or not partitions or (missing and not flow):
        yield Unknown(*missing, *lacking(not partitions, "partitions"))
        return
    hottest = stated(topic.spec, "partition_key.hottest") if not isinstance(topic.spec.partition_key, str) else None
    share = max(1 / partitions, float(hottest or 0))
    even = share == 1 / partitions
    yield Measured(
        flow * share, topic, "partitions" if even else "partition_key",
        f"{'each' if even else 'the hottest'} partition of {topic.label} takes in {{}}",
        terms=(Term("bytes in", flow, "B/s"), Term("share of one partition", share, "fraction")),
        formula="sum of rate x size x largest share of one partition",
        missing=missing, certain=certain, knob=Knob(factor=flow, inverse=True) if even else None,
    )  # fmt: skip


def _bytes_in(subject: Subject, topic: Topic) -> tuple[float, bool, tuple[str, ...]]:
    """Bytes a second, whether that is no upper bound, and what is missing.

    The topic's largest message stands in for a size that its publisher does not state.
    """
    flow, certain, missing, largest = 0.0, True, set[str](), topic.spec.message_size
    parts = [(subject.analyses.load.of_publish(publish), publish.spec.size) for publish in topic.publishers]
    if not parts:
        peak = stated(topic.spec, "load.peak")
        parts = [(Unknown("rate") if peak is None else Known(peak), None)]
    for rate, own in parts:
        size = largest if own is None else own
        certain = certain and (own is not None or size is None)
        missing.update(lacking(isinstance(rate, Unknown), "services.*.publishes.rate"))
        missing.update(lacking(size is None, "services.*.publishes.size"))
        if isinstance(rate, Known) and size is not None:
            flow += rate.value * size
    return flow, certain, tuple(sorted(missing))


def consumers_per_partition(subject: Subject) -> Found:
    topic, groups = _topic(subject), _groups(_topic(subject))
    for name, members in groups.items():
        counts = [_consumers(consume) for consume in members]
        total = sum(count for count in counts if count is not None)
        missing = lacking(None in counts, "services.*.consumes.instances")
        if not topic.spec.partitions or not total:
            yield Unknown(*missing, *lacking(not topic.spec.partitions, "partitions"), *lacking(not total, "instances"))
            continue
        yield Measured(
            total / topic.spec.partitions, members[0], "instances",
            f"group {name} has {total} consumers on {topic.spec.partitions} partitions of {topic.label}, {{}} for each",
            terms=(Term("consumers", total), Term("partitions", topic.spec.partitions)),
            formula="consumers of the group / partitions", missing=missing,
            knob=Knob(factor=1 / topic.spec.partitions) if len(members) == 1 else None,
            owners=tuple(consume.owner for consume in members),
        )  # fmt: skip


def batch_processing_time(subject: Subject) -> Found:
    default = subject.defaults.get("batch")
    for consume in _topic(subject).consumers:
        mean, batch = stated(consume.spec, "processing.mean"), consume.spec.batch
        size = batch if isinstance(batch, int) or batch is None else batch.size
        if size is None and isinstance(default, int | float):
            size = int(default)
        if mean is None or size is None:
            yield Unknown(*lacking(mean is None, "services.*.consumes.processing.mean"),
                          *lacking(size is None, "services.*.consumes.batch"))  # fmt: skip
            continue
        yield Measured(
            mean * size, consume, "batch",
            f"{consume.consumer.label} works up to {{}} on one batch of {_topic(subject).label}",
            terms=(Term("time of one message", mean, "s"), Term("messages in a batch", size)),
            formula="processing.mean x batch", certain=False,
            knob=Knob(factor=mean) if mean else None, owners=(consume.owner,),
        )  # fmt: skip


def _topics(subject: Subject) -> list[Topic]:
    return list(subject.component.topics.values()) if isinstance(subject.component, Broker) else []


def _topic(subject: Subject) -> Topic:
    if not isinstance(subject.component, Topic):
        raise TypeError(f"{subject.component!r} is no topic")
    return subject.component


def _is_dead_letter(topic: Topic) -> bool:
    """Whether consumers put there what they cannot handle: the same messages, judged where they came from."""
    return any(edge.kind == "dead_letter" for edge in topic.incoming)


def _groups(topic: Topic) -> Mapping[str, list[Consume]]:
    groups: dict[str, list[Consume]] = {}
    for consume in topic.consumers:
        groups.setdefault(consume.spec.group or consume.consumer.name, []).append(consume)
    return groups


def _consumers(consume: Consume) -> int | None:
    own = consume.spec.instances
    if own is not None:
        return int(own)
    most = greatest(consume.consumer)
    return most.value if isinstance(most, Known) else None


BROKER_MEASURES: Measurers = {
    "batch_processing_time": ((Topic,), batch_processing_time),
    "consumers_per_partition": ((Topic,), consumers_per_partition),
    "message_size": ((Topic,), message_size),
    "partition_replicas_per_broker": ((Broker,), partition_replicas_per_broker),
    "partition_write_throughput": ((Topic,), partition_write_throughput),
    "partitions_per_cluster": ((Broker,), partitions_per_cluster),
    "topic_name_length": ((Topic,), topic_name_length),
}
"""By name: the components that have the measure, and what computes it for one of them."""
