"""Little's law, pools and the loss of a zone: what the fixtures cannot say."""

from __future__ import annotations

import pytest

from archlint.engine.results import ReportedFinding
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"


def found(code: str, text: str) -> list[ReportedFinding]:
    return [finding for finding in lint(HEAD + text).findings if finding.code == code]


def missing(code: str, text: str) -> list[tuple[str, ...]]:
    return [tuple(group.needs) for group in lint(HEAD + text).not_evaluated if group.code == code]


def codes(text: str, *wanted: str) -> list[str]:
    return [finding.code for finding in lint(HEAD + text).findings if finding.code in wanted]


SERVICE = "services: {{x: {{{fields}}}}}"


@pytest.mark.parametrize(
    ("fields", "needs"),
    [
        ("replicas: 2, load: {peak: 9/s}, capacity: {service_time: 1s}", "capacity.concurrency"),
        ("replicas: 2, load: {peak: 9/s}, capacity: {concurrency: 9}", "capacity.service_time"),
        ("load: {peak: 9/s}, capacity: {concurrency: 99, service_time: 1s}", "replicas"),
        ("replicas: 2, capacity: {concurrency: 9, service_time: 1s}", "load.peak"),
        (
            "replicas: {min: 2, max: 9}, load: {peak: 9/s}, capacity: {concurrency: 9, service_time: 1s}",
            "autoscaling.target",
        ),
    ],
)
def test_little_names_what_would_decide(fields: str, needs: str) -> None:
    text = SERVICE.format(fields=fields)
    assert found("LAW020", text) == []
    assert missing("LAW020", text) == [(needs,)]


def test_little_leaves_consumers_alone() -> None:
    text = (
        "services: {a: {publishes: [{to: e/t, rate: 900/s}]}, b: {replicas: 1, consumes: [{from: e/t}], "
        "capacity: {concurrency: 1, service_time: 1s}}}\nbrokers: {e: {topics: {t: {}}}}"
    )
    assert found("LAW020", text) == []
    assert "LAW020" not in [group.code for group in lint(HEAD + text).not_evaluated if "services.b" in group.components]


OVERLOADED = "services: {{x: {{replicas: 10, load: {{peak: {peak}/s}}, capacity: {{{capacity}}}}}}}"


@pytest.mark.parametrize(
    ("peak", "capacity", "code"),
    [
        (1100, "concurrency: 10, service_time: 100ms", ["LAW020"]),
        (1100, "per_replica: 110/s, concurrency: 10, service_time: 100ms", ["LAW020"]),
        (900, "per_replica: 105/s, concurrency: 10, service_time: 100ms", ["LAW020"]),
        (900, "per_replica: 80/s, concurrency: 10, service_time: 100ms", ["LAW130"]),
        (1100, "per_replica: 80/s, concurrency: 10, service_time: 100ms", ["LAW130"]),
        (1100, "per_replica: 80/s", ["LAW130"]),
        (700, "per_replica: 200/s, concurrency: 10, service_time: 100ms", []),
    ],
)
def test_one_overload_is_one_finding(peak: int, capacity: str, code: list[str]) -> None:
    """Slots that bind are Little's; a rate that binds is the utilisation's."""
    assert codes(OVERLOADED.format(peak=peak, capacity=capacity), "LAW020", "LAW130") == code


POOLS = """
services:
  a: {{replicas: 10, calls: [{{to: d{pool}}}]}}
datastores: {{d: {{{store}}}}}
"""


@pytest.mark.parametrize(
    ("pool", "store", "needs"),
    [
        (", pool: {size: 5}", "", [("connections.max",)]),
        ("", "connections: {max: 100}", [("services.*.calls[*].pool.size",)]),
        ("", "", []),
        (", pool: none", "connections: {max: 100}", []),
    ],
)
def test_pools_name_what_would_decide(pool: str, store: str, needs: list[tuple[str, ...]]) -> None:
    text = POOLS.format(pool=pool, store=store)
    assert found("LAW022", text) == []
    assert missing("LAW022", text) == needs


def test_pools_of_unnumbered_callers_are_unknown() -> None:
    text = "services: {a: {calls: [{to: d, pool: {size: 5}}]}}\ndatastores: {d: {connections: {max: 100}}}"
    assert missing("LAW022", text) == [("services.*.replicas",)]


def test_pools_are_shown_with_the_finding() -> None:
    (finding,) = found("LAW022", POOLS.format(pool=", pool: {size: 5}", store="connections: {max: 40}"))
    assert [place.message for place in finding.related] == ["a: 5 connections x 10"]


def test_a_job_holds_a_pool_too() -> None:
    text = (
        "jobs: {nightly: {every: 1d, replicas: 3, calls: [{to: d, pool: {size: 5}}]}}\n"
        "datastores: {d: {connections: {max: 14}}}"
    )
    assert [finding.exposure for finding in found("LAW022", text)] == [pytest.approx(15 / 14)]


ZONES = "services: {{x: {{tier: critical, zones: [a, b], load: {{peak: 100/s}}, {fields}}}}}"


@pytest.mark.parametrize(
    ("fields", "needs"),
    [
        ("replicas: 4", ("capacity.per_replica",)),
        ("capacity: {per_replica: 60/s}", ("replicas",)),
        ("replicas: {min: 2, max: 9}, capacity: {per_replica: 60/s}", ("autoscaling.target",)),
    ],
)
def test_a_lost_zone_names_what_would_decide(fields: str, needs: tuple[str, ...]) -> None:
    text = ZONES.format(fields=fields)
    assert found("LAW125", text) == []
    assert missing("LAW125", text) == [needs]


def test_one_zone_is_no_business_of_a_lost_zone() -> None:
    text = "services: {x: {replicas: 2, zones: [a], load: {peak: 100/s}, capacity: {per_replica: 60/s}}}"
    assert found("LAW125", text) == []
    assert missing("LAW125", text) == []


def test_even_all_replicas_that_there_can_be_decide_without_a_target() -> None:
    text = ZONES.format(fields="replicas: {min: 1, max: 3}, capacity: {per_replica: 60/s}")
    assert [(finding.path, finding.severity.label) for finding in found("LAW125", text)] == [
        ("services.x.replicas.max", "error")
    ]


def test_the_gap_is_printed_where_it_is_known() -> None:
    scaled = "replicas: {{min: 1, max: 9}}, capacity: {{per_replica: 60/s}}, autoscaling: {{target: 90%{more}}}"
    known = ZONES.format(fields=scaled.format(more=", reaction: 60s, startup: 30s"))
    (finding,) = found("LAW125", known)
    assert finding.message.endswith("until autoscaling has added replicas after 90s")
    assert finding.severity.label == "warning"
    (finding,) = found("LAW125", ZONES.format(fields=scaled.format(more="")))
    assert finding.message.endswith("until autoscaling has added replicas")


@pytest.mark.parametrize("fields", ["replicas: 1", "replicas: 0"])
def test_what_stands_in_one_zone_is_no_business_of_a_lost_zone(fields: str) -> None:
    text = ZONES.format(fields=f"{fields}, capacity: {{per_replica: 120/s}}")
    assert found("LAW125", text) == []
    assert missing("LAW125", text) == []
