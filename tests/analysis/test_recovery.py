"""The rule of recovery against an event simulation of retries, timeouts and a queue that a fault has filled."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import deque

import pytest

from archlint.analysis.amplification import Overload, tries_under_failure

SERVERS = 10
SERVICE = 0.1
CAPACITY = SERVERS / SERVICE
TIMEOUT = 0.5
FAULT = (20.0, 40.0, 50.0)
"""A fault begins, is mended in part, and is over."""
NEARLY = 1.3
"""How much slower service is while the fault is mended in part."""

END = 260.0
LAST = 40.0


class Simulation:
    """Requests of a Poisson stream, each tried until it is answered in time; a fault slows service for a while.

    First come, first served by `SERVERS` exponential servers; `places` may wait, one more is refused at once. The
    target does not learn that a request was given up. Retries come after a short random pause.
    """

    def __init__(self, load: float, attempts: int, places: float, budget: float, seed: int, slower: float) -> None:
        self.slower = slower
        self.random = random.Random(seed)
        self.load, self.attempts, self.places, self.budget = load, attempts, places, budget
        self.events: list[tuple[float, int, str, int]] = []
        self.count = itertools.count()
        self.queue: deque[int] = deque()
        self.busy = 0
        self.tokens = 0.0
        self.tried: list[int] = []
        self.attempt: list[tuple[int, float]] = []
        self.answered: set[int] = set()
        self.done: dict[int, bool] = {}
        self.asked: list[float] = []

    def schedule(self, time: float, kind: str, which: int) -> None:
        heapq.heappush(self.events, (time, next(self.count), kind, which))

    def run(self) -> float:
        """The share of requests of the last seconds that were answered in time."""
        self.schedule(self.random.expovariate(self.load), "request", 0)
        while self.events and self.events[0][0] < END:
            now, _, kind, which = heapq.heappop(self.events)
            getattr(self, f"on_{kind}")(now, which)
        last = [n for n, time in enumerate(self.asked) if END - LAST < time < END - 10]
        return sum(self.done.get(n, False) for n in last) / len(last)

    def on_request(self, now: float, _: int) -> None:
        self.schedule(now + self.random.expovariate(self.load), "request", 0)
        self.asked.append(now)
        self.tried.append(0)
        self.tokens = min(self.tokens + self.budget, 10 * self.budget)
        self.on_try(now, len(self.asked) - 1)

    def on_try(self, now: float, request: int) -> None:
        self.tried[request] += 1
        self.attempt.append((request, now))
        which = len(self.attempt) - 1
        if len(self.queue) >= self.places:
            self.on_failure(now, which)
            return
        self.schedule(now + TIMEOUT, "timeout", which)
        self.queue.append(which)
        self.serve(now)

    def on_timeout(self, now: float, which: int) -> None:
        if which not in self.answered:
            self.on_failure(now, which)

    def on_failure(self, now: float, which: int) -> None:
        request = self.attempt[which][0]
        if self.tried[request] < self.attempts and (self.budget == math.inf or self.tokens >= 1):
            self.tokens -= 1
            self.schedule(now + self.random.uniform(0, 0.1), "try", request)

    def serve(self, now: float) -> None:
        begin, mended, over = FAULT
        slow = self.slower if begin <= now < mended else min(self.slower, NEARLY) if mended <= now < over else 1.0
        while self.queue and self.busy < SERVERS:
            self.busy += 1
            self.schedule(now + self.random.expovariate(1 / SERVICE) * slow, "served", self.queue.popleft())

    def on_served(self, now: float, which: int) -> None:
        self.busy -= 1
        request, began = self.attempt[which]
        if now - began <= TIMEOUT:
            self.answered.add(which)
            self.done[request] = True
        self.serve(now)


LOADS = (0.15, 0.3, 0.45, 0.6, 0.75)
ATTEMPTS = (1, 2, 3, 4, 6)
PLACES = (10, 25, 300, math.inf)
SLOWER = (5.0, 50.0)


def overload(load: float, attempts: int, places: float, budget: float | None = None) -> Overload:
    wait = places / CAPACITY + SERVICE
    return Overload(load * CAPACITY, tries_under_failure(attempts, budget), CAPACITY, wait, TIMEOUT)


def comes_back(load: float, attempts: int, places: float, budget: float = math.inf) -> bool:
    """From a fault that leaves a little, and from one that leaves next to nothing."""
    shares = (Simulation(load * CAPACITY, attempts, places, budget, 11, slower).run() for slower in SLOWER)
    return all(share > 0.9 for share in shares)


@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize("attempts", ATTEMPTS)
@pytest.mark.parametrize("load", LOADS)
def test_the_rule_says_what_the_simulation_shows(load: float, attempts: int, places: float) -> None:
    """Away from the very boundary, where chance decides."""
    rule = overload(load, attempts, places)
    if abs(rule.demand / CAPACITY - 1) < 0.1:
        pytest.skip("at the boundary")
    assert comes_back(load, attempts, places) == rule.recovers
    assert rule.is_trapped == (not rule.recovers)


def test_a_queue_little_longer_than_the_timeout_is_no_certain_trap() -> None:
    rule = overload(0.45, 3, 60)
    assert not rule.recovers
    assert not rule.is_trapped
    assert comes_back(0.45, 3, 60)


@pytest.mark.parametrize("load", LOADS[:4])
@pytest.mark.parametrize("budget", [0.1, 0.2])
def test_a_retry_budget_lets_it_recover(load: float, budget: float) -> None:
    assert overload(load, 6, math.inf, budget).recovers
    assert comes_back(load, 6, math.inf, budget)


@pytest.mark.parametrize(("load", "attempts"), [(0.45, 3), (0.6, 2), (0.75, 2), (0.3, 6)])
def test_without_a_fault_the_same_systems_serve_everybody(load: float, attempts: int) -> None:
    assert not overload(load, attempts, math.inf).recovers
    assert Simulation(load * CAPACITY, attempts, math.inf, math.inf, 13, slower=1.0).run() > 0.99
