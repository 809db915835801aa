"""Queues with Poisson arrivals and exponential service, and Little's law.

Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic
telephone exchanges" (1917), for Erlang B and C; J. D. C. Little, "A proof for the queuing formula L = λW"
(1961); L. Kleinrock, "Queueing Systems", volume 1 (1975), chapter 3; D. Gross and C. M. Harris, "Fundamentals
of Queueing Theory", for the distributions of waiting and response time.

Rates are per second and times in seconds, though any consistent pair of units works. Offered load is in
erlangs: arrival rate times service time, the mean number of servers busy if there were always one free.
Every function raises ValueError for arguments that are negative, NaN or infinite and for more than
MOST_SERVERS, and answers all others: where the offered load reaches the servers, waits are `math.inf`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import lru_cache

from archlint.records import dataclass

MOST_SERVERS = 10**15
"""Beyond it floats no longer tell one server more from one less."""

FLUID = 1e9
"""From this offered load on, arrivals are treated as a fluid: the share above what the servers can do is
refused or waits, and else nothing. Off by less than one over its square root, in utilisation."""


@lru_cache(maxsize=4096)
def erlang_b(servers: int, offered_load: float) -> float:
    """Probability that all servers are busy when nobody may wait (M/M/c/c): the share that is refused.

    Sums and steps the inverse, 1/B(k) = 1 + k/a x 1/B(k-1), whose terms are all positive. The steps that
    matter number about the square root of the offered load.
    """
    _count("servers", servers, least=0)
    _quantity("offered_load", offered_load)
    if offered_load == 0:
        return 1.0 if servers == 0 else 0.0
    if offered_load > FLUID:
        return max(0.0, 1 - servers / offered_load)
    start = min(servers, math.floor(offered_load))
    inverse = _inverse_blocking(start, offered_load)
    for k in range(start + 1, servers + 1):
        inverse = 1 + k / offered_load * inverse
        if inverse == math.inf:
            return 0.0
    return 1 / inverse


def _inverse_blocking(servers: int, offered_load: float) -> float:
    """1/B as the series Σ c!/(c-j)!/a^j; its terms fall, since servers <= offered_load."""
    total = term = 1.0
    for k in range(servers, 0, -1):
        term *= k / offered_load
        total += term
        if term < total * 1e-18:
            break
    return total


def erlang_c(servers: int, offered_load: float) -> float:
    """Probability that an arrival has to wait (M/M/c). 1 where the offered load reaches the servers."""
    _count("servers", servers)
    if _quantity("offered_load", offered_load) >= servers:
        return 1.0
    blocking = erlang_b(servers, offered_load)
    return blocking / (1 - offered_load / servers * (1 - blocking))


@dataclass(frozen=True, slots=True)
class MMc:
    """The M/M/c queue: Poisson arrivals, exponential service, c equal servers, one endless queue, first come
    first served. One server makes it M/M/1.

    `arrival_rate` per second, `service_time` the mean in seconds.
    """

    arrival_rate: float
    service_time: float
    servers: int = 1

    def __post_init__(self) -> None:
        _quantity("arrival_rate", self.arrival_rate)
        _quantity("service_time", self.service_time)
        _count("servers", self.servers)

    @property
    def offered_load(self) -> float:
        """a = λ/μ, in erlangs."""
        return self.arrival_rate * self.service_time

    @property
    def utilisation(self) -> float:
        """ρ = a/c. 1 and above: more is asked for than the servers can do."""
        return self.offered_load / self.servers

    @property
    def stable(self) -> bool:
        return self.offered_load < self.servers

    @property
    def empty_probability(self) -> float:
        """P0: nobody is there. 0 if not stable."""
        if not self.stable:
            return 0.0
        load, blocking = self.offered_load, erlang_b(self.servers, self.offered_load)
        if blocking < 1e-17:  # as good as an endless number of servers, where P0 = exp(-a)
            return math.exp(-load)
        full = self.servers * math.log(load) - math.lgamma(self.servers + 1)  # log of a^c/c!
        return math.exp(-full - math.log(1 / blocking + load / (self.servers - load)))

    @property
    def wait_probability(self) -> float:
        """Erlang C; 1 if not stable."""
        return erlang_c(self.servers, self.offered_load) if self.stable else 1.0

    @property
    def mean_wait(self) -> float:
        """Wq, in seconds, those who need not wait included."""
        if not self.stable:
            return math.inf
        return self.wait_probability * self.service_time / (self.servers - self.offered_load)

    @property
    def mean_response(self) -> float:
        """W: waiting and service, in seconds."""
        return self.mean_wait + self.service_time

    @property
    def mean_queue(self) -> float:
        """Lq: how many wait."""
        if not self.stable:
            return math.inf
        return self.wait_probability * self.offered_load / (self.servers - self.offered_load)

    @property
    def mean_in_system(self) -> float:
        """L: how many wait or are served."""
        return self.mean_queue + self.offered_load

    def wait_exceeds(self, time: float) -> float:
        """P(wait > time) = C exp(-(cμ - λ) time)."""
        _quantity("time", time)
        if not self.stable:
            return 1.0
        if self.service_time == 0:
            return 0.0
        return self.wait_probability * math.exp(-(self.servers - self.offered_load) * (time / self.service_time))

    def wait_quantile(self, q: float) -> float:
        """The wait, in seconds, that a share q of arrivals does not exceed; 0 if so many need not wait."""
        _share("q", q)
        return self._wait_of_tail(1 - q)

    def _wait_of_tail(self, share: float) -> float:
        """The wait that this share of arrivals exceeds."""
        if share >= self.wait_probability:
            return 0.0
        if share == 0 or not self.stable:
            return math.inf
        excess = math.log(self.wait_probability / share)
        return excess * self.service_time / (self.servers - self.offered_load)

    def response_exceeds(self, time: float) -> float:
        """P(wait + service > time): an exponential service after a wait that is 0 or exponential."""
        _quantity("time", time)
        if not self.stable:
            return 1.0
        if self.service_time == 0:
            return 0.0
        x = min(time / self.service_time, sys.float_info.max)
        drain = self.servers - self.offered_load  # cμ - λ, in units of μ
        apart = abs(drain - 1)
        both = -math.expm1(-apart * x) / apart if apart > 0 else x
        return min(1.0, math.exp(-x) + self.wait_probability * math.exp(-min(1.0, drain) * x) * both)

    def response_quantile(self, q: float) -> float:
        """The response time, in seconds, that a share q of all arrivals does not exceed."""
        _share("q", q)
        if q == 0 or (self.service_time == 0 and self.stable):
            return 0.0
        if q == 1 or not self.stable:
            return math.inf
        if self.servers == 1:
            return -math.log1p(-q) * self.service_time / (1 - self.offered_load)
        tail = (1 - q) / 2  # a response longer than both together is one tail or the other
        highest = self._wait_of_tail(tail) - math.log(tail) * self.service_time
        return _bisect(lambda time: self.response_exceeds(time) > 1 - q, 0.0, highest)


def mg1_mean_wait(arrival_rate: float, service_time: float, squared_variation: float) -> float:
    """Wq of one server with any service time (Pollaczek 1930, Khinchine 1932), in seconds.

    `squared_variation`: variance over squared mean of the service time; 0 constant, 1 exponential.
    """
    queue = MMc(arrival_rate, service_time)
    _quantity("squared_variation", squared_variation)
    return queue.mean_wait * (1 + squared_variation) / 2


def servers_for_blocking(offered_load: float, blocking: float) -> int:
    """The fewest servers that refuse no more than a share `blocking` (above 0) where nobody may wait."""
    _quantity("offered_load", offered_load)
    _share("blocking", blocking, zero=False)
    return _fewest(lambda servers: erlang_b(servers, offered_load) <= blocking, least=0)


def offered_load_for_blocking(servers: int, blocking: float) -> float:
    """The highest offered load, in erlangs, of which no more than a share `blocking` (below 1) is refused.

    0 where nothing may be refused: any load is, now and then.
    """
    _count("servers", servers)
    _share("blocking", blocking, one=False)
    if blocking == 0:
        return 0.0
    high = 1.0
    while erlang_b(servers, high) <= blocking:
        high *= 2
    return _bisect(lambda load: erlang_b(servers, load) <= blocking, 0.0, high)


def servers_for_wait(arrival_rate: float, service_time: float, wait: float, q: float) -> int:
    """The fewest servers that keep up and let a share q of the arrivals wait no longer than `wait` seconds.

    q lies above 0 and below 1.
    """
    _quantity("wait", wait)
    _share("q", q, zero=False, one=False)
    least = math.floor(MMc(arrival_rate, service_time).offered_load) + 1
    return _fewest(lambda c: MMc(arrival_rate, service_time, c).wait_exceeds(wait) <= 1 - q, least)


def arrival_rate_for_wait(servers: int, service_time: float, wait: float, q: float) -> float:
    """The highest arrival rate of which a share q waits no longer than `wait` seconds.

    q lies above 0 and below 1. `math.inf` if service takes no time.
    """
    MMc(0.0, service_time, servers)
    _quantity("wait", wait)
    _share("q", q, zero=False, one=False)
    if service_time == 0:
        return math.inf
    most = min(servers / service_time, sys.float_info.max)
    return _bisect(lambda rate: MMc(rate, service_time, servers).wait_exceeds(wait) <= 1 - q, 0.0, most)


def littles_concurrency(rate: float, time: float) -> float:
    """L = λW: how many are inside on average, whatever the distributions (Little 1961)."""
    return _quantity("rate", rate) * _quantity("time", time)


def littles_rate(concurrency: float, time: float) -> float:
    """λ = L/W: the highest rate that `concurrency` slots, each held for `time` seconds, let through."""
    return _ratio(_quantity("concurrency", concurrency), _quantity("time", time))


def littles_time(concurrency: float, rate: float) -> float:
    """W = L/λ: how long each is inside, in seconds; also how long a queue of that length takes to drain."""
    return _ratio(_quantity("concurrency", concurrency), _quantity("rate", rate))


def _ratio(concurrency: float, other: float) -> float:
    if other > 0:
        return concurrency / other
    return math.inf if concurrency > 0 else 0.0


def _fewest(enough: Callable[[int], bool], least: int) -> int:
    """The smallest count from `least` on that is enough; more is never worse."""
    step, low, high = 1, least - 1, least
    while not enough(high):
        low, high, step = high, high + step, step * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _bisect(below: Callable[[float], bool], low: float, high: float) -> float:
    """The last float before `high` that is below, if the low ones are and the high ones are not."""
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if below(middle) else (low, middle)
    return low


def _quantity(name: str, value: float) -> float:
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} must be at least 0 and finite, not {value}")
    return value


def _share(name: str, value: float, *, zero: bool = True, one: bool = True) -> None:
    if not 0 <= value <= 1 or (value == 0 and not zero) or (value == 1 and not one):
        bounds = f"{'from' if zero else 'above'} 0 {'to' if one else 'to below'} 1"
        raise ValueError(f"{name} must lie {bounds}, not {value}")


def _count(name: str, value: int, least: int = 1) -> None:
    if not isinstance(value, int) or not least <= value <= MOST_SERVERS:
        raise ValueError(f"{name} must be a whole number from {least} to {MOST_SERVERS}, not {value}")
