"""Measures of the nodes of stores and brokers, and of who is connected to them; archlint/knowledge/measures.py says
what each is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

from archlint.analysis.callers import calls_to, clients_of, connections_of, most_instances, of_processes
from archlint.analysis.instances import greatest
from archlint.analysis.measured import Found, Knob, Measured, Measurers, Subject, Term, lacking, of_field, ratio
from archlint.analysis.store_measures import shards_of
from archlint.analysis.technology import runs_on_one_of
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import (
    NONE,
    Broker,
    Cache,
    Call,
    Client,
    Component,
    Datastore,
    Network,
    Publish,
    Service,
    Topic,
    stated,
)


def voters(subject: Subject) -> Found:
    component = subject.component
    count, field = stated(component.spec, "replication.voters"), "replication.voters"
    if not isinstance(count, int):
        count, field = getattr(component.spec, "voters", None), "voters"
    if count is None and isinstance(component, Datastore):
        members = stated(component.spec, "replication.members")
        nodes = greatest(component)
        field = "nodes"
        if isinstance(members, list):
            count, field = sum((m.count or 1) for m in members if m.votes is not False), "replication.members"
        elif isinstance(nodes, Known):
            count = nodes.value
    if count is None:
        yield Unknown(field)
        return
    yield Measured(count, component, field, f"{component.label} has {{}} with a vote",
                   knob=Knob() if field != "replication.members" else None)  # fmt: skip


def members(subject: Subject) -> Found:
    nodes = greatest(subject.component)
    if isinstance(nodes, Unknown):
        yield nodes
        return
    yield Measured(nodes.value, subject.component, "nodes", f"{subject.component.label} has {{}}", knob=Knob())


def replicas_per_shard(subject: Subject) -> Found:
    store, nodes = subject.component, greatest(subject.component)
    copies = sum(1 for edge in store.incoming if edge.kind == "replica_of")
    standbys = max(0, math.ceil(nodes.value / shards_of(subject)) - 1) if isinstance(nodes, Known) else 0
    if isinstance(nodes, Unknown) and not copies:
        yield nodes
        return
    yield Measured(
        standbys + copies, store, "nodes", f"a shard of {store.label} has {{}} beside the one that takes writes",
        terms=(Term("standbys", standbys), Term("copies", copies)), formula="nodes / shards - 1 + copies",
        missing=nodes.fields if isinstance(nodes, Unknown) else (),
    )  # fmt: skip


def replication_factor(subject: Subject) -> Found:
    """Copies; those that the technology makes by itself are not counted where none are stated."""
    field = "replication_factor" if isinstance(subject.component, Topic) else "replication.factor"
    return of_field(field, "keeps {} of each datum")(subject)


def connections(subject: Subject) -> Found:
    """Pools at their largest; a call without a pool, or with one of unknown size, leaves a lower bound.

    Nothing where `connections.max` is stated: pools are held against it by a law of their own.
    """
    store = subject.component
    if stated(store.spec, "connections.max") is not None:
        return
    total, missing, terms = 0, set[str](), list[Term]()
    for holder, count, lacks in connections_of(calls_to(store, at_the_primary=True)):
        missing.update(lacks)
        total += count
        terms += [Term(f"from {holder.label}", count)] if count else []
    if total:
        yield Measured(
            total, store, None, f"the pools of {store.label}'s callers open up to {{}}", terms=tuple(terms),
            formula="sum of pool size x processes x (most instances + deploy surge)",
            missing=tuple(sorted(missing)), certain=False,
        )  # fmt: skip
    elif missing:
        yield Unknown(*missing)


def connections_per_client(subject: Subject) -> Found:
    """Of one instance, over all of its pools to the component."""
    store, held = subject.component, dict[Component, int]()
    missing = False
    for call in calls_to(store):
        size = stated(call.spec, "pool.size")
        missing = missing or (size is None and not isinstance(call.caller, Client))
        if isinstance(size, int):
            held[call.caller] = held.get(call.caller, 0) + size * of_processes(call.caller)
    if held:
        largest = max(held, key=lambda caller: held[caller])
        at = next(call for call in calls_to(store) if call.caller is largest)
        yield Measured(
            held[largest], at, "pool.size", f"one instance of {largest.label} opens up to {{}} to {store.label}",
            formula="pool size x processes", missing=lacking(missing, "services.*.calls.pool.size"), certain=False,
        )  # fmt: skip
    elif missing:
        yield Unknown("services.*.calls.pool.size")


def clients(subject: Subject) -> Found:
    store = subject.component
    counts = {caller: most_instances(caller) for caller in clients_of(store)}
    known = {caller: count.value for caller, count in counts.items() if isinstance(count, Known)}
    missing = sorted({name for count in counts.values() if isinstance(count, Unknown) for name in count.fields})
    if not known:
        if missing:
            yield Unknown(*missing)
        return
    largest = max(known, key=lambda caller: known[caller])
    yield Measured(
        sum(known.values()), largest, "concurrent" if isinstance(largest, Client) else "replicas",
        f"{store.label} has {{}}", terms=tuple(Term(f"of {c.label}", n) for c, n in known.items()),
        formula="sum of most instances + deploy surge over callers", missing=tuple(missing),
    )  # fmt: skip


def member_round_trip(subject: Subject) -> Found:
    """Between regions only: the zones of one region are too near to matter."""
    store, topology = subject.component, subject.component.system.manifest.topology
    zones = stated(store.spec, "zones")
    if topology is None or not topology.regions or zones is None or zones == NONE:
        return
    regions = {zone: region for region, spec in topology.regions.items() for zone in (spec.zones or (region,))}
    links = {frozenset(link.between): link.rtt for link in topology.links or ()}
    pairs = [(a, b) for a, b in combinations(zones, 2) if a in regions and b in regions and regions[a] != regions[b]]
    times = [links.get(frozenset(pair)) or links.get(frozenset(regions[zone] for zone in pair)) for pair in pairs]
    known = [time for time in times if time is not None]
    if known:
        yield Measured(
            max(known), store, "zones", f"members of {store.label} are {{}} apart",
            missing=lacking(len(known) < len(times), "topology.links.rtt"),
        )  # fmt: skip
    elif times:
        yield Unknown("topology.links.rtt")


def replication_clients(subject: Subject) -> Found:
    store, nodes, readers = subject.component, greatest(subject.component), change_readers(subject)
    copies = sum(1 for edge in store.incoming if edge.kind == "replica_of")
    standbys = max(0, math.ceil(nodes.value / shards_of(subject)) - 1) if isinstance(nodes, Known) else 0
    total = standbys + copies + len(readers)
    if isinstance(nodes, Unknown) and not total:
        yield nodes
        return
    yield Measured(
        total, store, None, f"{store.label} streams its log to {{}} at once",
        terms=(Term("standbys", standbys + copies), Term("change-data readers", len(readers))),
        formula="nodes - 1 of a shard + copies + change-data readers",
        missing=nodes.fields if isinstance(nodes, Unknown) else (),
    )  # fmt: skip


def replication_slots(subject: Subject) -> Found:
    store, readers, nodes = subject.component, change_readers(subject), greatest(subject.component)
    settings = store.spec.settings or {}
    keeps = any(settings.get(key) not in (None, False, "", "off") for key in ("primary_slot_name", "use_slots"))
    standbys = max(0, math.ceil(nodes.value / shards_of(subject)) - 1) if keeps and isinstance(nodes, Known) else 0
    yield Measured(
        len(readers) + standbys, store, None, f"{store.label} keeps {{}}",
        terms=(Term("change-data readers", len(readers)), Term("standbys with a slot", standbys)),
        formula="change-data readers + standbys with a slot",
        missing=nodes.fields if keeps and isinstance(nodes, Unknown) else (),
    )  # fmt: skip


_CAPTURE = frozenset({"debezium", "debezium-server"})
"""Technologies that read the log of whatever store they call."""


def change_readers(subject: Subject) -> list[str]:
    """Who reads the store's log: publishers that capture its changes, and projections built from it."""
    store, names = subject.component, names_of(subject.component)
    readers: dict[str, None] = {}
    for call in calls_to(store):
        publishes: list[Publish] = call.caller.publishes
        captures = any(publish.spec.via == "cdc" for publish in publishes) and _written_by(call.caller) == [store]
        if captures or runs_on_one_of(call.caller, _CAPTURE):
            readers[call.caller.name] = None
    projections: Mapping[str, Any] = store.system.manifest.projections
    readers.update((name, None) for name, spec in projections.items() if spec.source in names)
    return list(readers)


def names_of(component: Component) -> tuple[str, str]:
    return component.name, f"{component.system.name}/{component.name}"


def _written_by(caller: Component) -> list[Component]:
    """The stores that a component may write to; a log that is read for it is that of the only one."""
    found = (
        target
        for edge in caller.outgoing
        if isinstance(edge.item, Call) and edge.kind == "call" and edge.item.spec.access != "read"
        for target in edge.targets
        if isinstance(target, Datastore)
    )
    return list(dict.fromkeys(found))


_STORES = (Datastore, Cache)
_NODES = (Datastore, Cache, Broker)
_SERVERS = (Datastore, Cache, Broker, Network, Service)

MEMBER_MEASURES: Measurers = {
    "backup_retention": (_NODES, of_field("backup.retention", "keeps backups for {}", "s")),
    "clients": (_SERVERS, clients),
    "clients_per_node": (_SERVERS, ratio(clients, "", "nodes", "each node of {label} has {}", whole=True)),
    "connection_limit": ((*_NODES, Network), of_field("connections.max", "is to accept {}")),
    "connections": (_NODES, connections),
    "connections_per_client": (_SERVERS, connections_per_client),
    "election_timeout": (_NODES, of_field("consensus.election_timeout", "replaces a leader after {}", "s")),
    "failover_time": (_NODES, of_field("failover.time", "is expected to take writes again after {}", "s")),
    "member_round_trip": (_NODES, member_round_trip),
    "members": (_STORES, members),
    "replicas_per_shard": (_STORES, replicas_per_shard),
    "replication_clients": ((Datastore,), replication_clients),
    "replication_factor": ((Topic, *_STORES), replication_factor),
    "replication_lag": (_NODES, of_field("replication.lag_p99", "has copies that lag {}", "s")),
    "replication_slots": ((Datastore,), replication_slots),
    "voters": ((Broker, Datastore), voters),
}
"""By name: the components that have the measure, and what computes it for one of them."""
