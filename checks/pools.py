"""Connection pools: what all callers together may open, and what the store accepts."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.analysis.analyses import Analyses
from archlint.analysis.callers import calls_to, of_processes, pooler_of, pools_of
from archlint.analysis.instances import greatest, surge
from archlint.plugin import (
    ERROR,
    WARNING,
    Cache,
    Call,
    Clear,
    Component,
    Datastore,
    Evidence,
    Finding,
    Job,
    Known,
    Network,
    Related,
    Unknown,
    check,
    need,
    show,
    stated,
)
from archlint.records import dataclass

POOL_SIZE = "services.*.calls[*].pool.size"


def _is_pooled(store: Component) -> bool:
    """Whether anything says of connections: the store how many it takes, or a caller how many it keeps."""
    return stated(store.spec, "connections.max") is not None or any(
        stated(call.spec, "pool.size") is not None for call in calls_to(store, at_the_primary=True)
    )


@check(
    "LAW022",
    "pools-exceed-connections",
    severity=ERROR,
    needs=("connections.max",),
    applies=lambda store: isinstance(store, Datastore | Cache) and _is_pooled(store),
)
def pools_exceed_connections(store: Component, analyses: Analyses) -> Iterator[Finding]:
    """The connection pools of all callers together may open more connections than the store accepts.

    What it finds: `pool.size` x `processes` x replicas, summed over the callers of a datastore or cache, against
    `connections.max` less `connections.reserve`. At the largest number of replicas it is an error; where only the
    replicas that a deploy adds (`deploy.max_surge`) bring it over, a warning. Calls that name the same pool
    share it; behind a pooler, the connections that the pooler opens count instead.

    Why it matters: each pool is sized for its own service, and nobody adds them up. The store refuses the
    connection that is one too many, whoever asks for it: the new replica that was to help is the one that cannot start.

    At 3 AM: "too many connections" in the logs of the services that scaled out last; the administrator cannot get
    in either. Scale the least important caller down, then lower its pool; a restart of all opens all pools at once.

    How to fix: make pools smaller (Little's law says how small: rate of a replica x hold time), put a pooler in
    between, or raise the store's limit if its memory carries it.

    When it is wrong: pools open lazily and never fill, or the callers never stand at their maximum together.

    Sources: J. D. C. Little, "A Proof for the Queuing Formula L = lambda W", Operations Research 9(3), 1961;
    PostgreSQL Global Development Group, PostgreSQL Documentation, 20.3 Connections and Authentication, 2024,
    https://www.postgresql.org/docs/current/runtime-config-connection.html

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 24
            calls: [{to: ledger, pool: {size: 10}}]
        datastores:
          ledger: {connections: {max: 200}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 24
            calls: [{to: ledger, pool: {size: 8}}]
        datastores:
          ledger: {connections: {max: 200}}
    """
    pools = list(_pools(store))
    missing = sorted({name for pool in pools for name in pool.missing})
    usual, deploying = sum(pool.usual for pool in pools), sum(pool.deploying for pool in pools)
    most, reserve = need(store, "connections.max"), stated(store.spec, "connections.reserve") or 0
    if deploying <= most - reserve:
        if missing:
            raise Unknown(*missing)
        return
    certain = usual > most - reserve
    total = usual if certain else deploying
    yield Finding(
        at=store,
        field="connections.max",
        severity=ERROR if certain else WARNING,
        message=(
            f"the pools of {store.label}'s callers hold {'at least ' if missing else ''}{show(total, 'connections')}"
            f" {'at full scale' if certain else 'during a deploy'}, it accepts {show(most - reserve)}"
        ),
        exposure=total / max(1, most - reserve),
        evidence=(
            Evidence("connections at full scale", usual),
            Evidence("connections during a deploy", deploying),
            Evidence("connections accepted", most - reserve),
        ),
        formula="connections = sum of pool size x processes x (most replicas + deploy surge)",
        clears=() if missing else tuple(_clears(pools, deploying, most, reserve)),
        remedy="Make the pools smaller, put a pooler in between, or raise the limit if the store's memory carries it.",
        related=tuple(Related(pool.call, pool.text, "pool.size") for pool in pools if pool.deploying),
    )


@dataclass(frozen=True, slots=True)
class _Pool:
    """The pools of one call: `size` connections in each of `each` processes, or what could not be counted."""

    call: Call
    size: int = 0
    each: int = 0
    extra: int = 0
    missing: tuple[str, ...] = ()

    @property
    def usual(self) -> int:
        return self.size * self.each

    @property
    def deploying(self) -> int:
        return self.size * (self.each + self.extra)

    @property
    def text(self) -> str:
        more = f" and {self.extra} during a deploy" if self.extra else ""
        return f"{self.call.caller.label}: {self.size} connections x {self.each}{more}"


def _pools(store: Component) -> Iterator[_Pool]:
    for call, pooler in pools_of(calls_to(store, at_the_primary=True)):
        yield _of_caller(call) if pooler is None else _of_pooler(call, pooler)


def _of_caller(call: Call) -> _Pool:
    size, count = stated(call.spec, "pool.size"), greatest(call.caller)
    if isinstance(call.caller, Job):
        count = Known(call.caller.spec.replicas or 1)
    missing = (POOL_SIZE,) if not isinstance(size, int) else ()
    if isinstance(count, Unknown):
        missing = (*missing, *(f"services.*.{field}" for field in count.fields))
    if missing or isinstance(count, Unknown):
        return _Pool(call, missing=() if size == "none" else missing)
    processes = of_processes(call.caller)
    return _Pool(call, size, processes * count.value, processes * surge(call.caller, count.value))


def _of_pooler(call: Call, pooler: Network) -> _Pool:
    size, nodes = stated(pooler.spec, "connections.max"), greatest(pooler)
    if size is None:
        return _Pool(call, missing=("networks.*.connections.max",))
    return _Pool(call, size, nodes.value if isinstance(nodes, Known) else 1)


def _clears(pools: list[_Pool], deploying: int, most: int, reserve: int) -> Iterator[Clear]:
    """The limit on its own; and each pool on its own, where it could be made small enough."""
    yield Clear("connections.max", deploying + reserve, str(deploying + reserve), WARNING)
    for pool in pools:
        each = pool.each + pool.extra
        size = (most - reserve - (deploying - pool.deploying)) // each if each else 0
        if size >= 1 and pooler_of(pool.call) is None:
            yield Clear("pool.size", size, str(size), WARNING, at=pool.call)
