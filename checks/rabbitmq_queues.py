"""Queues of RabbitMQ: how their copies are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archlint.analysis.analyses import Analyses
from archlint.analysis.partitioned_logs import runs_version
from archlint.analysis.technology import technology_of
from archlint.plugin import (
    WARNING,
    Broker,
    Clear,
    Evidence,
    Finding,
    Iterator,
    NotApplicable,
    Topic,
    Unknown,
    check,
    show,
)

REMOVED = ">=4.0"
"""Versions that know no mirrored queues: the parts of a policy that ask for mirrors have no effect."""

MIRROR, MIRRORS = "ha-mode", "ha-params"
TYPE, ARGUMENT = "queue-type", "x-queue-type"
"""A queue's type as a setting. Keys that begin with x- are extensions of a manifest, and stand beside it."""

GENERAL_TYPE = "default_queue_type"
REPLICATED = frozenset({"quorum", "stream"})


def _is_rabbitmq(component: Broker) -> bool:
    return (technology_of(component) or "").partition("@")[0].lower() in ("rabbitmq", "rabbit")


@check("LIM150", "rabbitmq-classic-mirrored", severity=WARNING, applies=_is_rabbitmq)
def rabbitmq_classic_mirrored(broker: Broker, analyses: Analyses) -> Iterator[Finding]:
    """The copies of a queue are mirrors of a classic queue, which version 4.0 no longer has.

    What it finds: a policy with `ha-mode` in the settings of a broker or of a queue; a queue of type `classic`
    (`x-queue-type` or `queue-type` in its settings) that states a replication factor above one. Silent for quorum
    queues and streams, and for an `ha-mode` that meets none but such queues. From version 4.0 on the finding says
    that there are no copies at all.

    Why it matters: mirrors lose messages where nobody expects it: a mirror that comes back starts empty, and while it
    is filled again the queue blocks or the next failure takes all with it. They are deprecated since 2021. With 4.0
    the policy stays in place, nothing complains, and the queue lives on one node.

    At 3 AM: after the loss of one node queues are empty, or stopped with `ha-promote-on-failure: when-synced`. After
    an upgrade to 4: a node is down, and its queues are down with it.

    How to fix: declare quorum queues (three members) or streams, move consumers and publishers over, and remove the
    policy before the upgrade to 4.0.

    When it is wrong: the policy matches no queue that matters, and will go with the next clean-up.

    Sources: RabbitMQ 4.0.1 release notes, 2024, https://github.com/rabbitmq/rabbitmq-server/releases/tag/v4.0.1;
    RabbitMQ documentation, "List of Deprecated Features" (classic_queue_mirroring: deprecated since August 2021,
    removed in 4.0), https://www.rabbitmq.com/release-information/deprecated-features-list; RabbitMQ 3.13
    documentation, "Classic Queue Mirroring", https://www.rabbitmq.com/docs/3.13/ha.

    Risky:
        archlint: 1
        system: {name: shop}
        brokers:
          tasks:
            technology: rabbitmq@3.13
            nodes: 3
            settings: {ha-mode: all}
            topics: {invoices: {max_length: 100k}}

    Safe:
        archlint: 1
        system: {name: shop}
        brokers:
          tasks:
            technology: rabbitmq@4.1
            nodes: 3
            topics: {invoices: {max_length: 100k, replication_factor: 3, settings: {x-queue-type: quorum}}}
    """
    unsure = False
    policy = _settings(broker).get(MIRROR)
    general = str(_settings(broker).get(GENERAL_TYPE, "")).lower()
    mirrored: list[Topic] = []
    for topic in broker.topics.values():
        kind = _kind(topic) or general
        own, copies = _settings(topic).get(MIRROR), topic.spec.replication_factor or 1
        if kind in REPLICATED:
            continue
        if own is not None or (policy is None and kind == "classic" and copies > 1):
            yield _mirrored(broker, topic, own)
        elif policy is not None:
            mirrored.append(topic)
        elif copies > 1 and not kind and not runs_version(broker, REMOVED):
            unsure = True  # quorum queue or mirrors: from version 4.0 on only the first is possible
    if policy is not None and (mirrored or not broker.topics):
        yield _mirrored(broker, broker, policy)
    if unsure:
        raise Unknown(f"topics.*.settings.{TYPE}")
    if not broker.topics and policy is None:
        raise NotApplicable


def _settings(component: Broker | Topic) -> Mapping[str, Any]:
    return component.spec.settings or {}


def _kind(topic: Topic) -> str:
    """`classic`, `quorum` or `stream`, where the queue states it."""
    kind = _settings(topic).get(TYPE)
    if kind is None:
        kind = topic.system.document.extensions.get((*topic.path, "settings", ARGUMENT))
    return "" if kind is None else str(kind).lower()


def _mirrored(broker: Broker, at: Broker | Topic, policy: object) -> Finding:
    gone = runs_version(broker, REMOVED)
    if isinstance(at, Broker):
        what = f"the queues of {at.label} are mirrored (`{MIRROR}: {policy}`)"
    elif policy is not None:
        what = f"{at.label} is mirrored (`{MIRROR}: {policy}`)"
    else:
        what = f"{at.label} is a classic queue of {show(at.spec.replication_factor or 1, 'copies')}"
    field = f'settings["{MIRROR}"]' if policy is not None else f'settings["{TYPE}"]'
    evidence = [Evidence("version", (technology_of(broker) or "").partition("@")[2] or "not stated")]
    if policy is not None:
        evidence.insert(0, Evidence(MIRROR, str(policy)))
    then = "4.0 removed mirrors, so that there is one copy" if gone else "mirrors are deprecated, and gone in 4.0"
    return Finding(
        at=at,
        field=field,
        message=f"{what}: {then}",
        evidence=tuple(evidence),
        clears=(Clear(f'settings["{TYPE}"]', "quorum", "quorum", WARNING),) if isinstance(at, Topic) else (),
        remedy="Declare quorum queues with three members, or streams, and remove the policy.",
    )
