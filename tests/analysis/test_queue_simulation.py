"""M/M/c, M/G/1 and M/M/c/K against a discrete-event simulation (ciw), within 99.9% confidence intervals.

Seeds are fixed. A run is cut into batches, whose means are as good as independent: one lasts many times as long as the
queue remembers.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

import ciw
import pytest

from archlint.analysis.finite_queue import MMcK
from archlint.analysis.queueing import MMc, mg1_mean_wait

T = 3.725
"""Two-sided 99.9% quantile of Student's t with 24 degrees of freedom."""
BATCHES = 25
BATCH = 900
"""Customers of a batch, on average."""

UTILISATIONS = {
    1: (0.3, 0.5, 0.7, 0.85),
    2: (0.3, 0.5, 0.7, 0.85),
    3: (0.3, 0.5, 0.7, 0.85),
    4: (0.4, 0.5, 0.7, 0.85),
    6: (0.5, 0.6, 0.7, 0.85),
    9: (0.6, 0.7, 0.85, 0.9),
    14: (0.7, 0.8, 0.85, 0.9),
    22: (0.75, 0.8, 0.85, 0.9),
    35: (0.8, 0.85, 0.9, 0.95),
}
"""By servers; below, next to nobody waits, and a mean of rare events is not normally distributed."""
ALL = [(servers, rho) for servers, shares in UTILISATIONS.items() for rho in shares]
SOME = ALL[::5]


def records(rate: float, servers: int, seed: int, service: Any = None, room: int | None = None) -> list[Any]:
    """Arrivals and what became of them, after a warm-up of one batch; service takes 1 on average."""
    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate)],
        service_distributions=[service or ciw.dists.Exponential(1.0)],
        number_of_servers=[servers],
        queue_capacities=[math.inf if room is None else room - servers],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time((BATCHES + 1) * BATCH / rate)
    found = simulation.get_all_records()
    return sorted((r for r in found if r.arrival_date > BATCH / rate), key=lambda r: r.arrival_date)


def interval(values: list[float]) -> tuple[float, float]:
    """The 99.9% confidence interval of the mean, by batch means."""
    size = len(values) // BATCHES
    means = [statistics.fmean(values[i * size : (i + 1) * size]) for i in range(BATCHES)]
    half = T * statistics.stdev(means) / math.sqrt(BATCHES)
    return statistics.fmean(means) - half, statistics.fmean(means) + half


def assert_within(values: list[float], computed: float) -> None:
    low, high = interval(values)
    assert low <= computed <= high


def waits_agree(servers: int, rho: float) -> None:
    queue = MMc(rho * servers, 1.0, servers)
    waits = [r.waiting_time for r in records(rho * servers, servers, seed=1000 * servers + round(100 * rho))]
    assert_within(waits, queue.mean_wait)
    assert_within([float(wait > 1e-9) for wait in waits], queue.wait_probability)
    usual = 1 / servers / (1 - rho)
    assert_within([float(wait > usual) for wait in waits], queue.wait_exceeds(usual))


@pytest.mark.parametrize(("servers", "rho"), SOME)
def test_waits_are_those_of_a_simulation(servers: int, rho: float) -> None:
    waits_agree(servers, rho)


@pytest.mark.slow
@pytest.mark.parametrize(("servers", "rho"), [item for item in ALL if item not in SOME])
def test_waits_are_those_of_a_simulation_everywhere(servers: int, rho: float) -> None:
    waits_agree(servers, rho)


@pytest.mark.parametrize("rho", [0.5, 0.8])
@pytest.mark.parametrize(
    ("service", "squared_variation"),
    [
        (lambda: ciw.dists.Deterministic(1.0), 0.0),
        (lambda: ciw.dists.Gamma(4.0, 0.25), 0.25),
        (lambda: ciw.dists.HyperExponential([0.5, 2.0], [1 / 3, 2 / 3]), 2.0),
    ],
    ids=["constant", "gamma", "hyperexponential"],
)
def test_one_server_with_any_service_time(service: Callable[[], Any], squared_variation: float, rho: float) -> None:
    """Pollaczek and Khinchine. The hyperexponential mixes means 2 and 1/2: E[S²] = 2 (4/3 + 1/6) = 3, so c² is 2."""
    waits = [r.waiting_time for r in records(rho, 1, seed=17, service=service())]
    assert_within(waits, mg1_mean_wait(rho, 1.0, squared_variation))


@pytest.mark.parametrize(("servers", "room", "rho"), [(1, 4, 0.9), (2, 2, 0.8), (4, 10, 1.0), (8, 20, 1.3)])
def test_a_finite_queue_refuses_as_many(servers: int, room: int, rho: float) -> None:
    queue = MMcK(rho * servers, 1.0, servers, room)
    found = records(rho * servers, servers, seed=23, room=room)
    assert_within([float(r.record_type == "rejection") for r in found], queue.refused)
    assert_within([r.waiting_time for r in found if r.record_type == "service"], queue.mean_wait)
