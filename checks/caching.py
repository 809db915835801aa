"""Caches: what they hold must not go stale for ever, and their loss must not take the store with it."""

from __future__ import annotations

import math

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import placement, rate_of_one, scale
from archlint.plugin import (
    ERROR,
    WARNING,
    Cache,
    Clear,
    Component,
    Datastore,
    Evidence,
    External,
    Finding,
    Iterator,
    Known,
    NotApplicable,
    Related,
    Service,
    Unknown,
    check,
    need,
    show,
    stated,
)
from archlint.records import dataclass

FLUSH = "a full flush"

WRITES_GO_THROUGH = frozenset({"write-through", "write-back"})


def _copies_something(cache: Cache) -> bool:
    return bool(cache.spec.backed_by != "none")


@check("PRM110", "cache-without-invalidation-or-ttl", severity=WARNING, applies=_copies_something)
def cache_without_invalidation_or_ttl(cache: Cache, analyses: Analyses) -> Iterator[Finding]:
    """Nothing ever removes an entry whose source has changed.

    What it finds: caches with neither a `ttl` nor an invalidation. Writing through the cache (`strategy:
    write-through` or `write-back`) counts as invalidation. Silent where nothing is copied (`backed_by: none`),
    and where the store is stated to take no writes.

    Why it matters: an entry that is wrong stays wrong until memory runs short or somebody restarts the cache.
    Even with an invalidation some messages are lost: a TTL bounds how long that shows.

    At 3 AM: one customer sees last month's price and nobody can reproduce it; deleting the key helps that one
    customer. Flush by prefix in small steps, and watch the store's reads while it refills.

    How to fix: state a `ttl`, as long as a wrong entry may live, with `ttl_jitter`, and beside it an explicit
    or log-based invalidation where that is too long.

    When it is wrong: entries never change, for their key contains a version or a hash of the content.

    Sources: R. Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013. M. Brooker et al., "Caching
    challenges and strategies", Amazon Builders' Library, 2019.

    Risky:
        archlint: 1
        system: {name: shop}
        caches:
          prices: {backed_by: prices-db, ttl: none, invalidation: none}
        datastores:
          prices-db: {}

    Safe:
        archlint: 1
        system: {name: shop}
        caches:
          prices: {backed_by: prices-db, ttl: 10m, invalidation: none}
        datastores:
          prices-db: {}
    """
    spec = cache.spec
    if spec.ttl not in (None, "none") or spec.invalidation in ("explicit", "commit-log"):
        return
    if spec.strategy in WRITES_GO_THROUGH or (spec.ttl is None and spec.invalidation == "ttl"):
        return
    if cache.backed_by is not None and stated(cache.backed_by.spec, "load.writes") == 0:
        return
    unstated = "ttl" if spec.ttl is None else "invalidation" if spec.invalidation is None else ""
    lack = "states neither a TTL nor an invalidation" if unstated else "has neither a TTL nor an invalidation"
    yield Finding(
        at=cache,
        field="ttl",
        message=f"{cache.label} {lack}: an entry whose source has changed stays as it is",
        unstated=unstated,
        remedy="State a `ttl` as long as a wrong entry may live, and an invalidation where that is too long.",
    )


@dataclass(frozen=True, slots=True)
class _Loss:
    """What goes at once: which event, the share of the entries, and whether it is certain that they go."""

    event: str
    share: float
    certain: bool


def _stands_before_something(cache: Cache) -> bool:
    return cache.backed_by is not None


@check("PRM112", "cold-cache-overloads-store", severity=ERROR, applies=_stands_before_something)
def cold_cache_overloads_store(cache: Cache, analyses: Analyses) -> Iterator[Finding]:
    """The store behind a cache cannot serve the reads that the loss of entries sends to it.

    What it finds: the reads of the store at peak, and on top of them the hits that become misses: with one node
    the entries of one node, with a zone those of its nodes, with a flush all of them. An error where one node or
    zone is enough to exceed the store's `capacity.reads` and no copy of the entries survives it; a warning where
    nobody says whether copies survive, or where only a full flush is enough. Copies survive a node with
    `replication.factor` of 2 or more and an automatic failover, and a zone where the failover covers zones.
    Coalescing does not silence the check: it bounds the misses of one key, not of many. A service behind the
    cache that sheds load or limits its rate gets a warning at most.

    Why it matters: a cache that answers 95% of reads hides twenty times the store's load. The store is overloaded
    by the misses, answers late or not at all, and what is not answered does not fill the cache: the state holds
    itself up when its cause is gone.

    At 3 AM: one cache node was replaced, and minutes later the store is at its limit and does not come down.
    Admit a part of the traffic, low enough for the store, and raise it as the hit ratio returns.

    How to fix: give the store the capacity for what it can meet, replicate the cache over zones, warm new nodes
    before they serve, or shed reads in front of the store.

    When it is wrong: the lost entries are not read again, or something that the manifest does not show holds the
    excess back.

    Sources: R. Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013. N. Bronson et al., "Metastable Failures
    in Distributed Systems", HotOS 2021. L. Huang et al., "Metastable Failures in the Wild", OSDI 2022.

    Risky:
        archlint: 1
        system: {name: shop}
        caches:
          prices: {backed_by: prices-db, nodes: 3, replication: none, hit_ratio: 95%, load: {reads: 2000/s}}
        datastores:
          prices-db: {load: {reads: 100/s}, capacity: {reads: 500/s}}

    Safe:
        archlint: 1
        system: {name: shop}
        caches:
          prices: {backed_by: prices-db, nodes: 3, replication: none, hit_ratio: 95%, load: {reads: 2000/s}}
        datastores:
          prices-db: {load: {reads: 100/s}, capacity: {reads: 3000/s}}
    """
    store = cache.backed_by
    if store is None:
        raise NotApplicable
    arriving, bound = analyses.load.reads(cache), _limit_of(store, analyses)
    if cache.spec.hit_ratio is None and isinstance(arriving, Known) and isinstance(bound, Known):
        yield from _without_hit_ratio(cache, store, *bound.value, arriving.value)
    reads, hit_ratio, (field, capacity) = need(cache, arriving, "hit_ratio", bound)
    hits = reads * hit_ratio
    base, missing = _reads_before(store, reads - hits, analyses)
    broken = [loss for loss in _losses(cache) if base + hits * loss.share > capacity]
    if broken:
        worst = max(broken, key=lambda loss: (loss.certain, loss.event != FLUSH, loss.share))
        yield _overload(cache, store, field, capacity, worst, base, hits)
    elif missing:
        raise Unknown(*missing)


def _without_hit_ratio(cache: Cache, store: Component, field: str, capacity: float, reads: float) -> Iterator[Finding]:
    """Whatever the hit ratio is, an empty cache sends all its reads to the store."""
    if reads > capacity:
        yield Finding(
            at=store,
            field=field,
            severity=WARNING,
            message=f"{store.label} can serve {show(capacity, '/s')} of reads, {FLUSH} of {cache.label} sends it "
            f"{show(reads, '/s')} at least",
            exposure=reads / capacity if capacity else None,
            evidence=(Evidence("cache reads at peak", reads, "/s"), Evidence("capacity", capacity, "/s")),
            formula="store reads after >= cache reads at peak",
            remedy=_remedy(cache, store, reads),
            related=(Related(cache, "the cache that loses entries", field="nodes"),),
            key=cache.name,
        )


def _remedy(cache: Cache, store: Component, reads: float) -> str:
    return (
        f"Let {store.label} carry {show(reads, '/s')} of reads, replicate {cache.label} over zones, "
        f"or shed reads in front of {store.label}."
    )


def _overload(
    cache: Cache, store: Component, field: str, capacity: float, loss: _Loss, base: float, hits: float
) -> Finding:
    reads, keys = base + hits * loss.share, cache.spec.keys
    entries = "all entries" if loss.share == 1 else f"{show(loss.share, 'fraction')} of the entries"
    copies = "" if loss.certain or loss.event == FLUSH else ", unless copies that are not stated survive"
    refill = f"; refilling takes {show(keys * loss.share / capacity, 's')} at least" if keys and capacity else ""
    return Finding(
        at=store,
        field=field,
        severity=ERROR if loss.certain and not _sheds(store) else WARNING,
        message=(
            f"{store.label} can serve {show(capacity, '/s')} of reads, {loss.event} of {cache.label} sends it "
            f"{show(reads, '/s')} ({entries} lost{copies}){refill}"
        ),
        exposure=reads / capacity if capacity else None,
        evidence=(
            Evidence("store reads before", base, "/s"),
            Evidence("hits at peak", hits, "/s"),
            Evidence("entries lost", loss.share, "fraction"),
            Evidence("store reads after", reads, "/s"),
            Evidence("capacity", capacity, "/s"),
        ),
        formula="store reads after = store reads before + hits at peak x entries lost",
        clears=tuple(_clears(field, loss, reads, base + hits)),
        remedy=_remedy(cache, store, reads),
        related=(Related(cache, "the cache that loses entries", field="nodes"),),
        key=cache.name,
    )


def _clears(field: str, loss: _Loss, reads: float, flushed: float) -> Iterator[Clear]:
    """The capacity that the loss needs takes an error away, the one that a flush needs the warning too."""
    if field != "capacity.reads":
        return
    amounts = {ERROR: reads, WARNING: flushed} if loss.certain else {WARNING: flushed}
    for severity, amount in amounts.items():
        needed = math.ceil(amount - 1e-9)
        yield Clear(field, needed, f"{needed}/s", severity)


def _limit_of(store: Component, analyses: Analyses) -> Known[tuple[str, float]] | Unknown:
    """The field that bounds the reads of what stands behind the cache, and the bound."""
    if isinstance(store, Service):
        count, rate = analyses.capacity.instances_at_peak(store), rate_of_one(store)
        if isinstance(count, Known) and isinstance(rate, Known):
            return Known(("replicas", count.value * rate.value))
        return Unknown("services.*.capacity.per_replica", "services.*.replicas")
    if isinstance(store, External):
        limit = stated(store.spec, "capacity.rate")
        return Unknown("externals.*.capacity.rate") if limit is None else Known(("capacity.rate", float(limit)))
    if not isinstance(store, Datastore | Cache):
        raise NotApplicable
    limit = stated(store.spec, "capacity.reads")
    return Unknown("datastores.*.capacity.reads") if limit is None else Known(("capacity.reads", float(limit)))


def _reads_before(store: Component, misses: float, analyses: Analyses) -> tuple[float, tuple[str, ...]]:
    """Reads of the store while the cache is warm, or the misses alone and what is missing to know more."""
    load = analyses.load
    known = load.reads(store) if isinstance(store, Datastore | Cache) else load.requests(store)
    return (known.value, ()) if isinstance(known, Known) else (misses, ("datastores.*.load.reads",))


def _sheds(store: Component) -> bool:
    """Whether what stands behind the cache refuses the excess instead of failing under it."""
    return any(stated(store.spec, control) not in (None, "none") for control in ("load_shedding", "rate_limit"))


def _losses(cache: Cache) -> Iterator[_Loss]:
    """What can take entries away, from the likeliest to the worst; only what the manifest lets us count."""
    yield _Loss(FLUSH, 1.0, certain=False)
    size = scale(cache)
    if isinstance(size, Unknown) or not size.value.least:
        return
    shares = {"the loss of a node": ("instance", 1 / size.value.least)}
    nodes = placement(cache, size.value.least)
    if len(nodes) > 1:
        shares["the loss of a zone"] = ("zone", max(nodes.values()) / sum(nodes.values()))
    for event, (scope, share) in shares.items():
        survive = _copies_survive(cache, scope, size.value.least)
        if survive is not True:
            yield _Loss(event, share, certain=survive is False)


def _copies_survive(cache: Cache, loss: str, nodes: int) -> bool | None:
    """Whether a copy of each entry takes over when a node or a zone is lost; None where nobody says."""
    if nodes == 1 or (cache.spec.technology or "").partition("@")[0].lower() == "memcached":
        return False
    factor, mode = stated(cache.spec, "replication.factor"), stated(cache.spec, "replication.mode")
    automatic, scope = stated(cache.spec, "failover.automatic"), stated(cache.spec, "failover.scope")
    if "none" in (factor, mode, automatic) or factor == 1 or automatic is False:
        return False
    if factor is None or automatic is None:
        return None
    return not (loss == "zone" and scope in ("instance", "host"))
