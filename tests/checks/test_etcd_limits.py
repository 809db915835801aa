"""What fixtures cannot say of the limits of etcd: what is missing, and which finding stands for a cause."""

from __future__ import annotations

from archlint.engine.results import Report
from archlint.knowledge.catalogue import Catalogue
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"


def codes(report: Report) -> list[tuple[str, str]]:
    wanted = {"LIM110", "LIM111", "LIM002", "LIM004", "LAW120", "LAW151"}
    return [(finding.code, finding.severity.label) for finding in report.findings if finding.code in wanted]


def needs(text: str, code: str) -> list[tuple[str, ...]]:
    return [tuple(group.needs) for group in lint(HEAD + text).not_evaluated if group.code == code]


def test_the_names_are_those_of_the_catalogue() -> None:
    from archlint.checks.etcd_limits import NAMES

    assert all(Catalogue().resolve(name) == "etcd" for name in NAMES)
    technology = Catalogue().technology("etcd")
    assert technology is not None
    assert {technology.slug, *technology.aliases} == NAMES


def test_what_is_missing_is_named() -> None:
    text = "datastores: {config: {technology: etcd}}\n"
    assert needs(text, "LIM110") == [("nodes",)]
    assert needs(text, "LIM111") == [("size",)]


def test_one_cause_makes_one_finding() -> None:
    text = "datastores: {config: {technology: etcd, nodes: 8, replication: {voters: 8}, size: 12GiB}}\n"
    assert codes(lint(HEAD + text)) == [("LIM110", "warning"), ("LIM111", "error")]


def test_other_limits_of_the_same_store_still_speak() -> None:
    text = "datastores: {config: {technology: etcd, nodes: 9, size: 1GiB, load: {reads: 1/s, writes: 60k/s}}}\n"
    assert codes(lint(HEAD + text)) == [("LIM110", "warning"), ("LIM004", "warning")]


def test_a_single_point_of_failure_speaks_for_its_one_member() -> None:
    text = (
        "services: {web: {replicas: 3, calls: [{to: config, access: read}]}}\n"
        "datastores: {config: {technology: etcd, nodes: 1, size: 1GiB}}\n"
        "flows: {buy: {entry: web, slo: {availability: 99.9%, window: 30d}}}\n"
    )
    assert [code for code, _ in codes(lint(HEAD + text))] == ["LAW120"]
