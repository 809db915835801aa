"""Cassandra and ScyllaDB: how large partitions are."""

from __future__ import annotations

import math
from collections.abc import Iterator

from archlint.analysis.analyses import Analyses
from archlint.analysis.technology import runs_on_one_of
from archlint.analysis.thresholds import exceeds
from archlint.plugin import (
    ERROR,
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
from archlint.records import replace

NAMES = frozenset({"cassandra", "apache-cassandra", "scylladb", "scylla"})

CELLS = 2**31
"""Values that a partition can hold."""


def is_wide_column(component: Component) -> bool:
    return runs_on_one_of(component, NAMES)


@check("LIM160", "cassandra-partition-size", severity=ERROR, applies=is_wide_column, subsumes=("LIM004",))
def cassandra_partition_size(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """The partitions of a Cassandra or ScyllaDB table are larger than nodes can handle.

    What it finds: `size` and `records` over `partition_key.cardinality`, the mean of all partitions, which the largest
    is no less than. More than 2^31 records, each of which has at least one value, are an error: a partition holds no
    more. More than 100 MB or 100,000 records for Cassandra, 1,000 MiB for ScyllaDB, are a warning, in place of
    LIM004 on the same figures.

    Why it matters: a partition lives on its replicas as a whole. Reading, compacting, repairing and streaming it take
    heap in proportion, its nodes are hotter than all others, and no added node takes any of it away.

    At 3 AM: "Writing large partition" in the log, long pauses of three nodes, timeouts of reads of one key. Read that
    key with a limit, stop the repair, and find who writes to it.

    How to fix: put a bucket into the partition key (a day, a hash), so that each holds 10 to 100 MB at the end of
    its life, or expire what is old.

    When it is wrong: the stated size counts several tables, of which this key is only one's.

    Sources: DataStax, "Calculating partition size", 2016,
    https://docs.datastax.com/en/cassandra_win/2.2/cassandra/planning/planPlanningPartitionSize.html; DataStax, "CQL
    limits", 2025, https://docs.datastax.com/en/cql/hcd/reference/cql-limits.html; ScyllaDB source, config.cc
    (compaction_large_partition_warning_threshold_mb), 2026,
    https://github.com/scylladb/scylladb/blob/f4a4091ca28efb8c06c3422fdaac1d2f02e5614f/db/config.cc.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          events: {technology: cassandra, size: 2TB, records: 1G, partition_key: {name: device, cardinality: 4k}}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          events: {technology: cassandra, size: 2TB, records: 1G, partition_key: {name: device, cardinality: 9M}}
    """
    judged = analyses.measures.judge(store)
    if judged is None:
        raise NotApplicable
    keys, records, data = (stated(store.spec, name) for name in ("partition_key.cardinality", "records", "size"))
    if keys and records is not None and exceeds(records / keys, CELLS):
        yield _too_many_cells(store, records, keys)
        return
    from archlint.checks.limit_findings import finding_of

    found = [b for b in judged.breaches if b.bound.limit.measure in ("partition_size", "records_per_partition")]
    if found:
        worst = max(found, key=lambda breach: breach.exposure)
        remedy = "Add a bucket to the partition key, so that a partition ends before it is too large."
        yield replace(
            finding_of(worst, analyses.today),
            remedy=remedy,
            key="",
            explains=tuple(breach.bound.limit.name for breach in found),
        )
        return
    lacks = (("partition_key.cardinality", keys), ("records", records), ("size", data))
    if missing := [name for name, value in lacks if not value]:
        raise Unknown(*missing)


def _too_many_cells(store: Datastore, records: float, keys: float) -> Finding:
    fewest = math.ceil(records / CELLS)
    return Finding(
        at=store,
        field="partition_key",
        severity=ERROR,
        message=(
            f"a partition of {store.label} holds {show(records / keys, 'records')} on average: a partition takes "
            f"{show(CELLS)} values, and a record has one at least"
        ),
        exposure=records / keys / CELLS,
        evidence=(
            Evidence("records", records),
            Evidence("partition keys", keys),
            Evidence("records per partition", records / keys),
            Evidence("values at most", CELLS),
        ),
        formula="records / partition keys",
        clears=(Clear("partition_key.cardinality", fewest, str(fewest), ERROR),),
        remedy="Add a bucket to the partition key, so that a partition ends before it is full.",
        explains=tuple(f"{slug}/{name}" for slug in ("cassandra", "scylladb") for name in _ADVISED),
    )


_ADVISED = ("partition_size", "values_per_partition")
