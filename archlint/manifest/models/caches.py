"""Caches: copies that may be lost."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import (
    Amount,
    Bytes,
    BytesFloor,
    Duration,
    DurationFloor,
    FractionFloor,
    OrNone,
    Rate,
    Reference,
)
from archlint.manifest.models.base import Spec, stated
from archlint.manifest.models.storage import NodesSpec, StoreCapacitySpec, StoreLoadSpec

StampedeProtection = Literal["none", "coalescing", "lock", "early-refresh", "stale-while-revalidate"]


class CacheMemorySpec(Spec):
    """Memory of the whole cache."""

    size: BytesFloor | None = stated("Memory for entries, whole cache.")
    working_set: Bytes | None = stated("Memory that the entries in use would take.")


class CacheSpec(NodesSpec):
    """A copy that may be lost."""

    backed_by: OrNone[Reference] | None = stated("Component that is asked on a miss.")
    hit_ratio: FractionFloor | None = stated("Share of reads that the cache answers.")
    ttl: OrNone[Duration] | None = stated("Time after which an entry is no longer used.")
    ttl_jitter: OrNone[DurationFloor] | None = stated("Time over which expiries are spread at random.")
    strategy: Literal["aside", "read-through", "write-through", "write-back"] | None = stated(
        "Who fills the cache, and when writes reach the store."
    )
    invalidation: Literal["none", "ttl", "explicit", "commit-log"] | None = stated(
        "What removes an entry whose source has changed."
    )
    stampede_protection: StampedeProtection | None = stated("What keeps many misses of one key apart.")
    on_error: Literal["serve-stale", "pass-through", "drop-entry", "fail"] | None = stated(
        "What is done when the store behind the cache fails."
    )
    max_stale: OrNone[Duration] | None = stated("Longest time that a stale entry may be served.")
    memory: CacheMemorySpec | None = stated("Memory of the whole cache.")
    load: StoreLoadSpec | None = stated("Demand on the whole cache.")
    capacity: StoreCapacitySpec | None = stated("What the whole cache can carry.")
    hottest_key: Rate | None = stated("Rate of reads of the most wanted key.")
    regeneration: Duration | None = stated("Time to rebuild one entry.")
    keys: Amount | None = stated("Number of different keys.")
    entry_size: Bytes | None = stated("Mean size of an entry.")
    zipf: Amount | None = stated("Exponent of the Zipf distribution of reads over the keys.")
    warmup: Duration | None = stated("Time until an empty cache has its usual hit ratio.")
