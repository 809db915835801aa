"""PostgreSQL: transaction IDs that vacuum must take back in time, and sequences that come to their end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from archlint.analysis.analyses import Analyses
from archlint.analysis.configuration import setting
from archlint.analysis.technology import is_postgresql
from archlint.analysis.thresholds import exceeds
from archlint.checks.counters import NEAR, XID_BITS, XID_STOP, End, Times, is_multixact, width_of, wraps
from archlint.plugin import ERROR, WARNING, Clear, Component, Datastore, Evidence, Finding, Unknown, check, show
from archlint.records import dataclass, replace

DAY = 86400

LAST = 2.0**XID_BITS - 1 - XID_STOP
"""Age at which the server refuses to assign another."""

WARNED = 40_000_000
"""Transactions before 2^31 from which the server itself warns at each one."""

FORCED = {"autovacuum_freeze_max_age": 200_000_000, "autovacuum_multixact_freeze_max_age": 400_000_000}
"""Ages at which autovacuum freezes a table though it is switched off, by the setting, with the default."""

SLACK = 0.25
"""The share of what lies between the forced vacuum and the end that a working vacuum may leave behind."""


@dataclass(frozen=True, slots=True)
class Vacuum(Times):
    """Days that freezing the largest tables takes once vacuum is free to, and at least must have."""

    days: float = 7.0
    least: float = 1.0


def _counts(component: Component) -> bool:
    return is_postgresql(component) and bool(component.spec.counters)


@check("LIM120", "postgres-xid-or-sequence", severity=ERROR, applies=_counts, options=Vacuum, subsumes=("LIM008",))
def postgres_xid_or_sequence(store: Datastore, analyses: Analyses, options: Vacuum) -> Iterator[Finding]:
    """Transaction IDs of a PostgreSQL server age faster than vacuum takes them back, or a sequence ends.

    What it finds: two kinds of `counters`. Transaction and multixact IDs (`xid`, `datfrozenxid`, `multixact`; `now` is
    the age of the oldest, `rate` how many are used) are taken back by vacuum, which is forced at
    `autovacuum_freeze_max_age`, 200 million unless `settings` say otherwise. An age that has left a quarter of the way
    from there to the end behind is a warning: something holds vacuum back. It is then an error within 40 million of
    2^31, where the server itself warns, or where the end is less than seven days off (option `days`). A rate at which
    the whole way takes less than a day (option `least`) is a warning. All other counters, sequences and serial
    columns, are judged as in LIM008, and found here instead.

    Why it matters: three million transactions before the wraparound the server refuses all writes, until a vacuum of
    the largest tables has ended, which takes hours to days. Sentry was down for a day so, in 2015.

    At 3 AM: "database is not accepting commands that assign new transaction IDs". End old transactions
    (pg_stat_activity, pg_prepared_xacts), drop dead replication slots, then VACUUM (FREEZE) the table with the oldest
    relfrozenxid, indexes left out. "nextval: reached maximum value of sequence", "integer out of range": let the
    sequence go on below zero.

    How to fix: find what keeps old rows visible, and give autovacuum more workers and a higher cost limit on the
    largest tables; alert on age(datfrozenxid). Make identity columns bigint before half of the range is used.

    When it is wrong: the stated age is that of a table that is being dropped.

    Sources: PostgreSQL Global Development Group, PostgreSQL Documentation, section 24.1.5, "Preventing Transaction ID
    Wraparound Failures", 2025, https://www.postgresql.org/docs/current/routine-vacuuming.html; section 8.1.1, "Integer
    Types" and 8.1.4, "Serial Types", https://www.postgresql.org/docs/current/datatype-numeric.html; D. Cramer,
    "Transaction ID Wraparound in Postgres", Sentry, 2015, https://blog.sentry.io/transaction-id-wraparound-in-postgres/.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          orders: {technology: postgresql@16, counters: [{name: xid, now: 1.2G, rate: 80M/day}]}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          orders: {technology: postgresql@16, counters: [{name: xid, now: 190M, rate: 80M/day}]}
    """
    missing: set[str] = set()
    for index, counter in enumerate(store.spec.counters):
        judge = _of_wrapping if wraps(counter) else _of_sequence
        for found in judge(store, index, counter, analyses, options):
            if isinstance(found, Unknown):
                missing.update(found.fields)
            else:
                yield replace(found, explains=(counter.name,), key=counter.name)
    if missing:
        raise Unknown(*missing)


Found = Iterator[Finding | Unknown]


def _of_sequence(store: Datastore, index: int, counter: Any, analyses: Analyses, options: Vacuum) -> Found:
    width = width_of(counter)
    if width is None or counter.now is None:
        lacks = (("bits", width), ("now", counter.now))
        yield Unknown(*(f"counters.{name}" for name, value in lacks if value is None))
        return
    end = End(store, index, counter, 2.0**width - 1)
    if end.months is None and not exceeds(end.used, NEAR):
        yield Unknown("counters.rate")
    for found in end.finding(analyses, options):
        yield replace(
            found, remedy="Make the column and all that refer to it bigint while there is time, and alert on the share."
        )


def _of_wrapping(store: Datastore, index: int, counter: Any, analyses: Analyses, options: Vacuum) -> Found:
    forced = _forced_at(store, counter)
    age, rate = counter.now, counter.rate
    if isinstance(forced, Unknown):
        yield forced
        return
    lacks = [f"counters.{name}" for name, value in (("now", age), ("rate", rate)) if value is None]
    if age is not None and exceeds(float(age), _allowed(forced)):
        yield _overdue(store, index, counter, forced, options)
    elif rate and LAST - forced < float(rate) * options.least * DAY:
        yield _too_fast(store, counter, forced, options)
    elif lacks:
        yield Unknown(*lacks)


def _forced_at(store: Datastore, counter: Any) -> float | Unknown:
    """The age at which autovacuum freezes whatever it is told."""
    key = _key_of(counter)
    stated = setting(store, key)
    if stated is None:
        return float(FORCED[key])
    number = stated.value if isinstance(stated.value, int | float) else str(stated.value).replace("_", "")
    try:
        return float(number)
    except ValueError:
        return Unknown(stated.field)


def _key_of(counter: Any) -> str:
    return "autovacuum_multixact_freeze_max_age" if is_multixact(counter) else "autovacuum_freeze_max_age"


def _days_left(age: float, rate: float | None) -> float:
    return max(0.0, LAST - age) / float(rate) / DAY if rate else math.inf


def _allowed(forced: float) -> float:
    """The age that a vacuum may leave behind which begins where it is forced, and works; never within the warning."""
    return min(forced + SLACK * (LAST - forced), LAST + XID_STOP - WARNED)


def _overdue(store: Datastore, index: int, counter: Any, forced: float, options: Vacuum) -> Finding:
    age = float(counter.now)
    left, allowed = _days_left(age, counter.rate), _allowed(forced)
    soon = left < options.days or age >= LAST + XID_STOP - WARNED
    ends = f", {show(left, 'days')} from now at this rate" if math.isfinite(left) and age < LAST else ""
    return Finding(
        at=store,
        field=f"counters[{index}].now",
        severity=ERROR if soon else WARNING,
        message=(
            f"the oldest {counter.name} of {store.label} is {show(age)} behind though vacuum is forced at "
            f"{show(forced)}: at {show(LAST)} all writes are refused{ends}"
        ),
        exposure=max(age / allowed, options.days / left if 0 < left < math.inf else 0.0),
        evidence=(
            Evidence("age", age),
            Evidence("vacuum forced at", forced),
            Evidence("writes refused at", LAST),
            *((Evidence("rate", float(counter.rate), "/s"),) if counter.rate else ()),
            *((Evidence("days left", left),) if math.isfinite(left) else ()),
        ),
        formula="days left = (2^31 - 1 - 3 million - age) / rate",
        remedy=(
            "Find what holds vacuum back (old transactions, prepared ones, replication slots) and freeze the oldest "
            "tables; alert on the age."
        ),
    )


def _too_fast(store: Datastore, counter: Any, forced: float, options: Vacuum) -> Finding:
    rate, key = float(counter.rate), _key_of(counter)
    window = (LAST - forced) / rate / DAY
    most = math.floor(LAST - rate * options.least * DAY)
    return Finding(
        at=store,
        field=f"settings.{key}",
        severity=WARNING,
        message=(
            f"{store.label} uses {show(rate, '/s')} of {counter.name}: from the vacuum forced at {show(forced)} "
            f"to {show(LAST)}, where all writes are refused, it has {show(window * DAY, 's')}"
        ),
        exposure=options.least / window,
        evidence=(
            Evidence("rate", rate, "/s"),
            Evidence("vacuum forced at", forced),
            Evidence("writes refused at", LAST),
            Evidence("time for the vacuum", window * DAY, "s"),
        ),
        formula="(2^31 - 1 - 3 million - vacuum forced at) / rate",
        clears=(Clear(f"settings.{key}", most, str(most), WARNING),) if most > 0 else (),
        remedy="Write in larger transactions, and freeze continuously, at a lower age, with more workers.",
    )
