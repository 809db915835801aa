"""Which promise of a provider counts for a component, and what it makes of a flow."""

from __future__ import annotations

import datetime

import pytest

from archlint.analysis.analyses import Analyses
from archlint.analysis.service_levels import ServiceLevel, service_level
from archlint.knowledge.catalogue import Catalogue
from archlint.manifest.loading import load
from archlint.system.workspace import link

CATALOGUE = Catalogue()
HEAD = "archlint: 1\nsystem: {name: shop}\n"


def analyses_of(text: str) -> Analyses:
    loaded = load((HEAD + text).encode(), "shop.archlint.yaml")
    assert [problem.message for problem in loaded.problems] == []
    return Analyses(link([loaded]).systems, CATALOGUE, datetime.date(2026, 11, 15))


def level(section: str, spec: str) -> ServiceLevel | None:
    systems = analyses_of(f"{section}: {{a: {{{spec}}}}}\n").systems
    return service_level(systems["shop"].components["a"], CATALOGUE)


@pytest.mark.parametrize(
    ("section", "spec", "availability"),
    [
        ("datastores", "technology: dynamodb", 0.9999),
        ("datastores", "technology: dynamodb, settings: {tier: global}", 0.99999),
        ("datastores", "technology: rds, zones: [a, b]", 0.9995),
        ("datastores", "technology: rds, zones: [a]", 0.995),
        ("datastores", "technology: rds, zones: {a: 1, b: 2}, settings: {tier: single-az}", 0.995),
        ("datastores", "technology: cosmos-db, settings: {tier: zone-redundant}", 0.99995),
        ("datastores", "technology: spanner, mode: multi-region", 0.99999),
        ("externals", "technology: s3", 0.999),
        ("services", "technology: aws-lambda", 0.9995),
        ("networks", "technology: alb", 0.9999),  # always spread over zones
        ("brokers", "technology: sqs", 0.999),
    ],
)
def test_the_promise_is_that_of_the_way_it_is_run(section: str, spec: str, availability: float) -> None:
    found = level(section, spec)
    assert found is not None
    assert found.availability == pytest.approx(availability)
    assert found.text.startswith("SLA of ")


@pytest.mark.parametrize(
    ("section", "spec"),
    [
        ("datastores", "technology: rds"),  # one zone or several
        ("datastores", "technology: spanner"),
        ("datastores", "technology: postgresql@16"),
        ("datastores", "technology: abacus"),
        ("datastores", "nodes: 3"),
        ("services", "technology: eks"),  # of the control plane, not of what runs there
        ("services", "technology: gke, settings: {tier: regional}"),
        ("caches", "technology: elasticache, zones: [a]"),
    ],
)
def test_without_a_condition_that_holds_there_is_no_promise(section: str, spec: str) -> None:
    assert level(section, spec) is None


def availability(store: str, more: str = "") -> tuple[float, float]:
    """Of a flow, by usual figures and at the favourable end."""
    text = (
        "services: {a: {replicas: 3, calls: [{to: s}], measured: {availability: 100%}}, "
        "b: {technology: lambda, calls: [{to: s, access: read}]}}\n"
        f"datastores: {{s: {{{store}}}}}\nflows: {{f: {{entry: b, slo: {{availability: 99.9%}}}}}}\n{more}"
    )
    analyses = analyses_of(text)
    found = analyses.availability.of(analyses.systems["shop"].flows["f"])
    return found.at("usual").low, found.at("high").high


def test_a_function_is_as_available_as_its_platform_and_what_it_calls() -> None:
    assert availability("technology: dynamodb")[0] == pytest.approx(0.9995 * 0.9999)


def test_a_contract_may_be_kept_in_full() -> None:
    assert availability("technology: dynamodb")[1] == 1.0


@pytest.mark.parametrize(
    ("told", "expected"),
    [("measured: {availability: 99.7%}, sla: {availability: 99%}", 0.997), ("sla: {availability: 99.5%}", 0.995)],
)
def test_what_the_manifest_states_comes_before_the_catalogue(told: str, expected: float) -> None:
    assert availability(f"technology: dynamodb, {told}")[0] == pytest.approx(0.9995 * expected)


def test_the_topics_of_a_broker_share_its_promise() -> None:
    text = (
        "services: {a: {technology: lambda, publishes: [{to: b/x}, {to: b/y}]}}\n"
        "brokers: {b: {technology: sqs, topics: {x: {}, y: {}}}}\n"
        "flows: {f: {entry: a, slo: {availability: 99.9%}}}\n"
    )
    analyses = analyses_of(text)
    found = analyses.availability.of(analyses.systems["shop"].flows["f"])
    assert found.at("usual").low == pytest.approx(0.9995 * 0.999)
