"""Zipf: a few keys take most accesses, and each of them stands on one node."""

from __future__ import annotations

import math
from typing import Any

from archlint.analysis.analyses import Analyses
from archlint.analysis.hot_keys import is_split
from archlint.analysis.skew import (
    entries_for_hit_ratio,
    hottest_share,
    keys_for_even_partitions,
    lru_hit_ratio,
)
from archlint.analysis.thresholds import Threshold, at_least, at_most, exceeds
from archlint.plugin import (
    ERROR,
    NONE,
    WARNING,
    Cache,
    Clear,
    Component,
    Datastore,
    Evidence,
    Finding,
    Iterator,
    Known,
    NotApplicable,
    Topic,
    Unknown,
    check,
    need,
    show,
    stated,
)
from archlint.records import dataclass

FAIR = 2.0
"""Times its fair share that a partition's hottest key may take before the partition is called hot."""

FEW = 4
"""Partitions below which a share over 2 / P is nothing unusual."""

ACCURACY = 0.01
"""Error of Che's approximation for caches of a few entries and more, as a hit ratio."""

NEAR_CACHE = frozenset({"client-side-caching", "near-cache", "request-coalescing"})


def is_partitioned(component: Component) -> bool:
    """Whether a key decides which of several partitions takes an access."""
    if not isinstance(component, Topic | Datastore) or _key(component) is None:
        return False
    return (_partitions(component) or 0) > 1 and not is_split(component.spec)


def _key(component: Component) -> Any:
    """None where no key is stated to choose the partition."""
    if stated(component.spec, "key") == NONE:
        return None
    return stated(component.spec, "partition_key") or stated(component.spec, "key")


def _partitions(component: Component) -> int | None:
    count = stated(component.spec, "partitions" if isinstance(component, Topic) else "shards")
    return count if isinstance(count, int) else None


def _hottest(component: Component) -> Known[float] | Unknown:
    """The share of accesses of the most wanted key: stated, or of the stated Zipf distribution."""
    own = stated(component.spec, "partition_key.hottest")
    if own is not None:
        return Known(float(own))
    keys, exponent = stated(component.spec, "partition_key.cardinality"), stated(component.spec, "partition_key.zipf")
    if keys is None or exponent is None:
        return Unknown("partition_key.hottest")
    return Known(hottest_share(keys, exponent), "derived")


@dataclass(frozen=True, slots=True)
class _Lane:
    """What one partition takes at most: `unit` a second of a kind of load, of which `load` arrives in all."""

    what: str
    load: float
    limit: float
    unit: str
    field: str


@check("LAW080", "hot-partition", severity=ERROR, applies=is_partitioned)
def hot_partition(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """One key sends more to its partition than the partition can take, or far more than a fair share.

    What it finds: the share of the hottest key (`partition_key.hottest`, else 1 / H(n, s) of the stated `zipf` over
    `cardinality` keys) x load, against what one partition takes. Over it is an error: of a store, its capacity over
    the shards; of a topic, its bytes over `capacity.partition_throughput` of the broker, or its messages over
    `per_instance` of a consumer, for one consumer reads a partition. From 2/P with four partitions or more it is a
    warning. Silent where a pattern splits the key (`key-splitting`, `key-salting`, `sharded-counter`); reads count
    only where no cache stands before the store.

    Why it matters: partitions add up only if keys spread. A key cannot be spread by adding partitions, so the whole is
    as fast as its hottest part.

    At 3 AM: one node or one partition is at its limit, its lag grows, and all the others idle. Find the key; slow it
    down or give it a lane of its own. More nodes do not help.

    How to fix: split the key (a suffix of a few values, added up on reading), give the largest a partition or cell of
    its own, or answer its reads from a cache near the readers.

    When it is wrong: the hottest key is batched or sampled before it gets here.

    Sources: Breslau and others, "Web caching and Zipf-like distributions: evidence and implications", INFOCOM 1999;
    Amazon Web Services, "Designing partition keys to distribute your workload", DynamoDB developer guide.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger:
            shards: 16
            partition_key: {name: merchant, hottest: 20%}
            load: {reads: 0/s, writes: 8k/s}
            capacity: {reads: 16k/s, writes: 16k/s}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger:
            shards: 16
            partition_key: {name: account, hottest: 1%}
            load: {reads: 0/s, writes: 8k/s}
            capacity: {reads: 16k/s, writes: 16k/s}
    """
    hottest, count = need(component, _hottest(component)), _partitions(component) or 1
    lanes, missing = _lanes(component, count, analyses)
    over = [lane for lane in lanes if exceeds(hottest * lane.load, lane.limit)]
    skewed = count >= FEW and exceeds(hottest, FAIR / count) and not _is_only_read(component, lanes)
    if not over and not skewed:
        if missing:
            raise Unknown(*missing)
        return
    if over:
        yield _overloaded(component, hottest, count, max(over, key=lambda lane: lane.load / lane.limit))
    else:
        yield _skewed(component, hottest, count)


def _overloaded(component: Component, hottest: float, count: int, lane: _Lane) -> Finding:
    share = at_most(lane.limit / lane.load, "fraction")
    return Finding(
        at=component,
        field="partition_key.hottest",
        severity=ERROR,
        message=(
            f"the hottest key of {component.label} takes {show(hottest, 'fraction')} of {show(lane.load, lane.unit)} "
            f"{lane.what}, {show(hottest * lane.load, lane.unit)}, and one of {show(count)} partitions takes "
            f"{show(lane.limit, lane.unit)}"
        ),
        exposure=hottest * lane.load / lane.limit,
        evidence=(
            Evidence("share of the hottest key", hottest, "fraction"),
            Evidence(lane.what, lane.load, lane.unit),
            Evidence("partitions", count),
            Evidence("limit of a partition", lane.limit, lane.unit),
        ),
        formula="share of the hottest key x load, against the limit of one partition",
        clears=(Clear("partition_key.hottest", share.value, share.text, ERROR),)
        if stated(component.spec, "partition_key.hottest") is not None
        else (),
        remedy="Split the hottest key over several partitions, give it a lane of its own, or answer it from a cache.",
    )


def _skewed(component: Component, hottest: float, count: int) -> Finding:
    share = at_most(FAIR / count, "fraction")
    return Finding(
        at=component,
        field="partition_key.hottest",
        severity=WARNING,
        message=(
            f"the hottest key of {component.label} takes {show(hottest, 'fraction')}, over twice the fair share of one "
            f"of {show(count)} partitions ({show(1 / count, 'fraction')})"
        ),
        exposure=hottest * count / FAIR,
        evidence=(
            Evidence("share of the hottest key", hottest, "fraction"),
            Evidence("partitions", count),
            Evidence("fair share", 1 / count, "fraction"),
        ),
        formula="exposure = share of the hottest key x partitions / 2",
        clears=(Clear("partition_key.hottest", share.value, share.text, WARNING),)
        if stated(component.spec, "partition_key.hottest") is not None
        else (),
        remedy="Choose a finer key, or split the hottest one; size partitions by it and not by the mean.",
    )


def _is_cached(store: Component) -> bool:
    return any(edge.kind == "backed_by" for edge in store.incoming)


def _is_only_read(component: Component, lanes: list[_Lane]) -> bool:
    """Whether a cache answers the reads of the hot key, and nothing is written that could be hot."""
    return _is_cached(component) and all(lane.what == "reads" or not lane.load for lane in lanes)


def _lanes(component: Component, count: int, analyses: Analyses) -> tuple[list[_Lane], tuple[str, ...]]:
    """The limits of one partition that are known, and the fields that others lack."""
    if isinstance(component, Topic):
        return _lanes_of_topic(component, analyses)
    lanes, missing = list[_Lane](), list[str]()
    for access, load in (("reads", analyses.load.reads(component)), ("writes", analyses.load.writes(component))):
        if access == "reads" and _is_cached(component):
            continue
        capacity = stated(component.spec, f"capacity.{access}")
        least = load.value if isinstance(load, Known) else analyses.load.access_at_least(component, access)
        if capacity:
            lanes.append(_Lane(access, least, capacity / count, "/s", f"capacity.{access}"))
        elif capacity is None and (least or isinstance(load, Unknown)):
            missing.append(f"capacity.{access}")
        if isinstance(load, Unknown):
            missing.extend(load.fields)
    return lanes, tuple(missing)


def _lanes_of_topic(topic: Topic, analyses: Analyses) -> tuple[list[_Lane], tuple[str, ...]]:
    load = analyses.load.of_topic(topic)
    if isinstance(load, Unknown):
        return [], load.fields
    lanes, missing = list[_Lane](), list[str]()
    for consume in topic.consumers:
        rate = stated(consume.spec, "per_instance")
        if rate is None:
            missing.append("consumes.per_instance")
        else:
            lanes.append(_Lane("messages", load.value, rate, "/s", "consumes.per_instance"))
    room = stated(topic.broker.spec, "capacity.partition_throughput")
    sizes = [publish.spec.size for publish in topic.publishers]
    if room is not None and sizes and None not in sizes:
        lanes.append(_Lane("throughput", load.value * max(sizes), room, "B/s", "capacity.partition_throughput"))
    return [lane for lane in lanes if lane.limit], tuple(missing)


@check("LAW081", "cache-cannot-reach-hit-ratio", severity=WARNING, needs=("zipf", "keys", "hit_ratio"))
def cache_cannot_reach_hit_ratio(cache: Cache, analyses: Analyses) -> Iterator[Finding]:
    """A cache is too small for the hit ratio that is stated of it.

    What it finds: the hit ratio that Che's approximation gives for a cache that drops the least recently used, of
    `memory.size` over `entry_size` entries, when reads follow the stated Zipf distribution over `keys`. More than one
    point below the stated `hit_ratio` is a warning: expiry, writes and failures only lower it. The share of the top
    keys depends on the exponent and on their number; it is not 80/20. Silent where the cache states `measured`
    figures: then the ratio is a measurement.

    Why it matters: the store behind is sized by what the cache lets through. 90% in place of 97% is more than three
    times the misses.

    At 3 AM: the store behind the cache is overloaded though the cache is up and full, and evictions never stop. Give
    the cache memory, or shed reads.

    How to fix: more memory, smaller entries, fewer things cached; or plan the store for the ratio that is in reach.

    When it is wrong: accesses come in bursts by key, which any cache answers better than independent ones, or another
    rule of eviction is in use.

    Sources: H. Che, Y. Tung and Z. Wang, "Hierarchical web caching systems: modeling, design and experimental results",
    IEEE Journal on Selected Areas in Communications 20(7), 2002; C. Fricker, P. Robert and J. Roberts, "A versatile and
    accurate approximation for LRU cache performance", ITC 24, 2012.

    Risky:
        archlint: 1
        system: {name: shop}
        caches:
          prices: {keys: 1M, zipf: 0.8, entry_size: 1kB, memory: {size: 100MB}, hit_ratio: 90%}

    Safe:
        archlint: 1
        system: {name: shop}
        caches:
          prices: {keys: 1M, zipf: 0.8, entry_size: 1kB, memory: {size: 800MB}, hit_ratio: 90%}
    """
    if stated(cache.spec, "measured") not in (None, NONE):
        return
    keys, exponent, claimed, size, memory = need(cache, "keys", "zipf", "hit_ratio", "entry_size", "memory.size")
    if not size or not keys:
        raise NotApplicable
    entries = memory / size
    reached = lru_hit_ratio(entries, keys, exponent)
    if not exceeds(claimed - ACCURACY, reached):
        return
    wanted = entries_for_hit_ratio(claimed - ACCURACY, keys, exponent)
    ratio = at_most(reached + ACCURACY, "fraction")
    yield Finding(
        at=cache,
        field="memory.size",
        message=(
            f"{cache.label} holds {show(entries, 'entries')} of {show(keys, 'keys')}, which answer "
            f"{show(reached, 'fraction')} of reads, not {show(claimed, 'fraction')}"
        ),
        exposure=(1 - reached) / (1 - claimed) if claimed < 1 else None,
        evidence=(
            Evidence("keys", keys),
            Evidence("Zipf exponent", exponent),
            Evidence("entries", entries),
            Evidence("hit ratio within reach", reached, "fraction"),
            Evidence("hit ratio stated", claimed, "fraction"),
        ),
        formula="sum(1 - exp(-p T)) = entries; hit ratio = sum(p (1 - exp(-p T))), p by Zipf",
        clears=(
            _memory(wanted * size),
            Clear("hit_ratio", ratio.value, ratio.text, WARNING),
        ),
        remedy="Give it more memory or cache less, and size what is behind it for the hit ratio that is in reach.",
    )


def _memory(size: float) -> Clear:
    more: Threshold = at_least(size, "B")
    return Clear("memory.size", more.value, more.text, WARNING)


@check("LAW082", "partition-key-cardinality-too-low", severity=WARNING, applies=is_partitioned)
def partition_key_cardinality_too_low(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """A partition key has too few values to fill its partitions evenly.

    What it finds: `partition_key.cardinality` below 4 P ln P for P partitions or shards. Keys that are hashed fall like
    balls into bins: only from about P ln P on does the fullest bin hold no more than a constant times the mean.

    Why it matters: with as few keys as partitions a third of the partitions stay empty and the fullest holds several.
    The whole is as fast as that one.

    At 3 AM: some consumers or shards idle, others are at their limit, and adding more changes nothing. Only another
    key, or fewer larger partitions, does.

    How to fix: use a finer key (the account in place of the country), or add a suffix to it; if that cannot be, use no
    more partitions than the key can fill.

    When it is wrong: keys are assigned to partitions by hand or by range and not hashed.

    Sources: M. Raab and A. Steger, "Balls into bins: a simple and tight analysis", RANDOM 1998,
    https://doi.org/10.1007/3-540-49543-6_13.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          orders: {shards: 32, partition_key: {name: country, cardinality: 200}}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          orders: {shards: 32, partition_key: {name: customer, cardinality: 2M}}
    """
    keys, count = need(component, "partition_key.cardinality"), _partitions(component) or 1
    enough = keys_for_even_partitions(count)
    if keys >= enough:
        return
    field = "partitions" if isinstance(component, Topic) else "shards"
    fewer = _partitions_for(keys)
    yield Finding(
        at=component,
        field="partition_key.cardinality",
        message=(
            f"the partition key of {component.label} has {show(keys, 'values')} for {show(count, field)}: "
            f"they fill evenly from {show(enough, 'values')} on"
        ),
        exposure=enough / keys if keys else None,
        evidence=(
            Evidence("values of the key", keys),
            Evidence("partitions", count),
            Evidence("values that fill them evenly", enough),
        ),
        formula="4 P ln P",
        clears=(
            Clear("partition_key.cardinality", enough, str(enough), WARNING),
            Clear(field, fewer, str(fewer), WARNING),
        ),
        remedy="Use a finer key, or add a suffix to this one; else use fewer partitions.",
    )


def _partitions_for(keys: float) -> int:
    count = 1
    while keys_for_even_partitions(count * 2) <= keys:
        count *= 2
    while keys_for_even_partitions(count + 1) <= keys:
        count += 1
    return count


@check("LAW083", "hot-key-on-one-node", severity=WARNING)
def hot_key_on_one_node(cache: Cache, analyses: Analyses) -> Iterator[Finding]:
    """The most wanted key of a cache is read more often than its one node can answer.

    What it finds: `hottest_key` (else the reads x 1 / H(n, s) of the stated `zipf` over `keys`) against what one node
    answers: `capacity.reads` over the shards, else over the nodes that hold a first copy. A key lives on one node
    however many there are. Silent where a near cache answers it (a pattern `near-cache` of the cache).

    Why it matters: a cluster is sized by the sum of its nodes. One celebrity, one configuration key, one feature flag
    is read through a single one of them.

    At 3 AM: one cache node is at its limit while the others idle, and everything that also lives on it is slow. Copy
    the key under several names, or hold it in the callers for a second.

    How to fix: keep the hottest keys in the callers (a near cache of a second is enough), or copy them under several
    names and read one at random.

    When it is wrong: reads of a key are spread over its replicas.

    Sources: Nishtala and others, "Scaling Memcache at Facebook", NSDI 2013, section 3 (hot keys and replicated pools);
    Breslau and others, "Web caching and Zipf-like distributions: evidence and implications", INFOCOM 1999.

    Risky:
        archlint: 1
        system: {name: shop}
        caches:
          sessions: {nodes: 6, hottest_key: 30k/s, capacity: {reads: 120k/s}}

    Safe:
        archlint: 1
        system: {name: shop}
        caches:
          sessions: {nodes: 6, hottest_key: 10k/s, capacity: {reads: 120k/s}}
    """
    if NEAR_CACHE & set(stated(cache.spec, "patterns") or ()):
        return
    rate = _rate_of_hottest(cache, analyses)
    if isinstance(rate, Unknown) and not _says_of_keys(cache):
        raise NotApplicable
    hottest, nodes, capacity = need(cache, rate, _nodes(cache), "capacity.reads")
    if nodes <= 1:
        raise NotApplicable
    limit = capacity / nodes
    if not exceeds(hottest, limit):
        return
    more = at_least(hottest * nodes, "/s")
    yield Finding(
        at=cache,
        field="hottest_key",
        message=(
            f"the hottest key of {cache.label} is read {show(hottest, '/s')}, and the one of {show(nodes)} nodes that "
            f"holds it answers {show(limit, '/s')}"
        ),
        exposure=hottest / limit if limit else None,
        evidence=(
            Evidence("reads of the hottest key", hottest, "/s"),
            Evidence("nodes", nodes),
            Evidence("reads that one node answers", limit, "/s"),
        ),
        formula="reads of the hottest key, against capacity.reads / nodes",
        clears=(Clear("capacity.reads", more.value, more.text, WARNING),),
        remedy="Keep the hottest keys in the callers for a moment, or copy them under several names.",
    )


def _says_of_keys(cache: Cache) -> bool:
    """Whether the manifest speaks of the keys at all."""
    return stated(cache.spec, "zipf") is not None or stated(cache.spec, "keys") is not None


def _rate_of_hottest(cache: Cache, analyses: Analyses) -> Known[float] | Unknown:
    own = stated(cache.spec, "hottest_key")
    if own is not None:
        return Known(float(own))
    keys, exponent, reads = stated(cache.spec, "keys"), stated(cache.spec, "zipf"), analyses.load.reads(cache)
    if keys is None or exponent is None or isinstance(reads, Unknown):
        return Unknown("hottest_key")
    return Known(reads.value * hottest_share(keys, exponent), "derived")


def _nodes(cache: Cache) -> Known[int] | Unknown:
    """Nodes that hold a first copy."""
    shards, nodes = stated(cache.spec, "shards"), stated(cache.spec, "nodes")
    if shards:
        return Known(int(shards))
    if nodes is None:
        return Unknown("nodes")
    return Known(math.ceil(nodes / (stated(cache.spec, "replication.factor") or 1)))
