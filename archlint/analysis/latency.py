"""How long requests take along the critical path of a flow, healthy and while something is slow (design.md 3.1).

What a component states of its latency holds all that it waits for, so the path is followed only through components
that state none. Stages follow one another; calls of equal `stage` run side by side. A caller waits no longer for a
call than its tries last. Means add; percentiles never do: `tail.sum_bounds` says between what their sum lies.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from archlint.analysis.paths import Ways
from archlint.analysis.retries import Retries, attempts, follows_request, try_limit, waits
from archlint.analysis.tail import Interval, Part, Quantiles, quantiles_of, sum_bounds
from archlint.analysis.values import Derived, Known, Unknown, combine
from archlint.records import dataclass
from archlint.system.elements import NONE, Call, Caller, Component, Flow, System, stated

MOST_PARTS = 1000
"""Calls on one path that are counted; beyond, the path is not known to its end."""

AFTER_A_WHOLE_TRY = frozenset({"any", "timeout"})
"""Failures that a target which answers late makes, each after the time limit of a try."""

ONE_TRY: Known[float] = Known(1.0, "derived")
"""Of calls whose retries do not concern a slow target."""

LATENCY = "services.*.latency.p99"


def tries_of_slow(call: Call) -> Derived[float]:
    """Tries of a call whose target answers too late: one where timeouts are not retried."""
    policy = call.spec.retries
    if policy is None or policy == NONE:
        return ONE_TRY
    if policy.on is not None and AFTER_A_WHOLE_TRY.isdisjoint(policy.on):
        return ONE_TRY
    return attempts(call)


def time_held(call: Call, retries: Retries) -> Derived[float]:
    """Seconds for which a target that answers too late holds the caller: tries x time limit + waits, under its caps.

    Infinite where nothing ends it.
    """
    tries = tries_of_slow(call)
    if tries is ONE_TRY:
        full = try_limit(call)
    else:
        full = combine(lambda count, one, pauses: count * one + pauses, tries, try_limit(call), waits(call))
    cap = retries.cap(call)
    if isinstance(full, Unknown) or isinstance(cap, Unknown):
        return full
    return Known(min(full.value, cap.value), "derived")


@dataclass(frozen=True, slots=True)
class Step:
    """One call on the path, as a part of the sum, and what its target's latency is."""

    call: Call
    part: Part


@dataclass(frozen=True, slots=True)
class Path:
    """The critical path of a flow: stages of steps; `open_ends` are components whose latency nobody knows."""

    entry: Component
    stages: tuple[tuple[Step, ...], ...]
    open_ends: tuple[Component, ...]

    def bounds(self, q: float) -> Interval:
        return sum_bounds([[step.part for step in stage] for stage in self.stages], q)

    @property
    def steps(self) -> Iterator[Step]:
        for stage in self.stages:
            yield from stage

    @property
    def leaves(self) -> int:
        return sum(step.part.count for step in self.steps)

    def slowest(self, q: float) -> Step | None:
        """The step that alone takes longest at the quantile."""
        return max(self.steps, key=lambda step: step.part.least(q), default=None)


class Latencies:
    """Latency of the flows of a workspace."""

    def __init__(self, systems: Mapping[str, System], retries: Retries) -> None:
        self.systems = systems
        self.retries = retries
        self._ways = Ways()
        self._quantiles: dict[Component, Quantiles] = {}

    def quantiles(self, component: Component) -> Quantiles:
        """What a component states of its latency."""
        if component not in self._quantiles:
            self._quantiles[component] = quantiles_of(component)
        return self._quantiles[component]

    def at_entry(self, flow: Flow) -> Quantiles:
        """What the entry states of the flow's operation, else of all its requests."""
        if flow.entry is None:
            return Quantiles()
        if flow.spec.operation is not None:
            own = quantiles_of(flow.entry, f"operations.{flow.spec.operation}.latency")
            if own.points:
                return own
        return self.quantiles(flow.entry)

    def seen_by_caller(self, call: Call) -> Quantiles:
        """The latency of one call: of the fastest that its targets can be, no longer than it is waited for."""
        held = time_held(call, self.retries)
        limit = held.value if isinstance(held, Known) else math.inf
        if len(call.targets) != 1:
            return Quantiles(longest=limit)
        return self.quantiles(call.targets[0]).no_longer_than(limit)

    def path(self, flow: Flow) -> Path | None:
        """The calls that a request of the flow waits for, optional ones included, in their stages."""
        if flow.entry is None:
            return None
        walk = _Walk(self, flow)
        stages = tuple(walk.stages())
        return Path(flow.entry, stages, tuple(walk.open_ends))

    def worst_of(self, caller: Caller) -> Derived[float]:
        """Longest time for which one slow target holds a request: the longest of the caller's calls.

        0 where it makes none. Unknown only where a call that is not known could be the longest.
        """
        held = [time_held(call, self.retries) for call in caller.calls if follows_request(call)]
        known = [item.value for item in held if isinstance(item, Known)]
        missing = [name for item in held if isinstance(item, Unknown) for name in item.fields]
        if math.inf in known or not missing:
            return Known(max(known, default=0.0), "derived")
        return Unknown(*(f"calls.*.{name}" for name in missing))

    def mean_of(self, caller: Caller) -> Derived[float]:
        """Mean time of the calls of a request, one stage after the other; shares and counts multiply.

        Of calls side by side the longest mean counts, which their maximum is no less than.
        """
        means: dict[object, float] = {}
        for position, call in enumerate(caller.calls):
            if not follows_request(call):
                continue
            mean = stated(call.targets[0].spec, "latency.mean") if len(call.targets) == 1 else None
            if mean is None:
                return Unknown("services.*.latency.mean")
            waves = math.ceil(call.spec.per_request / max(1, call.spec.parallel))
            key = ("list", position) if call.spec.stage is None else ("stage", call.spec.stage)
            means[key] = max(means.get(key, 0.0), float(call.spec.share) * waves * float(mean))
        return Known(math.fsum(means.values()), "derived")


class _Walk:
    """One way through a flow: components that state no latency are replaced by their own calls."""

    def __init__(self, latencies: Latencies, flow: Flow) -> None:
        self.latencies = latencies
        self.flow = flow
        self.open_ends: dict[Component, None] = {}
        self.above: set[Component] = set()
        self.parts = 0

    def stages(self) -> Iterator[tuple[Step, ...]]:
        """One after the other. A call that is alone, and leads to what states nothing, stands for that one's own."""
        entry = self.flow.entry
        assert entry is not None
        self.above.add(entry)
        path = [(entry, 1.0, iter(self._groups(entry)))]
        while path:
            caller, share, groups = path[-1]
            group = next(groups, None)
            if group is None:
                self.above.discard(caller)
                path.pop()
                continue
            steps = [self._step(call, share) for call in group]
            if len(group) > 1 or steps[0].part.latency.points or not self._opens(group[0]):
                yield tuple(steps)
                continue
            target = group[0].targets[0]
            self.above.add(target)
            path.append((target, share * float(group[0].spec.share), iter(self._groups(target))))

    def _groups(self, caller: Component) -> list[list[Call]]:
        """The calls that a request waits for, those of one stage together."""
        groups: dict[object, list[Call]] = {}
        entered = caller is self.flow.entry
        for position, edge in enumerate(self.latencies._ways.out_of(caller, self.flow, entered=entered)):
            call = edge.item
            if edge.kind == "call" and isinstance(call, Call) and follows_request(call):
                key = ("list", position) if call.spec.stage is None else ("stage", call.spec.stage)
                groups.setdefault(key, []).append(call)
        return list(groups.values())

    def _step(self, call: Call, share: float) -> Step:
        self.parts += 1
        spec = call.spec
        latency = self.latencies.seen_by_caller(call)
        if not latency.points:
            self.open_ends.update(dict.fromkeys(call.targets))
        leaves = max(1, round(spec.per_request))
        part = Part(latency, share * min(1.0, spec.share), leaves, max(1, spec.parallel))
        return Step(call, part)

    def _opens(self, call: Call) -> bool:
        target = call.target
        return (
            call.spec.per_request <= 1
            and isinstance(target, Caller)
            and bool(target.calls)
            and target not in self.above
            and self.parts < MOST_PARTS
        )
