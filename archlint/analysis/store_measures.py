"""Measures of stores and of the calls to them: what they are is said in archlint/knowledge/measures.py."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, Literal

from archlint.analysis.instances import greatest, surge
from archlint.analysis.measured import Found, Knob, Measured, Measurers, Subject, Term, lacking
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import (
    NONE,
    Broker,
    Call,
    Client,
    Component,
    Datastore,
    Job,
    Network,
    Publish,
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


def database_size(subject: Subject) -> Found:
    store, size, shards = subject.component, stated(subject.component.spec, "size"), _shards(subject)
    if size is None:
        yield Unknown("size")
        return
    terms = (Term("data", size, "B"), Term("shards", shards)) if shards > 1 else ()
    yield Measured(
        size / shards, store, "size", f"{store.label} holds {{}}" + (" on each shard" if shards > 1 else ""),
        terms=terms, formula="size / shards" if shards > 1 else "", knob=Knob(factor=1 / shards, unit="B"),
    )  # fmt: skip


def write_rate(subject: Subject) -> Found:
    return _rate(subject, "writes", 1)


def write_rate_per_shard(subject: Subject) -> Found:
    return _rate(subject, "writes", _shards(subject))


def read_rate(subject: Subject) -> Found:
    return _rate(subject, "reads", 1)


def _rate(subject: Subject, part: Literal["reads", "writes"], shards: int) -> Found:
    store, load = subject.component, subject.analyses.load
    found = load.writes(store) if part == "writes" else load.reads(store)
    least = load.access_at_least(store, part)
    if isinstance(found, Unknown) and not least:
        yield found
        return
    value = found.value if isinstance(found, Known) else least
    yield Measured(
        value / shards, store, f"load.{part}" if shards == 1 else "shards",
        f"{store.label} takes {{}} {part[:-1]} requests" + (" on each shard" if shards > 1 else ""),
        terms=(Term(f"{part} at peak", value, "/s"), Term("shards", shards)) if shards > 1 else (),
        formula=f"{part} at peak / shards" if shards > 1 else "",
        missing=found.fields if isinstance(found, Unknown) else (),
        knob=_knob_of_rate(store, part, value, shards),
    )  # fmt: skip


def _knob_of_rate(store: Component, part: str, value: float, shards: int) -> Knob | None:
    if shards > 1:
        return Knob(factor=value, inverse=True)
    return Knob(unit="/s") if stated(store.spec, f"load.{part}") is not None else None


def connections(subject: Subject) -> Found:
    """Pools at their largest; a call without a pool, or with one of unknown size, leaves a lower bound.

    Nothing where `connections.max` is stated: pools are held against it by a law of their own.
    """
    if stated(subject.component.spec, "connections.max") is not None:
        return
    store, total, missing, seen = subject.component, 0, set[str](), set[tuple[Component, str]]()
    terms: list[Term] = []
    for call in _calls_to(store, at_the_primary=True):
        pooler = next((n for n in call.through if isinstance(n, Network) and n.spec.kind == "pooler"), None)
        name = "" if pooler is not None else stated(call.spec, "pool.name")
        if name is not None and (pooler or call.caller, name) in seen:
            continue
        seen.add((pooler or call.caller, name or ""))
        count, lacking = _of_pooler(pooler) if pooler is not None else _of_pool(call)
        missing.update(lacking)
        total += count
        terms += [Term(f"from {(pooler or call.caller).label}", count)] if count else []
    if total:
        yield Measured(
            total, store, None, f"the pools of {store.label}'s callers open up to {{}}", terms=tuple(terms),
            formula="sum of pool size x processes x (most instances + deploy surge)",
            missing=tuple(sorted(missing)), certain=False,
        )  # fmt: skip
    elif missing:
        yield Unknown(*missing)


def _of_pooler(pooler: Component) -> tuple[int, tuple[str, ...]]:
    most, nodes = stated(pooler.spec, "connections.max"), greatest(pooler)
    if not isinstance(most, int):
        return 0, ("networks.*.connections.max",)
    return most * (nodes.value if isinstance(nodes, Known) else 1), ()


def _of_pool(call: Call) -> tuple[int, tuple[str, ...]]:
    size, count = stated(call.spec, "pool.size"), _instances(call.caller)
    if not isinstance(size, int):
        return 0, ("services.*.calls.pool.size",)
    if isinstance(count, Unknown):
        return 0, count.fields
    return size * (stated(call.caller.spec, "processes") or 1) * int(count.value), ()


def clients(subject: Subject) -> Found:
    store = subject.component
    callers = dict.fromkeys(call.caller for call in _calls_to(store))
    counts = {caller: _instances(caller) for caller in callers}
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
    store, nodes, readers = subject.component, greatest(subject.component), _change_readers(subject)
    copies = sum(1 for edge in store.incoming if edge.kind == "replica_of")
    standbys = max(0, math.ceil(nodes.value / _shards(subject)) - 1) if isinstance(nodes, Known) else 0
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
    store, readers, nodes = subject.component, _change_readers(subject), greatest(subject.component)
    settings = store.spec.settings or {}
    keeps = any(settings.get(key) not in (None, False, "", "off") for key in ("primary_slot_name", "use_slots"))
    standbys = max(0, math.ceil(nodes.value / _shards(subject)) - 1) if keeps and isinstance(nodes, Known) else 0
    yield Measured(
        len(readers) + standbys, store, None, f"{store.label} keeps {{}}",
        terms=(Term("change-data readers", len(readers)), Term("standbys with a slot", standbys)),
        formula="change-data readers + standbys with a slot",
        missing=nodes.fields if keeps and isinstance(nodes, Unknown) else (),
    )  # fmt: skip


def prepared_transactions(subject: Subject) -> Found:
    names, found = _names(subject.component), 0.0
    used: list[str] = []
    for name, transaction in subject.component.system.transactions.items():
        steps = transaction.spec.steps or []
        if transaction.spec.protocol != "2pc" or not any(step.on in names for step in steps):
            continue
        times = [step.timeout for step in steps]
        rate = transaction.spec.rate
        held = sum(times) if all(isinstance(time, float | int) for time in times) else None
        found += max(1.0, math.ceil(rate * held)) if rate is not None and held is not None else 1.0
        used.append(name)
    if used:
        yield Measured(
            found, subject.component, None,
            f"{subject.component.label} takes part in two-phase commit ({', '.join(used)}), with {{}} prepared at once",
            formula="sum of rate x time in doubt, at least one",
        )  # fmt: skip


def request_size(subject: Subject) -> Found:
    for call in _calls_to(subject.component):
        payload = call.spec.payload
        if payload is not None:
            yield Measured(payload, call, "payload", f"{call.label} sends {{}} in one request",
                           knob=Knob(unit="B"), owners=(call.caller,))  # fmt: skip
        elif call.spec.access != "read":  # a read carries a key or a query, nothing that is stored
            yield Unknown("services.*.calls.payload")


def _names(component: Component) -> tuple[str, str]:
    return component.name, f"{component.system.name}/{component.name}"


def _shards(subject: Subject) -> int:
    return max(1, stated(subject.component.spec, "shards") or 1)


def _calls_to(component: Component, *, at_the_primary: bool = False) -> Iterator[Call]:
    """The calls that connect to a component; at its node that takes writes where the two are told apart."""
    elsewhere = at_the_primary and getattr(component.spec, "reads_from", None) == "replicas"
    for edge in component.incoming:
        call = edge.item
        if edge.kind != "call" or not isinstance(call, Call) or component not in edge.targets:
            continue
        if not (elsewhere and call.spec.access == "read"):
            yield call


def _instances(caller: Component) -> Known[float] | Unknown:
    """At their maximum and with the deploy surge."""
    if isinstance(caller, Job):
        return Known(float(caller.spec.replicas or 1))
    if isinstance(caller, Client):
        population = stated(caller.spec, "concurrent")
        return Unknown("clients.*.concurrent") if population is None else Known(float(population))
    most = greatest(caller)
    if isinstance(most, Unknown):
        return Unknown(*(f"services.*.{name}" for name in most.fields))
    return Known(float(most.value + surge(caller, most.value)))


def _change_readers(subject: Subject) -> list[str]:
    """Who reads the store's log: publishers that capture its changes, and projections built from it."""
    store, names = subject.component, _names(subject.component)
    readers: dict[str, None] = {}
    for call in _calls_to(store):
        publishes: list[Publish] = call.caller.publishes
        if any(publish.spec.via == "cdc" for publish in publishes) and _written_by(call.caller) == [store]:
            readers[call.caller.name] = None
    projections: Mapping[str, Any] = store.system.manifest.projections
    readers.update((name, None) for name, spec in projections.items() if spec.source in names)
    return list(readers)


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


STORE_MEASURES: Measurers = {
    "clients": ((Datastore,), clients),
    "connections": ((Datastore,), connections),
    "database_size": ((Datastore,), database_size),
    "member_round_trip": ((Datastore,), member_round_trip),
    "prepared_transactions": ((Datastore,), prepared_transactions),
    "read_rate": ((Datastore,), read_rate),
    "replication_clients": ((Datastore,), replication_clients),
    "replication_slots": ((Datastore,), replication_slots),
    "request_size": ((Datastore,), request_size),
    "voters": ((Broker, Datastore), voters),
    "write_rate": ((Datastore,), write_rate),
    "write_rate_per_shard": ((Datastore,), write_rate_per_shard),
}
"""By name: the components that have the measure, and what computes it for one of them."""
