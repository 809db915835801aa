"""The CAP theorem without a partition: what strong consistency over regions costs in time."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.gravity import Geography, commit_time, copies_by_region, is_in_request
from archlint.analysis.quorum import copies_of, write_quorum
from archlint.analysis.thresholds import at_least, exceeds
from archlint.plugin import (
    ERROR,
    WARNING,
    Call,
    Clear,
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
from archlint.records import dataclass

STRONG = frozenset({"linearizable", "serializable"})


@dataclass(frozen=True, slots=True)
class _Commit:
    """The time on the wire of a strong write that a call makes, and the time that it has."""

    call: Call
    origin: str
    leader: str
    there: float
    commit: float
    limit: float
    limited_by: str

    @property
    def time(self) -> float:
        return self.there + self.commit


@check("LAW012", "cross-region-strong-consistency-budget", severity=ERROR)
def cross_region_strong_consistency_budget(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """A strongly consistent write crosses regions for longer than its caller waits.

    What it finds: for each call that writes to a linearizable or serializable store, the round trip from the caller's
    region to the leader's plus that from the leader to the (write quorum - 1)th nearest other voter, over the call's
    `timeout` or the p99 that is promised there. Only the wire counts, so that the real time is longer still. The
    quorum is `write_quorum`, all synchronous copies (`sync`), one other copy (`semi-sync`), or a majority. Where no
    `primary` is stated, the leader's best place counts for each caller.

    Why it matters: no tuning makes light faster. A majority over three continents costs 100 ms and more a write, in
    every write, and each retry costs it again.

    At 3 AM: since the leader moved to another region every write times out, though nothing is down. Move the
    leadership back.

    How to fix: place a majority of the voters near the leader and the leader near its writers, pin data to the region
    of its users, or take the write off the request.

    When it is wrong: the round-trip time of the link was measured over another path.

    Sources: D. Abadi, "Consistency tradeoffs in modern distributed database system design" (PACELC), IEEE Computer
    45(2), 2012; Corbett and others, "Spanner: Google's globally distributed database", OSDI 2012, section 5.

    Risky:
        archlint: 1
        system: {name: shop}
        topology:
          regions: {eu: {zones: [eu-a]}, us: {zones: [us-a]}, asia: {zones: [asia-a]}}
          links: [{between: [eu, us], rtt: 75ms}, {between: [eu, asia], rtt: 180ms}, {between: [us, asia], rtt: 150ms}]
        services:
          checkout: {zones: [eu-a], calls: [{to: ledger, access: write, timeout: 50ms}]}
        datastores:
          ledger:
            nodes: 3
            zones: [eu-a, us-a, asia-a]
            primary: eu-a
            consistency: linearizable
            replication: {mode: quorum, factor: 3}

    Safe:
        archlint: 1
        system: {name: shop}
        topology:
          regions: {eu: {zones: [eu-a]}, us: {zones: [us-a]}, asia: {zones: [asia-a]}}
          links: [{between: [eu, us], rtt: 75ms}, {between: [eu, asia], rtt: 180ms}, {between: [us, asia], rtt: 150ms}]
        services:
          checkout: {zones: [eu-a], calls: [{to: ledger, access: write, timeout: 200ms}]}
        datastores:
          ledger:
            nodes: 3
            zones: [eu-a, us-a, asia-a]
            primary: eu-a
            consistency: linearizable
            replication: {mode: quorum, factor: 3}
    """
    geography = analyses.geography
    calls = [edge.item for edge in store.incoming if isinstance(edge.item, Call) and edge.kind == "call"]
    if not geography.is_wide or not calls or stated(store.spec, "consistency") not in (None, *STRONG):
        raise NotApplicable
    copies = copies_of(store)
    held = copies_by_region(geography, store, copies.value) if isinstance(copies, Known) else {}
    if not held and not stated(store.spec, "primary"):
        raise Unknown("zones")
    late, missing = list[_Commit](), list[str]()
    for call in calls:
        found = _slowest(call, store, held, geography, analyses) if call.spec.access != "read" else None
        if isinstance(found, Unknown):
            missing.extend(found.fields)
        elif found is not None and exceeds(found.time, found.limit):
            late.append(found)
    if not late:
        if missing:
            raise Unknown(*missing)
        return
    need(store, "consistency")
    yield _budget_finding(store, late)


def _slowest(
    call: Call, store: Datastore, held: dict[str, int], geography: Geography, analyses: Analyses
) -> _Commit | Unknown | None:
    """From the caller's region that is farthest off; None where nothing of it leaves a region."""
    origins = geography.regions(call.caller)
    primary = geography.region(stated(store.spec, "primary"))
    leaders = [primary] if primary is not None else list(held)
    if origins and len({*origins, *leaders, *held}) == 1:
        return None
    quorum, limit = write_quorum(store, sum(held.values())), _limit(call, analyses)
    lacking = [name for item in (quorum, limit) if isinstance(item, Unknown) for name in item.fields]
    if not origins:
        lacking.append("zones")
    if call.spec.access is None:
        lacking.append("access")
    if lacking or isinstance(quorum, Unknown) or isinstance(limit, Unknown):
        return Unknown(*lacking)
    worst: _Commit | None = None
    for origin in origins:
        ways = [_way(call, origin, leader, held, quorum.value, geography, *limit.value) for leader in leaders]
        known = [way for way in ways if way is not None]
        if len(known) < len(ways):
            return Unknown("topology.links")
        best = min(known, key=lambda way: way.time)
        worst = best if worst is None or best.time > worst.time else worst
    return worst


def _way(
    call: Call, origin: str, leader: str, held: dict[str, int], quorum: int, geography: Geography, limit: float, by: str
) -> _Commit | None:
    there, commit = geography.rtt(origin, leader), commit_time(geography, leader, held, quorum)
    return None if there is None or commit is None else _Commit(call, origin, leader, there, commit, limit, by)


def _limit(call: Call, analyses: Analyses) -> Known[tuple[float, str]] | Unknown:
    """The shorter of the call's timeout and the p99 that its caller must keep."""
    limits = []
    if isinstance(call.spec.timeout, float | int):
        limits.append((float(call.spec.timeout), "timeout"))
    promised = analyses.geography.objectives.get(call.caller)
    if promised is not None and is_in_request(call):
        limits.append((promised.seconds, f"p99 of {promised.by.name}"))
    return Known(min(limits)) if limits else Unknown("timeout")


def _budget_finding(store: Datastore, late: list[_Commit]) -> Finding:
    worst = min(late, key=lambda way: (-way.time / way.limit if way.limit else 0.0, way.call.caller.label))
    timeout = at_least(worst.time, "s")
    alone = len(late) == 1 and worst.limited_by == "timeout"
    field = "replication.members" if stated(store.spec, "replication.members") is not None else "zones"
    return Finding(
        at=store,
        field=field,
        message=(
            f"a write of {worst.call.caller.label} to {store.label} is {show(worst.time, 's')} on the wire "
            f"({worst.origin} to the leader in {worst.leader} {show(worst.there, 's')}, to a quorum of voters "
            f"{show(worst.commit, 's')}), over the {show(worst.limit, 's')} of the {worst.limited_by}"
        ),
        exposure=worst.time / worst.limit if worst.limit else None,
        evidence=(
            Evidence("caller to leader", worst.there, "s"),
            Evidence("leader to quorum", worst.commit, "s"),
            Evidence("time on the wire", worst.time, "s"),
            Evidence(worst.limited_by, worst.limit, "s"),
        ),
        formula="RTT to the leader + RTT to the (write quorum - 1)th nearest other voter, over timeout or objective",
        clears=(Clear("timeout", timeout.value, timeout.text, WARNING, at=worst.call),) if alone else (),
        remedy="Keep a quorum of voters near the leader and the leader near its writers, or do not wait for the write.",
        related=tuple(Related(way.call, f"waits {show(way.time, 's')} on the wire", "timeout") for way in late),
    )
