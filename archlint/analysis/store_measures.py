"""Measures of the data and the load of stores and caches: what they are is said in archlint/knowledge/measures.py."""

from __future__ import annotations

from typing import Literal

from archlint.analysis.callers import calls_to
from archlint.analysis.hot_keys import hottest_of
from archlint.analysis.measured import (
    Found,
    Knob,
    Measured,
    Measurer,
    Measurers,
    Subject,
    Term,
    lacking,
    of_field,
    ratio,
)
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import Cache, Component, Datastore, stated

Access = Literal["reads", "writes"]


def total_size(subject: Subject) -> Found:
    return _size(subject, 1)


def database_size(subject: Subject) -> Found:
    return _size(subject, shards_of(subject))


def _size(subject: Subject, shards: int) -> Found:
    store, size = subject.component, stated(subject.component.spec, "size")
    if size is None:
        yield Unknown("size")
        return
    terms = (Term("data", size, "B"), Term("shards", shards)) if shards > 1 else ()
    yield Measured(
        size / shards, store, "size", f"{store.label} holds {{}}" + (" on each shard" if shards > 1 else ""),
        terms=terms, formula="size / shards" if shards > 1 else "", knob=Knob(factor=1 / shards, unit="B"),
    )  # fmt: skip


def stored_per_node(subject: Subject) -> Found:
    store, copies = subject.component, stated(subject.component.spec, "replication.factor")
    for found in ratio(total_size, "", "nodes", "")(subject):
        if isinstance(found, Unknown):
            yield found
            continue
        factor = copies if isinstance(copies, int) else 1
        yield found._replace(
            value=found.value * factor, says=f"each node of {store.label} holds {{}}, copies included",
            terms=(*found.terms, Term("copies", factor)), formula="size x copies / nodes",
            missing=lacking(copies is None, "replication.factor"),
            knob=found.knob and found.knob._replace(factor=found.knob.factor * factor),
        )  # fmt: skip


def records(subject: Subject) -> Found:
    field = "keys" if isinstance(subject.component, Cache) else "records"
    return of_field(field, "holds {}", needed=True)(subject)


def partition_size(subject: Subject) -> Found:
    return _of_partition(subject, total_size, "B")


def records_per_partition(subject: Subject) -> Found:
    return _of_partition(subject, records)


def _of_partition(subject: Subject, measurer: Measurer, unit: str = "") -> Found:
    """A mean over the keys, which the largest partition is no less than."""
    store = subject.component
    values = stated(store.spec, "partition_key.cardinality")
    whole = next(measurer(subject), None)
    if isinstance(whole, Unknown) or not isinstance(values, int | float) or not values or whole is None:
        missing = whole.fields if isinstance(whole, Unknown) else ()
        yield Unknown(*missing, *lacking(not isinstance(values, int | float), "partition_key.cardinality"))
        return
    yield Measured(
        whole.value / values, store, "partition_key", f"a partition of {store.label} holds {{}} on average",
        terms=(Term("in all", whole.value, unit), Term("partition keys", values)), formula="in all / partition keys",
    )  # fmt: skip


def item_size(subject: Subject) -> Found:
    """The largest write, or else what an entry has on average."""
    store = subject.component
    own, size, count = (stated(store.spec, name) for name in ("entry_size", "size", "records"))
    if own is not None:
        yield Measured(own, store, "entry_size", f"an entry of {store.label} has {{}} on average", knob=Knob(unit="B"))
    elif size is not None and count:
        yield Measured(
            size / count, store, "size", f"a record of {store.label} has {{}} on average",
            terms=(Term("data", size, "B"), Term("records", count)), formula="size / records",
        )  # fmt: skip
    for call in calls_to(store):
        if call.spec.access == "read":
            continue
        if call.spec.payload is not None:
            yield Measured(call.spec.payload, call, "payload", f"{call.label} writes {{}} at once",
                           knob=Knob(unit="B"), owners=(call.caller,))  # fmt: skip
        elif own is None:
            yield Unknown("services.*.calls.payload")


def write_rate(subject: Subject) -> Found:
    return _rate(subject, "writes", 1)


def write_rate_per_shard(subject: Subject) -> Found:
    return _rate(subject, "writes", shards_of(subject))


def read_rate(subject: Subject) -> Found:
    return _rate(subject, "reads", 1)


def read_rate_per_shard(subject: Subject) -> Found:
    return _rate(subject, "reads", shards_of(subject))


def _rate(subject: Subject, part: Access, shards: int) -> Found:
    store = subject.component
    value, missing = at_peak(subject, part)
    if missing and not value:
        yield Unknown(*missing)
        return
    yield Measured(
        value / shards, store, f"load.{part}" if shards == 1 else "shards",
        f"{store.label} takes {{}} {part[:-1]} requests" + (" on each shard" if shards > 1 else ""),
        terms=(Term(f"{part} at peak", value, "/s"), Term("shards", shards)) if shards > 1 else (),
        formula=f"{part} at peak / shards" if shards > 1 else "", missing=missing,
        knob=_knob_of_rate(store, part, value, shards),
    )  # fmt: skip


def at_peak(subject: Subject, part: Access) -> tuple[float, tuple[str, ...]]:
    """Reads or writes of a store, at least, and what is missing of them."""
    store, load = subject.component, subject.analyses.load
    found = load.writes(store) if part == "writes" else load.reads(store)
    if isinstance(found, Known):
        return found.value, ()
    return load.access_at_least(store, part), found.fields


def _knob_of_rate(store: Component, part: str, value: float, shards: int) -> Knob | None:
    if shards > 1:
        return Knob(factor=value, inverse=True)
    return Knob(unit="/s") if stated(store.spec, f"load.{part}") is not None else None


def store_request_rate(subject: Subject) -> Found:
    """Reads and writes; all that calls, where the access of some is not stated."""
    store, load = subject.component, subject.analyses.load
    found, least = load.requests(store), load.at_least(store)
    if isinstance(found, Unknown) and not least:
        yield found
        return
    value = found.value if isinstance(found, Known) else least
    yield Measured(
        value, store, "load", f"{store.label} takes {{}} requests",
        missing=found.fields if isinstance(found, Unknown) else (),
    )  # fmt: skip


def hottest_key_rate(subject: Subject) -> Found:
    store, own = subject.component, stated(subject.component.spec, "hottest_key")
    if own is not None:
        yield Measured(own, store, "hottest_key", f"the most wanted key of {store.label} takes {{}}",
                       knob=Knob(unit="/s"))  # fmt: skip
        return
    for found in store_request_rate(subject) if hottest_of(store.spec) is not None else ():
        yield _of_hottest(found, store, "requests")


def hottest_key_write_rate(subject: Subject) -> Found:
    for found in _rate(subject, "writes", 1) if hottest_of(subject.component.spec) is not None else ():
        yield _of_hottest(found, subject.component, "writes")


def hottest_key_read_rate(subject: Subject) -> Found:
    for found in _rate(subject, "reads", 1) if hottest_of(subject.component.spec) is not None else ():
        yield _of_hottest(found, subject.component, "reads")


def _of_hottest(found: Measured | Unknown, store: Component, what: str) -> Measured | Unknown:
    if isinstance(found, Unknown):
        return found
    share = hottest_of(store.spec) or 0.0
    return found._replace(
        value=found.value * share, field="partition_key", knob=None,
        says=f"the hottest key of {store.label} takes {{}} {what}",
        terms=(Term(f"{what} at peak", found.value, "/s"), Term("share of the hottest key", share, "fraction")),
        formula=f"{what} at peak x share of the hottest key",
    )  # fmt: skip


def write_throughput(subject: Subject) -> Found:
    store, load = subject.component, subject.analyses.load
    calls = [call for call in calls_to(store) if call.spec.access != "read"]
    total, missing = 0.0, set[str]()
    for call in calls:
        rate, size = load.of_call(call), call.spec.payload
        missing.update(rate.fields if isinstance(rate, Unknown) else ())
        missing.update(lacking(size is None, "services.*.calls.payload"))
        total += rate.value * size if isinstance(rate, Known) and size is not None else 0.0
    if total:
        yield Measured(
            total, store, "load.writes", f"{store.label} takes in {{}}", formula="sum of rate x payload",
            missing=tuple(sorted(missing)),
        )  # fmt: skip
    elif missing:
        yield Unknown(*missing)


def memory_size(subject: Subject) -> Found:
    """Of each node; what one entry more would evict is in all of it."""
    each = ratio(of_field("memory.size", "", needed=True), "", "nodes", "each node of {label} holds {}", unit="B")
    return each(subject)


def shards_per_node(subject: Subject) -> Found:
    store, shards = subject.component, stated(subject.component.spec, "shards")
    if shards is None:
        yield Unknown("shards")
        return
    copies = stated(store.spec, "replication.factor")
    factor = copies if isinstance(copies, int) else 1

    def in_all(_: Subject) -> Found:
        yield Measured(shards * factor, store, "shards", "")

    for found in ratio(in_all, "", "nodes", "each node of {label} holds {}, copies included", whole=True)(subject):
        missing = lacking(copies is None, "replication.factor")
        yield found if isinstance(found, Unknown) else found._replace(missing=missing)


def shards_of(subject: Subject) -> int:
    return max(1, stated(subject.component.spec, "shards") or 1)


def keys_per_node(subject: Subject) -> Found:
    return ratio(records, "", "nodes", "each node of {label} holds {}", whole=True)(subject)


STORES = (Datastore, Cache)

STORE_MEASURES: Measurers = {
    "database_size": ((Datastore,), database_size),
    "entry_ttl": ((Cache,), of_field("ttl", "keeps an entry for {}", "s")),
    "global_indexes": ((Datastore,), of_field("indexes.global_secondary", "has {}")),
    "hottest_key_rate": (STORES, hottest_key_rate),
    "hottest_key_read_rate": (STORES, hottest_key_read_rate),
    "hottest_key_write_rate": (STORES, hottest_key_write_rate),
    "indexes": ((Datastore,), of_field("indexes.count", "has {}")),
    "item_size": (STORES, item_size),
    "keys_per_node": (STORES, keys_per_node),
    "memory_size": ((Cache,), memory_size),
    "partition_size": ((Datastore,), partition_size),
    "read_rate": (STORES, read_rate),
    "read_rate_per_node": (STORES, ratio(read_rate, "", "nodes", "each node of {label} takes {} read requests",
                                         unit="/s")),
    "read_rate_per_shard": (STORES, read_rate_per_shard),
    "records": (STORES, records),
    "records_per_partition": ((Datastore,), records_per_partition),
    "records_per_shard": ((Datastore,), ratio(records, "shards", "shards", "each shard of {label} holds {}")),
    "shards": (STORES, of_field("shards", "has {}")),
    "shards_per_node": (STORES, shards_per_node),
    "size_per_node": ((Datastore,), ratio(total_size, "", "nodes", "each node of {label} holds {}", unit="B")),
    "stored_per_node": ((Datastore,), stored_per_node),
    "total_size": ((Datastore,), total_size),
    "write_rate": (STORES, write_rate),
    "write_rate_per_node": (STORES, ratio(write_rate, "", "nodes", "each node of {label} takes {} write requests",
                                          unit="/s")),
    "write_rate_per_shard": (STORES, write_rate_per_shard),
    "write_throughput": (STORES, write_throughput),
}  # fmt: skip
"""By name: the components that have the measure, and what computes it for one of them."""
