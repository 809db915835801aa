"""Backlogs: how long it takes to work off what an outage leaves."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.analysis.analyses import Analyses
from archlint.analysis.figures import manual_recovery
from archlint.analysis.instances import greatest
from archlint.analysis.promises import Promises
from archlint.analysis.thresholds import at_least, exceeds
from archlint.analysis.values import Derived
from archlint.plugin import (
    WARNING,
    Clear,
    Consume,
    Evidence,
    Finding,
    Flow,
    Known,
    NotApplicable,
    Related,
    Topic,
    Unknown,
    check,
    need,
    show,
    stated,
)
from archlint.records import dataclass

WINDOW = 30 * 86400.0
"""Over which an availability objective is measured where it does not say, in seconds."""

RESPONSE = ("operations.monitoring.detection", "operations.response.acknowledge", "operations.response.mitigate")


@dataclass(frozen=True, slots=True)
class _Limit:
    """How long catching up may take, in seconds, by what, and how long a promise may be broken at all."""

    seconds: float
    name: str
    flow: Flow | None = None
    tolerated: float = 0.0


@check(
    "LAW134",
    "drain-time-after-outage",
    severity=WARNING,
    needs=("per_instance",),
    applies=lambda consume: consume.topic is not None,
)
def drain_time_after_outage(consume: Consume, analyses: Analyses) -> Iterator[Finding]:
    """After an outage that people end, the consumers take longer to catch up than is promised, or than messages are
    kept.

    What it finds: the backlog of one manual recovery, messages per second x (detection + acknowledge + mitigate),
    over what the consumers can do beyond what keeps arriving, against the `completion` of the flows whose messages
    these are, or the topic's retention. Messages arrive at their mean rate where it is stated, else at peak. Silent
    where the outage and the catching up together fit into the time for which the flow's availability objective lets
    its promise be broken. Consumers that do not keep up at all are LAW133's.

    Why it matters: the outage ends, and for the users it goes on: everything is late by the length of the backlog.
    Capacity that just keeps up never catches up.

    At 3 AM: the consumers are healthy again and the lag falls so slowly that it lasts until noon. Add consumers up to
    the partitions, and let what is too old to matter be skipped.

    How to fix: capacity for twice the mean halves it: more partitions and consumers, larger batches; shorter outages.

    When it is wrong: consumers are added by hand or by autoscaling that the manifest does not show.

    Sources: D. Yanacek, "Avoiding insurmountable queue backlogs", Amazon Builders' Library, 2019,
    https://aws.amazon.com/builders-library/avoiding-insurmountable-queue-backlogs/; J. D. C. Little, "A Proof for the
    Queuing Formula L = lambda W", Operations Research 9(3), 1961.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            publishes: [{to: events/orders, rate: 800/s}]
          fulfilment:
            consumes: [{from: events/orders, instances: 9, per_instance: 100/s}]
        brokers:
          events: {topics: {orders: {partitions: 24}}}
        flows:
          buy: {entry: checkout, slo: {completion: 1h}}
        operations:
          monitoring: {detection: 5m}
          response: {acknowledge: 5m, mitigate: 20m}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            publishes: [{to: events/orders, rate: 800/s}]
          fulfilment:
            consumes: [{from: events/orders, instances: 16, per_instance: 100/s}]
        brokers:
          events: {topics: {orders: {partitions: 24}}}
        flows:
          buy: {entry: checkout, slo: {completion: 1h}}
        operations:
          monitoring: {detection: 5m}
          response: {acknowledge: 5m, mitigate: 20m}
    """
    topic = consume.topic
    limit = None if topic is None else _limit(topic, analyses)
    if topic is None or limit is None:
        raise NotApplicable
    outage = manual_recovery(consume.system)
    lasting = Known(outage) if outage is not None else Unknown(*RESPONSE)
    count, each, arriving, lasts = need(
        consume, _at_work(consume, topic), "per_instance", _arrivals(topic, analyses), lasting
    )
    spare = count * each - arriving
    if spare <= 0:
        raise NotApplicable  # they do not keep up at all: consumers-slower-than-producers
    backlog = arriving * lasts
    drain = backlog / spare
    if not exceeds(drain, limit.seconds) or lasts + drain <= limit.tolerated:
        return
    more_help = _can_grow(consume, topic, _needed(backlog, arriving, limit.seconds, each))
    yield Finding(
        at=consume,
        field="instances" if more_help else "per_instance",
        message=(
            f"{consume.consumer.label} takes {show(drain, 's')} to catch up on {topic.label} after an outage of "
            f"{show(lasts, 's')} ({show(backlog, 'messages')} at {show(spare, '/s')} to spare), {limit.name} "
            f"{show(limit.seconds, 's')}"
        ),
        exposure=drain / limit.seconds if limit.seconds else None,
        evidence=(
            Evidence("messages arriving", arriving, "/s"),
            Evidence("outage", lasts, "s"),
            Evidence("backlog", backlog, "messages"),
            Evidence("rate out", count * each, "/s"),
            Evidence("time to catch up", drain, "s"),
            Evidence("limit", limit.seconds, "s"),
        ),
        formula="time to catch up = messages arriving x outage / (rate out - messages arriving)",
        clears=tuple(_clears(consume, topic, backlog, arriving, limit.seconds, count, each)),
        remedy="Give the consumers more to spare: more of them and of the partitions, or less work for each message.",
        related=(Related(limit.flow, "promises a completion", "slo.completion"),) if limit.flow is not None else (),
    )


def _limit(topic: Topic, analyses: Analyses) -> _Limit | None:
    """The tighter of what is promised and what is kept."""
    promise, found = analyses.objectives.completion(topic), []
    if promise is not None:
        objective = Promises.objective(promise.flow)
        name = f"flow {promise.flow.name} promises completion within"
        found.append(_Limit(promise.value, name, promise.flow, _tolerated(objective)))
    for field in ("retention", "max_age"):
        kept = stated(topic.spec, field)
        if isinstance(kept, float | int):
            found.append(_Limit(float(kept), "messages are kept for"))
    return min(found, key=lambda limit: limit.seconds, default=None)


def _tolerated(objective: object) -> float:
    """Seconds in a window for which the availability objective lets the promise be broken; 0 where none is stated."""
    availability, window = getattr(objective, "availability", None), getattr(objective, "window", None)
    return 0.0 if availability is None else (1 - availability) * (window or WINDOW)


def _arrivals(topic: Topic, analyses: Analyses) -> Derived[float]:
    mean = analyses.load.mean_of_topic(topic)
    return mean if isinstance(mean, Known) else analyses.load.of_topic(topic)


def _at_work(consume: Consume, topic: Topic) -> Derived[int]:
    """Consumers that have a partition to read."""
    count, partitions = stated(consume.spec, "instances"), stated(topic.spec, "partitions")
    if count is None:
        known = greatest(consume.consumer)
        if isinstance(known, Unknown):
            return Unknown("instances")
        count = known.value
    return Known(count if partitions is None else min(count, partitions))


def _needed(backlog: float, arriving: float, limit: float, each: float) -> int:
    """Consumers that catch up within the limit."""
    return int(at_least((backlog / limit + arriving) / each).value) if limit and each else 0


def _can_grow(consume: Consume, topic: Topic, needed: int) -> bool:
    partitions = stated(topic.spec, "partitions")
    return stated(consume.spec, "instances") is not None and (partitions is None or needed <= partitions)


def _clears(
    consume: Consume, topic: Topic, backlog: float, arriving: float, limit: float, count: int, each: float
) -> Iterator[Clear]:
    needed = _needed(backlog, arriving, limit, each)
    if needed and _can_grow(consume, topic, needed):
        yield Clear("instances", needed, str(needed), WARNING)
    if limit and count:
        faster = at_least((backlog / limit + arriving) / count, "/s")
        yield Clear("per_instance", faster.value, faster.text, WARNING)
