"""M/M/c/K against the solved Markov chain, Erlang's loss formula and the endless queue."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.finite_queue import MMcK
from archlint.analysis.queueing import MMc, erlang_b


def chain(load: float, servers: int, room: int) -> list[float]:
    """State probabilities by detailed balance, in logarithms."""
    logs = [0.0]
    for n in range(1, room + 1):
        logs.append(logs[-1] + math.log(load / min(n, servers)))
    top = max(logs)
    weights = [math.exp(log - top) for log in logs]
    whole = math.fsum(weights)
    return [weight / whole for weight in weights]


@pytest.mark.parametrize(("servers", "room"), [(1, 1), (1, 5), (3, 3), (3, 40), (16, 56), (80, 120), (2, 900)])
@pytest.mark.parametrize("utilisation", [0.1, 0.7, 0.999999, 1.0, 1.000001, 1.3, 8.0])
def test_the_states_are_those_of_the_solved_chain(servers: int, room: int, utilisation: float) -> None:
    load = utilisation * servers
    states = chain(load, servers, room)
    queue = MMcK(load / 0.05, 0.05, servers, room)
    waiting = math.fsum(max(0, n - servers) * p for n, p in enumerate(states))
    assert queue.refused == pytest.approx(states[-1], rel=1e-9, abs=1e-300)
    assert queue.mean_queue == pytest.approx(waiting, rel=1e-9, abs=1e-15)
    assert queue.throughput == pytest.approx(math.fsum(min(n, servers) * p for n, p in enumerate(states)) / 0.05)


def test_without_places_it_is_erlangs_loss_system() -> None:
    assert MMcK(10.0, 1.0, 17, 17).refused == pytest.approx(erlang_b(17, 10.0), rel=1e-12)


def test_with_much_room_it_is_the_endless_queue() -> None:
    assert MMcK(14.0, 1.0, 16, 10_000).mean_wait == pytest.approx(MMc(14.0, 1.0, 16).mean_wait, rel=1e-9)


def test_overload_is_refused_down_to_the_capacity() -> None:
    queue = MMcK(1000.0, 0.1, 10, 60)
    assert queue.throughput == pytest.approx(100.0, rel=1e-9)
    assert queue.mean_wait == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("rate", [0.0, 1e-300])
def test_no_load_refuses_nobody(rate: float) -> None:
    queue = MMcK(rate, 0.1, 3, 5)
    assert (queue.refused, queue.mean_queue, queue.mean_wait) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("servers", "room"), [(3, 2), (1, 0), (0, 4)])
def test_a_room_below_the_servers_is_refused(servers: int, room: int) -> None:
    with pytest.raises(ValueError, match="must be a whole number"):
        MMcK(1.0, 1.0, servers, room)


@given(st.floats(0, 50), st.integers(1, 20), st.integers(0, 60), st.integers(0, 60))
def test_more_room_refuses_no_more(load: float, servers: int, places: int, more: int) -> None:
    small, large = (MMcK(load, 1.0, servers, servers + n) for n in (places, places + more))
    assert large.refused <= small.refused * (1 + 1e-9)


@given(st.floats(0, 50), st.floats(0, 50), st.integers(1, 20), st.integers(0, 60))
def test_more_load_refuses_no_less(load: float, more: float, servers: int, places: int) -> None:
    light, heavy = (MMcK(rate, 1.0, servers, servers + places) for rate in (load, load + more))
    assert heavy.refused >= light.refused * (1 - 1e-9)
