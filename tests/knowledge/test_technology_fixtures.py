"""Every technology has a manifest that breaches one of its limits, and one that is just inside of it.

    fixtures/technologies/<slug>/risky.yaml, risky.expected.yaml, safe.yaml

The expectation lists every finding on limits, each with its `code`, as those of checks do beside it.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from archlint.analysis.analyses import Analyses
from archlint.engine.results import Report, ReportedFinding
from archlint.knowledge.catalogue import Catalogue
from archlint.manifest.loading import load
from archlint.plugin import WARNING
from archlint.system.workspace import link
from archlint.testing import TODAY, lint

FIXTURES = Path(__file__).parents[2] / "fixtures" / "technologies"
CATALOGUE = Catalogue()
SLUGS = CATALOGUE.slugs()

NAMED = (
    "kafka", "pulsar", "rabbitmq", "nats", "redis", "memcached", "postgresql", "mysql", "vitess", "cockroachdb",
    "cassandra", "scylladb", "mongodb", "elasticsearch", "opensearch", "clickhouse", "etcd", "zookeeper", "consul",
    "kubernetes", "envoy", "istio", "nginx", "haproxy", "grpc", "linux", "dns", "pgbouncer", "jvm", "debezium",
    "dynamodb", "kinesis", "sqs", "sns", "eventbridge", "lambda", "api-gateway", "alb", "step-functions", "s3",
    "rds", "aurora", "elasticache", "msk", "ecs", "eks", "cloudfront", "route53", "pubsub", "spanner", "bigtable",
    "firestore", "cloud-run", "gcs", "cloud-sql", "gke", "service-bus", "event-hubs", "cosmos-db",
    "azure-functions", "azure-blob", "azure-sql", "aks",
)  # fmt: skip
"""What the catalogue must at least hold, each with its fixtures."""

RISKY = sorted(FIXTURES.glob("*/risky*.yaml"), key=str)
RISKY = [path for path in RISKY if not path.name.endswith(".expected.yaml")]
SAFE = sorted(FIXTURES.glob("*/safe*.yaml"), key=str)

CHECKS = tuple(f"LIM00{number}" for number in (1, 2, 3, 4, 5, 7, 8, 9))
"""Those of limits; how old a document is (LIM006) is nothing that a breach turns on."""

_COMPARED = {"code", "route", "line", "column", "severity", "message", "exposure", "evidence"}


def name_of(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def expected_of(risky: Path) -> list[dict[str, Any]]:
    content = yaml.load(risky.with_name(f"{risky.stem}.expected.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return [finding for finding in content["findings"] if finding["code"] in CHECKS]


@cache
def report_of(path: Path) -> Report:
    return lint(path.read_bytes(), name=path.name, select=CHECKS)


def close(have: object, want: object) -> bool:
    if isinstance(have, int | float) and isinstance(want, int | float):
        return math.isclose(have, want, rel_tol=1e-3, abs_tol=1e-12)
    return have == want


def says_what_is_expected(finding: ReportedFinding, want: dict[str, Any]) -> bool:
    evidence = {row.name: row.value for row in finding.evidence}
    wanted = want.get("evidence", evidence)
    return (
        close(finding.exposure, want.get("exposure"))
        and evidence.keys() == wanted.keys()
        and all(close(evidence[name], wanted[name]) for name in wanted)
        and want["message"] in finding.message
    )


def breached(slug: str) -> set[str]:
    """Names of the limits that the risky manifests of a technology breach, as the findings' messages give them."""
    messages = [f.message for path in RISKY if path.parent.name == slug for f in report_of(path).findings]
    return {limit.name for limit in CATALOGUE.limits(slug) for text in messages if f"({limit.name};" in text}


@pytest.mark.parametrize("path", RISKY, ids=name_of)
def test_a_breached_limit_gets_its_finding(path: Path) -> None:
    report, wanted = report_of(path), expected_of(path)
    assert report.faults == ()
    assert all(want.keys() <= _COMPARED for want in wanted)
    found = list(report.findings)
    assert [(f.code, f.path, f.place.line, f.severity.label) for f in found] == [
        (want["code"], want["route"], want["line"], want["severity"]) for want in wanted
    ]
    for finding, want in zip(found, wanted, strict=True):
        assert says_what_is_expected(finding, want), (finding, want)


@pytest.mark.parametrize("path", RISKY, ids=name_of)
def test_a_finding_names_the_limit_with_its_value_source_and_year(path: Path) -> None:
    slug = path.parent.name
    told = [
        limit
        for limit in CATALOGUE.limits(slug)
        for finding in report_of(path).findings
        if f"({limit.name}; {limit.source.title}, {limit.source.year})" in finding.message
        and any(row.name in ("limit", "limit (default)") for row in finding.evidence)
    ]
    assert told


@pytest.mark.parametrize("path", SAFE, ids=name_of)
def test_a_near_miss_is_judged_and_silent(path: Path) -> None:
    report = report_of(path)
    assert [f"{f.code} {f.message}" for f in report.findings if f.severity >= WARNING or f.code[:3] == "MAN"] == []
    loaded = load(path.read_bytes(), path.name)
    systems = link([loaded]).systems
    analyses = Analyses(systems, CATALOGUE, TODAY)
    components = [component for system in systems.values() for component in system.components.values()]
    judged = [found for component in components if (found := analyses.measures.judge(component)) is not None]
    held = {breach.bound.limit.name for found in judged for breach in found.held}
    assert held & breached(path.parent.name), "none of the limits that the risky manifest breaches is judged here"


def test_each_technology_that_is_named_has_a_file_a_breach_and_a_near_miss() -> None:
    risky, safe = ({path.parent.name for path in paths} for paths in (RISKY, SAFE))
    lacks = {
        "a file": [slug for slug in NAMED if slug not in SLUGS],
        "a breach": [slug for slug in NAMED if slug not in risky],
        "a near miss": [slug for slug in NAMED if slug not in safe],
    }
    assert {what: slugs for what, slugs in lacks.items() if slugs} == {}


def test_the_catalogue_is_as_large_as_it_is_said_to_be() -> None:
    assert len(SLUGS) >= 70
    assert sum(len(CATALOGUE.limits(slug)) for slug in SLUGS) >= 600


def test_fixtures_are_of_technologies() -> None:
    assert {path.name for path in FIXTURES.iterdir()} <= set(SLUGS)


THREE = {
    "stores": (
        "datastores: {a: {technology: etcd@3.5}, b: {technology: postgresql@16}, c: {technology: etcd}}\n"
        "brokers: {k: {technology: kafka, topics: {t: {partitions: 3}}}}\n",
        ["etcd.yaml", "kafka.yaml", "postgresql.yaml"],
    ),
    "under a promise, on a cluster": (
        "services:\n  cluster: {technology: eks, replicas: 3}\n"
        "  a: {technology: lambda, calls: [{to: d, access: write, timeout: 1s}]}\n"
        "  b: {replicas: 2, runs_on: [cluster], calls: [{to: a, access: read, timeout: 1s}]}\n"
        "datastores: {d: {technology: dynamodb}}\n"
        "flows: {f: {entry: b, slo: {availability: 99.9%}}}\n",
        ["dynamodb.yaml", "eks.yaml", "lambda.yaml"],
    ),
}


@pytest.mark.parametrize("name", THREE)
def test_a_manifest_of_three_technologies_opens_three_files(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    opened: list[str] = []
    read_text = Path.read_text

    def counted(self: Path, encoding: str | None = None, errors: str | None = None) -> str:
        if self.parent.name == "technologies":
            opened.append(self.name)
        return read_text(self, encoding, errors)

    monkeypatch.setattr(Path, "read_text", counted)
    text, files = THREE[name]
    lint("archlint: 1\nsystem: {name: shop}\n" + text)
    assert sorted(opened) == files
