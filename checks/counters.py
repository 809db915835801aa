"""Counters of limited width: sequences, identifiers, transaction numbers."""

from __future__ import annotations

import math
from typing import Any

from archlint.analysis.analyses import Analyses
from archlint.analysis.growth import MONTH, after, figures_date
from archlint.analysis.technology import is_postgresql
from archlint.analysis.thresholds import exceeds
from archlint.plugin import (
    ERROR,
    WARNING,
    Clear,
    Datastore,
    Evidence,
    Finding,
    Iterator,
    Options,
    Unknown,
    check,
    show,
)
from archlint.records import dataclass

NEAR = 0.8
"""Share of the range from which a counter is near its end, whatever its rate."""

_DAY = 86400 / MONTH
"""Months: nobody needs to know of an end more exactly."""

XID = frozenset({"xid", "txid", "transactionid", "transactionids", "datfrozenxid", "relfrozenxid"})
MULTIXACT = frozenset({"mxid", "multixact", "multixactid", "multixactids", "datminmxid"})
XID_BITS = 31
"""PostgreSQL compares 32-bit transaction IDs modulo 2^32, so that half of them lie ahead."""

XID_STOP = 3_000_000
"""Transactions before the end at which PostgreSQL refuses to assign another."""


@dataclass(frozen=True, slots=True)
class Times(Options):
    """Months that a wider counter takes to build, and months ahead to look."""

    lead: float = 6.0
    months: float = 24.0


def _counts(store: Datastore) -> bool:
    return bool(store.spec.counters)


@check("LIM008", "counter-exhaustion", severity=ERROR, applies=_counts, options=Times)
def counter_exhaustion(store: Datastore, analyses: Analyses, options: Times) -> Iterator[Finding]:
    """A counter comes to the end of its range before anybody can widen it, or within two years.

    What it finds: (2^bits - 1 - `now`) / `rate` of each of `counters`, where `signed` takes one bit away, counted from
    the date on which the figures were true. Within six months, the time that a wider column in a large table takes
    (option `lead`), or past the end, is an error; within two years (option `months`), or beyond 80% of the range, a
    warning. A counter named after the transaction ID of PostgreSQL has 31 bits unless stated, and ends 3 million
    before them, where the server stops to assign. In a store that says that it is PostgreSQL, LIM120 speaks.

    Why it matters: on that day each insert fails, at once and until the column is wider, which rewrites the table.

    At 3 AM: "integer out of range", "Duplicate entry for key PRIMARY", "database is not accepting commands". Let the
    sequence go on in unused negative values, or vacuum the oldest tables; nothing else is quick.

    How to fix: move to 64 bits while there is time: a new column, filled in the background, then exchanged. For
    transaction IDs: find what holds vacuum back (old transactions, slots), and freeze.

    When it is wrong: the counter wraps around by design. Leave it out.

    Sources: PostgreSQL Global Development Group, PostgreSQL Documentation, section 24.1.5, "Preventing Transaction ID
    Wraparound Failures", 2025, https://www.postgresql.org/docs/current/routine-vacuuming.html.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          orders: {counters: [{name: line.id, bits: 31, now: 1.9G, rate: 2M/day}]}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          orders: {counters: [{name: line.id, bits: 63, now: 1.9G, rate: 2M/day}]}
    """
    missing: set[str] = set()
    for index, counter in enumerate(store.spec.counters):
        if is_postgresql(store) and wraps(counter):
            continue  # vacuum takes it back: LIM120 knows how far
        width = width_of(counter)
        lacks = [f"counters.{name}" for name, value in (("bits", width), ("now", counter.now)) if value is None]
        if width is None or counter.now is None:
            missing.update(lacks)
            continue
        found = End(store, index, counter, 2.0**width - 1 - (XID_STOP if is_xid(counter) else 0))
        if found.months is None and not exceeds(found.used, NEAR):
            missing.add("counters.rate")
        else:
            yield from found.finding(analyses, options)
    if missing:
        raise Unknown(*missing)


def is_xid(counter: Any) -> bool:
    """Whether it is named after PostgreSQL's transaction ID."""
    return _plain(counter.name) in XID


def is_multixact(counter: Any) -> bool:
    return _plain(counter.name) in MULTIXACT


def wraps(counter: Any) -> bool:
    """Whether it is one of PostgreSQL's that come round again, and not one of them made 64 bits wide."""
    return (is_xid(counter) or is_multixact(counter)) and (counter.bits or 0) <= XID_BITS + 1


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


def width_of(counter: Any) -> int | None:
    """Bits that count."""
    if counter.bits is None:
        return XID_BITS if is_xid(counter) else None
    return int(counter.bits) - (1 if counter.signed else 0)


class End:
    """How near a counter is to the end of its range. `months` is None where its rate is not stated."""

    def __init__(self, store: Datastore, index: int, counter: Any, last: float) -> None:
        self.store, self.index, self.counter, self.last = store, index, counter, last
        self.left = max(0.0, last - float(counter.now))
        self.used = float(counter.now) / last if last > 0 else math.inf
        rate = counter.rate
        self.months = None if rate is None else (self.left / float(rate) / MONTH if rate else math.inf)
        if self.left == 0:
            self.months = 0.0

    def finding(self, analyses: Analyses, options: Times) -> Iterator[Finding]:
        start = figures_date(self.store, analyses.today)
        gone = (analyses.today - start).total_seconds() / MONTH
        ahead = math.inf if self.months is None else max(0.0, self.months - gone)
        soon = exceeds(options.lead, ahead) or self.left == 0
        if not soon and not exceeds(options.months, ahead) and not exceeds(self.used, NEAR):
            return
        date = None if self.months is None or math.isinf(self.months) else after(start, self.months)
        yield Finding(
            at=self.store,
            field=f"counters[{self.index}].bits",
            severity=ERROR if soon else WARNING,
            message=self._message(str(date) if date is not None else "", options, soon=soon),
            exposure=max(self.used, options.months / max(ahead, _DAY)),
            evidence=tuple(self._evidence(str(date) if date is not None else "", ahead, options)),
            formula="(last - now) / rate",
            clears=tuple(self._clears(options, gone)),
            remedy="Move to a wider counter while there is time, and alert on the share that is used.",
            key=self.counter.name,
        )

    def _message(self, date: str, options: Times, *, soon: bool) -> str:
        used = f"{self.counter.name} of {self.store.label} has used {self.used:.0%} of its {show(self.last)} values"
        if self.left == 0:
            return f"{self.counter.name} of {self.store.label} is past its last value, {show(self.last)}"
        if not date:
            return used
        lead = f", and a wider one takes {show(options.lead, 'months')}" if soon else ""
        return f"{used} and ends on {date}{lead}"

    def _evidence(self, date: str, ahead: float, options: Times) -> Iterator[Evidence]:
        yield Evidence("now", float(self.counter.now))
        yield Evidence("last value", self.last)
        if self.counter.rate is not None:
            yield Evidence("rate", float(self.counter.rate), "/s")
        if date:
            yield Evidence("ends on", date)
            yield Evidence("months left", ahead)
            yield Evidence("months that a wider one takes", options.lead)

    def _clears(self, options: Times, gone: float) -> Iterator[Clear]:
        """Bits that last beyond the horizon and leave a fifth of the range."""
        if is_xid(self.counter):
            return
        rate = float(self.counter.rate or 0.0)
        needed = max(float(self.counter.now) + rate * MONTH * (options.months + gone), float(self.counter.now) / NEAR)
        bits = math.ceil(math.log2(needed + 2)) + (1 if self.counter.signed else 0)
        yield Clear(f"counters[{self.index}].bits", bits, str(bits), WARNING)
