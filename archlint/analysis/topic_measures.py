"""Measures of topics, queues and streams: what they are is said in archlint/knowledge/measures.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archlint.analysis.hot_keys import hottest_of
from archlint.analysis.instances import greatest
from archlint.analysis.measured import Found, Knob, Measured, Measurers, Subject, Term, lacking, of_field
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import Consume, Element, Service, Topic, stated

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses


def topic_name_length(subject: Subject) -> Found:
    name = str(subject.component.path[-1])
    yield Measured(len(name), subject.component, "", f"the name of {subject.component.label[:40]} has {{}}")


def message_size(subject: Subject) -> Found:
    topic = as_topic(subject)
    sizes = [(float(p.spec.size), p, "size") for p in topic.publishers if p.spec.size is not None]
    own = topic.spec.message_size
    at: list[tuple[float, Element, str]] = [*sizes, *([(float(own), topic, "message_size")] if own is not None else [])]
    incomplete = own is None and (len(sizes) < len(topic.publishers) or not topic.publishers)
    if not at:
        if not is_dead_letter(topic):
            yield Unknown("services.*.publishes.size" if topic.publishers else "message_size")
        return
    value, element, field = max(at, key=lambda item: item[0])
    yield Measured(
        value, element, field, f"{topic.label} gets messages of {{}}",
        missing=lacking(incomplete, "services.*.publishes.size"),
        knob=Knob(unit="B"), owners=tuple(publish.owner for publish in topic.publishers),
    )  # fmt: skip


class Inflow:
    """What goes into a topic at peak: messages and bytes a second, at least, and what is missing of each.

    The topic's largest message stands in for a size that its publisher does not state: then `certain` is False.
    """

    __slots__ = ("bytes", "certain", "lacks_bytes", "lacks_messages", "messages")

    def __init__(self, subject: Subject, topic: Topic) -> None:
        self.messages, self.bytes, self.certain = 0.0, 0.0, True
        rates, sizes, largest = set[str](), set[str](), topic.spec.message_size
        parts = [(subject.analyses.load.of_publish(publish), publish.spec.size) for publish in topic.publishers]
        if not parts:
            peak = stated(topic.spec, "load.peak")
            parts = [(Unknown("rate") if peak is None else Known(peak), None)]
        for rate, own in parts:
            size = largest if own is None else own
            self.certain = self.certain and (own is not None or size is None)
            rates.update(lacking(isinstance(rate, Unknown), "services.*.publishes.rate"))
            sizes.update(lacking(size is None, "services.*.publishes.size"))
            if isinstance(rate, Known):
                self.messages += rate.value
                self.bytes += rate.value * (size or 0.0)
        self.lacks_messages = tuple(sorted(rates))
        self.lacks_bytes = tuple(sorted(rates | sizes))


def topic_message_rate(subject: Subject) -> Found:
    return _shared(subject, of_bytes=False, by="topic")


def topic_write_throughput(subject: Subject) -> Found:
    return _shared(subject, of_bytes=True, by="topic")


def partition_write_throughput(subject: Subject) -> Found:
    return _shared(subject, of_bytes=True, by="partition")


def partition_message_rate(subject: Subject) -> Found:
    return _shared(subject, of_bytes=False, by="partition")


def key_write_throughput(subject: Subject) -> Found:
    return _shared(subject, of_bytes=True, by="key")


def key_message_rate(subject: Subject) -> Found:
    return _shared(subject, of_bytes=False, by="key")


def partition_read_throughput(subject: Subject) -> Found:
    groups = len(groups_of(as_topic(subject)))
    for found in _shared(subject, of_bytes=True, by="partition") if groups else ():
        if isinstance(found, Unknown):
            yield found
            continue
        knob = found.knob and found.knob._replace(factor=found.knob.factor * groups)
        yield found._replace(
            value=found.value * groups, says=found.says.replace("takes in", "gives out"), knob=knob,
            terms=(*found.terms, Term("consumer groups", groups)), formula=f"{found.formula} x consumer groups",
        )  # fmt: skip


def _shared(subject: Subject, *, of_bytes: bool, by: str) -> Found:
    """What goes into a topic, into its fullest partition, or comes under its hottest key."""
    topic = as_topic(subject)
    if not topic.publishers and is_dead_letter(topic):
        return
    inflow, partitions, hottest = Inflow(subject, topic), topic.spec.partitions, hottest_of(topic.spec)
    flow = inflow.bytes if of_bytes else inflow.messages
    missing = inflow.lacks_bytes if of_bytes else inflow.lacks_messages
    if by == "key" and hottest is None:
        return  # messages without a key, or with one that nobody described
    missing += lacking(by == "partition" and not partitions, "partitions")
    open_share = lacking(by == "partition" and not partitions and hottest is None, "partitions")
    if open_share or (missing and not flow):
        yield Unknown(*missing)
        return
    fair = 1 / partitions if partitions else 0.0
    share = {"topic": 1.0, "key": hottest or 0.0, "partition": max(fair, hottest or 0.0)}[by]
    even = by == "partition" and share == fair
    unit, noun = ("B/s", "bytes in") if of_bytes else ("/s", "messages in")
    who = {"topic": topic.label, "key": f"the hottest key of {topic.label}"}.get(
        by, f"{'each' if even else 'the hottest'} partition of {topic.label}"
    )
    of = "share of the key" if by == "key" else "share of one partition"
    at, field = _source_of(topic) if by == "topic" else (topic, "partitions" if even else "partition_key")
    yield Measured(
        flow * share, at, field, f"{who} takes in {{}}",
        terms=() if by == "topic" else (Term(noun, flow, unit), Term(of, share, "fraction")),
        formula=_formula(of_bytes, by), missing=missing, certain=inflow.certain or not of_bytes,
        knob=Knob(factor=flow, inverse=True) if even else None,
    )  # fmt: skip


def _formula(of_bytes: bool, by: str) -> str:
    flow = "sum of rate x size" if of_bytes else "sum of rates"
    return flow + {"topic": "", "key": " x share of the hottest key"}.get(by, " x largest share of one partition")


def _source_of(topic: Topic) -> tuple[Element, str]:
    """Where the rate is stated: at the publisher of the most, or at the topic."""
    stating = [publish for publish in topic.publishers if publish.spec.rate is not None]
    if not stating:
        return (topic.publishers[0], "rate") if topic.publishers else (topic, "load.peak")
    return max(stating, key=lambda publish: float(publish.spec.rate)), "rate"


def topic_size(subject: Subject) -> Found:
    """What a topic keeps; nothing for a queue, whose messages go once they are consumed."""
    topic = as_topic(subject)
    retention, copies = topic.spec.retention, topic.spec.replication_factor or 1
    if not isinstance(retention, int | float) or topic.spec.cleanup in ("compact", "compact-delete"):
        return
    inflow = Inflow(subject, topic)
    if not inflow.bytes:
        yield Unknown(*(inflow.lacks_bytes or ("services.*.publishes.rate",)))
        return
    yield Measured(
        inflow.bytes * retention * copies, topic, "retention", f"{topic.label} keeps up to {{}}, copies included",
        terms=(Term("bytes in", inflow.bytes, "B/s"), Term("retention", retention, "s"), Term("copies", copies)),
        formula="bytes in x retention x copies", missing=inflow.lacks_bytes, certain=False,
        knob=Knob(factor=inflow.bytes * copies, unit="s"),
    )  # fmt: skip


def messages_in_flight(subject: Subject) -> Found:
    """Little's law on one consumer group: each gets all messages, and holds each while it works on it."""
    topic = as_topic(subject)
    inflow = Inflow(subject, topic)
    for name, members in groups_of(topic).items():
        mean = next((m for m in (stated(c.spec, "processing.mean") for c in members) if m is not None), None)
        if mean is None or (inflow.lacks_messages and not inflow.messages):
            yield Unknown(*inflow.lacks_messages, *lacking(mean is None, "services.*.consumes.processing.mean"))
            continue
        yield Measured(
            inflow.messages * mean, members[0], "processing.mean",
            f"group {name} holds {{}} of {topic.label} that it has not acknowledged",
            terms=(Term("messages in", inflow.messages, "/s"), Term("time of one message", mean, "s")),
            formula="messages in x processing.mean", missing=inflow.lacks_messages,
            knob=Knob(factor=inflow.messages, unit="s") if inflow.messages else None,
            owners=tuple(consume.owner for consume in members),
        )  # fmt: skip


def consumer_groups(subject: Subject) -> Found:
    topic = as_topic(subject)
    groups = groups_of(topic)
    if groups:
        first = next(iter(groups.values()))[0]
        yield Measured(len(groups), first, "group", f"{topic.label} is read by {{}}")


def topic_consumers(subject: Subject) -> Found:
    topic = as_topic(subject)
    counts = [(consume, consumers(consume)) for consume in topic.consumers]
    known = [(consume, count) for consume, count in counts if count is not None]
    if not known:
        if counts:
            yield Unknown("services.*.consumes.instances")
        return
    largest = max(known, key=lambda item: item[1])[0]
    yield Measured(
        sum(count for _, count in known), largest, "instances", f"{topic.label} is read by {{}}",
        formula="sum of consumers over groups",
        missing=lacking(len(known) < len(counts), "services.*.consumes.instances"),
    )  # fmt: skip


def consumers_per_group(subject: Subject) -> Found:
    return _consumers(subject, each_partition=False)


def consumers_per_partition(subject: Subject) -> Found:
    return _consumers(subject, each_partition=True)


def _consumers(subject: Subject, *, each_partition: bool) -> Found:
    topic = as_topic(subject)
    partitions = topic.spec.partitions if each_partition else 1
    for name, members in groups_of(topic).items():
        if each_partition and any(has_other_work(consume, subject.analyses) for consume in members):
            continue
        counts = [consumers(consume) for consume in members]
        total = sum(count for count in counts if count is not None)
        missing = lacking(None in counts, "services.*.consumes.instances")
        if not partitions or not total:
            yield Unknown(*missing, *lacking(not partitions, "partitions"), *lacking(not total, "instances"))
            continue
        says = f"group {name} has {{}} on {topic.label}"
        if each_partition:
            says = f"group {name} has {total} consumers on {partitions} partitions of {topic.label}, {{}} for each"
        yield Measured(
            total / partitions, members[0], "instances", says,
            terms=(Term("consumers", total), Term("partitions", partitions)) if each_partition else (),
            formula="consumers of the group / partitions" if each_partition else "", missing=missing,
            knob=Knob(factor=1 / partitions) if len(members) == 1 else None,
            owners=tuple(consume.owner for consume in members),
        )  # fmt: skip


def as_topic(subject: Subject) -> Topic:
    if not isinstance(subject.component, Topic):
        raise TypeError(f"{subject.component!r} is no topic")
    return subject.component


def is_dead_letter(topic: Topic) -> bool:
    """Whether consumers put there what they cannot handle: the same messages, judged where they came from."""
    return any(edge.kind == "dead_letter" for edge in topic.incoming)


def groups_of(topic: Topic) -> Mapping[str, list[Consume]]:
    groups: dict[str, list[Consume]] = {}
    for consume in topic.consumers:
        groups.setdefault(consume.spec.group or consume.consumer.name, []).append(consume)
    return groups


def consumers(consume: Consume) -> int | None:
    """Consumers of a group at their maximum: stated, or the instances of the service."""
    own = consume.spec.instances
    if own is not None:
        return int(own)
    most = greatest(consume.consumer)
    return most.value if isinstance(most, Known) else None


def has_other_work(consume: Consume, analyses: Analyses) -> bool:
    """Whether instances that get no partition are no waste: they are counted for requests, or for another topic."""
    if consume.spec.instances is not None:
        return False
    consumer = consume.consumer
    return len(consumer.consumes) > 1 or not (isinstance(consumer, Service) and analyses.load.only_consumes(consumer))


TOPIC_MEASURES: Measurers = {
    "consumer_groups": ((Topic,), consumer_groups),
    "consumers_per_group": ((Topic,), consumers_per_group),
    "consumers_per_partition": ((Topic,), consumers_per_partition),
    "in_sync_replicas": ((Topic,), of_field("min_insync_replicas", "needs {} in step")),
    "key_message_rate": ((Topic,), key_message_rate),
    "key_write_throughput": ((Topic,), key_write_throughput),
    "message_size": ((Topic,), message_size),
    "messages_in_flight": ((Topic,), messages_in_flight),
    "partition_message_rate": ((Topic,), partition_message_rate),
    "partition_read_throughput": ((Topic,), partition_read_throughput),
    "partition_write_throughput": ((Topic,), partition_write_throughput),
    "partitions_per_topic": ((Topic,), of_field("partitions", "has {}", needed=True)),
    "queue_age": ((Topic,), of_field("max_age", "lets messages wait {}", "s")),
    "queue_length": ((Topic,), of_field("max_length", "lets {} wait")),
    "topic_consumers": ((Topic,), topic_consumers),
    "topic_message_rate": ((Topic,), topic_message_rate),
    "topic_name_length": ((Topic,), topic_name_length),
    "topic_retention": ((Topic,), of_field("retention", "keeps messages for {}", "s")),
    "topic_size": ((Topic,), topic_size),
    "topic_write_throughput": ((Topic,), topic_write_throughput),
}
"""By name: the components that have the measure, and what computes it for one of them."""
