"""What fixtures cannot say of the checks of Cassandra: what is missing, and which finding stands for a cause."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report
from archlint.knowledge.catalogue import Catalogue
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"
TOLD = {"LIM160", "LIM161", "LIM004", "LAW153"}


def of(fields: str, more: str = "") -> Report:
    return lint(HEAD + f"datastores: {{db: {{technology: cassandra@5{fields}}}}}\n{more}")


def codes(report: Report) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity.label) for finding in report.findings if finding.code in TOLD]


def needs(report: Report, code: str) -> list[tuple[str, ...]]:
    return [tuple(group.needs) for group in report.not_evaluated if group.code == code]


def test_the_names_are_those_of_the_catalogue() -> None:
    from archlint.checks.cassandra_partitions import NAMES

    technologies = [Catalogue().technology(slug) for slug in ("cassandra", "scylladb")]
    assert {name for t in technologies if t is not None for name in (t.slug, *t.aliases)} == NAMES


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ("", {"partition_key.cardinality", "records", "size"}),
        (", size: 1GB, partition_key: {name: id, cardinality: 1M}", {"records"}),
        (", records: 1M, partition_key: {name: id, cardinality: 1M}", {"size"}),
    ],
)
def test_what_is_missing_of_partitions_is_named(fields: str, missing: set[str]) -> None:
    (found,) = needs(of(fields), "LIM160")
    assert set(found) == missing


def test_one_figure_decides_where_it_is_too_large() -> None:
    report = of(", size: 1TB, partition_key: {name: id, cardinality: 1k}")
    assert codes(report) == [("LIM160", "warning")]
    assert needs(report, "LIM160") == []


def test_one_partition_makes_one_finding() -> None:
    report = of(", size: 9TB, records: 9T, partition_key: {name: id, cardinality: 1k}")
    assert codes(report) == [("LIM160", "error")]


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        (", settings: {consistency: ONE}", ("replication.factor",)),
        (", settings: {consistency: SOME}, replication: {factor: 3}", ("settings.consistency",)),
        (", settings: {read_consistency: ONE}, replication: {factor: 3}", ("replication.write_quorum",)),
        (", settings: {consistency: ONE}, replication: {factor: 3}", ("consistency",)),
    ],
)
def test_what_is_missing_of_levels_is_named(fields: str, missing: tuple[str, ...]) -> None:
    assert needs(of(fields), "LIM161") == [missing]
    assert [code for code, _ in codes(of(fields)) if code == "LIM161"] == []


def test_quorums_that_do_not_meet_are_told_of_once() -> None:
    report = of(", consistency: linearizable, replication: {factor: 3, read_quorum: 1, write_quorum: 1}")
    assert codes(report) == [("LIM161", "error")]


def test_local_levels_over_regions_are_not_summed_up() -> None:
    more = "topology: {regions: {eu: {zones: [eu-a]}, us: {zones: [us-a]}}}\n"
    levels = ", consistency: linearizable, replication: {factor: 6}, settings: {consistency: LOCAL_QUORUM}"
    assert codes(of(levels + ", zones: [eu-a, us-a]", more)) == []
    assert needs(of(levels, more), "LIM161") == [("topology.regions",)]


def test_a_node_whose_loss_stops_a_flow_is_told_of_as_such() -> None:
    more = (
        "services: {web: {replicas: 3, calls: [{to: db, access: read}]}}\n"
        "flows: {buy: {entry: web, slo: {availability: 99.9%, window: 30d}}}\n"
    )
    levels = ", nodes: 4, consistency: linearizable, replication: {mode: quorum, factor: 2}"
    report = of(levels + ", settings: {consistency: QUORUM}", more)
    assert "LAW120" in {finding.code for finding in report.findings}
    assert "LIM161" not in {finding.code for finding in report.findings}
