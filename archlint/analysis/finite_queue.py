"""The M/M/c/K queue: c servers and room for K requests in all; one more is refused.

Source: D. Gross and C. M. Harris, "Fundamentals of Queueing Theory", chapter 2 (truncated queues). Rates are per second
and times in seconds. Raises ValueError for arguments that are negative, NaN or infinite, and for K below c.
"""

from __future__ import annotations

import math
from functools import cached_property

from archlint.analysis.queueing import MMc, erlang_b

NEAR = 0.05
"""Below it differences are taken from series, since they would cancel."""

OVERFLOW = 700.0
"""e to the power of more does not fit a float."""


class MMcK:
    """Poisson arrivals, exponential service of mean `service_time`, `servers` equal servers, `room` in all.

    However large the room, it takes no longer.
    """

    def __init__(self, arrival_rate: float, service_time: float, servers: int, room: int) -> None:
        MMc(arrival_rate, service_time, servers)
        if not isinstance(room, int) or room < servers:
            raise ValueError(f"room must be a whole number from {servers} on, not {room}")
        self.arrival_rate = arrival_rate
        self.service_time = service_time
        self.servers = servers
        self.places = room - servers

    @property
    def utilisation(self) -> float:
        """Offered load over servers: 1 and above is allowed, the excess is refused."""
        return self.arrival_rate * self.service_time / self.servers

    @property
    def refused(self) -> float:
        """P(K): the share of arrivals that find no place (they see the states as time does)."""
        return self._states[0]

    @property
    def mean_queue(self) -> float:
        """Lq: how many wait."""
        return self._states[1]

    @property
    def throughput(self) -> float:
        """Requests per second that are served."""
        return self.arrival_rate * (1 - self.refused)

    @property
    def mean_wait(self) -> float:
        """Wq of those that are not refused (Little)."""
        return self.mean_queue / self.throughput if self.throughput else 0.0

    @cached_property
    def _states(self) -> tuple[float, float]:
        """P(K) and Lq. The states with j waiting weigh rho^j, all others together 1/B, B of Erlang.

        Counted from where the weights are largest: from the empty queue while the utilisation is below 1.
        """
        blocking = erlang_b(self.servers, self.arrival_rate * self.service_time)
        if blocking == 0:
            return 0.0, 0.0
        rho, places = self.utilisation, self.places
        if rho <= 1:
            whole, queue = _geometric(rho, places)
            whole += 1 / blocking - 1
            return math.pow(rho, places) / whole, queue / whole
        whole, free = _geometric(1 / rho, places)
        below = math.pow(1 / rho, places) * (1 / blocking - 1)
        return 1 / (whole + below), (places * whole - free) / (whole + below)


def _geometric(ratio: float, last: int) -> tuple[float, float]:
    """Sums of ratio^j and of j x ratio^j, for j from 0 to `last`; the ratio is at most 1."""
    if ratio == 0 or last == 0:
        return 1.0, 0.0
    fall, terms = -math.log(ratio), float(last + 1)
    whole = math.expm1(-terms * fall) / math.expm1(-fall) if fall else terms
    if fall > NEAR:
        return whole, whole * max(0.0, 1 / math.expm1(fall) - terms * _inverse_growth(terms * fall))
    return whole, whole * max(0.0, _bend(fall) - terms * _bend(terms * fall))


def _inverse_growth(x: float) -> float:
    """1 / (e^x - 1)."""
    return 1 / math.expm1(x) if x < OVERFLOW else 0.0


def _bend(x: float) -> float:
    """1 / (e^x - 1) - 1 / x, which is finite at 0."""
    if x > NEAR:
        return _inverse_growth(x) - 1 / x
    square = x * x
    return -0.5 + x / 12 * (1 - square / 60 * (1 - square / 42 * (1 - square / 40)))
