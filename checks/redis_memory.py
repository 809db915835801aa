"""Redis and Valkey: what is done when memory is full, in a cache and in what is the only copy."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.analysis.analyses import Analyses
from archlint.analysis.configuration import Setting, setting, size
from archlint.analysis.technology import runs_on_one_of
from archlint.analysis.thresholds import exceeds
from archlint.plugin import (
    NONE,
    WARNING,
    Broker,
    Cache,
    Clear,
    Component,
    Datastore,
    Evidence,
    Finding,
    NotApplicable,
    Unknown,
    check,
    show,
    stated,
)

NAMES = frozenset({"redis", "redis-server", "redis-cluster", "redis-sentinel", "valkey", "valkey-server"})
"""As they are run by oneself: ElastiCache and its like have defaults of their own."""

POLICY = "maxmemory-policy"
REFUSES = "noeviction"
"""What is done where nothing is configured."""

EVICTS_ANY, EVICTS_EXPIRING = "allkeys-", "volatile-"


def is_redis(component: Component) -> bool:
    return isinstance(component, Datastore | Cache | Broker) and runs_on_one_of(component, NAMES)


@check("LIM130", "redis-maxmemory-policy", severity=WARNING, applies=is_redis)
def redis_maxmemory_policy(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """A Redis cache refuses writes when it is full, or a Redis store of record throws data away.

    What it finds: caches that evict nothing: `maxmemory-policy` is `noeviction`, its default, or one of `volatile-*`
    in a cache without a `ttl`, or `maxmemory` is 0. Silent where what is in use fits into the memory:
    `memory.working_set`, else `keys` x `entry_size`, against `memory.size` or `maxmemory` x nodes. Where no policy is
    stated, it is found only where these figures show that memory does not suffice. And stores, brokers and write-back
    caches, which hold the only copy, with one of `allkeys-*`.

    Why it matters: a full cache without eviction answers each write with an error. Nothing new is cached, the hit ratio
    falls with each entry that expires, and the load goes to the store behind. A store of record that evicts loses what
    was used least, silently, and first when it is busiest; in a queue these are the jobs that wait longest.

    At 3 AM: "OOM command not allowed when used memory > 'maxmemory'". `CONFIG SET maxmemory-policy allkeys-lru` on a
    cache takes effect at once. Growing evicted_keys in INFO stats of a store of record: raise `maxmemory`, set
    `noeviction`, restore.

    How to fix: `allkeys-lru` or `allkeys-lfu` for a cache, with `maxmemory` below what the machine has. `noeviction`
    for what must be kept, with an alert on memory, and a separate server for the cache.

    When it is wrong: the application removes entries itself and never fills the memory. State the figures.

    Sources: Redis, "Key eviction", 2026, https://redis.io/docs/latest/develop/reference/eviction/; Redis source,
    redis.conf (maxmemory, maxmemory-policy), 2024,
    https://github.com/redis/redis/blob/4f8cdc2a1ea53e42955af758aabffee67cb455dd/redis.conf.

    Risky:
        archlint: 1
        system: {name: shop}
        caches:
          carts: {technology: redis, memory: {size: 8GB, working_set: 9GB}, settings: {maxmemory-policy: noeviction}}

    Safe:
        archlint: 1
        system: {name: shop}
        caches:
          carts: {technology: redis, memory: {size: 8GB, working_set: 9GB}, settings: {maxmemory-policy: allkeys-lru}}
    """
    policy = setting(component, POLICY)
    if isinstance(component, Cache) and component.spec.strategy != "write-back":
        if component.spec.backed_by == NONE:
            raise NotApplicable  # neither: nothing behind it, and not held to be of record
        yield from _of_cache(component, policy)
    elif stated(component.spec, "replica_of") is None:
        yield from _of_record(component, policy)


def _of_record(component: Component, policy: Setting | None) -> Iterator[Finding]:
    if policy is None or not str(policy.value).lower().startswith(EVICTS_ANY) or _is_boundless(component):
        return
    yield Finding(
        at=component,
        field=policy.field,
        message=(
            f"{component.label} holds the only copy of its data and throws away what was used least when memory is "
            f"full: `{POLICY}` is {policy.value}"
        ),
        evidence=(Evidence(POLICY, str(policy.value)),),
        clears=(Clear(policy.field, REFUSES, REFUSES, WARNING),),
        remedy=f"Set `{POLICY}` to {REFUSES}, alert on memory, and keep caches on a server of their own.",
        key="evicts",
    )


def _of_cache(cache: Cache, policy: Setting | None) -> Iterator[Finding]:
    said = policy is not None
    value = str(policy.value).lower() if policy is not None else REFUSES
    boundless = _is_boundless(cache)
    expiring = value.startswith(EVICTS_EXPIRING)
    if not boundless and value != REFUSES and not (expiring and cache.spec.ttl == NONE):
        if expiring and cache.spec.ttl is None:
            raise Unknown("ttl")
        return
    used, room = _in_use(cache), None if boundless and cache.spec.memory is None else _room(cache)
    if used is not None and room is not None and not exceeds(used, room):
        return
    if not said and not boundless and (used is None or room is None):
        lacks = (("memory.working_set", used), ("memory.size", room))
        raise Unknown(*(name for name, figure in lacks if figure is None))
    yield _full_finding(cache, value, used, room, boundless=boundless, said=said)


def _full_finding(
    cache: Cache, value: str, used: float | None, room: float | None, *, boundless: bool, said: bool
) -> Finding:
    rows = [Evidence(POLICY, value)]
    rows += [Evidence("in use", used, "B")] if used is not None else []
    rows += [Evidence("memory", room, "B")] if room is not None else []
    figures = f"; {show(used, 'B')} are in use, of {show(room, 'B')}" if used is not None and room is not None else ""
    why = f"`{POLICY}` is {value}" + ("" if said else " by default")
    what = "grows until its process is killed: `maxmemory` is 0" if boundless else f"refuses writes when full: {why}"
    if not boundless and value != REFUSES:
        what += ", and no entry expires"
    field = "settings.maxmemory" if boundless else f"settings.{POLICY}"
    return Finding(
        at=cache,
        field=field,
        message=f"{cache.label} {what}{figures}",
        exposure=used / room if used is not None and room else None,
        evidence=tuple(rows),
        formula="in use > memory" if figures else "",
        clears=() if boundless or not said else (Clear(field, "allkeys-lru", "allkeys-lru", WARNING),),
        remedy="Set `maxmemory` below what the machine has, and `maxmemory-policy` to allkeys-lru or allkeys-lfu.",
        unstated="" if said or boundless else field,
        key="refuses",
    )


def _is_boundless(component: Component) -> bool:
    """Whether it is configured to know no end of memory, so that its policy never acts."""
    limit = setting(component, "maxmemory")
    return limit is not None and size(limit.value) == 0


def _in_use(cache: Cache) -> float | None:
    used, keys, entry = (stated(cache.spec, name) for name in ("memory.working_set", "keys", "entry_size"))
    if used is not None:
        return float(used)
    return None if keys is None or entry is None else float(keys * entry)


def _room(cache: Cache) -> float | None:
    """Bytes for entries, whole cache."""
    whole, limit = stated(cache.spec, "memory.size"), setting(cache, "maxmemory")
    each = None if limit is None else size(limit.value)
    if each and isinstance(cache.spec.nodes, int):
        copies = stated(cache.spec, "replication.factor") or 1
        own = each * cache.spec.nodes / max(1, copies)
        return own if whole is None else min(own, float(whole))
    return None if whole is None else float(whole)
