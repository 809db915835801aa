"""Cassandra and ScyllaDB: what consistency levels come to with the copies that there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archlint.analysis.analyses import Analyses
from archlint.analysis.callers import calls_to
from archlint.analysis.configuration import Setting, setting
from archlint.analysis.quorum import majority, quorums_meet
from archlint.checks.cassandra_partitions import is_wide_column
from archlint.plugin import (
    ERROR,
    WARNING,
    Datastore,
    Evidence,
    Finding,
    NotApplicable,
    Unknown,
    check,
    need,
    show,
    stated,
)

STRONG = frozenset({"linearizable", "serializable"})

READ_KEYS = ("read_consistency", "consistency", "consistency_level")
WRITE_KEYS = ("write_consistency", "consistency", "consistency_level")
DRIVER_KEYS = (
    "datastax-java-driver.basic.request.consistency",
    "basic.request.consistency",
    "spring.cassandra.request.consistency",
    "spring.data.cassandra.request.consistency",
)
"""Of callers: where drivers are told the level of all requests."""

COUNTED = {"ANY": 0, "ONE": 1, "LOCAL_ONE": 1, "TWO": 2, "THREE": 3}
MAJORITIES = frozenset({"QUORUM", "LOCAL_QUORUM", "EACH_QUORUM", "SERIAL", "LOCAL_SERIAL"})


class Level(NamedTuple):
    """Copies that an access asks, the field that says so, and the word for it."""

    copies: int
    field: str
    name: str


@check(
    "LIM161",
    "cassandra-consistency-against-rf",
    severity=ERROR,
    applies=is_wide_column,
    subsumes=("LAW153", "LIM004"),
)
def cassandra_consistency_against_rf(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """Consistency levels of Cassandra that its replication factor cannot keep, or that cannot lose a node.

    What it finds: the levels of reads and writes, by `settings` of the store (`read_consistency`, `write_consistency`,
    `consistency`) or of its callers' drivers (`basic.request.consistency`), else by `replication.read_quorum` and
    `write_quorum`, against `replication.factor`. An error: a level that asks more copies than there are (TWO with one
    copy), so that every request fails; and R + W <= N where the store is linearizable or serializable, in place of
    LAW153. A warning: QUORUM, LOCAL_QUORUM or EACH_QUORUM with two copies, or ALL, on a store that a promise rests on:
    the loss of one node stops its part of the data. Where copies are in several regions and a level is local, the
    store is not judged by their sum.

    Why it matters: the level decides at each request, the factor once for the table, and nothing compares the two. ONE
    and ONE return the past as often as replicas differ; QUORUM of two is ALL with another name.

    At 3 AM: "Cannot achieve consistency level QUORUM" (UnavailableException) after a restart of one node, with all
    others up. Lower the level of reads for the time, knowing what they may then miss.

    How to fix: three copies in each data centre, LOCAL_QUORUM for both reads and writes; lightweight transactions
    where it must be linearizable.

    When it is wrong: requests that matter set a level of their own.

    Sources: Apache Cassandra, "Dynamo" (tunable consistency; W + R > RF), 2025,
    https://cassandra.apache.org/doc/latest/cassandra/architecture/dynamo.html; DataStax, "How is the consistency level
    configured?", https://docs.datastax.com/en/cassandra-oss/2.2/cassandra/dml/dmlConfigConsistency.html.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          carts:
            technology: cassandra@5
            consistency: linearizable
            replication: {mode: quorum, factor: 3}
            settings: {read_consistency: ONE, write_consistency: QUORUM}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          carts:
            technology: cassandra@5
            consistency: linearizable
            replication: {mode: quorum, factor: 3}
            settings: {read_consistency: QUORUM, write_consistency: QUORUM}
    """
    words = _words(store)
    if not words and stated(store.spec, "replication.read_quorum") is None:
        raise NotApplicable
    factor = need(store, "replication.factor")
    if any(name.startswith("LOCAL_") or name == "EACH_QUORUM" for name, _ in words.values()):
        regions = _regions(store)
        if regions is None or regions > 1:
            raise Unknown("topology.regions") if regions is None else NotApplicable
    levels = {
        access: level for access in ("read", "write") if (level := _level(store, access, words, factor)) is not None
    }
    beyond = [level for level in levels.values() if level.copies > factor]
    if beyond:
        yield _beyond(store, max(beyond, key=lambda level: level.copies), factor)
        return
    yield from _not_meeting(store, levels, factor)
    yield from _cannot_lose_a_node(store, levels, factor, analyses)


def _words(store: Datastore) -> dict[str, tuple[str, str]]:
    """By access: the level in words, and the field that says so."""
    found: dict[str, tuple[str, str]] = {}
    for access, keys in (("read", READ_KEYS), ("write", WRITE_KEYS)):
        own = setting(store, *keys)
        made = own or _of_drivers(store, access)
        if made is None:
            continue
        name = str(made.value).upper()
        if name not in COUNTED and name not in MAJORITIES and name != "ALL":
            raise Unknown(made.field)
        found[access] = name, made.field if own is not None else f"settings.{keys[0]}"
    return found


def _of_drivers(store: Datastore, access: str) -> Setting | None:
    """What all callers with that access have configured alike."""
    calls = [call for call in calls_to(store) if call.spec.access in (access, None)]
    made = [setting(call.caller, *DRIVER_KEYS) for call in calls]
    values = {str(each.value).upper() for each in made if each is not None}
    return made[0] if made and None not in made and len(values) == 1 else None


def _level(store: Datastore, access: str, words: dict[str, tuple[str, str]], factor: int) -> Level | None:
    if access in words:
        name, field = words[access]
        copies = COUNTED.get(name, factor if name == "ALL" else majority(factor))
        return Level(copies, field, name)
    own = stated(store.spec, f"replication.{access}_quorum")
    return (
        Level(own, f"replication.{access}_quorum", show(own, "copy" if own == 1 else "copies"))
        if isinstance(own, int)
        else None
    )


def _regions(store: Datastore) -> int | None:
    """In which the copies are; None where that is not stated."""
    zones, topology = stated(store.spec, "zones"), store.system.manifest.topology
    if zones is None or topology is None or not topology.regions:
        return 1 if topology is None else None
    of = {zone: region for region, spec in topology.regions.items() for zone in (spec.zones or (region,))}
    return len({of.get(zone, zone) for zone in zones}) if zones != "none" else None


def _beyond(store: Datastore, level: Level, factor: int) -> Finding:
    return Finding(
        at=store,
        field="replication.factor",
        message=(
            f"{store.label} keeps {show(factor, 'copy' if factor == 1 else 'copies')} and is asked for {level.name}: "
            "every such request fails"
        ),
        exposure=level.copies / factor if factor else None,
        evidence=(Evidence("copies", factor), Evidence("copies asked", level.copies), Evidence("level", level.name)),
        formula="copies asked > copies",
        remedy="Keep three copies, and ask a majority of them.",
        explains=_FACTOR,
    )


def _not_meeting(store: Datastore, levels: dict[str, Level], factor: int) -> Iterator[Finding]:
    consistency = stated(store.spec, "consistency")
    read, write = levels.get("read"), levels.get("write")
    if consistency is not None and consistency not in STRONG:
        return
    if read is None or write is None:
        raise Unknown(*(f"replication.{access}_quorum" for access in ("read", "write") if access not in levels))
    if quorums_meet(factor, write.copies, read.copies):
        return
    need(store, "consistency")
    total = write.copies + read.copies
    yield Finding(
        at=store,
        field=read.field,
        message=(
            f"{store.label} promises to be {consistency}, writes with {write.name} and reads with {read.name}, "
            f"{show(total)} of {show(factor)} copies in all: a read need not meet the last write"
        ),
        exposure=(factor + 1) / total if total else None,
        evidence=(
            Evidence("copies", factor),
            Evidence("copies asked at writes", write.copies),
            Evidence("copies asked at reads", read.copies),
        ),
        formula="R + W > N",
        remedy="Read and write with QUORUM, or promise no more than what these levels give.",
        explains=_FACTOR,
    )


def _cannot_lose_a_node(
    store: Datastore, levels: dict[str, Level], factor: int, analyses: Analyses
) -> Iterator[Finding]:
    """A single failure that a flow does not survive is LAW120's, and so is one that its budget bears."""
    every = [level for level in levels.values() if level.copies == factor and level.copies > 1]
    if not every or not analyses.promises.concern(store) or analyses.single_failures.carries(store):
        return
    level = every[0]
    yield Finding(
        at=store,
        field="replication.factor" if level.name != "ALL" else level.field,
        severity=WARNING,
        message=f"{level.name} of {store.label} asks all {show(factor)} copies: the loss of one node stops its data",
        exposure=level.copies / (factor - 1),
        evidence=(Evidence("copies", factor), Evidence("copies asked", level.copies), Evidence("level", level.name)),
        formula="copies asked > copies - 1",
        remedy="Keep three copies and ask a majority of them.",
        explains=_FACTOR,
    )


_FACTOR = ("cassandra/replication_factor_minimum", "scylladb/replication_factor_minimum")
