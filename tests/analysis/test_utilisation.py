"""Utilisation and waits at a station, against simulation and the properties that any queue has."""

from __future__ import annotations

import heapq
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.utilisation import Station

STATIONS = st.builds(
    Station,
    load=st.floats(0.1, 1000),
    rate_of_one=st.floats(1, 100),
    servers=st.none() | st.integers(1, 20),
    service_time=st.none() | st.floats(0.001, 1),
    slack=st.none() | st.floats(0.001, 2),
)


def simulated_wait(load: float, service_time: float, servers: int, requests: int, seed: int) -> float:
    """The 99th percentile of the waits of one replica: arrivals by Poisson, served in their order."""
    rng = random.Random(seed)
    free, now, waits = [0.0] * servers, 0.0, []
    for _ in range(requests):
        now += rng.expovariate(load)
        start = max(now, heapq.heappop(free))
        waits.append(start - now)
        heapq.heappush(free, start + rng.expovariate(1 / service_time))
    return sorted(waits)[int(requests * 0.99)]


def test_the_wait_is_that_of_a_simulated_replica() -> None:
    station = Station(load=160.0, rate_of_one=20.0, servers=2, service_time=0.1, slack=1.0)
    assert station.wait(10) == pytest.approx(simulated_wait(16.0, 0.1, 2, 200_000, seed=7), rel=0.1)


def test_a_wait_is_unknown_without_its_parts() -> None:
    assert Station(100.0, 10.0).wait(20) is None
    assert Station(100.0, 10.0, servers=1).wait(20) is None


def test_no_instances_carry_nothing() -> None:
    assert Station(100.0, 10.0).utilisation(0) == float("inf")
    assert Station(100.0, 10.0).is_strained(0)


@given(STATIONS, st.integers(1, 200), st.integers(0, 50))
def test_more_instances_never_strain(station: Station, instances: int, more: int) -> None:
    assert station.is_strained(instances) or not station.is_strained(instances + more)


@given(STATIONS, st.integers(1, 100), st.floats(1, 3))
def test_more_load_never_relieves(station: Station, instances: int, factor: float) -> None:
    heavier = Station(station.load * factor, station.rate_of_one, station.servers, station.service_time, station.slack)
    assert heavier.is_strained(instances) or not station.is_strained(instances)


@given(STATIONS)
def test_the_instances_needed_are_enough_and_one_less_is_not(station: Station) -> None:
    needed = station.instances_needed()
    assert needed is not None
    assert not station.is_strained(needed)
    assert needed == 1 or station.is_strained(needed - 1)
