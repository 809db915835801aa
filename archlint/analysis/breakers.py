"""Whether a circuit breaker sees enough failures to open, and what else holds a slow dependency apart."""

from __future__ import annotations

from archlint.analysis.capacity import Capacity
from archlint.analysis.instances import fewest
from archlint.analysis.retries import attempts
from archlint.analysis.values import Derived, Known, Unknown, combine
from archlint.system.elements import NONE, Call, Component, stated


def is_stated(control: object) -> bool:
    """Whether a control is there: neither unstated nor stated to be absent."""
    return control is not None and control != NONE


def calls_a_breaker(call: Call, capacity: Capacity) -> Derived[float]:
    """Calls per second at peak that one breaker counts, retries included: each instance of the caller has its own.

    With `per: instance` the calls to one instance of the target. An upper bound where the breaker counts less.
    """
    rate, count = capacity.load.of_call(call), capacity.instances_at_peak(call.caller)
    each = combine(lambda r, n: r / max(1, n) * tries_counted(call), rate, count)
    if stated(call.spec, "circuit_breaker.per") != "instance" or call.target is None:
        return each
    return combine(lambda r, n: r / max(1, n), each, fewest(call.target))


def tries_counted(call: Call) -> float:
    """Tries that a breaker sees of a request whose calls all fail: no more than attempts and budget allow."""
    count = attempts(call)
    budget = stated(call.spec, "retries.budget")
    most = count.value if isinstance(count, Known) else 1.0
    return min(most, 1 + budget) if isinstance(budget, float | int) else most


def can_trip(call: Call, capacity: Capacity) -> bool | None:
    """Whether the call has a breaker that sees enough calls to open; None where that is not known."""
    breaker = call.spec.circuit_breaker
    if not is_stated(breaker):
        return False
    if not breaker.min_calls:
        return True
    rate, window = calls_a_breaker(call, capacity), breaker.window
    if isinstance(rate, Unknown) or window is None:
        return None
    return bool(rate.value * window >= breaker.min_calls)


def largest_single_cause(target: Component) -> float:
    """The share of calls that fail where one part of the target is lost: of a store in shards the fullest, else all.

    What has no shards can fail as a whole: a bad release, a dependency that all instances share, a lost primary.
    """
    shards = stated(target.spec, "shards")
    if not isinstance(shards, int) or shards < 2:
        return 1.0
    hottest = stated(target.spec, "partition_key.hottest")
    return max(1 / shards, float(hottest)) if isinstance(hottest, float | int) else 1 / shards
