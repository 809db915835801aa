"""How retries multiply a failing component's load, and whether it comes back once the cause is gone.

A = product, over the layers above the component, of min(attempts, 1 + budget), clients included: each layer tries
again what the layer below has given up. A layer counts only where the failure reaches it (a required, synchronous
call without a fallback) and where it retries such failures. Consumers of messages and jobs are no layers.

Sources: B. Beyer et al. (ed.), "Site Reliability Engineering", chapter 22, O'Reilly, 2016; N. Bronson et al.,
"Metastable Failures in Distributed Systems", HotOS 2021; L. Huang et al., "Metastable Failures in the Wild", OSDI 2022.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from archlint.analysis.breakers import can_trip, is_stated
from archlint.analysis.capacity import Capacity
from archlint.analysis.graph import Graph, strongly_connected_components
from archlint.analysis.latency import AFTER_A_WHOLE_TRY
from archlint.analysis.retries import Retries, attempts, follows_request, try_limit, waits
from archlint.analysis.values import Derived, Known, Unknown, combine, gather
from archlint.records import dataclass
from archlint.system.elements import NONE, Call, Caller, Component, Job, Service, System, stated

REPORTED = AFTER_A_WHOLE_TRY | {"5xx", "reset"}
"""Failures that a layer makes of the failures below it."""

CHANCE = 2.0
"""Full queues up to so many timeouts long were seen to empty by chance in simulations: while the first retries still
wait for their timeouts, less arrives than is served."""

MOST_TRIES = 1e9
"""Products beyond it are cut off: it is as good as for ever, and arithmetic stays finite."""

MOST_LAYERS = 32
"""Layers of a storm that are named; beyond, they still count."""


def tries_under_failure(attempts: float, budget: float | None = None) -> float:
    """min(attempts, 1 + budget): requests that become of one while all fail. `budget` is a share of first requests."""
    return attempts if budget is None else min(attempts, 1 + budget)


def tries_within(attempts: float, one_try: float, pause: float, deadline: float) -> float:
    """Tries that begin before a deadline, each after the last has timed out and a pause has passed."""
    if deadline == math.inf or one_try + pause <= 0:
        return attempts
    begun = deadline / (one_try + pause)
    return attempts if begun >= attempts else max(1.0, float(math.ceil(begun)))


@dataclass(frozen=True, slots=True)
class Overload:
    """A component with all of its callers' retries: whether it recovers from a fault once the fault is gone.

    `load` are first attempts per second, `tries` what retries make of each, `capacity` what it can serve a second.
    `longest_wait` is the longest that a request waits and is served, `timeout` when its caller gives up, in seconds.

    While every request times out, `load` x `tries` arrive. Where that reaches the capacity, the queue that the fault
    left never drains; where its wait outlasts the timeout, all that is served has been given up, so every request goes
    on to time out. Both must hold: a shorter queue serves what is still wanted, and a lower load drains the queue.
    """

    load: float
    tries: float
    capacity: float
    longest_wait: float
    timeout: float

    @property
    def demand(self) -> float:
        return self.load * self.tries

    @property
    def recovers(self) -> bool:
        return self.demand < self.capacity or self.longest_wait <= self.timeout

    @property
    def is_trapped(self) -> bool:
        """Whether it stays down. A full queue that is just longer than the timeout may empty by chance: then neither
        this nor `recovers` holds."""
        return not self.recovers and self.longest_wait > CHANCE * self.timeout


@dataclass(frozen=True, slots=True)
class Storm:
    """The retries that reach a component by one of its calls: how many tries become of a request, over which layers.

    `layers` are the calls whose retries multiply, from the component outwards.
    """

    call: Call
    tries: float
    layers: tuple[Call, ...]


class Amplification:
    """Retry amplification of every component of a workspace."""

    def __init__(self, systems: Mapping[str, System], capacity: Capacity, retries: Retries) -> None:
        self.systems = systems
        self.capacity = capacity
        self.retries = retries
        self._factors: dict[tuple[Call, frozenset[str]], float] = {}
        self._storms: dict[Call, Storm] = {}
        self._tries: dict[Component, Derived[float]] = {}
        self._patience: dict[Component, Derived[float]] = {}

    def own(self, call: Call) -> float:
        """Tries that a request makes at its target while that answers too late."""
        return self._factor(call, AFTER_A_WHOLE_TRY)

    def relayed(self, call: Call) -> float:
        """Tries that a request makes while its target reports failures of what lies below it."""
        return self._factor(call, REPORTED)

    def _factor(self, call: Call, failures: frozenset[str]) -> float:
        """1 without retries, and where a breaker cuts them off; endless ones are another cause (unbounded-retry).

        Also for callers that take work at their own pace: who retries takes nothing new meanwhile.
        """
        policy = call.spec.retries
        if policy is None or policy == NONE:
            return 1.0
        found = self._factors.get((call, failures))
        if found is None:
            found = self._factors[call, failures] = self._tries_of(call, policy, failures)
        return found

    def _tries_of(self, call: Call, policy: Any, failures: frozenset[str]) -> float:
        if self._sets_its_own_pace(call.caller):
            return 1.0
        count = attempts(call)
        if not isinstance(count, Known) or can_trip(call, self.capacity) is True:
            return 1.0
        if policy.on is not None and failures.isdisjoint(policy.on):
            return 1.0
        budget = policy.budget
        tries = tries_under_failure(count.value, None if budget is None or budget == NONE else float(budget))
        tries = self._until_the_deadline(call, tries)
        return 1.0 if tries == math.inf else tries

    def _sets_its_own_pace(self, caller: Component) -> bool:
        return isinstance(caller, Job) or (isinstance(caller, Service) and self.capacity.load.only_consumes(caller))

    def _until_the_deadline(self, call: Call, tries: float) -> float:
        cap, one_try, pauses = self.retries.cap(call), try_limit(call), waits(call)
        if not isinstance(cap, Known) or not isinstance(one_try, Known):
            return tries
        known = isinstance(pauses, Known) and 1 < tries < math.inf
        pause = pauses.value / (tries - 1) if known and isinstance(pauses, Known) else 0.0
        return tries_within(tries, one_try.value, pause, cap.value)

    def storm(self, call: Call) -> Storm:
        """What reaches the targets of a call while they answer too late, by the caller that multiplies most."""
        found = self._storms.get(call)
        if found is None:
            found = self._storms[call] = self._storm(call)
        return found

    def _storm(self, call: Call) -> Storm:
        own = self.own(call)
        above = self._above(call)
        layers = self._layers(call.caller) if above > 1 else ()
        return Storm(call, min(own * above, MOST_TRIES), ((call, *layers) if own > 1 else layers))

    def _above(self, call: Call) -> float:
        return self._worst[call.caller][0] if is_hard(call) and call.caller in self._worst else 1.0

    def _layers(self, component: Component) -> tuple[Call, ...]:
        found: list[Call] = []
        step = self._worst[component][1]
        while step is not None and len(found) < MOST_LAYERS:
            if self.relayed(step) > 1:
                found.append(step)
            step = self._worst[step.caller][1] if is_hard(step) and step.caller in self._worst else None
        return tuple(found)

    @cached_property
    def _worst(self) -> dict[Component, tuple[float, Call | None]]:
        """The largest product over the layers above a component, and the call by which it comes, where any multiplies.

        Calls within a circle multiply what comes from outside it once.
        """
        graph: Graph[Component] = Graph()
        for call in self._below_retries():
            for target in call.targets:
                graph.add_edge(target, call.caller)
        settled: dict[Component, tuple[float, Call | None]] = {}
        for members in strongly_connected_components(graph):
            found = {member: self._of_callers(member, settled) for member in members}
            settled.update(found)
        return settled

    def _below_retries(self) -> Iterator[Call]:
        """The calls that multiply, and all that follow from their targets."""
        waiting = [call for call in self._calls() if self.relayed(call) > 1]
        seen = dict.fromkeys(waiting)
        for call in waiting:
            yield call
            for target in call.targets:
                for other in target.calls if isinstance(target, Caller) else ():
                    if other not in seen and other.spec.phase == "runtime":
                        seen[other] = None
                        waiting.append(other)

    def _of_callers(
        self, component: Component, settled: Mapping[Component, tuple[float, Call | None]]
    ) -> tuple[float, Call | None]:
        best: tuple[float, Call | None] = (1.0, None)
        for call in calls_to(component):
            above = settled[call.caller][0] if is_hard(call) and call.caller in settled else 1.0
            tries = min(self.relayed(call) * above, MOST_TRIES)
            if tries > best[0]:
                best = (tries, call)
        return best

    def _calls(self) -> Iterator[Call]:
        for system in self.systems.values():
            for call in system.calls:
                if call.spec.phase == "runtime":
                    yield call

    def tries_at(self, component: Component) -> Derived[float]:
        """Requests that arrive for each first attempt while the component answers too late, over all its callers.

        Weighted by their rates; what no call brings (cache misses, flows) counts once.
        """
        found = self._tries.get(component)
        if found is None:
            found = self._tries[component] = self._tries_at(component)
        return found

    def _tries_at(self, component: Component) -> Derived[float]:
        storms = [self.storm(call) for call in calls_to(component)]
        different = {storm.tries for storm in storms}
        if not storms or any(edge.kind == "backed_by" for edge in component.incoming):
            different.add(1.0)
        if len(different) == 1:
            return Known(different.pop(), "derived")
        return combine(_weighted, self.capacity.load.requests(component), gather(self._rates(component, storms)))

    def patience(self, component: Component) -> Derived[float]:
        """The shortest time limit, in seconds, of the calls to the component whose requests multiply."""
        found = self._patience.get(component)
        if found is None:
            storms = [self.storm(call) for call in calls_to(component)]
            limits = [try_limit(storm.call) for storm in storms if storm.tries > 1]
            unknown = any(isinstance(limit, Unknown) for limit in limits)
            found = Unknown("services.*.calls.*.timeout") if unknown else combine(min, gather(limits))
            self._patience[component] = found
        return found

    def _rates(self, component: Component, storms: list[Storm]) -> Iterator[Derived[tuple[float, float]]]:
        """Of each storm its first attempts per second at the component, and its tries."""
        for storm in storms:
            rate, split, tries = self.capacity.load.of_call(storm.call), len(storm.call.targets), storm.tries
            if isinstance(rate, Unknown):
                yield Unknown("services.*.calls.*.rate")
            else:
                yield Known((rate.value / max(1, split), tries), "derived")

    @cached_property
    def storms(self) -> Mapping[Call, tuple[tuple[Component, Storm], ...]]:
        """By the call that each is told at, the storms and the components that they reach."""
        return self._by_layer(lambda storm: (told_at(storm),))

    @cached_property
    def storms_within(self) -> Mapping[Call, tuple[tuple[Component, Storm], ...]]:
        """By each of their other layers, the storms that are told at a call further in."""
        return self._by_layer(lambda storm: (layer for layer in storm.layers if layer is not told_at(storm)))

    def _by_layer(self, layers: Callable[[Storm], Iterable[Call]]) -> dict[Call, tuple[tuple[Component, Storm], ...]]:
        found: dict[Call, list[tuple[Component, Storm]]] = {}
        for storm in self._all:
            for layer in layers(storm):
                found.setdefault(layer, []).extend((target, storm) for target in storm.call.targets)
        return {layer: tuple(reached) for layer, reached in found.items()}

    @cached_property
    def _all(self) -> tuple[Storm, ...]:
        multiplied = (call for call in self._calls() if self.own(call) > 1 or self._above(call) > 1)
        return tuple(storm for storm in map(self.storm, multiplied) if storm.layers)

    def most_through(self, call: Call) -> float:
        """The most tries of a request in any storm that the call is a layer of; 1 where it is of none."""
        reached = (*self.storms.get(call, ()), *self.storms_within.get(call, ()))
        return max((storm.tries for _, storm in reached), default=1.0)


def told_at(storm: Storm) -> Call:
    """The innermost layer whose retries no budget bounds: there a remedy does most."""
    return next((call for call in storm.layers if not _has_budget(call)), storm.layers[0])


def _has_budget(call: Call) -> bool:
    return stated(call.spec, "retries.budget") not in (None, NONE)


def _weighted(total: float, storms: list[tuple[float, float]]) -> float:
    by_calls = math.fsum(rate for rate, _ in storms)
    whole = max(by_calls, total)
    tried = math.fsum(rate * tries for rate, tries in storms)
    return (tried + whole - by_calls) / whole if whole else 1.0


def is_hard(call: Call) -> bool:
    """Whether the caller's request fails with the call."""
    fallback = call.spec.fallback
    covered = is_stated(fallback) and fallback.use != NONE
    return bool(call.spec.required and not covered and follows_request(call))


def calls_to(component: Component) -> Iterator[Call]:
    """The calls at run time that reach a component."""
    for edge in component.incoming:
        item = edge.item
        if (
            isinstance(item, Call)
            and edge.kind == "call"
            and item.spec.phase == "runtime"
            and component in edge.targets
        ):
            yield item


def ends_given_up_work(call: Call) -> bool:
    """Whether the target learns that a request was given up: by its deadline, or because it is cancelled."""
    return call.spec.deadline == "propagated" or call.spec.cancellation is True


def longest_wait(component: Component, rate_of_one: float) -> float | None:
    """The longest that a request waits at one instance, in seconds; None where the manifest does not tell.

    The shorter of the queue's own limit and the time to serve all that are before it.
    """
    queue = stated(component.spec, "queue")
    if queue == NONE:
        return 0.0
    if queue == "unbounded":
        return math.inf
    depth, limit = stated(component.spec, "queue.depth"), stated(component.spec, "queue.timeout")
    bounds = [float(limit)] if limit is not None else []
    if depth is not None:
        bounds.append(depth / rate_of_one if rate_of_one else math.inf)
    return min(bounds) if len(bounds) == 2 else None
