"""Acknowledged messages: whether the loss of a broker may take them away again."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.partitioned_logs import (
    UNCLEAN_KEY,
    Said,
    acks,
    bears_loss,
    copies,
    default,
    least_in_sync,
    setting,
    unclean,
    waits_for_in_sync,
)
from archlint.analysis.technology import technology_of
from archlint.plugin import (
    WARNING,
    Broker,
    Clear,
    Element,
    Evidence,
    Finding,
    Iterator,
    Known,
    NotApplicable,
    Publish,
    Related,
    Topic,
    Unknown,
    check,
    show,
)

UNCLEAN_FIELD = f'settings["{UNCLEAN_KEY}"]'


def _names_its_technology(component: Broker | Topic) -> bool:
    return technology_of(component) is not None


@check("LIM103", "kafka-acks-without-min-isr", severity=WARNING, applies=_names_its_technology)
def kafka_acks_without_min_isr(topic: Topic, analyses: Analyses) -> Iterator[Finding]:
    """A producer waits for all copies, and one copy is enough to be all of them.

    What it finds: a topic of two copies or more that a producer writes to with `acks: all` (stated, in its settings,
    or by the default of clients from version 3.0 on), while `min.insync.replicas` is 1: stated, or not stated, for
    that is Kafka's default. Silent where every such producer bears a loss: `on_failure: drop`, or a `reconciliation`
    that finds what is missing. Topics with one copy have nothing to wait for.

    Why it matters: "all" means all copies that are in step at that moment. A follower that falls behind, or a broker
    that restarts, leaves the set; when the leader is alone in it, the write is acknowledged from one disk. The next
    loss takes messages away that their producers were told are safe.

    At 3 AM: a second broker fails during a rolling restart, the topic comes back with an earlier end, and nothing has
    logged an error. Compare the outbox or the sources with the topic from the first restart on.

    How to fix: `min.insync.replicas: 2` with three copies. Producers then fail, and retry, where they would be lied to.

    When it is wrong: what is lost is sent again by a source that the manifest does not show.

    Sources: Apache Kafka documentation, "Availability and Durability Guarantees",
    https://kafka.apache.org/documentation/#design_ha, and the topic configuration `min.insync.replicas` (default 1),
    https://kafka.apache.org/documentation/#topicconfigs_min.insync.replicas; KIP-679, "Producer will enable the
    strongest delivery guarantee by default", 2021,
    https://cwiki.apache.org/confluence/display/KAFKA/KIP-679%3A+Producer+will+enable+the+strongest+delivery+guarantee+by+default.

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
            topics: {orders: {partitions: 12, replication_factor: 3, min_insync_replicas: 1}}

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
    if least is not None and least.value >= 2:
        return
    if held is not None and held.value <= 1:
        raise NotApplicable
    waiting = _waiting(topic, analyses)
    if all(bears_loss(publish) for publish, _ in waiting):
        return
    if least is None or held is None:
        raise Unknown(*(["min_insync_replicas"] if least is None else []), *([] if held else ["replication_factor"]))
    yield _one_is_all(topic, waiting[0], least, held)


def _waiting(topic: Topic, analyses: Analyses) -> list[tuple[Publish, Said]]:
    """Who waits for all copies, those that bear no loss first; not applicable where it is known that nobody does."""
    writers = [(publish, acks(publish, analyses)) for publish in topic.publishers]
    waiting = [(publish, said) for publish, said in writers if said is not None and said.value == "all"]
    if not waiting:
        if writers and all(said is not None for _, said in writers):
            raise NotApplicable
        raise Unknown("services.*.publishes.acks")
    return sorted(waiting, key=lambda pair: bears_loss(pair[0]))


def _spoken(said: Said) -> str:
    return " by default" if said.by_default else ""


def _one_is_all(topic: Topic, waiting: tuple[Publish, Said], least: Said, held: Said) -> Finding:
    publish, said = waiting
    return Finding(
        at=least.at,
        field=least.field,
        message=(
            f"{publish.publisher.label} waits for all copies of {topic.label}{_spoken(said)}, and "
            f"{show(least.value)} of {show(held.value)} in step is enough{_spoken(least)}: "
            "the leader alone acknowledges what its loss takes away"
        ),
        evidence=(
            Evidence("copies", held.value),
            Evidence(f"copies that must be in step{least.mark}", least.value),
            Evidence(f"acks{said.mark}", said.value),
        ),
        clears=(Clear(least.field, 2, "2", WARNING, least.at),),
        remedy="Require two copies in step"
        + ("." if held.value >= 3 else ", and keep three, so that one may be lost without a stop."),
        related=(Related(publish, "waits for all copies", "acks"),),
        unstated=least.field if least.by_default else "",
        concerns=(topic,),
        key=topic.name,
    )


@check("LIM104", "kafka-unclean-election", severity=WARNING, applies=_names_its_technology)
def kafka_unclean_election(broker: Broker, analyses: Analyses) -> Iterator[Finding]:
    """A copy that has missed writes may become the leader, and the writes are gone.

    What it finds: `unclean.leader.election.enable: true` in the settings of a broker or of a topic, or where the
    technology does so by default (Kafka before 0.11, Amazon MSK without tiered storage). One finding a broker for the
    topics that state nothing of their own. Silent for topics with one copy, and where every producer bears a loss
    (`acks: none`, `on_failure: drop`, a `reconciliation`).

    Why it matters: an unclean election trades acknowledged messages for availability, and nobody is asked. All that
    the stale copy lacks is cut off the other copies as well when they return; consumers that have read further find
    their offsets out of range.

    At 3 AM: the partitions are up, the metric UncleanLeaderElectionsPerSec is not zero, and offsets went backwards.
    Keep the old leader's disk: what was lost is only there.

    How to fix: switch it off for topics whose messages count, and elect by hand (`kafka-leader-election.sh`) on the
    day when that is the better choice.

    When it is wrong: the topic holds what is worthless when it is late, such as metrics. State what its producers do
    on a failure.

    Sources: Apache Kafka documentation, "Unclean leader election: What if they all die?",
    https://kafka.apache.org/documentation/#design_uncleanleader; KIP-106, "Change Default
    unclean.leader.election.enabled from True to False", 2017,
    https://cwiki.apache.org/confluence/display/KAFKA/KIP-106+-+Change+Default+unclean.leader.election.enabled+from+True+to+False;
    Amazon MSK developer guide, "Default Amazon MSK configuration",
    https://docs.aws.amazon.com/msk/latest/developerguide/msk-default-configuration.html.

    Risky:
        archlint: 1
        system: {name: shop}
        brokers:
          events:
            technology: kafka@3.9
            nodes: 3
            settings: {unclean.leader.election.enable: true}
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
    if not waits_for_in_sync(broker, analyses):
        raise NotApplicable
    concerned = [topic for topic in broker.topics.values() if not _bears_it(topic)]
    for topic in concerned:
        said = unclean(topic)
        if said is not None and said.value:
            yield _unclean(topic, said, [topic])
    general, rest = unclean(broker), [topic for topic in concerned if unclean(topic) is None]
    if general is None and rest:
        general = _by_default(broker, analyses)
    if general is not None and general.value and (rest or not broker.topics):
        yield _unclean(broker, general, rest)


def _bears_it(topic: Topic) -> bool:
    held = copies(topic)
    alone = held is not None and held.value <= 1
    return alone or (bool(topic.publishers) and all(bears_loss(publish) for publish in topic.publishers))


def _by_default(broker: Broker, analyses: Analyses) -> Said:
    """Raises Unknown where the version or mode would decide."""
    found = default(broker, UNCLEAN_KEY, analyses)
    if not isinstance(found, Known):
        raise Unknown(*found.fields)
    return Said(found.value and not _is_tiered(broker), broker, UNCLEAN_FIELD, by_default=True)


def _is_tiered(broker: Broker) -> bool:
    tiers = (setting(component, "remote.storage.enable") for component in (broker, *broker.topics.values()))
    return any(said is not None and str(said.value).lower() == "true" for said in tiers)


def _unclean(at: Broker | Topic, said: Said, topics: list[Topic]) -> Finding:
    others = f" ({show(len(topics), 'topics')})" if isinstance(at, Broker) and len(topics) > 1 else ""
    related: tuple[tuple[Element, str], ...] = tuple(
        (topic, "may lose messages") for topic in topics if topic is not at
    )
    return Finding(
        at=at,
        field=UNCLEAN_FIELD,
        message=(
            f"{at.label} elects leaders that have missed writes (`{UNCLEAN_KEY}`{_spoken(said)}): messages that were "
            f"acknowledged are cut off{others}"
        ),
        evidence=(Evidence(f"{UNCLEAN_KEY}{said.mark}", "true"),),
        clears=(Clear(UNCLEAN_FIELD, "false", "false", WARNING),),
        remedy="Set it to false, and elect such a leader by hand where that is the lesser harm.",
        related=tuple(Related(topic, text) for topic, text in related),
        unstated=UNCLEAN_FIELD if said.by_default else "",
    )
