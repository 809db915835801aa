"""What a storm of retries does to the component that it reaches: nothing, much work, or a fault that lasts."""

from __future__ import annotations

import math
from typing import Literal

from archlint.analysis.amplification import Amplification, Overload, Storm, ends_given_up_work, longest_wait
from archlint.analysis.instances import greatest, rate_of_one
from archlint.analysis.surges import rate_limit
from archlint.analysis.utilisation import BUSY
from archlint.analysis.values import Derived, Known, Unknown, combine
from archlint.records import dataclass
from archlint.system.elements import NONE, Cache, Component, Datastore, Service, stated

MUCH = 4.0
"""Tries of one request from which on a fault at the bottom is a multiple of the load at every layer above."""

Verdict = Literal["trapped", "by chance", "many tries"]
"""It does not recover, it recovers by chance only, or one request becomes very many."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A storm at one of its components. `verdict` is None where it does no harm, `missing` what could make it one."""

    target: Component
    storm: Storm
    verdict: Verdict | None
    overload: Overload | None = None
    missing: tuple[str, ...] = ()

    @property
    def exposure(self) -> float:
        """Demand over capacity where it does not recover, else tries over what is much."""
        if self.overload is not None and not self.overload.recovers:
            return self.overload.demand / self.overload.capacity
        return self.storm.tries / MUCH


def judge(target: Component, storm: Storm, amplification: Amplification) -> Hit:
    """How bad it is. Harmless where given-up work ends, the queue is short, or all tries are served with ease."""
    if ends_given_up_work(storm.call) and _has_an_end(storm, amplification):
        return Hit(target, storm, None)
    many: Verdict | None = "many tries" if storm.tries > MUCH else None
    whole = combine(Overload, *_figures(target, amplification))
    if isinstance(whole, Unknown):
        decisive = many is None and isinstance(target, Service | Datastore | Cache)
        return Hit(target, storm, many, missing=whole.fields if decisive else ())
    overload = whole.value
    if overload.load >= overload.capacity:
        return Hit(target, storm, many, overload)
    if overload.longest_wait <= overload.timeout or overload.demand <= BUSY * overload.capacity:
        return Hit(target, storm, None, overload)
    if overload.recovers:
        return Hit(target, storm, many, overload)
    return Hit(target, storm, "trapped" if overload.is_trapped else "by chance", overload)


def _has_an_end(storm: Storm, amplification: Amplification) -> bool:
    """Whether there is a deadline to pass on, or the work is stopped with the request."""
    patience = amplification.retries.patience(storm.call.caller)
    return storm.call.spec.cancellation is True or patience != Known(math.inf, "derived")


def _figures(target: Component, amplification: Amplification) -> tuple[Derived[float], ...]:
    """First attempts, tries of each, capacity, the longest that one waits and is served, the callers' timeout."""
    load, tries = amplification.capacity.load.requests(target), amplification.tries_at(target)
    capacity, wait = _of_service(target) if isinstance(target, Service) else _of_store(target, amplification)
    return load, tries, capacity, wait, amplification.patience(target)


def _of_service(service: Service) -> tuple[Derived[float], Derived[float]]:
    rate, most = rate_of_one(service), greatest(service)
    served = stated(service.spec, "capacity.service_time") or 0.0
    capacity = combine(lambda r, n: r * n, rate, most)
    return capacity, combine(lambda wait: wait + served, _wait(service, rate, capacity))


def _wait(service: Service, rate: Derived[float], capacity: Derived[float]) -> Derived[float]:
    """0 where what is too much is refused at once, or where the newest is served first, which is still wanted."""
    limit = rate_limit(service)
    if stated(service.spec, "load_shedding") not in (None, NONE) or stated(service.spec, "queue.order") == "lifo":
        return Known(0.0)
    if limit is not None and isinstance(capacity, Known) and limit <= capacity.value:
        return Known(0.0)
    wait = longest_wait(service, rate.value if isinstance(rate, Known) else 1.0)
    if wait is None:
        return Unknown("queue.depth", "queue.timeout")
    depends_on_rate = stated(service.spec, "queue.depth") not in (None, NONE)
    return rate if isinstance(rate, Unknown) and depends_on_rate else Known(wait)


def _of_store(store: Component, amplification: Amplification) -> tuple[Derived[float], Derived[float]]:
    """Capacity for the mix that arrives; the wait is bounded by the connections, each of which has one request."""
    if not isinstance(store, Datastore | Cache):
        unknown = Unknown("externals.*.capacity.rate")
        return unknown, unknown
    load = amplification.capacity.load
    busy = combine(
        lambda reads, writes: reads + writes,
        _busy(load.reads(store), store, "capacity.reads"),
        _busy(load.writes(store), store, "capacity.writes"),
    )
    capacity = combine(lambda total, part: total / part if part else math.inf, load.requests(store), busy)
    most = stated(store.spec, "connections.max")
    connections = Unknown("connections.max") if most is None else Known(float(most))
    return capacity, combine(lambda number, rate: number / rate, connections, capacity)


def _busy(load: Derived[float], store: Component, field: str) -> Derived[float]:
    capacity = stated(store.spec, field)
    if isinstance(load, Known) and not load.value:
        return Known(0.0)
    return combine(lambda rate, limit: rate / limit, load, Known(capacity) if capacity else Unknown(field))
