"""What the manifest says of the key that is accessed most."""

from __future__ import annotations

from archlint.analysis.skew import hottest_share

SPLIT = frozenset({"hot-key-splitting", "key-salting", "key-splitting", "sharded-counter", "write-sharding"})
"""Patterns that spread a key over several partitions."""


def is_split(spec: object) -> bool:
    """Whether hot keys are spread, so that none of them is what one partition must take."""
    return not SPLIT.isdisjoint(getattr(spec, "patterns", None) or ())


def hottest_of(spec: object) -> float | None:
    """The share of accesses that go to the most frequent key: stated, or of its Zipf distribution."""
    key = getattr(spec, "partition_key", None)
    if key is None or isinstance(key, str) or is_split(spec):
        return None
    if key.hottest is not None:
        return float(key.hottest)
    if key.zipf is not None and key.cardinality:
        return hottest_share(key.cardinality, key.zipf)
    return None
