"""Elasticsearch and OpenSearch: how large shards are, and how many of them a node holds."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from archlint.analysis.analyses import Analyses
from archlint.analysis.configuration import setting, size
from archlint.analysis.technology import release_of, runs_on_one_of
from archlint.analysis.thresholds import exceeds
from archlint.analysis.values import Unknown
from archlint.plugin import (
    ERROR,
    WARNING,
    Clear,
    Component,
    Datastore,
    Evidence,
    Finding,
    NotApplicable,
    check,
    need,
    show,
    stated,
)
from archlint.records import replace

ELASTICSEARCH = frozenset({"elasticsearch", "elastic", "es"})
OPENSEARCH = frozenset({"opensearch"})
NAMES = ELASTICSEARCH | OPENSEARCH

DOCUMENTS = 2_147_483_519
"""Most documents of a shard: an index of Lucene takes no more (2^31 - 129)."""

GIBIBYTE = 2**30
HEAP_OF_SHARDS_UNTIL = (8, 3)
"""From this release of Elasticsearch on, indexes and fields take the heap, and hardly shards."""

_HEAP = re.compile(r"-Xmx(\d+[kKmMgG]?)")


def is_search(component: Component) -> bool:
    return runs_on_one_of(component, NAMES)


@check("LIM140", "elasticsearch-shard-size-or-count", severity=ERROR, applies=is_search, subsumes=("LIM002",))
def elasticsearch_shard_size_or_count(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """The shards of a search cluster are too large, or too many for its nodes.

    What it finds: `shards` counts the primary shards of all indexes. Too large: `size` / `shards` above 50 GB (50 GiB
    for OpenSearch), or for Elasticsearch `records` / `shards` above 200 million documents, are warnings; more than
    2^31 - 129 documents in a shard are an error, for Lucene takes no more. Too many: shards and their copies on a
    node above `cluster.max_shards_per_node`, 1,000 unless set, are an error, in place of LIM002; above 25 for each
    GiB of heap (OpenSearch), or 20 (Elasticsearch before 8.3), a warning, where `settings` state the heap (`Xmx`,
    `ES_JAVA_OPTS`, `OPENSEARCH_JAVA_OPTS`).

    Why it matters: a shard is searched as one and moves as a whole: at 200 GB a lost node takes hours to replace, and
    the copy is at risk meanwhile. Each shard costs heap and a part of the cluster state: at thousands a node, masters
    time out, and at the limit no index can be created, so that the nightly rollover fails and writes with it.

    At 3 AM: "this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum shards open":
    delete or close old indexes, or raise the setting for the night. Recovery that crawls: raise
    `indices.recovery.max_bytes_per_sec`.

    How to fix: roll over by size at 30 to 50 GB instead of by day; split indexes that are larger, shrink or merge
    those that are small; keep old data in fewer shards.

    When it is wrong: you have measured search and recovery at your size, or the stated shards are those of one index.

    Sources: Elastic, "Size your shards", 2026,
    https://www.elastic.co/docs/deploy-manage/production-guidance/optimize-performance/size-shards; OpenSearch,
    "Cluster settings", 2026,
    https://docs.opensearch.org/latest/install-and-configure/configuring-opensearch/cluster-settings/; AWS, "Amazon
    OpenSearch Service Lens", AOSPERF01-BP01, 2025,
    https://docs.aws.amazon.com/wellarchitected/latest/amazon-opensearch-service-lens/aosperf01-bp01.html.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          products: {technology: elasticsearch@8, nodes: 6, size: 2TB, shards: 12, replication: {factor: 2}}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          products: {technology: elasticsearch@8, nodes: 6, size: 2TB, shards: 48, replication: {factor: 2}}
    """
    missing: set[str] = set()
    for judge in (_too_large, _too_many):
        try:
            yield from judge(store, analyses)
        except Unknown as unknown:
            missing.update(unknown.fields)
    if missing:
        raise Unknown(*missing)


def _too_large(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """The gravest of what too few shards do."""
    shards = need(store, "shards")
    if not shards:
        raise NotApplicable
    records, data = stated(store.spec, "records"), stated(store.spec, "size")
    slug = "elasticsearch" if runs_on_one_of(store, ELASTICSEARCH) else "opensearch"
    if records is not None and exceeds(records / shards, DOCUMENTS):
        yield _of_documents(store, records, shards, DOCUMENTS, hard=True)
        return
    limit = _advised(analyses, f"{slug}/shard_size")
    if data is not None and exceeds(data / shards, limit):
        yield _of_size(store, data, shards, limit)
        return
    if slug == "elasticsearch" and records is not None:
        limit = _advised(analyses, "elasticsearch/documents_per_shard")
        if exceeds(records / shards, limit):
            yield _of_documents(store, records, shards, limit, hard=False)
            return
    need(store, "size")


def _advised(analyses: Analyses, name: str) -> float:
    """The figure of the catalogue, and no limit where an organisation's own leaves it out."""
    return next((limit.amount for limit in analyses.knowledge.limits(name)), math.inf)


def _of_size(store: Datastore, data: float, shards: int, limit: float) -> Finding:
    fewest = math.ceil(data / limit)
    return Finding(
        at=store,
        field="shards",
        severity=WARNING,
        message=(
            f"a shard of {store.label} holds {show(data / shards, 'B')} on average: at most {show(limit, 'B')} are "
            "advised, for searches and for the time to recover"
        ),
        exposure=data / shards / limit,
        evidence=(
            Evidence("data", data, "B"),
            Evidence("shards", shards),
            Evidence("size of a shard", data / shards, "B"),
            Evidence("advised at most", limit, "B"),
        ),
        formula="data / shards",
        clears=(Clear("shards", fewest, str(fewest), WARNING),),
        remedy=f"Split or roll over into {show(fewest)} shards or more.",
        key="size",
    )


def _of_documents(store: Datastore, records: float, shards: int, limit: float, *, hard: bool) -> Finding:
    fewest = math.ceil(records / limit)
    end = f"Lucene takes {show(limit)}, and then no more" if hard else f"at most {show(limit)} are advised"
    return Finding(
        at=store,
        field="shards",
        severity=ERROR if hard else WARNING,
        message=f"a shard of {store.label} holds {show(records / shards, 'documents')} on average: {end}",
        exposure=records / shards / limit,
        evidence=(
            Evidence("documents", records),
            Evidence("shards", shards),
            Evidence("documents of a shard", records / shards),
            Evidence("at most", limit),
        ),
        formula="documents / shards",
        clears=(Clear("shards", fewest, str(fewest), ERROR if hard else WARNING),),
        remedy=f"Split or roll over into {show(fewest)} shards or more.",
        key="documents",
    )


def _too_many(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    judged = analyses.measures.judge(store)
    if judged is None:
        return
    for breach in judged.breaches:
        if breach.bound.limit.measure == "shards_per_node" and breach.level == "quota":
            from archlint.checks.limit_findings import finding_of

            found = finding_of(breach, analyses.today)
            remedy = "Roll over by size instead of by day, merge small indexes and delete old ones, or add nodes."
            yield replace(found, remedy=remedy, key="count", explains=(breach.bound.limit.name,))
            return
    measured = next(iter(analyses.measures.of(store, "shards_per_node")), None)
    if isinstance(measured, Unknown):
        raise measured
    heap, each = _heap(store), _per_heap(store)
    if measured is not None and heap is not None and each is not None and exceeds(measured.value, each * heap):
        yield _over_heap(store, measured.value, heap, each)
    elif measured is not None and measured.missing:
        raise Unknown(*measured.missing)


def _over_heap(store: Datastore, shards: float, heap: float, each: float) -> Finding:
    return Finding(
        at=store,
        field="shards",
        severity=WARNING,
        message=(
            f"each node of {store.label} holds {show(shards, 'shards')}, copies included, with {show(heap, 'GiB')} of "
            f"heap: {show(each)} for each GiB are advised at most"
        ),
        exposure=shards / (each * heap),
        evidence=(Evidence("shards per node", shards), Evidence("heap in GiB", heap), Evidence("shards per GiB", each)),
        formula="shards per node / heap",
        remedy="Merge small indexes into fewer and larger shards, or add nodes.",
        key="heap",
    )


def _per_heap(store: Datastore) -> float | None:
    """Shards for each GiB of heap; None where it is not what the release counts."""
    if runs_on_one_of(store, OPENSEARCH):
        return 25.0
    release = release_of(store)
    old = release is not None and (*release, 0)[:2] < HEAP_OF_SHARDS_UNTIL and release != (8,)
    return 20.0 if old else None


def _heap(store: Datastore) -> float | None:
    """GiB, of one node."""
    own = setting(store, "Xmx", "-Xmx")
    options = setting(store, "ES_JAVA_OPTS", "OPENSEARCH_JAVA_OPTS")
    found = _HEAP.search(str(options.value)) if options is not None else None
    text = own.value if own is not None else found[1] if found is not None else None
    amount = None if text is None else size(text)
    return None if amount is None else amount / GIBIBYTE
