"""Amdahl's law: what must be done one at a time bounds the whole."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import greatest, rate_of_one
from archlint.analysis.scalability import greatest_speedup, instances_for_speedup, speedup
from archlint.analysis.thresholds import at_least, at_most, exceeds
from archlint.plugin import (
    ERROR,
    NONE,
    WARNING,
    Clear,
    Datastore,
    Evidence,
    Finding,
    Iterator,
    Known,
    Lock,
    NotApplicable,
    Service,
    Unknown,
    check,
    need,
    show,
    stated,
)

NEAR = 0.8
"""Share of the rate that no number of replicas exceeds, from which on growth is about to end."""

BUSY = 0.7
"""Utilisation of a lock from which its waits grow fast: an M/M/1 queue waits 2.3 holds."""

LED = frozenset({"sync", "semi-sync", "async", NONE})
"""Modes of replication in which one node takes all writes."""


def _is_partly_serial(service: Service) -> bool:
    return stated(service.spec, "capacity.serial_fraction") is not None


@check("LAW040", "serial-fraction-caps-throughput", severity=ERROR, applies=_is_partly_serial)
def serial_fraction_caps_throughput(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """A serial part of the work keeps the replicas of a service from carrying its load.

    What it finds: peak load over the rate of one replica x 1 / (F + (1 - F) / N), with F from
    `capacity.serial_fraction` and N the most replicas. Over it is an error; a warning from 80% of the rate that no
    number of replicas exceeds, the rate of one over F. Where the law of the service was measured or is stated under
    `capacity.usl`, LAW032 judges by that.

    Why it matters: 5% of serial work bound any number of replicas to the work of 20. Before that each one brings less
    than the last, and a plan of replicas x rate is wrong by half at N = 1/F.

    At 3 AM: replicas were doubled, the load that is carried did not move, and one thing is busy: a lock, a single
    consumer, one thread. Shed load; the replicas may go again.

    How to fix: shorten the serial part or do it in batches, give each shard its own, or move it off the request.

    When it is wrong: the serial fraction was guessed. Profile it, or measure the rate at three sizes and state them
    under `capacity.measured`.

    Sources: G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities",
    AFIPS Conference Proceedings 30, 1967, https://doi.org/10.1145/1465482.1465560.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          pricing:
            replicas: 40
            load: {peak: 1500/s}
            capacity: {per_replica: 100/s, serial_fraction: 5%}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          pricing:
            replicas: 40
            load: {peak: 1200/s}
            capacity: {per_replica: 100/s, serial_fraction: 5%}
    """
    if analyses.load.only_consumes(service) or stated(service.spec, "capacity.usl") is not None:
        raise NotApplicable
    if stated(service.spec, "capacity.measured") is not None:
        raise NotApplicable
    load = analyses.load.requests(service)
    serial, rate, most = need(service, "capacity.serial_fraction", rate_of_one(service), greatest(service))
    offered = load.value if isinstance(load, Known) else analyses.load.at_least(service)
    if not rate:
        raise NotApplicable  # a rate of 0 states that nothing is served yet
    count, bound = max(1, most), greatest_speedup(serial)
    carried = rate * speedup(serial, count)
    near = bound is not None and exceeds(offered, NEAR * rate * bound)
    if not exceeds(offered, carried) and not near:
        need(service, load)
        return
    over = exceeds(offered, carried)
    ends = "" if bound is None else f"; no number of replicas carries more than {show(rate * bound, '/s')}"
    yield Finding(
        at=service,
        field="capacity.serial_fraction",
        severity=ERROR if over else WARNING,
        message=(
            f"{service.label} is offered {'' if isinstance(load, Known) else 'at least '}{show(offered, '/s')} at peak "
            f"and its {show(count, 'replicas')} carry {show(carried, '/s')}, for {show(serial, 'fraction')} of the "
            f"work is serial{ends}"
        ),
        exposure=offered / carried if over else offered / (NEAR * rate * (bound or 1)),
        evidence=(
            Evidence("peak load", offered, "/s"),
            Evidence("rate of one", rate, "/s"),
            Evidence("replicas", count),
            Evidence("serial fraction", serial, "fraction"),
            Evidence("speed-up", speedup(serial, count), "x"),
            Evidence("capacity", carried, "/s"),
        ),
        formula="capacity = rate of one / (F + (1 - F) / N), below rate of one / F",
        clears=tuple(_clears(service, serial, rate, count, offered)) if isinstance(load, Known) else (),
        remedy="Shorten the serial part, do it in batches, or give each shard its own.",
    )


def _clears(service: Service, serial: float, rate: float, count: int, offered: float) -> Iterator[Clear]:
    bound = greatest_speedup(serial)
    if count > 1:
        fits = (count * rate / offered - 1) / (count - 1)
        lower = min(fits, NEAR * rate / offered)
        if lower > 0:
            share = at_most(lower, "fraction")
            yield Clear("capacity.serial_fraction", share.value, share.text, WARNING)
    if stated(service.spec, "load.peak") is not None:
        room = rate * speedup(serial, count)
        peak = at_most(room if bound is None else min(room, NEAR * rate * bound), "/s")
        yield Clear("load.peak", peak.value, peak.text, WARNING)
    needed = instances_for_speedup(serial, offered / rate)
    if needed is not None and isinstance(stated(service.spec, "replicas"), int) and needed > count:
        near = bound is not None and exceeds(offered, NEAR * rate * bound)
        yield Clear("replicas", needed, str(needed), ERROR if near else WARNING)


@check("LAW041", "single-writer-below-demand", severity=ERROR, subsumes=("LAW130",))
def single_writer_below_demand(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """The one node that takes the writes of a store takes fewer than arrive.

    What it finds: stores in which one node takes all writes (a primary, or replication from a leader) and that are
    not sharded, with more writes at peak than `capacity.writes`. Replicas do not help: each of them has to write
    everything that the leader writes.

    Why it matters: the serial fraction of a single writer is 1. Reads can be spread, writes cannot, and the store
    falls behind for as long as the load lasts.

    At 3 AM: the primary's disk or log is saturated, commits take seconds, and replicas lag. Stop what writes least
    important data: imports, counters, audit. Adding replicas makes it worse.

    How to fix: shard by key, batch the writes, put a queue before them where they may be late, or write less.

    When it is wrong: the stated peak counts statements and the capacity counts transactions, or the other way round.

    Sources: G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities",
    AFIPS Conference Proceedings 30, 1967; M. Kleppmann, "Designing Data-Intensive Applications", 2017, chapter 5.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger:
            replication: {mode: async, factor: 3}
            load: {writes: 9k/s}
            capacity: {writes: 8k/s}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger:
            replication: {mode: async, factor: 3}
            load: {writes: 7k/s}
            capacity: {writes: 8k/s}
    """
    if (stated(store.spec, "shards") or 1) > 1:
        raise NotApplicable
    single = _has_one_writer(store)
    if single is False:
        raise NotApplicable
    load, capacity = analyses.load.writes(store), need(store, "capacity.writes")
    writes = load.value if isinstance(load, Known) else analyses.load.access_at_least(store, "writes")
    if not exceeds(writes, capacity):
        need(store, load)
        return
    if single is None:
        raise Unknown("replication.mode")
    known = isinstance(load, Known)
    yield Finding(
        at=store,
        field="shards",
        message=(
            f"one node of {store.label} takes all writes, {'' if known else 'at least '}{show(writes, '/s')} at peak, "
            f"and can take {show(capacity, '/s')}"
        ),
        exposure=writes / capacity if capacity else None,
        evidence=(Evidence("writes at peak", writes, "/s"), Evidence("capacity for writes", capacity, "/s")),
        formula="exposure = writes at peak / writes that one node can take",
        clears=tuple(_writer_clears(store, writes, capacity)) if known else (),
        remedy="Shard it by key, batch the writes, or put a queue before those that may be late.",
    )


def _has_one_writer(store: Datastore) -> bool | None:
    """None where the manifest does not say."""
    mode = stated(store.spec, "replication.mode")
    if mode is not None:
        return mode in LED and not stated(store.spec, "replication.write_quorum")
    if stated(store.spec, "primary") is not None or stated(store.spec, "nodes") == 1:
        return True
    return None


def _writer_clears(store: Datastore, writes: float, capacity: float) -> Iterator[Clear]:
    more = at_least(writes, "/s")
    yield Clear("capacity.writes", more.value, more.text, WARNING)
    if stated(store.spec, "load.writes") is not None:
        fewer = at_most(capacity, "/s")
        yield Clear("load.writes", fewer.value, fewer.text, WARNING)


@check("LAW042", "serialised-on-a-lock-or-row", severity=ERROR)
def serialised_on_a_lock_or_row(lock: Lock, analyses: Analyses) -> Iterator[Finding]:
    """A lock or row is wanted for more time than there is.

    What it finds: `rate` x `hold` of a lock, the share of the time in which it is held. From 1 on it is an error, for
    the wait grows as long as the load lasts; above 70% a warning. The right to lead is held for good and is none of
    this.

    Why it matters: one holder at a time is a queue with one server, however many replicas wait for it. A hot row, such
    as a balance or a stock count, is the same lock under another name.

    At 3 AM: replicas have free slots and wait, the database shows one row or key with a long list of waiters.
    Reject what wants it beyond 1 / hold a second; raising timeouts lengthens the list.

    How to fix: hold it for less time (no calls while holding), lock something smaller, split the row into several that
    are added up, or apply the changes in batches.

    When it is wrong: `rate` counts all keys together; it is the rate of the one that is taken most often.

    Sources: G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities",
    AFIPS Conference Proceedings 30, 1967; L. Kleinrock, "Queueing Systems", volume 1, 1975, chapter 3.

    Risky:
        archlint: 1
        system: {name: shop}
        locks:
          stock-count: {scope: row, rate: 60/s, hold: 20ms}

    Safe:
        archlint: 1
        system: {name: shop}
        locks:
          stock-count: {scope: row, rate: 30/s, hold: 20ms}
    """
    if stated(lock.spec, "scope") == "leader":
        raise NotApplicable
    rate, hold = need(lock, "rate", "hold")
    busy = rate * hold
    if not exceeds(busy, BUSY):
        return
    shorter, fewer = at_most(BUSY / rate, "s"), at_most(BUSY / hold, "/s")
    yield Finding(
        at=lock,
        field="hold",
        severity=ERROR if busy >= 1 else WARNING,
        message=(
            f"lock {lock.name} is wanted {show(rate, '/s')} for {show(hold, 's')} each: "
            f"{show(busy, 'fraction')} of the time, and one at a time holds it"
        ),
        exposure=busy,
        evidence=(
            Evidence("rate", rate, "/s"),
            Evidence("hold", hold, "s"),
            Evidence("utilisation", busy, "fraction"),
        ),
        formula="utilisation = rate x hold, with one server",
        clears=(Clear("hold", shorter.value, shorter.text, WARNING), Clear("rate", fewer.value, fewer.text, WARNING)),
        remedy="Hold it for less time, lock something smaller, or split the row into several.",
    )
