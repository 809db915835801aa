"""Measures of what one key, or one queue, takes in the units that managed stores and queues count.

What they are is said in archlint/knowledge/measures.py. A larger item takes several units; where no size is stated,
each request counts as one, which is the least that it can be.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from archlint.analysis.callers import calls_to
from archlint.analysis.hot_keys import hottest_of, is_split
from archlint.analysis.measured import Found, Knob, Measured, Measurers, Subject, Term
from archlint.analysis.store_measures import Access, at_peak
from archlint.analysis.topic_measures import as_topic, is_dead_letter
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import Component, Datastore, Topic, stated

KIB = 1024.0

WRITE = 5.0
"""Request units of Cosmos DB for a write, where a read of as much takes one."""

_STRONG = frozenset({"linearizable", "serializable", "snapshot", "bounded"})
"""What costs twice as much to read; where nothing is stated, the cheaper reads are the default."""
_SIZE_OF: dict[Access, str] = {"reads": "response", "writes": "payload"}


class _Side(NamedTuple):
    """Reads or writes of a whole store: their rate, the units that each takes on average, what is missing."""

    what: Access
    rate: float
    units: float
    missing: tuple[str, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        return (Term(f"{self.what} at peak", self.rate, "/s"), Term(f"units of one of the {self.what}", self.units))


def _side(subject: Subject, what: Access, unit: float) -> _Side:
    """Where the calls state their sizes, these; else the mean size of an item."""
    rate, missing = at_peak(subject, what)
    total, known, lacks = 0.0, 0.0, False
    for call in calls_to(subject.component):
        if call.spec.access != what.removesuffix("s"):
            continue
        size, calls = getattr(call.spec, _SIZE_OF[what]), subject.analyses.load.of_call(call)
        lacks = lacks or size is None
        if size is not None and isinstance(calls, Known):
            total, known = total + calls.value * max(1, math.ceil(size / unit)), known + calls.value
    if known:
        sized = (*missing, *([f"services.*.calls.{_SIZE_OF[what]}"] if lacks else []))
        return _Side(what, rate, total / known, sized)
    mean = _mean_size(subject.component)
    if mean is not None:
        return _Side(what, rate, max(1.0, mean / unit), missing)
    return _Side(what, rate, 1.0, (*missing, f"services.*.calls.{_SIZE_OF[what]}"))


def _mean_size(store: Component) -> float | None:
    size, count = stated(store.spec, "size"), stated(store.spec, "records")
    return size / count if size is not None and count else None


def hottest_key_write_units(subject: Subject) -> Found:
    yield from _of_hottest(subject, [_side(subject, "writes", KIB)], "write units")


def hottest_key_read_units(subject: Subject) -> Found:
    """Half a unit for each 4 KiB of a read that may see an older value."""
    side = _side(subject, "reads", 4 * KIB)
    if not _is_strong(subject.component):
        side = side._replace(units=side.units / 2)
    yield from _of_hottest(subject, [side], "read units")


def hottest_key_request_units(subject: Subject) -> Found:
    """At least: one for a read of 1 KB and ten for one of 100 KB are documented, and nothing in between."""
    reads, writes = _side(subject, "reads", 10 * KIB), _side(subject, "writes", 10 * KIB)
    reads = reads._replace(units=reads.units * (2 if _is_strong(subject.component) else 1))
    writes = writes._replace(units=writes.units * WRITE)
    yield from _of_hottest(subject, [reads, writes], "request units")


def _is_strong(store: Component) -> bool:
    return stated(store.spec, "consistency") in _STRONG


def _of_hottest(subject: Subject, sides: list[_Side], noun: str) -> Found:
    """Of the hottest key: at least an even share, and at most all, where its share is not stated."""
    store, missing = subject.component, {name for side in sides for name in side.missing}
    total = sum(side.rate * side.units for side in sides)
    if not total:
        if missing & {"load.reads", "load.writes"}:
            yield Unknown(*sorted(missing))
        return
    share, most = hottest_of(store.spec), None
    if is_split(store.spec):
        return
    if share is None:
        keys = stated(store.spec, "partition_key.cardinality")
        share, most = 1 / keys if isinstance(keys, int | float) and keys >= 1 else 0.0, total
        if missing:
            most = None
        missing.add("partition_key.hottest")
    terms = [term for side in sides for term in side.terms]
    yield Measured(
        total * share, store, "partition_key", f"the hottest key of {store.label} takes {{}} {noun}",
        terms=(*terms, Term("share of the hottest key", share, "fraction")),
        formula=" + ".join(f"{side.what} x units of each" for side in sides).join(("(", ")"))
        + " x share of the hottest key",
        missing=tuple(sorted(missing)), most=most,
    )  # fmt: skip


def topic_call_rate(subject: Subject) -> Found:
    """Calls that send: a message each, unless the publisher states how many it sends in one."""
    topic = as_topic(subject)
    if not topic.publishers and is_dead_letter(topic):
        return
    rates = [(publish, subject.analyses.load.of_publish(publish)) for publish in topic.publishers]
    known = [(publish, rate.value) for publish, rate in rates if isinstance(rate, Known)]
    if not known:
        yield Unknown("services.*.publishes.rate")
        return
    calls = [(publish, rate / (publish.spec.batch or 1)) for publish, rate in known]
    largest = max(calls, key=lambda pair: pair[1])[0]
    total, certain = sum(count for _, count in calls), all(publish.spec.batch for publish, _ in known)
    messages = sum(rate for _, rate in known)
    noun = "messages in a call" if certain else "messages in a call (default)"
    yield Measured(
        total, largest, "batch", f"the producers of {topic.label} make {{}} calls",
        terms=(Term("messages in", messages, "/s"), Term(noun, messages / total if total else 1.0)),
        formula="sum of rate / batch", certain=certain,
        missing=("services.*.publishes.rate",) if len(known) < len(rates) else (),
        knob=Knob(factor=messages, inverse=True) if len(known) == 1 else None,
    )  # fmt: skip


UNIT_MEASURES: Measurers = {
    "hottest_key_read_units": ((Datastore,), hottest_key_read_units),
    "hottest_key_request_units": ((Datastore,), hottest_key_request_units),
    "hottest_key_write_units": ((Datastore,), hottest_key_write_units),
    "topic_call_rate": ((Topic,), topic_call_rate),
}
"""By name: the components that have the measure, and what computes it for one of them."""
