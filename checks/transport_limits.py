"""Messages: whether they fit through everything that carries them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from archlint.analysis.analyses import Analyses
from archlint.analysis.technology import may_have_limits
from archlint.analysis.thresholds import exceeds
from archlint.plugin import (
    ERROR,
    Cache,
    Component,
    Datastore,
    Finding,
    NotApplicable,
    Unknown,
    check,
)

if TYPE_CHECKING:  # what computes is imported where a manifest names a technology
    from archlint.analysis.limits import Breach, Judged

SIZES = ("message_size", "request_size", "response_size", "async_request_size")
"""Measures of what is carried in one piece."""

REFUSE = frozenset({"hard", "quota", "default"})
"""Kinds of limit that are not passed; what is only advised is LIM004's."""


def _carries(component: Component) -> bool:
    return not isinstance(component, Datastore | Cache) and may_have_limits(component)


@check(
    "LIM195", "message-over-transport-limit", severity=ERROR, applies=_carries, subsumes=("LIM001", "LIM002", "LIM003")
)
def message_over_transport_limit(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """A message is larger than something on its way takes.

    What it finds: the largest message of a topic, the `payload` and `response` of a call, against every limit on its
    way that the catalogue knows: of the producer and of the broker (Kafka, Pulsar, NATS, RabbitMQ, SQS, SNS, Kinesis,
    Event Hubs, Service Bus, Pub/Sub, EventBridge), of the protocol (gRPC: 4 MiB received by default), of what it passes
    or calls (nginx, API Gateway, Lambda). One finding a message and technology names the smallest limit, with all that
    stand behind it, so that none of them is raised alone. What the manifest states in `settings` or `limits` counts in
    place of a default. An error where the refusal is certain and documented, else a warning. Stores are LIM001's and
    LIM002's, as is all that is no size.

    Why it matters: the average message fits. The large one, of the best customer, is refused each time it is sent, and
    where order matters everything behind it waits.

    At 3 AM: `RESOURCE_EXHAUSTED`, `RecordTooLargeException`, `Maximum Payload Violation` or 413 for one kind of
    message only. Retries do nothing. Take the message out of the way; do not raise one limit of three.

    How to fix: keep the large part in an object store and send a reference; split it; or raise the limit at the
    sender, the carrier and the receiver together, and state it.

    When it is wrong: it was raised and the manifest does not say so; or the message is compressed before it is
    measured.

    Sources: the documents that `archlint explain TECHNOLOGY` names for each limit; for the example: grpc-go,
    `defaultClientMaxReceiveMessageSize` and `defaultServerMaxReceiveMessageSize`, 2026,
    https://github.com/grpc/grpc-go/blob/4793ad0474669eafbd5346c8a3d098fdfa542498/server.go; for the pattern: G. Hohpe
    and B. Woolf, Enterprise Integration Patterns, 2003, "Claim Check",
    https://www.enterpriseintegrationpatterns.com/patterns/messaging/StoreInLibrary.html.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            calls: [{to: catalogue, protocol: grpc, access: read, response: 9MiB, timeout: 2s}]
          catalogue: {replicas: 6}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            calls: [{to: catalogue, protocol: grpc, access: read, response: 1MiB, timeout: 2s}]
          catalogue: {replicas: 6}
    """
    judged = analyses.measures.judge(component)
    if judged is None:
        raise NotApplicable
    compared = list(_compared(judged))
    lacking = {field for measure in SIZES for field in judged.lacking.get(measure, ())}
    if not compared and not lacking:
        raise NotApplicable
    from archlint.checks.transport_findings import finding_of

    for breaches in _by_message(breach for breach in compared if exceeds(breach.exposure, 1)):
        yield finding_of(breaches)
    if lacking:
        raise Unknown(*lacking)


def _compared(judged: Judged) -> Iterator[Breach]:
    """Sizes with limits that refuse: those that surely bind, and the mildest of those one of which does."""
    for breach in (*judged.held, *judged.breaches):
        limit = breach.bound.limit
        if limit.measure in SIZES and limit.kind in REFUSE:
            yield breach


def _by_message(breaches: Iterator[Breach]) -> Iterator[list[Breach]]:
    """Of one size in one technology, the smallest limit first."""
    groups: dict[tuple[object, ...], list[Breach]] = {}
    for breach in breaches:
        measured, limit = breach.measured, breach.bound.limit
        groups.setdefault((limit.technology, measured.at, measured.field), []).append(breach)
    for group in groups.values():
        unique = {(breach.bound.limit.name, breach.bound.amount): breach for breach in group}
        yield sorted(unique.values(), key=lambda breach: (breach.bound.amount, breach.bound.limit.name))
