"""Queues: what bounds them, and whether those who take from them keep up."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from archlint.analysis.analyses import Analyses
from archlint.analysis.thresholds import at_least, exceeds
from archlint.plugin import (
    ERROR,
    WARNING,
    Clear,
    Component,
    Consume,
    Evidence,
    Finding,
    Known,
    NotApplicable,
    Related,
    Service,
    Severity,
    Topic,
    Unknown,
    check,
    need,
    show,
    stated,
)

UNLIMITED, NONE = "unlimited", "none"

BOUNDS = ("retention", "max_length", "max_age", "max_size")
"""Fields of a topic each of which alone bounds what lies in it."""

BOUNDING_SETTINGS = frozenset(
    {"retention.ms", "retention.bytes", "max-length", "max-length-bytes", "message-ttl", "MessageRetentionPeriod"}
)
"""Settings of brokers that bound a topic: Kafka's topic configuration, RabbitMQ's policies, SQS' attributes."""

BUSY_HOUR = 3600.0
"""How long a daily peak is taken to last, in seconds: traffic is dimensioned for the busy hour (ITU-T E.600)."""


def _can_be_unbounded(component: Component) -> bool:
    return isinstance(component, Service | Topic)


@check("LAW132", "unbounded-queue", severity=WARNING, applies=_can_be_unbounded)
def unbounded_queue(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """Nothing bounds a queue: what waits in it grows as long as more arrives than is served.

    What it finds: a service whose `queue`, or its `depth`, is `unbounded`; a topic that states none of `retention`,
    `max_length`, `max_age` and `max_size`, or states `unlimited` and no other bound. Load shedding, a timeout of the
    queue and a compacted topic count as bounds, and so does what the broker's technology does by default.

    Why it matters: an unbounded queue turns overload into latency and then into exhausted memory or disk. Everything
    in it is late, the callers have given up, and the work is done for nobody.

    At 3 AM: memory climbs, latency is minutes, and a restart loses all that waits. Refuse or drop what is too old.

    How to fix: bound the queue at what can be served within the caller's timeout, and refuse the rest at once; give
    a topic a retention that is longer than the longest outage of its consumers and fits on the disk.

    When it is wrong: something before the queue bounds what can be in flight, such as a fixed number of callers.

    Sources: J. Dean and L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013; D. Yanacek,
    "Avoiding insurmountable queue backlogs", Amazon Builders' Library, 2019,
    https://aws.amazon.com/builders-library/avoiding-insurmountable-queue-backlogs/

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {queue: unbounded}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {queue: {depth: 40, on_full: reject}}
    """
    if isinstance(component, Topic):
        yield from _of_topic(component, analyses)
    elif isinstance(component, Service) and analyses.load.only_consumes(component):
        raise NotApplicable
    else:
        yield from _of_service(component)


def _of_service(service: Component) -> Iterator[Finding]:
    queue, shedding = need(service, "queue"), stated(service.spec, "load_shedding")
    sheds = shedding is not None and shedding != NONE
    timed = queue not in ("unbounded", NONE) and queue.timeout is not None
    if sheds or timed or queue == NONE:
        return
    if queue != "unbounded" and need(service, "queue.depth") != math.inf:
        return
    yield Finding(
        at=service,
        field="queue" if queue == "unbounded" else "queue.depth",
        message=f"nothing bounds the queue of {service.label}: under overload it grows until memory ends",
        remedy="Bound it by `depth`, at what is served within the callers' timeout, and refuse the rest.",
    )


def _of_topic(topic: Topic, analyses: Analyses) -> Iterator[Finding]:
    values = {field: stated(topic.spec, field) for field in BOUNDS}
    if any(isinstance(value, float | int) for value in values.values()) or _is_bounded_otherwise(topic):
        return
    unlimited = [field for field, value in values.items() if value == UNLIMITED]
    if not unlimited and values["retention"] is None and _drops_by_itself(topic, analyses):
        return
    field = "max_length" if values["retention"] == NONE else "retention"
    field = unlimited[0] if unlimited else field
    yield Finding(
        at=topic,
        field=field,
        message=(
            f"topic {topic.label} keeps everything: its {field} is unlimited"
            if unlimited
            else f"nothing bounds topic {topic.label}: no retention, length or age is stated"
        ),
        unstated="" if unlimited else field,
        remedy="State how long messages are kept or how many may wait: over the longest outage, below the disk.",
    )


def _is_bounded_otherwise(topic: Topic) -> bool:
    """Compaction keeps one message a key; a setting of the broker may hold the bound."""
    if topic.spec.cleanup in ("compact", "compact-delete"):
        return True
    settings: dict[str, Any] = topic.spec.settings or {}
    return any(_is_positive(settings[name]) for name in settings if name.removeprefix("x-") in BOUNDING_SETTINGS)


def _is_positive(value: Any) -> bool:
    try:
        return bool(float(value) > 0)
    except (TypeError, ValueError):
        return bool(value != UNLIMITED)


def _drops_by_itself(topic: Topic, analyses: Analyses) -> bool:
    """Whether the broker's technology bounds what waits, where nobody says; or lets nothing wait."""
    name = stated(topic.broker.spec, "technology")
    technology = analyses.knowledge.technology(name) if name else None
    if technology is None:
        return False
    bounds = (default for default in technology.defaults if default.of == "topic" and default.field in BOUNDS)
    return analyses.knowledge.passes_on(technology.slug) or any(default.value is not None for default in bounds)


@check(
    "LAW133",
    "consumers-slower-than-producers",
    severity=ERROR,
    needs=("per_instance",),
    applies=lambda consume: consume.topic is not None,
    subsumes=("LIM105",),
)
def consumers_slower_than_producers(consume: Consume, analyses: Analyses) -> Iterator[Finding]:
    """The consumers of a topic handle fewer messages than its producers send.

    What it finds: `instances` (no more than there are partitions) x `per_instance` against the messages that the
    topic takes in. Below the 30-day mean it is an error: the backlog never drains. Below the peak only, it is a
    warning where the backlog reaches `max_lag` before a busy hour of peak is over, or where no mean shows that the
    consumers ever catch up.

    Why it matters: a backlog hides for as long as the retention is long; then the oldest messages are lost unread, and
    everything after them is as late as the backlog is deep.

    At 3 AM: the lag of the group rises in a straight line. Add consumers up to the number of partitions, take the slow
    call out of the handler, and lengthen the retention before messages are dropped.

    How to fix: more consumers and partitions, handling in batches, or less work for each message.

    When it is wrong: `per_instance` was measured with one consumer while a shared store was the limit, or the peak
    lasts minutes only and nobody waits for what is late.

    Sources: L. Kleinrock, Queueing Systems, Volume 1: Theory, 1975, chapter 2 (stability); ITU-T Recommendation E.600,
    Terms and definitions of traffic engineering, 1993 (busy hour); Apache Kafka documentation, "Consumers", 2024,
    https://kafka.apache.org/documentation/#intro_consumers

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            publishes: [{to: events/orders, rate: 800/s, mean: 600/s}]
          settlement:
            consumes: [{from: events/orders, instances: 6, per_instance: 90/s}]
        brokers:
          events: {topics: {orders: {partitions: 24}}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            publishes: [{to: events/orders, rate: 800/s, mean: 600/s}]
          settlement:
            consumes: [{from: events/orders, instances: 10, per_instance: 90/s}]
        brokers:
          events: {topics: {orders: {partitions: 24}}}
    """
    topic, each = consume.topic, need(consume, "per_instance")
    if topic is None or not each:
        raise NotApplicable
    instances, partitions = stated(consume.spec, "instances"), stated(topic.spec, "partitions")
    limits = [limit for limit in (instances, partitions) if limit is not None]
    if not limits:
        raise Unknown("instances")
    if not min(limits):
        raise NotApplicable
    capacity, active = min(limits) * each, min(limits)
    mean, peak = analyses.load.mean_of_topic(topic), analyses.load.of_topic(topic)
    at_mean = mean.value if isinstance(mean, Known) else analyses.load.mean_of_topic_at_least(topic)
    at_peak = peak.value if isinstance(peak, Known) else analyses.load.at_least(topic)
    if exceeds(at_mean, capacity):
        yield _behind(consume, topic, at_mean, active, each, ERROR, "they never catch up", at_mean)
        return
    if exceeds(at_peak, capacity):
        yield from _at_peak(consume, topic, at_peak, active, each, catches_up=isinstance(mean, Known))
    if instances is None:
        raise Unknown("instances")
    need(consume, peak)


def _at_peak(
    consume: Consume, topic: Topic, peak: float, active: int, each: float, *, catches_up: bool
) -> Iterator[Finding]:
    """A peak of length T leaves (peak - capacity) T messages, which are (peak / capacity - 1) T late."""
    lag = stated(consume.spec, "max_lag")
    reached = None if lag is None else lag * active * each / (peak - active * each)
    if catches_up and reached is None:
        raise Unknown("max_lag")
    if catches_up and reached is not None and reached >= BUSY_HOUR:
        return
    late = "" if reached is None else f", and the lag passes {show(lag, 's')} after {show(reached, 's')} of peak"
    said = f"the backlog grows by {show(peak - active * each, '/s')}{late}"
    enough = peak if lag is None or not catches_up else peak * BUSY_HOUR / (BUSY_HOUR + lag)
    yield _behind(consume, topic, peak, active, each, WARNING, said, enough)


def _behind(
    consume: Consume, topic: Topic, rate: float, active: int, each: float, severity: Severity, said: str, enough: float
) -> Finding:
    """`enough` is the rate out from which on there is no such finding."""
    needed, instances = at_least(enough / each), stated(consume.spec, "instances")
    partitions = stated(topic.spec, "partitions")
    more_help = instances is not None and (partitions is None or needed.value <= partitions)
    what, when = ("mean", "on average") if severity == ERROR else ("peak", "at peak")
    return Finding(
        at=consume,
        field="instances" if more_help or instances is None else "per_instance",
        severity=severity,
        message=(
            f"{consume.consumer.label} handles {show(active * each, '/s')} of {topic.label} "
            f"({active} x {show(each, '/s')}), {show(rate, '/s')} arrive {when}: {said}"
        ),
        exposure=rate / (active * each),
        evidence=(
            Evidence(f"{what} rate in", rate, "/s"),
            Evidence("consumers at work", active),
            Evidence("rate of one", each, "/s"),
            Evidence("rate out", active * each, "/s"),
        ),
        formula="rate out = min(instances, partitions) x per_instance",
        clears=tuple(_clears(enough, active, needed.value if more_help else None, severity)),
        remedy=(
            "Add consumers, or take work out of the handling of a message."
            if more_help
            else "Add partitions and as many consumers, or take work out of the handling of a message."
        ),
        related=(Related(topic, f"{partitions} partitions", "partitions"),) if partitions is not None else (),
    )


def _clears(enough: float, active: int, needed: float | None, severity: Severity) -> Iterator[Clear]:
    if needed is not None:
        yield Clear("instances", needed, f"{needed:.0f}", severity)
    each = at_least(enough / active, "/s")
    yield Clear("per_instance", each.value, each.text, severity)
