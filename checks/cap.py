"""The CAP theorem: what each store gives up while its copies cannot reach each other."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.quorum import copies_of, slug_of
from archlint.analysis.survival import elects_itself, spreads_itself
from archlint.plugin import (
    ERROR,
    NONE,
    WARNING,
    Broker,
    Cache,
    Clear,
    Component,
    Datastore,
    Evidence,
    Finding,
    Iterator,
    Known,
    NotApplicable,
    Related,
    Unknown,
    check,
    need,
    show,
    stated,
)

STRONG = frozenset({"linearizable", "serializable"})
"""Neither can be had by every part that a partition leaves (Gilbert and Lynch; Bailis and others)."""


def keeps_data(component: Component) -> bool:
    return isinstance(component, Datastore | Cache | Broker)


def _domains(component: Component) -> int | None:
    """The most failure domains of one kind that the component stands in; None where none is stated."""
    members = stated(component.spec, "replication.members")
    places = [member.zone or member.region for member in members] if isinstance(members, list) else []
    zones = stated(component.spec, "zones")
    spreads = [len(set(places) - {None})] if places else []
    spreads += [len(zones)] if zones is not None and zones != NONE else []
    kinds = stated(component.spec, "domains")
    spreads += [len(set(value)) if isinstance(value, list) else 1 for value in (kinds or {}).values()]
    return max(spreads, default=None)


def _quorum_decides(component: Component) -> bool:
    """Whether what is stated already says which part goes on: the one that holds a quorum."""
    if isinstance(component, Broker):
        replicated = [t.spec for t in component.topics.values() if (t.spec.replication_factor or 1) > 1]
        return bool(component.spec.voters) or all((spec.min_insync_replicas or 1) > 1 for spec in replicated)
    spec = component.spec
    by_mode = stated(spec, "replication.mode") == "quorum"
    return by_mode or any(stated(spec, f"replication.{name}") for name in ("write_quorum", "voters"))


@check("LAW010", "partition-behaviour-undeclared", severity=WARNING, applies=keeps_data)
def partition_behaviour_undeclared(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """A replicated store does not say what a part does that is cut off from the others.

    What it finds: stores, caches and brokers that keep copies in two failure domains or more (zones, regions, racks)
    and state no `on_partition`. Silent where that follows from something else: a quorum or voters, `mode: quorum`,
    topics with `min_insync_replicas` of two or more, a technology that works by majority, or one that its provider
    spreads over zones. Brokers that name another technology are left to what is known of it.

    Why it matters: partitions are not chosen, only the behaviour during one is. Nobody's choice is still a behaviour:
    the default of a driver or of a failover script, met for the first time in an incident.

    At 3 AM: the link between two zones flaps, both sides answer, and nobody knows whose writes will be kept. Stop
    writes on one side before anything else.

    How to fix: decide for this data whether a part without the others rejects or serves, configure the store so, and
    state it as `on_partition`.

    When it is wrong: the store's technology has one fixed behaviour that the manifest does not name.

    Sources: S. Gilbert and N. Lynch, "Brewer's conjecture and the feasibility of consistent, available,
    partition-tolerant web services", SIGACT News 33(2), 2002, https://doi.org/10.1145/564585.564601; E. Brewer, "CAP
    twelve years later", IEEE Computer 45(2), 2012; P. Bailis and K. Kingsbury, "The network is reliable", ACM Queue
    12(7), 2014.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger: {nodes: 3, zones: [eu-1a, eu-1b, eu-1c], replication: {mode: sync, factor: 3}}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger: {nodes: 3, zones: [eu-1a, eu-1b, eu-1c], replication: {mode: sync, factor: 3}, on_partition: reject}
    """
    technology = slug_of(component)
    if spreads_itself(component) or (isinstance(component, Broker) and technology):
        raise NotApplicable
    domains = _domains(component)
    if domains == 1:
        raise NotApplicable
    if stated(component.spec, "on_partition") is not None or elects_itself(technology):
        return
    if _quorum_decides(component):
        return
    copies = copies_of(component)
    if isinstance(copies, Known) and copies.value <= 1:
        raise NotApplicable
    need(component, copies, Unknown("zones") if domains is None else Known(domains))
    yield Finding(
        at=component,
        field="on_partition",
        message=(
            f"{component.label} keeps copies in {show(domains or 0, 'failure domains')} and does not say what a part "
            "that is cut off from the others does"
        ),
        evidence=(Evidence("copies", need(component, copies)), Evidence("failure domains", domains or 0)),
        remedy="Decide whether such a part rejects or serves, configure it so, and state it as `on_partition`.",
        unstated="on_partition",
        cause="on_partition",
    )


@check("LAW011", "cap-contradiction", severity=ERROR)
def cap_contradiction(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """A store promises one order of all operations and serves on both sides of a partition.

    What it finds: `consistency: linearizable` or `serializable` together with `on_partition: serve`, where there is
    more than one copy. No protocol can do both while the copies cannot reach each other. Every live node answering is
    what the theorem calls available; it is not the availability of an objective.

    Why it matters: one of the two statements is false, and which one is found out in an incident: a balance spent
    twice, or writes that vanish when the sides meet.

    At 3 AM: after a network fault two copies disagree and both have customers. Stop writes, keep both histories, and
    reconcile by hand; do not let the store resolve it by the last write.

    How to fix: let the part without a quorum reject (`on_partition: reject`), or weaken the promise to what is served:
    causal or eventual, with a conflict resolution that is stated.

    When it is wrong: `serve` was meant for reads that may be stale; then that is the consistency.

    Sources: S. Gilbert and N. Lynch, "Brewer's conjecture and the feasibility of consistent, available,
    partition-tolerant web services", SIGACT News 33(2), 2002, theorem 1; P. Bailis and others, "Highly available
    transactions: virtues and limitations", VLDB 7(3), 2013 (serializability).

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger: {nodes: 3, consistency: linearizable, on_partition: serve}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger: {nodes: 3, consistency: linearizable, on_partition: reject}
    """
    consistency, behaviour = stated(store.spec, "consistency"), stated(store.spec, "on_partition")
    copies = copies_of(store)
    if isinstance(copies, Known) and copies.value <= 1:
        raise NotApplicable
    if (consistency is not None and consistency not in STRONG) or behaviour == "reject":
        return
    need(store, "consistency", "on_partition")
    yield Finding(
        at=store,
        field="on_partition",
        message=f"{store.label} promises to be {consistency} and serves in every part that a partition leaves",
        evidence=(Evidence("consistency", str(consistency)), Evidence("on a partition", str(behaviour))),
        formula="during a partition, not (linearizable and every request to a live node answered)",
        clears=(
            Clear("on_partition", "reject", "reject", WARNING),
            Clear("consistency", "eventual", "eventual", WARNING),
        ),
        remedy="Let a part without a quorum reject, or promise no more than what such a part can serve.",
        related=(Related(store, f"promises to be {consistency}", "consistency"),),
    )
