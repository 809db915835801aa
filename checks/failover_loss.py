"""The CAP theorem in a failover: acknowledged writes that the promoted copy has not got."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.gravity import Geography
from archlint.analysis.survival import REACH
from archlint.analysis.thresholds import exceeds
from archlint.plugin import (
    ERROR,
    NONE,
    WARNING,
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


@check("LAW013", "failover-loses-writes", severity=ERROR)
def failover_loses_writes(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """A failover promotes a copy that has not yet got the last acknowledged writes.

    What it finds: stores whose failover can promote a copy that acknowledges nothing (`mode: async`, or members that
    are): what is lost is the lag (`lag_p99`, bounded by `failover.max_lag`), and without fencing also what the old
    leader still accepts until the new one is known (`failover.time`). Over the RPO of a loss that the failover covers
    is an error; a warning where no RPO says that it may be lost. Silent where a synchronous copy is left in every loss
    inside `failover.scope`.

    Why it matters: the writes were acknowledged, so that nobody will send them again. They are found by customers, or
    come back as conflicts when the old leader returns.

    At 3 AM: the failover worked and orders of the last seconds are missing. Keep the old leader's disk: it holds the
    only copy of them.

    How to fix: make one copy synchronous and let only it be promoted, bound the lag (`max_lag`) and fence the old
    leader; or state the RPO that this data can bear.

    When it is wrong: the lag at peak is far below the stated p99, or the client keeps writes until they are replicated.

    Sources: GitHub, "October 21 post-incident analysis", 2018,
    https://github.blog/2018-10-30-oct21-post-incident-analysis/; M. Kleppmann, "Designing Data-Intensive Applications",
    2017, chapter 5 (handling node outages).

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger:
            nodes: 3
            replication: {mode: async, factor: 3, lag_p99: 3s}
            failover: {automatic: true, scope: zone, fencing: true}
            rpo: {instance: 1s, zone: 1s}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger:
            nodes: 3
            replication: {mode: async, factor: 3, lag_p99: 500ms}
            failover: {automatic: true, scope: zone, fencing: true}
            rpo: {instance: 1s, zone: 1s}
    """
    failover, mode = stated(store.spec, "failover"), stated(store.spec, "replication.mode")
    if failover is None or failover == NONE or mode == NONE:
        raise NotApplicable
    lossy = _lossy_classes(store, analyses.geography)
    if isinstance(lossy, Unknown):
        raise lossy
    if not lossy:
        return
    lag = _lag(store)
    unfenced = failover.time if failover.fencing is False else 0.0
    if unfenced is None:
        raise Unknown("failover.time")
    rpos = {kind: rpo for kind in lossy if (rpo := _rpo(store, kind)) is not None}
    kind = min(rpos, key=lambda name: rpos[name]) if rpos else lossy[0]
    rpo = rpos.get(kind)
    if isinstance(lag, Unknown) and rpo == 0:
        yield _loss_finding(store, kind, None, unfenced, rpo, analyses)
        return
    lost = need(store, lag) + unfenced
    if not lost or (rpo is not None and not exceeds(lost, rpo)):
        if failover.fencing is None and rpo is not None and exceeds(lost + (failover.time or 0.0), rpo):
            raise Unknown("failover.fencing")
        return
    yield _loss_finding(store, kind, lost - unfenced, unfenced, rpo, analyses)


def _lossy_classes(store: Datastore, geography: Geography) -> list[str] | Unknown:
    """The losses, smallest first, in which what may be promoted has acknowledged nothing."""
    members, mode = stated(store.spec, "replication.members"), stated(store.spec, "replication.mode")
    scope = stated(store.spec, "failover.scope") or "instance"
    covered = [kind for kind in REACH if REACH[kind] <= REACH[scope]]
    if not isinstance(members, list):
        if mode is None:
            return Unknown("replication.mode")
        return covered if mode == "async" else []
    if not any(member.mode == "async" for member in members):
        return covered if mode == "async" and not any(member.mode for member in members) else []
    kept = [member for member in members if member.mode in ("sync", "semi-sync")]
    primary = stated(store.spec, "primary")
    if primary is None:
        return Unknown("primary") if kept else covered
    lossy = []
    for kind in covered:
        left = sum(member.count or 1 for member in kept if not _is_lost(member, kind, primary, geography))
        in_zone = any(member.zone == primary for member in kept)
        own = 1 if kind in ("instance", "host") and in_zone else 0
        if left - own <= 0:
            lossy.append(kind)
    return lossy


def _is_lost(member: object, kind: str, primary: str, geography: Geography) -> bool:
    """Whether a copy goes with the primary's zone or region."""
    zone, region = getattr(member, "zone", None), getattr(member, "region", None)
    home = geography.region(zone) or geography.region(region) or region
    if kind == "zone":
        return bool(zone == primary)
    return kind in ("region", "provider") and home == geography.region(primary)


def _lag(store: Datastore) -> Known[float] | Unknown:
    """The most that a promoted copy may lack, in seconds."""
    members = stated(store.spec, "replication.members")
    of_members = [m.lag_p99 for m in members if m.mode == "async"] if isinstance(members, list) else []
    general = stated(store.spec, "replication.lag_p99")
    lags = [lag if lag is not None else general for lag in of_members] or [general]
    bound = stated(store.spec, "failover.max_lag")
    if isinstance(bound, float | int):
        return Known(float(min([bound, *(lag for lag in lags if lag is not None)])))
    return Unknown("replication.lag_p99") if None in lags else Known(float(max(lags)))


def _rpo(store: Datastore, kind: str) -> float | None:
    """A bare value speaks of an instance and a zone."""
    rpo = stated(store.spec, "rpo")
    if isinstance(rpo, float | int):
        return float(rpo) if kind in ("instance", "host", "zone") else None
    value = getattr(rpo, kind, None)
    return None if value is None else float(value)


def _loss_finding(
    store: Datastore, kind: str, lag: float | None, unfenced: float, rpo: float | None, analyses: Analyses
) -> Finding:
    writes = analyses.load.writes(store)
    lost = None if lag is None else lag + unfenced
    rows = [] if lag is None else [Evidence("lag", lag, "s")]
    if unfenced:
        rows.append(Evidence("until the old leader stops", unfenced, "s"))
    rows += [Evidence("loss", lost, "s")] if lost is not None else []
    rows += [Evidence("RPO", rpo, "s")] if rpo is not None else []
    how_many = ""
    if lost is not None and isinstance(writes, Known) and writes.value:
        rows.append(Evidence("writes lost", writes.value * lost))
        how_many = f" ({show(writes.value * lost)} at peak)"
    amount = "all writes not copied yet" if lost is None else f"the last {show(lost, 's')} of writes{how_many}"
    says = "no RPO says that this may be" if rpo is None else f"its RPO is {show(rpo, 's')}"
    return Finding(
        at=store,
        field="replication.mode" if stated(store.spec, "replication.members") is None else "replication.members",
        severity=WARNING if rpo is None else ERROR,
        message=f"a failover of {store.label} after the loss of its {kind} loses {amount}; {says}",
        exposure=lost / rpo if lost is not None and rpo else None,
        evidence=tuple(rows),
        formula="loss = lag + time to the new leader where the old one is not fenced, against the RPO",
        remedy="Promote only a copy that acknowledges writes, bound the lag with `max_lag`, and fence the old leader.",
        related=(Related(store, "what the failover covers", "failover"),),
    )
