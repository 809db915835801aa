"""Measures of brokers as a whole: what they are is said in archlint/knowledge/measures.py."""

from __future__ import annotations

import math

from archlint.analysis.instances import greatest
from archlint.analysis.measured import Found, Knob, Measured, Measurers, Subject, Term, lacking, of_field
from archlint.analysis.topic_measures import Inflow, topic_size
from archlint.analysis.values import Unknown
from archlint.system.elements import Broker, Topic


def topics_of(subject: Subject) -> list[Topic]:
    return list(subject.component.topics.values()) if isinstance(subject.component, Broker) else []


def topics_per_cluster(subject: Subject) -> Found:
    topics = topics_of(subject)
    if topics:
        yield Measured(len(topics), subject.component, "topics", f"{subject.component.label} has {{}}")


def partitions_per_cluster(subject: Subject) -> Found:
    topics = topics_of(subject)
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
    topics, nodes = topics_of(subject), greatest(subject.component)
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


def broker_message_rate(subject: Subject) -> Found:
    return _flow(subject, of_bytes=False, each_node=False)


def broker_write_throughput(subject: Subject) -> Found:
    return _flow(subject, of_bytes=True, each_node=False)


def broker_write_throughput_per_node(subject: Subject) -> Found:
    return _flow(subject, of_bytes=True, each_node=True)


def _flow(subject: Subject, *, of_bytes: bool, each_node: bool) -> Found:
    """Of all topics together; for a node with the copies that followers take in, spread evenly."""
    broker, topics = subject.component, topics_of(subject)
    inflows = [(topic, Inflow(subject, topic)) for topic in topics]
    missing = sorted({name for _, flow in inflows for name in (flow.lacks_bytes if of_bytes else flow.lacks_messages)})
    total = sum(
        (flow.bytes if of_bytes else flow.messages) * ((topic.spec.replication_factor or 1) if each_node else 1)
        for topic, flow in inflows
    )
    nodes = greatest(broker) if each_node else None
    if not total or isinstance(nodes, Unknown):
        lacks = (*missing, *(nodes.fields if isinstance(nodes, Unknown) else ()))
        if lacks:
            yield Unknown(*lacks)
        return
    count = nodes.value if nodes is not None else 1
    unit = "B/s" if of_bytes else "/s"
    yield Measured(
        total / count, broker, "nodes" if each_node else "topics",
        f"each node of {broker.label} takes in {{}}" if each_node else f"{broker.label} takes in {{}}",
        terms=(Term("in all, copies included", total, unit), Term("nodes", count)) if each_node else (),
        formula="sum of rate x size x copies / nodes" if each_node else "sum over topics",
        missing=tuple(missing), certain=all(flow.certain for _, flow in inflows) or not of_bytes,
        knob=Knob(factor=total, inverse=True) if each_node else None,
    )  # fmt: skip


def broker_data_per_node(subject: Subject) -> Found:
    broker, nodes = subject.component, greatest(subject.component)
    sizes = [found for topic in topics_of(subject) for found in topic_size(subject._replace(component=topic))]
    total = sum(found.value for found in sizes if isinstance(found, Measured))
    missing = sorted({n for f in sizes for n in (f.fields if isinstance(f, Unknown) else f.missing)})
    if isinstance(nodes, Unknown) or not total or not nodes.value:
        lacks = (*missing, *(nodes.fields if isinstance(nodes, Unknown) else ()))
        if lacks and sizes:
            yield Unknown(*lacks)
        return
    yield Measured(
        total / nodes.value, broker, "nodes", f"each node of {broker.label} keeps up to {{}}",
        terms=(Term("kept in all", total, "B"), Term("nodes", nodes.value)),
        formula="sum of rate x size x retention x copies / nodes", missing=tuple(missing), certain=False,
        knob=Knob(factor=total, inverse=True),
    )  # fmt: skip


BROKER_MEASURES: Measurers = {
    "broker_data_per_node": ((Broker,), broker_data_per_node),
    "broker_message_rate": ((Broker,), broker_message_rate),
    "broker_write_throughput": ((Broker,), broker_write_throughput),
    "broker_write_throughput_per_node": ((Broker,), broker_write_throughput_per_node),
    "brokers": ((Broker,), of_field("nodes", "has {}", needed=True)),
    "partition_replicas_per_broker": ((Broker,), partition_replicas_per_broker),
    "partitions_per_cluster": ((Broker,), partitions_per_cluster),
    "topics_per_cluster": ((Broker,), topics_per_cluster),
}
"""By name: the components that have the measure, and what computes it for one of them."""
