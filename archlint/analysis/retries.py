"""How long retries go on: of one call, under the patience of its callers, and under one key (design.md 3.1)."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Mapping
from functools import cached_property, lru_cache

from archlint.analysis.graph import Graph, strongly_connected_components
from archlint.analysis.values import Derived, Known, Unknown, combine, gather
from archlint.system.elements import NONE, Call, Caller, Client, Component, Consume, Job, System, Topic

UNLIMITED = "unlimited"

AMBIGUOUS = frozenset({"any", "timeout", "5xx", "reset"})
"""Failures after which the caller cannot know whether the target did the work. A refused connection, a
`429` and a conflict are answers: nothing was done."""

ONE_TRY = Known(1.0)
NO_ATTEMPTS = Unknown("retries.attempts")
NO_TIMEOUT = Unknown("services.*.calls.*.timeout")

DECORRELATED = 3.0
"""Growth of the largest wait under decorrelated jitter: each is drawn from base to three times the last."""


def longest_waits(
    attempts: float, backoff: str, base: float, longest: float | None = None, jitter: str | None = None
) -> float:
    """The largest sum of the waits between `attempts` tries, in the unit of `base`.

    The waits are base, base, base (fixed), base, 2 base, 3 base (linear) or base, 2 base, 4 base
    (exponential), none above `longest`. Full and equal jitter only shorten a wait: the largest stands.
    Decorrelated jitter draws each wait from base to three times the last. Source: M. Brooker, "Exponential
    Backoff and Jitter", AWS Architecture Blog, 2015.
    """
    waits, cap = attempts - 1, math.inf if longest is None else longest
    if backoff == NONE or waits <= 0 or base <= 0 or cap <= 0:
        return 0.0
    if jitter == "decorrelated":
        return _geometric(waits, DECORRELATED * base, DECORRELATED, cap)
    if backoff == "linear":
        return _arithmetic(waits, base, cap)
    if backoff == "exponential":
        return _geometric(waits, base, 2.0, cap)
    return waits * min(base, cap)


def _geometric(terms: float, first: float, ratio: float, cap: float) -> float:
    """first + first x ratio + ..., each term at most `cap`, in closed form: `terms` may be huge."""
    if first >= cap:
        return terms * cap
    rises = math.ceil((math.log(cap) - math.log(first)) / math.log(ratio)) if cap < math.inf else math.inf
    growing = min(terms, rises)
    if growing * math.log(ratio) > 700:  # beyond what a float holds
        return terms * cap
    return first * (math.pow(ratio, growing) - 1) / (ratio - 1) + _rest(terms - growing, cap)


def _arithmetic(terms: float, step: float, cap: float) -> float:
    rises = cap / step
    growing = terms if rises >= terms else float(math.floor(rises))
    return step * growing * (growing + 1) / 2 + _rest(terms - growing, cap)


def _rest(terms: float, cap: float) -> float:
    return terms * cap if terms > 0 else 0.0


def longest_duration(attempts: float, one_try: float, waits: float, deadline: float = math.inf) -> float:
    """H = attempts x the time of a try + the largest waits, capped by a deadline that ends the call."""
    total = math.inf if attempts == math.inf else attempts * one_try + waits
    return min(total, deadline)


def is_retried(call: Call) -> bool:
    """Whether the manifest states retries of the call; a policy without `attempts` counts as one."""
    policy = call.spec.retries
    return policy is not None and policy != NONE and policy.attempts != 1


def attempts(call: Call) -> Derived[float]:
    """Tries in all, the first included: 1 where retries are stated to be absent, infinite if unlimited."""
    policy = call.spec.retries
    if policy == NONE:
        return ONE_TRY
    count = None if policy is None else policy.attempts
    if count is None:
        return NO_ATTEMPTS
    return _known(math.inf if count == UNLIMITED else float(count))


def try_limit(call: Call) -> Derived[float]:
    """Seconds after which one try is given up; infinite where the timeout is stated to be absent."""
    policy, timeout = call.spec.retries, call.spec.timeout
    own = None if policy is None or policy == NONE else policy.per_try_timeout
    if own is not None:
        return _known(float(own))
    if timeout is None:
        return Unknown("timeout")
    return _known(math.inf if timeout == NONE else float(timeout))


@lru_cache
def _known(value: float) -> Known[float]:
    return Known(value)


def waits(call: Call) -> Derived[float]:
    """The largest sum of the waits between the tries of a call, in seconds."""
    tries, policy = attempts(call), call.spec.retries
    if policy is None or policy == NONE or policy.backoff == NONE or tries == ONE_TRY:
        return Known(0.0)
    missing = [name for name in ("backoff", "base") if getattr(policy, name) is None]
    if missing:
        return Unknown(*(f"retries.{name}" for name in missing))
    return combine(lambda count: longest_waits(count, policy.backoff, policy.base, policy.max, policy.jitter), tries)


def follows_request(call: Call) -> bool:
    """Whether a request causes the call and waits for its answer: what has the request's deadline."""
    spec = call.spec
    return not spec.asynchronous and spec.phase == "runtime" and spec.rate is None and spec.every is None


def is_awaited(call: Call) -> bool:
    """Whether somebody waits for the answer: a request that causes the call, or a client."""
    spec = call.spec
    by_client = isinstance(call.caller, Client) and not spec.asynchronous and spec.phase == "runtime"
    return by_client or follows_request(call)


class Retries:
    """Horizons of the calls and keys of a workspace, in seconds."""

    def __init__(self, systems: Mapping[str, System]) -> None:
        self.systems = systems

    def horizon(self, call: Call) -> Derived[float]:
        """Longest time from the first try to the end of the last; infinite where nothing ends it.

        Where a propagated deadline is not known, the horizon without it: an upper bound.
        """
        tries, one_try = attempts(call), try_limit(call)
        cap = self.cap(call)
        limit = cap.value if isinstance(cap, Known) else math.inf
        full = combine(longest_duration, tries, one_try, waits(call))
        if isinstance(full, Known):
            return Known(min(full.value, limit), "derived", full.sources)
        least = combine(lambda count, time: longest_duration(count, time, 0.0), tries, one_try)
        if isinstance(least, Known) and least.value >= limit:
            return Known(limit, "derived", least.sources)
        return full

    def cap(self, call: Call) -> Derived[float]:
        """What ends all tries together: a timeout that covers them, or the caller's own deadline.

        Infinite where nothing does; unknown where a propagated deadline is.
        """
        policy, timeout = call.spec.retries, call.spec.timeout
        covers = policy is not None and policy != NONE and policy.per_try_timeout is not None
        limit = float(timeout) if covers and timeout is not None and timeout != NONE else math.inf
        if not _has_deadline(call):
            return Known(limit, "derived")
        return combine(lambda patience: min(limit, patience), self.patience(call.caller))

    def patience(self, component: Component) -> Derived[float]:
        """The longest that anybody still waits for an answer of the component.

        The largest time limit of a try of its callers, each no longer than the deadline that its own
        caller passes on. Infinite where work is awaited by nobody: clients, jobs, messages, async calls.
        """
        return self._patience.get(component, NO_TIMEOUT)

    def is_endless(self, component: Component) -> bool:
        """Whether somebody certainly waits for the component without an end."""
        patience = self.patience(component)
        return isinstance(patience, Known) and patience.value == math.inf

    def key_horizon(self, call: Call) -> Derived[float]:
        """Longest time over which one idempotency key can come again.

        The horizon of the outermost caller that passes the same key on (recognised by its name), and the
        redelivery of the messages that make such a caller call. Only for calls that state a key.
        """
        return self._key_horizons.get(call) or Unknown("idempotency.key")

    @cached_property
    def _patience(self) -> dict[Component, Derived[float]]:
        """With every timeout that is not stated taken as endless, and as nothing: between them is the truth."""
        patience = _Patience(self.systems)
        high, low = patience.solve(math.inf), patience.solve(0.0)
        return {
            component: Known(longest, "derived") if longest == low[component] else NO_TIMEOUT
            for component, longest in high.items()
        }

    @cached_property
    def _key_horizons(self) -> dict[object, Derived[float]]:
        """Calls with keys, and (component, key) nodes between them; what is upstream is settled first."""
        graph: Graph[object] = Graph()
        for system in self.systems.values():
            for call in system.calls:
                key = key_of(call)
                if key is not None:
                    graph.add_edge(call, (call.caller, key))
                    for target in call.targets:
                        graph.add_edge((target, key), call)
        found: dict[object, Derived[float]] = {}
        for members in strongly_connected_components(graph):
            parts = [self._own_horizon(member) for member in members]
            parts += [found[node] for member in members for node in graph.successors(member) if node in found]
            settled = combine(max, gather(parts))
            found.update(dict.fromkeys(members, settled))
        return found

    def _own_horizon(self, node: object) -> Derived[float]:
        if not isinstance(node, Call):
            return Known(0.0)
        again = [redelivery(consume) for consume in node.caller.consumes] or [Known(0.0)]
        return combine(lambda horizon, times: horizon + max(times), self.horizon(node), gather(again))


def key_of(call: Call) -> str | None:
    """The name of the idempotency key that a call states, None where it states none."""
    return getattr(call.spec.idempotency, "key", None)


def redelivery(consume: Consume) -> Derived[float]:
    """Longest time from the first to the last delivery of one message, in seconds.

    max_deliveries x lease, or the retention of the topic where deliveries are unlimited, and the retention
    of the dead letters where they are put back.
    """
    return combine(lambda again, dead: again + dead, _deliveries(consume), _dead_letter(consume))


def _deliveries(consume: Consume) -> Derived[float]:
    count, lease = consume.spec.max_deliveries, consume.spec.lease
    if count == 1:
        return Known(0.0)
    if count == UNLIMITED:
        return _retention(consume.topic)
    names = {"consumes.*.max_deliveries": count, "consumes.*.lease": lease}
    missing = [name for name, value in names.items() if value is None]
    return Unknown(*missing) if missing else Known(float(count) * float(lease), "derived")


def _dead_letter(consume: Consume) -> Derived[float]:
    letters, redrive = consume.spec.dead_letter, consume.spec.redrive
    if letters is None or letters == NONE or redrive is False:
        return Known(0.0)
    return Unknown("consumes.*.redrive") if redrive is None else _retention(consume.dead_letter)


def _retention(topic: Topic | None) -> Derived[float]:
    """How long a message can lie in a topic; a queue that keeps no history forgets by age, or never."""
    kept = None if topic is None else topic.spec.retention
    if kept == NONE and topic is not None:
        kept = topic.spec.max_age or UNLIMITED
    if kept is None:
        return Unknown("brokers.*.topics.*.retention")
    return Known(math.inf if kept == UNLIMITED else float(kept))


class _Patience:
    """Widest paths: the patience of a component is the largest, over its callers, of the least limit on the way."""

    def __init__(self, systems: Mapping[str, System]) -> None:
        self._components = [component for system in systems.values() for component in system.components.values()]
        calls = [call for system in systems.values() for call in system.calls]
        self._limits = {call: (_limit(call), _has_deadline(call)) for call in calls}
        self._origins = {component: self._origin(component) for component in self._components}
        self._passed: dict[Component, list[tuple[float | None, tuple[Component, ...]]]] = {}
        for call, (limit, has_deadline) in self._limits.items():
            if has_deadline:
                self._passed.setdefault(call.caller, []).append((limit, call.targets))

    def solve(self, unstated: float) -> dict[Component, float]:
        """With every timeout that is not stated taken as that long."""
        found: dict[Component, float] = {}
        for component, (longest, is_told) in self._origins.items():
            found[component] = longest if is_told else max(longest, unstated)
        order = itertools.count()
        heap = [
            (-found[component], next(order), component) for component in self._components if component in self._passed
        ]
        heapq.heapify(heap)
        while heap:
            negative, _, component = heapq.heappop(heap)
            if -negative < found[component]:
                continue
            for stated, targets in self._passed[component]:
                limit = min(unstated if stated is None else stated, -negative)
                for target in targets:
                    if limit > found.get(target, math.inf):
                        found[target] = limit
                        if target in self._passed:
                            heapq.heappush(heap, (-limit, next(order), target))
        return found

    def _origin(self, component: Component) -> tuple[float, bool]:
        """What bounds its work without any deadline that is passed on, and whether that is stated."""
        if isinstance(component, Client | Job) or (isinstance(component, Caller) and component.consumes):
            return math.inf, True
        longest, is_called, is_told = 0.0, False, True
        for edge in component.incoming:
            if edge.kind == "call" and isinstance(edge.item, Call):
                limit, has_deadline = self._limits[edge.item]
                is_called = True
                if limit is None:
                    is_told = is_told and has_deadline
                elif not has_deadline:
                    longest = max(longest, limit)
        return longest, is_called and is_told


def _limit(call: Call) -> float | None:
    """The longest that one try keeps its target at work; None where the manifest does not tell."""
    if call.spec.asynchronous:
        return math.inf
    limit = try_limit(call)
    return limit.value if isinstance(limit, Known) else None


def _has_deadline(call: Call) -> bool:
    return call.spec.deadline == "propagated" and follows_request(call)
