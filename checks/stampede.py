"""Stampedes: many requests that rebuild the same lost entry of a cache at once."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.thresholds import at_most, exceeds
from archlint.plugin import (
    WARNING,
    Cache,
    Clear,
    Evidence,
    Finding,
    Iterator,
    NotApplicable,
    Related,
    Unknown,
    check,
    show,
    stated,
)


def _stands_before_something(cache: Cache) -> bool:
    return cache.backed_by is not None


@check("PRM111", "stampede-unprotected", severity=WARNING, applies=_stands_before_something)
def stampede_unprotected(cache: Cache, analyses: Analyses) -> Iterator[Finding]:
    """When the most wanted entry expires, many requests rebuild it at the same time.

    What it finds: a cache whose `stampede_protection` is `none` or not stated, and whose hottest key x time to
    rebuild an entry is over 1 (`hottest_key`, `regeneration`): so many requests miss while the first rebuilds. Where
    these figures are not stated, the protection that is missing is the finding. Silent where the product is at most
    1, and where entries are never removed.

    Why it matters: one expiry sends a burst of the same query to the store. The store slows down under it, each
    rebuild takes longer, more requests join: the entry is never written.

    At 3 AM: the store shows the same query hundreds of times at once, at the period of a TTL. Write the entry by hand
    with a long TTL, then let one at a time rebuild it.

    How to fix: let one request rebuild and the others wait for it (`coalescing` or `lock`), refresh before the expiry
    (`early-refresh`), or serve the old value meanwhile (`stale-while-revalidate`).

    When it is wrong: the hottest key is written by a job and never rebuilt by requests.

    Sources: R. Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013 (leases); A. Vattani, F. Chierichetti, K.
    Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 8(8), 2015.

    Risky:
        archlint: 1
        system: {name: shop}
        caches:
          prices: {backed_by: prices-db, ttl: 1m, hottest_key: 200/s, regeneration: 50ms, stampede_protection: none}
        datastores:
          prices-db: {}

    Safe:
        archlint: 1
        system: {name: shop}
        caches:
          prices: {backed_by: prices-db, ttl: 1m, hottest_key: 200/s, regeneration: 5ms, stampede_protection: none}
        datastores:
          prices-db: {}
    """
    protection = stated(cache.spec, "stampede_protection")
    if protection not in (None, "none"):
        return
    if cache.spec.ttl == "none" and cache.spec.invalidation in (None, "none"):
        raise NotApplicable
    rate, time = stated(cache.spec, "hottest_key"), stated(cache.spec, "regeneration")
    known = rate is not None and time is not None
    if known and not exceeds(rate * time, 1.0):
        return
    if not known and rate == 0:
        return
    if not known and protection is None and (rate is not None or time is not None):
        raise Unknown(*(name for name, value in (("hottest_key", rate), ("regeneration", time)) if value is None))
    yield Finding(
        at=cache,
        field="stampede_protection",
        message=(
            f"when the hottest entry of {cache.label} expires, "
            + (
                f"{show(rate * time, 'requests')} rebuild it at once ({show(rate, '/s')} x {show(time, 's')})"
                if known
                else "nothing keeps all requests for it from rebuilding it at once"
            )
        ),
        unstated="" if protection or known else "stampede_protection",
        exposure=rate * time if known else None,
        evidence=(
            (
                Evidence("reads of the hottest key", rate, "/s"),
                Evidence("time to rebuild an entry", time, "s"),
                Evidence("rebuilds at once", rate * time),
            )
            if known
            else ()
        ),
        formula="rebuilds at once = reads of the hottest key x time to rebuild an entry" if known else "",
        clears=tuple(_clears(rate, time)) if known else (),
        remedy="Let one request rebuild an entry and the others wait for it, or refresh it before it expires.",
        related=(Related(cache.backed_by, "is asked for each rebuild"),) if cache.backed_by is not None else (),
    )


def _clears(rate: float, time: float) -> Iterator[Clear]:
    quick, seldom = at_most(1 / rate, "s"), at_most(1 / time, "/s")
    yield Clear("regeneration", quick.value, quick.text, WARNING)
    yield Clear("hottest_key", seldom.value, seldom.text, WARNING)
    yield Clear("stampede_protection", "coalescing", "coalescing", WARNING)
