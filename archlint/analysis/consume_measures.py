"""Measures of single consumers, taken at their topic: what they are is said in archlint/knowledge/measures.py."""

from __future__ import annotations

from archlint.analysis.measured import Found, Knob, Measured, Measurer, Measurers, Subject, Term, lacking
from archlint.analysis.topic_measures import as_topic, message_size
from archlint.analysis.values import Unknown
from archlint.system.elements import Consume, Topic, stated


def batch_processing_time(subject: Subject) -> Found:
    for consume in as_topic(subject).consumers:
        mean, (size, noun) = stated(consume.spec, "processing.mean"), _batch(subject, consume)
        if mean is None or size is None:
            yield Unknown(*lacking(mean is None, "services.*.consumes.processing.mean"),
                          *lacking(size is None, "services.*.consumes.batch"))  # fmt: skip
            continue
        yield Measured(
            mean * size, consume, "batch",
            f"{consume.consumer.label} works up to {{}} on one batch of {as_topic(subject).label}",
            terms=(Term("time of one message", mean, "s"), Term(noun, size)),
            formula="processing.mean x batch", certain=False,
            knob=Knob(factor=mean) if mean else None, owners=(consume.owner, consume),
        )  # fmt: skip


def batch_size(subject: Subject) -> Found:
    for consume in as_topic(subject).consumers:
        size = stated_batch(consume)
        if size is not None:
            yield Measured(size, consume, "batch", f"{consume.consumer.label} takes {{}} at once",
                           knob=Knob(), owners=(consume.owner,))  # fmt: skip


def batch_bytes(subject: Subject) -> Found:
    """At most: a batch of nothing but the largest messages."""
    largest = next(message_size(subject), None)
    for consume in as_topic(subject).consumers if largest is not None else ():
        size, noun = _batch(subject, consume)
        if isinstance(largest, Unknown) or size is None:
            yield Unknown(*(largest.fields if isinstance(largest, Unknown) else ()),
                          *lacking(size is None, "services.*.consumes.batch"))  # fmt: skip
        elif largest is not None:
            yield Measured(
                largest.value * size, consume, "batch", f"{consume.consumer.label} takes up to {{}} at once",
                terms=(Term("largest message", largest.value, "B"), Term(noun, size)),
                formula="message size x batch", missing=largest.missing, certain=False,
                knob=Knob(factor=largest.value) if largest.value else None, owners=(consume.owner,),
            )  # fmt: skip


def message_processing_time(subject: Subject) -> Found:
    for consume in as_topic(subject).consumers:
        p99, mean = stated(consume.spec, "processing.p99"), stated(consume.spec, "processing.mean")
        value = mean if p99 is None else p99
        if value is None:
            yield Unknown("services.*.consumes.processing.p99")
            continue
        yield Measured(
            value, consume, "processing.mean" if p99 is None else "processing.p99",
            f"{consume.consumer.label} works {{}} on a message of {as_topic(subject).label}",
            missing=lacking(p99 is None, "services.*.consumes.processing.p99"),
            knob=Knob(unit="s"), owners=(consume.owner, consume),
        )  # fmt: skip


def _of_consume(field: str, says: str, unit: str = "") -> Measurer:
    def measure(subject: Subject) -> Found:
        for consume in as_topic(subject).consumers:
            value = stated(consume.spec, field)
            if isinstance(value, int | float):
                yield Measured(float(value), consume, field, f"{consume.consumer.label} {says}",
                               knob=Knob(unit=unit), owners=(consume.owner,))  # fmt: skip

    return measure


def stated_batch(consume: Consume) -> int | None:
    batch = consume.spec.batch
    return batch if isinstance(batch, int) or batch is None else batch.size


def _batch(subject: Subject, consume: Consume) -> tuple[int | None, str]:
    """Messages taken at once, and what to call them: the technology's default where nothing is stated."""
    own, default = stated_batch(consume), subject.defaults.get("batch")
    if own is None and isinstance(default, int | float) and not isinstance(default, bool):
        return int(default), "messages in a batch (default)"
    return own, "messages in a batch"


CONSUME_MEASURES: Measurers = {
    "batch_bytes": ((Topic,), batch_bytes),
    "batch_processing_time": ((Topic,), batch_processing_time),
    "batch_size": ((Topic,), batch_size),
    "deliveries": ((Topic,), _of_consume("max_deliveries", "takes a message {} before it gives up")),
    "lease_time": ((Topic,), _of_consume("lease", "holds a message for {}", "s")),
    "message_processing_time": ((Topic,), message_processing_time),
}
"""By name: the components that have the measure, and what computes it for one of them."""
