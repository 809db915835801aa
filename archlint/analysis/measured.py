"""What a manifest says of the quantities that limits of technologies bound, one function a measure.

`archlint/knowledge/measures.py` says what each measure is. A function yields nothing where the measure has no
meaning, an Unknown where the manifest leaves it open, and a Measured otherwise, which is a lower bound where
some of its parts are missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

from archlint.analysis.instances import greatest, surge
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import (
    NONE,
    Broker,
    Call,
    Client,
    Component,
    Consume,
    Datastore,
    Element,
    Job,
    Network,
    Publish,
    Topic,
    stated,
)

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses
    from archlint.knowledge.technology import Setting as TechnologySetting
    from archlint.knowledge.technology import Technology


@dataclass(frozen=True, slots=True)
class Subject:
    """A component whose technology is in the catalogue, and how the manifest says that it is run."""

    component: Component
    technology: Technology
    setting: TechnologySetting
    analyses: Analyses


@dataclass(frozen=True, slots=True)
class Term:
    """A named figure of the arithmetic, in a canonical unit or a noun."""

    name: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Knob:
    """How the measure follows one field: value = factor x field + rest, or factor / field."""

    factor: float = 1.0
    rest: float = 0.0
    inverse: bool = False
    unit: str = ""

    def at(self, value: float) -> float:
        """What the field must be for the measure to be `value`."""
        return self.factor / value if self.inverse else (value - self.rest) / self.factor


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure of one subject. `at` and `field` are what the first remedy changes.

    `field` is None where that is the limit's own setting. `says` holds `{}` where the figure goes. `missing` are
    the fields without which the value is a lower bound. `certain` is False for an upper bound that may never
    come true. `owners` are those whose settings may set the limit.
    """

    value: float
    at: Element
    field: str | None
    says: str
    terms: tuple[Term, ...] = ()
    formula: str = ""
    missing: tuple[str, ...] = ()
    certain: bool = True
    knob: Knob | None = None
    owners: tuple[Element, ...] = ()


Found = Iterator[Measured | Unknown]
Measurer = Callable[[Subject], Found]


# Brokers and topics


def partitions_per_cluster(subject: Subject) -> Found:
    topics = _topics(subject)
    known = [topic for topic in topics if topic.spec.partitions is not None]
    if not known:
        yield Unknown("topics.*.partitions")
        return
    total, largest = sum(topic.spec.partitions for topic in known), max(known, key=lambda t: int(t.spec.partitions))
    yield Measured(
        total, largest, "partitions", f"{subject.component.label} has {{}}",
        terms=(Term(f"of {largest.label}", largest.spec.partitions),),
        formula="sum of partitions over topics",
        missing=_if(len(known) < len(topics), "topics.*.partitions"),
        knob=Knob(rest=total - largest.spec.partitions),
    )  # fmt: skip


def partition_replicas_per_broker(subject: Subject) -> Found:
    topics, nodes = _topics(subject), greatest(subject.component)
    known = [topic for topic in topics if topic.spec.partitions is not None]
    missing = [*_if(len(known) < len(topics) or not topics, "topics.*.partitions")]
    missing += _if(any(topic.spec.replication_factor is None for topic in known), "topics.*.replication_factor")
    if isinstance(nodes, Unknown) or not known or not nodes.value:
        yield Unknown(*missing, *(nodes.fields if isinstance(nodes, Unknown) else ("nodes",)))
        return
    total = sum(topic.spec.partitions * (topic.spec.replication_factor or 1) for topic in known)
    yield Measured(
        math.ceil(total / nodes.value), subject.component, "nodes",
        f"each broker of {subject.component.label} holds {{}}, replicas counted",
        terms=(Term("replicas of partitions", total), Term("nodes", nodes.value)),
        formula="sum of partitions x replication factor / nodes",
        missing=tuple(missing), knob=Knob(factor=total, inverse=True),
    )  # fmt: skip


def topic_name_length(subject: Subject) -> Found:
    name = str(subject.component.path[-1])
    yield Measured(len(name), subject.component, "", f"the name of {subject.component.label[:40]} has {{}}")


def message_size(subject: Subject) -> Found:
    topic = _topic(subject)
    sizes = [(float(p.spec.size), p, "size") for p in topic.publishers if p.spec.size is not None]
    own = topic.spec.message_size
    at: list[tuple[float, Element, str]] = [*sizes, *([(float(own), topic, "message_size")] if own is not None else [])]
    incomplete = own is None and (len(sizes) < len(topic.publishers) or not topic.publishers)
    if not at:
        if not _is_dead_letter(topic):
            yield Unknown("services.*.publishes.size" if topic.publishers else "message_size")
        return
    value, element, field = max(at, key=lambda item: item[0])
    yield Measured(
        value, element, field, f"{topic.label} gets messages of {{}}",
        missing=_if(incomplete, "services.*.publishes.size"),
        knob=Knob(unit="B"), owners=tuple(publish.owner for publish in topic.publishers),
    )  # fmt: skip


def partition_write_throughput(subject: Subject) -> Found:
    topic, partitions = _topic(subject), _topic(subject).spec.partitions
    if not topic.publishers and _is_dead_letter(topic):
        return
    flow, certain, missing = _bytes_in(subject, topic)
    if partitions is None or not partitions or (missing and not flow):
        yield Unknown(*missing, *_if(not partitions, "partitions"))
        return
    hottest = stated(topic.spec, "partition_key.hottest") if not isinstance(topic.spec.partition_key, str) else None
    share = max(1 / partitions, float(hottest or 0))
    even = share == 1 / partitions
    yield Measured(
        flow * share, topic, "partitions" if even else "partition_key",
        f"{'each' if even else 'the hottest'} partition of {topic.label} takes in {{}}",
        terms=(Term("bytes in", flow, "B/s"), Term("share of one partition", share, "fraction")),
        formula="sum of rate x size x largest share of one partition",
        missing=missing, certain=certain, knob=Knob(factor=flow, inverse=True) if even else None,
    )  # fmt: skip


def _bytes_in(subject: Subject, topic: Topic) -> tuple[float, bool, tuple[str, ...]]:
    """Bytes a second, whether that is no upper bound, and what is missing.

    The topic's largest message stands in for a size that its publisher does not state.
    """
    flow, certain, missing, largest = 0.0, True, set[str](), topic.spec.message_size
    parts = [(subject.analyses.load.of_publish(publish), publish.spec.size) for publish in topic.publishers]
    if not parts:
        peak = stated(topic.spec, "load.peak")
        parts = [(Unknown("rate") if peak is None else Known(peak), None)]
    for rate, own in parts:
        size = largest if own is None else own
        certain = certain and own is not None
        missing.update(_if(isinstance(rate, Unknown), "services.*.publishes.rate"))
        missing.update(_if(size is None, "services.*.publishes.size"))
        if isinstance(rate, Known) and size is not None:
            flow += rate.value * size
    return flow, certain, tuple(sorted(missing))


def consumers_per_partition(subject: Subject) -> Found:
    topic, groups = _topic(subject), _groups(_topic(subject))
    for name, members in groups.items():
        counts = [_consumers(consume) for consume in members]
        total = sum(count for count in counts if count is not None)
        missing = _if(None in counts, "services.*.consumes.instances")
        if not topic.spec.partitions or not total:
            yield Unknown(*missing, *_if(not topic.spec.partitions, "partitions"), *_if(not total, "instances"))
            continue
        yield Measured(
            total / topic.spec.partitions, members[0], "instances",
            f"group {name} has {total} consumers on {topic.spec.partitions} partitions of {topic.label}, {{}} for each",
            terms=(Term("consumers", total), Term("partitions", topic.spec.partitions)),
            formula="consumers of the group / partitions", missing=missing,
            knob=Knob(factor=1 / topic.spec.partitions) if len(members) == 1 else None,
            owners=tuple(consume.owner for consume in members),
        )  # fmt: skip


def batch_processing_time(subject: Subject) -> Found:
    default = next((d for d in subject.technology.defaults_in(subject.setting) if d.field == "batch"), None)
    for consume in _topic(subject).consumers:
        mean, batch = stated(consume.spec, "processing.mean"), consume.spec.batch
        size = batch if isinstance(batch, int) or batch is None else batch.size
        if size is None and default is not None and isinstance(default.value, int | float):
            size = int(default.value)
        if mean is None or size is None:
            yield Unknown(*_if(mean is None, "services.*.consumes.processing.mean"),
                          *_if(size is None, "services.*.consumes.batch"))  # fmt: skip
            continue
        yield Measured(
            mean * size, consume, "batch",
            f"{consume.consumer.label} works up to {{}} on one batch of {_topic(subject).label}",
            terms=(Term("time of one message", mean, "s"), Term("messages in a batch", size)),
            formula="processing.mean x batch", certain=False,
            knob=Knob(factor=mean) if mean else None, owners=(consume.owner,),
        )  # fmt: skip


# Stores


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
            missing=_if(len(known) < len(times), "topology.links.rtt"),
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


# Calls


def request_size(subject: Subject) -> Found:
    for call in _calls_to(subject.component):
        payload = call.spec.payload
        if payload is not None:
            yield Measured(payload, call, "payload", f"{call.label} sends {{}} in one request",
                           knob=Knob(unit="B"), owners=(call.caller,))  # fmt: skip
        elif call.spec.access != "read":  # a read carries a key or a query, nothing that is stored
            yield Unknown("services.*.calls.payload")


# What they stand on


def _if(condition: bool, field: str) -> tuple[str, ...]:
    return (field,) if condition else ()


def _topics(subject: Subject) -> list[Topic]:
    return list(subject.component.topics.values()) if isinstance(subject.component, Broker) else []


def _topic(subject: Subject) -> Topic:
    if not isinstance(subject.component, Topic):
        raise TypeError(f"{subject.component!r} is no topic")
    return subject.component


def _is_dead_letter(topic: Topic) -> bool:
    """Whether consumers put there what they cannot handle: the same messages, judged where they came from."""
    return any(edge.kind == "dead_letter" for edge in topic.incoming)


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


def _groups(topic: Topic) -> Mapping[str, list[Consume]]:
    groups: dict[str, list[Consume]] = {}
    for consume in topic.consumers:
        groups.setdefault(consume.spec.group or consume.consumer.name, []).append(consume)
    return groups


def _consumers(consume: Consume) -> int | None:
    own = consume.spec.instances
    if own is not None:
        return int(own)
    most = greatest(consume.consumer)
    return most.value if isinstance(most, Known) else None


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


STORES: tuple[type[Component], ...] = (Datastore,)

MEASURERS: Mapping[str, tuple[tuple[type[Component], ...], Measurer]] = {
    "batch_processing_time": ((Topic,), batch_processing_time),
    "clients": (STORES, clients),
    "connections": (STORES, connections),
    "consumers_per_partition": ((Topic,), consumers_per_partition),
    "database_size": (STORES, database_size),
    "member_round_trip": (STORES, member_round_trip),
    "message_size": ((Topic,), message_size),
    "partition_replicas_per_broker": ((Broker,), partition_replicas_per_broker),
    "partition_write_throughput": ((Topic,), partition_write_throughput),
    "partitions_per_cluster": ((Broker,), partitions_per_cluster),
    "prepared_transactions": (STORES, prepared_transactions),
    "read_rate": (STORES, read_rate),
    "replication_clients": (STORES, replication_clients),
    "replication_slots": (STORES, replication_slots),
    "request_size": (STORES, request_size),
    "topic_name_length": ((Topic,), topic_name_length),
    "voters": ((Broker, Datastore), voters),
    "write_rate": (STORES, write_rate),
    "write_rate_per_shard": (STORES, write_rate_per_shard),
}
"""By name: the components that have the measure, and what computes it for one of them."""

FIXED = frozenset({"topic_name_length"})
"""Measures that do not grow: near their limit is as good as far from it."""
