"""How many instances there are, where they stand, and what one can serve."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.capacity import Capacity
from archlint.analysis.instances import (
    Scale,
    fewest,
    fullest_zone,
    greatest,
    placement,
    rate_of_one,
    scale,
    servers,
    surge,
)
from archlint.analysis.load import Load
from archlint.analysis.values import Known, Unknown
from archlint.manifest.loading import load
from archlint.system.elements import Component
from archlint.system.workspace import link


def component(fields: str, section: str = "services") -> Component:
    text = f"archlint: 1\nsystem: {{name: shop}}\n{section}: {{x: {{{fields}}}}}\n"
    loaded = load(text.encode(), "shop.archlint.yaml")
    assert [problem.message for problem in loaded.problems] == []
    return next(iter(link([loaded]).systems.values())).components["x"]


def capacity_of(subject: Component) -> Capacity:
    return Capacity(Load({subject.system.name: subject.system}))


@pytest.mark.parametrize(
    ("fields", "least", "most"),
    [
        ("replicas: 6", Known(6), Known(6)),
        ("replicas: {min: 2, max: 8}", Known(2), Known(8)),
        ("replicas: {min: 2}", Known(2), Unknown("replicas.max")),
        ("replicas: {max: 8}", Unknown("replicas.min"), Known(8)),
        ("zones: {a: 3, b: 2}", Known(5, "derived"), Known(5, "derived")),
        ("zones: [a, b]", Unknown("replicas"), Unknown("replicas")),
        ("replicas: 0", Known(0), Known(0)),
    ],
)
def test_bounds(fields: str, least: object, most: object) -> None:
    subject = component(fields)
    assert (fewest(subject), greatest(subject)) == (least, most)


def test_nodes_are_the_instances_of_stores_and_networks() -> None:
    assert scale(component("nodes: 3", "datastores")) == Known(Scale(3, 3))
    assert greatest(component("nodes: 2", "networks")) == Known(2)
    assert scale(component("technology: kafka", "brokers")) == Unknown("nodes")


def test_autoscaling_holds_each_instance_at_its_target() -> None:
    size = Scale(2, 10, 0.5)
    assert [size.at(load, 100) for load in (0, 99, 100, 101, 400, 500, 5000)] == [2, 2, 2, 3, 8, 10, 10]


def test_without_a_target_only_the_largest_number_is_certain() -> None:
    size = Scale(2, 10)
    assert [size.at(load, 100) for load in (0, 900, 901, 5000)] == [None, None, 10, 10]
    assert Scale(4, 4).at(1, 100) == 4


@given(
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.floats(0.1, 1e4),
    st.integers(0, 50),
    st.integers(0, 50),
    st.floats(0.05, 1),
)
def test_more_load_never_means_fewer(a: float, b: float, rate: float, least: int, more: int, target: float) -> None:
    size = Scale(least, least + more, target)
    low, high = size.at(min(a, b), rate), size.at(max(a, b), rate)
    assert low is not None
    assert high is not None
    assert least <= low <= high <= least + more
    assert high == least + more or high * rate * target >= max(a, b) * (1 - 1e-6) or high == least


@given(st.integers(0, 200), st.integers(1, 9))
def test_an_even_spread_places_every_instance(instances: int, zones: int) -> None:
    names = ", ".join(f"z{index}" for index in range(zones))
    subject = component(f"zones: [{names}]")
    placed = placement(subject, instances)
    assert sum(placed.values()) == instances
    assert max(placed.values()) - min(placed.values()) <= 1
    assert fullest_zone(subject, instances) == math.ceil(instances / zones)


def test_counts_by_zone_scale_with_the_instances() -> None:
    subject = component("zones: {a: 6, b: 3, c: 3}")
    assert placement(subject, 12) == {"a": 6, "b": 3, "c": 3}
    assert fullest_zone(subject, 24) == 12
    assert fullest_zone(component("replicas: 3"), 3) == 0


@pytest.mark.parametrize(
    ("capacity", "rate", "count"),
    [
        ("per_replica: 100/s, concurrency: 10, service_time: 50ms", Known(100.0, "derived"), Known(5)),
        ("per_replica: 300/s, concurrency: 10, service_time: 50ms", Known(200.0, "derived"), Known(10)),
        ("concurrency: 10, service_time: 50ms", Known(200.0, "derived"), Known(10)),
        ("per_replica: 100/s", Known(100.0, "derived"), Unknown("capacity.concurrency", "capacity.service_time")),
        ("concurrency: 10", Unknown("capacity.per_replica"), Unknown("capacity.service_time")),
        ("per_replica: 1/s, concurrency: 10, service_time: 50ms", Known(1.0, "derived"), Known(1)),
    ],
)
def test_what_one_can_serve_and_with_how_many_servers(capacity: str, rate: object, count: object) -> None:
    subject = component(f"capacity: {{{capacity}}}")
    assert (rate_of_one(subject), servers(subject)) == (rate, count)


@pytest.mark.parametrize(("stated", "extra"), [("2", 2), ("25%", 3), ("0", 0)])
def test_a_deploy_adds_instances(stated: str, extra: int) -> None:
    assert surge(component(f"deploy: {{max_surge: {stated}}}"), 10) == extra
    assert surge(component("replicas: 10"), 10) == 0


AUTOSCALED = "replicas: {min: 2, max: 8}, capacity: {per_replica: 100/s}"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (f"{AUTOSCALED}, load: {{peak: 300/s}}, autoscaling: {{target: 60%}}", Known(5, "derived")),
        (f"{AUTOSCALED}, load: {{peak: 300/s}}", Unknown("autoscaling.target")),
        (f"{AUTOSCALED}, load: {{peak: 900/s}}", Known(8, "derived")),
        (f"{AUTOSCALED}, autoscaling: {{target: 60%}}", Unknown("load.peak")),
        ("replicas: {min: 2, max: 8}", Unknown("autoscaling.target", "capacity.per_replica", "load.peak")),
        ("replicas: 3", Known(3)),
        ("load: {peak: 900/s}", Unknown("replicas")),
    ],
)
def test_instances_at_peak_are_unknown_only_where_it_matters(fields: str, expected: object) -> None:
    assert capacity_of(component(fields)).instances_at_peak(component(fields)) == expected


def test_there_are_at_most_as_many_as_there_can_be() -> None:
    subject = component(f"{AUTOSCALED}, load: {{peak: 300/s}}")
    assert capacity_of(subject).most_at_peak(subject) == Known(8)


def test_the_objective_is_the_own_one_or_that_of_the_strictest_flow() -> None:
    text = (
        "archlint: 1\nsystem: {name: shop}\nservices: {a: {}, b: {slo: {latency_p99: 2s}}, c: {}}\n"
        "flows: {f: {entry: a, slo: {latency_p99: 900ms}}, g: {entry: a, slo: {latency_p99: 500ms}}, "
        "h: {entry: b, slo: {latency_p99: 1s}}, i: {entry: c, slo: none}}\n"
    )
    system = next(iter(link([load(text.encode(), "shop.archlint.yaml")]).systems.values()))
    capacity = Capacity(Load({system.name: system}))
    assert [capacity.latency_objective(system.components[name]) for name in "abc"] == [0.5, 2.0, None]
