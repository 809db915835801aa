"""What flows promise of the components on their paths: the strictest objective, and the share of requests it covers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from archlint.analysis.paths import Reached, Ways, reach
from archlint.analysis.promises import Promises
from archlint.analysis.tail import NAMES
from archlint.records import dataclass, replace
from archlint.system.elements import NONE, Call, Caller, Component, Element, Flow, Topic, stated


@dataclass(frozen=True, slots=True)
class Promise:
    """An objective that reaches a component, the flow that makes it, and the share of its requests that come there."""

    value: float
    flow: Flow
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class LatencyLimit:
    """A latency in seconds that `field` of `at` promises at quantile q, and the share of those requests that call."""

    at: Element
    field: str
    q: float
    seconds: float
    share: float

    @property
    def name(self) -> str:
        """Such as p99."""
        return f"p{str(self.q)[2:].ljust(2, '0')}"


def limits_of(element: Element, objective: object, share: float = 1.0) -> Iterator[LatencyLimit]:
    """The latencies that an objective promises, at the element that states it."""
    if objective is None or objective == NONE:
        return
    for name, q in NAMES.items():
        seconds = getattr(objective, f"latency_{name}", None)
        if isinstance(seconds, float | int):
            yield LatencyLimit(element, f"slo.latency_{name}", q, float(seconds), share)


class Objectives:
    """Objectives of flows, spread over what they use. Each takes one walk for each different value of it."""

    def __init__(self, promises: Promises) -> None:
        self.promises = promises
        self._strictest: dict[Component, tuple[LatencyLimit, ...]] = {}

    def latency_limits(self, call: Call) -> Iterator[LatencyLimit]:
        """What is promised of the requests that make the call: by the caller itself, else by the flows that enter it.

        Of a call that some operations or flows make, only what flows promise that are known to make it.
        """
        share = min(1.0, float(call.spec.share))
        if call.operation or call.spec.only_in:
            promised = [limit for flow in flows_making(call) for limit in limits_of(flow, Promises.objective(flow))]
            yield from (replace(limit, share=share) for limit in promised)
            return
        for limit in self.latency_at(call.caller):
            yield LatencyLimit(limit.at, limit.field, limit.q, limit.seconds, share)

    def latency_at(self, component: Component) -> tuple[LatencyLimit, ...]:
        """What a component promises itself, else the strictest at each quantile of the flows that enter it."""
        found = self._strictest.get(component)
        if found is None:
            own = tuple(limits_of(component, stated(component.spec, "slo")))
            found = self._strictest[component] = own or _strictest(component.entered_by)
        return found

    def availability(self, component: Component) -> Promise | None:
        """The highest availability that a flow promises whose requests need the component."""
        return self._availability.get(component)

    def completion(self, topic: Topic) -> Promise | None:
        """The shortest time within which a flow promises that its messages on the topic are handled."""
        return self._completion.get(topic)

    @cached_property
    def _availability(self) -> dict[Component, Promise]:
        found: dict[Component, Promise] = {}
        ways = Ways()
        for value, flows in _levels(self.promises, "availability", strictest=max):
            sources = [(flow.entry, flow) for flow in flows if flow.entry is not None]
            for component, reached in reach(sources, ways).items():
                if component not in found and reached.flow is not None:
                    found[component] = _promise(value, reached, reached.flow)
        return found

    @cached_property
    def _completion(self) -> dict[Component, Promise]:
        """Along calls, messages and their consumers: the asynchronous rest of the work."""
        found: dict[Component, Promise] = {}
        for value, flows in _levels(self.promises, "completion", strictest=min):
            queue = deque((flow.entry, flow) for flow in flows if flow.entry is not None)
            while queue:
                component, flow = queue.popleft()
                if component in found:
                    continue
                found[component] = Promise(value, flow)
                queue.extend((next_one, flow) for next_one in _onwards(component, flow))
        return found


def _strictest(flows: Iterable[Flow]) -> tuple[LatencyLimit, ...]:
    found: dict[float, LatencyLimit] = {}
    for flow in flows:
        for limit in limits_of(flow, Promises.objective(flow)):
            known = found.get(limit.q)
            if known is None or limit.seconds < known.seconds:
                found[limit.q] = limit
    return tuple(found[q] for q in sorted(found))


def flows_making(call: Call) -> Iterator[Flow]:
    """The flows that enter the caller and are known to make a call that not every request makes."""
    names = {call.operation} if call.operation else set(call.spec.only_in or ())
    flows = call.system.flows
    if names <= flows.keys():
        yield from (flow for name in sorted(names) if (flow := flows[name]).entry is call.caller)
        return
    yield from (flow for flow in call.caller.entered_by if {flow.name, flow.spec.operation} & names)


def _promise(value: float, reached: Reached, flow: Flow) -> Promise:
    return Promise(value, flow, reached.share)


def _levels(promises: Promises, field: str, strictest: Callable[..., float]) -> Iterator[tuple[float, list[Flow]]]:
    """The different values of an objective, strictest first, each with the flows that promise it."""
    levels: dict[float, list[Flow]] = {}
    for flow in promises.flows:
        value = getattr(promises.objective(flow), field, None)
        if value is not None:
            levels.setdefault(float(value), []).append(flow)
    for value in sorted(levels, reverse=strictest is max):
        yield value, levels[value]


def _onwards(component: Component, flow: Flow) -> Iterator[Component]:
    """What the work of a flow goes on to: targets of calls, topics, and who consumes them."""
    if isinstance(component, Topic):
        yield from (consume.consumer for consume in component.consumers)
    elif isinstance(component, Caller):
        for call in component.calls:
            if _is_of(call.spec.only_in, flow):
                yield from call.targets
        for publish in component.publishes:
            if publish.topic is not None and _is_of(publish.spec.only_in, flow):
                yield publish.topic


def _is_of(only_in: list[str] | None, flow: Flow) -> bool:
    """Whether requests of the flow may cause it: named flows exclude all others."""
    named = [name for name in only_in or () if name in flow.system.flows]
    return not named or flow.name in named
