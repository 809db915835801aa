"""Functions and gateways that end a request at a fixed time, and work that takes longer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from archlint.analysis.analyses import Analyses
from archlint.analysis.latency import time_held
from archlint.analysis.retries import follows_request, is_retried, try_limit
from archlint.analysis.technology import may_have_limits
from archlint.analysis.thresholds import at_most, exceeds
from archlint.plugin import (
    ERROR,
    NONE,
    WARNING,
    Call,
    Caller,
    Clear,
    Component,
    Element,
    Evidence,
    Finding,
    Job,
    Known,
    Network,
    NotApplicable,
    Related,
    Service,
    Unknown,
    check,
    show,
    stated,
)
from archlint.records import replace

if TYPE_CHECKING:  # what computes is imported where a manifest names a technology
    from archlint.analysis.raised import Bound

EXECUTION, UPSTREAM = "execution_time", "upstream_wait"


def may_end_requests(component: Component) -> bool:
    """Whether it may be a function, a job or a gateway that ends what takes too long."""
    if isinstance(component, Network):
        return may_have_limits(component) or stated(component.spec, "timeout") not in (None, NONE)
    return isinstance(component, Service | Job) and may_have_limits(component)


class _End(NamedTuple):
    """When a component ends what is still going on: `said` names the field that says so."""

    after: float
    said: str
    basis: str = "stated"
    source: str = ""
    url: str = ""


@check(
    "LIM180",
    "function-timeout-below-its-work",
    severity=ERROR,
    states=("technology", "timeout", "calls"),
    applies=may_end_requests,
    subsumes=("LIM001", "LIM002"),
)
def function_timeout_below_its_work(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """A function or a gateway ends requests before their work is done.

    What it finds: work that takes longer than it may. Of a function or job (Lambda: 15 minutes, and 3 seconds unless
    `settings: {Timeout: ...}` says more; Cloud Run, Azure Functions, Step Functions) its `latency.p99`, `duration_max`
    or the processing of a batch; of a gateway or balancer (API Gateway: 29 or 30 seconds; idle timeouts of ALB, nginx
    and others, or its own `timeout`) the `latency.p99` of what is behind it. Beyond a limit that surely holds it is an
    error. A warning where the work may go on for longer: the function waits for a slow call of its own until it is
    killed, or what is behind the gateway does so after the gateway has given up. Silent where the deadline of the
    call is propagated, for `async` calls, and where every caller gives up first (LAW064).

    Why it matters: a function that is killed runs no error handling: no fallback, no compensation, no log. Behind a
    gateway the work goes on for nobody, and the client, who got an error, starts it again.

    At 3 AM: clients see 504 or timeouts while the service reports success, or log lines end in the middle of a
    request. The time of all of them is the same round number.

    How to fix: make calls give up well before the function does, and the function before the gateway. Long work goes
    behind a queue or job: answer at once and let the client ask for the result.

    When it is wrong: the answer is streamed, and each part restarts the idle timeout.

    Sources: Amazon Web Services, "AWS Lambda developer guide: Quotas", 2026,
    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; "Amazon API Gateway developer guide:
    Quotas for REST APIs", 2026; M. Brooker, "Timeouts, retries, and backoff with jitter", Amazon Builders' Library,
    2019; and the documents that `archlint explain TECHNOLOGY` names for each limit.

    Risky:
        archlint: 1
        system: {name: shop}
        clients:
          browsers: {calls: [{to: reports, through: [edge], rate: 5/s, timeout: 60s}]}
        networks:
          edge: {kind: gateway, technology: api-gateway, settings: {tier: rest}}
        services:
          reports: {technology: lambda, latency: {p99: 40s}, settings: {Timeout: 60}}

    Safe:
        archlint: 1
        system: {name: shop}
        clients:
          browsers: {calls: [{to: reports, through: [edge], rate: 5/s, timeout: 60s}]}
        networks:
          edge: {kind: gateway, technology: api-gateway, settings: {tier: rest}}
        services:
          reports: {technology: lambda, latency: {p99: 4s}, settings: {Timeout: 20}}
    """
    measure = UPSTREAM if isinstance(component, Network) else EXECUTION
    judged, end = analyses.measures.judge(component), _end_of(component, measure, analyses)
    lacking = set(judged.lacking.get(measure, ())) if judged is not None else set()
    if end is None and not lacking:
        raise NotApplicable
    told = list(_documented(component, measure, analyses))
    yield from told
    if end is not None:
        for found in _going_on(component, end, {finding.at for finding in told}, analyses):
            if isinstance(found, Unknown):
                lacking.update(found.fields)
            else:
                yield found
    if lacking:
        raise Unknown(*sorted(lacking))


_ENDING = ("hard", "quota", "default")


def _end_of(component: Component, measure: str, analyses: Analyses) -> _End | None:
    """The earliest; advice ends nothing."""
    bounds = [bound for bound in analyses.measures.limits_on(component, measure) if bound.limit.kind in _ENDING]
    first = min(bounds, key=lambda bound: bound.amount, default=None)
    own = stated(component.spec, "timeout") if isinstance(component, Network) else None
    if isinstance(own, int | float) and (first is None or own < first.amount):
        return _End(float(own), "timeout")
    return None if first is None or math.isinf(first.amount) else _of(first)


def _of(bound: Bound) -> _End:
    from archlint.checks.limit_findings import source_of

    basis = "stated" if bound.said else bound.limit.kind
    return _End(bound.amount, bound.said, basis, f" ({source_of(bound)})", bound.limit.source.url or "")


def _documented(component: Component, measure: str, analyses: Analyses) -> Iterator[Finding]:
    """What usually takes longer than a documented limit allows, or than the gateway's own timeout."""
    from archlint.checks.limit_findings import finding_of

    judged = analyses.measures.judge(component)
    for breach in judged.breaches if judged is not None else ():
        if breach.bound.limit.measure == measure and breach.level in ("hard", "quota"):
            yield replace(finding_of(breach, analyses.today), explains=(breach.bound.limit.name,))


def _going_on(component: Component, end: _End, told: set[Element], analyses: Analyses) -> Iterator[Finding | Unknown]:
    """What may take longer, beside that which usually does."""
    if isinstance(component, Caller):
        if not told:
            yield from _killed(component, end, analyses)
    elif isinstance(component, Network):
        for target, outer in _behind(component, end).items():
            if target not in told:
                yield from _given_up(component, target, outer, end, analyses)


def _killed(function: Caller, end: _End, analyses: Analyses) -> Iterator[Finding | Unknown]:
    """A function that waits for one slow call until its end."""
    held = [(time_held(call, analyses.retries), call) for call in function.calls if follows_request(call)]
    longest, slowest = max(_known(held), key=lambda pair: pair[0], default=(0.0, None))
    if slowest is not None and exceeds(longest, end.after):
        yield _finding(
            slowest, longest, end,
            f"{slowest.label} waits up to {show(longest, 's')} for an answer, and {function.label} is killed after "
            f"{show(end.after, 's')}{' by default' if end.basis == 'default' else ''}{end.source}",
            f"Let the call give up well before {show(end.after, 's')}, so that {function.label} can still answer.",
        )  # fmt: skip
    else:
        yield from _open(held)


def _given_up(
    network: Network, target: Component, outer: Call, end: _End, analyses: Analyses
) -> Iterator[Finding | Unknown]:
    """What stands behind a gateway and goes on after it has given up."""
    own = stated(target.spec, "latency.p99") if not end.source else None
    held = [
        (time_held(call, analyses.retries), call)
        for call in (target.calls if isinstance(target, Caller) else ())
        if follows_request(call) and call.spec.deadline != "propagated"
    ]
    longest, slowest = max(_known(held), key=lambda pair: pair[0], default=(0.0, None))
    gives_up = f"{network.label} gives up after {show(end.after, 's')}{end.source}"
    if isinstance(own, int | float) and exceeds(own, end.after):
        yield replace(
            _finding(target, float(own), end,
                     f"one request in a hundred to {target.label} takes {show(own, 's')}, {gives_up}",
                     "Answer sooner, or at once and do the work behind a queue."),
            field="latency.p99", severity=ERROR,
        )  # fmt: skip
    elif slowest is not None and exceeds(longest, end.after):
        finding = _finding(
            slowest, longest, end,
            f"{slowest.label} goes on for up to {show(longest, 's')}, {gives_up}: the rest is wasted, and clients "
            "try again",
            f"Let {slowest.label} give up before {show(end.after, 's')}, or pass the deadline on.",
        )  # fmt: skip
        yield replace(finding, related=(Related(outer, f"comes through {network.label}"),), key=network.name)
    elif (function := _end_of(target, EXECUTION, analyses)) is not None and exceeds(function.after, end.after):
        if function.said:
            yield replace(
                _finding(target, function.after, end,
                         f"{target.label} may run for {show(function.after, 's')}, {gives_up}",
                         f"Let {target.label} end before {show(end.after, 's')}; longer work goes behind a queue."),
                field="settings", key=network.name,
            )  # fmt: skip
    else:
        yield from _open(held)


def _behind(network: Network, end: _End) -> dict[Component, Call]:
    """What requests reach through it, with the first call that waits for longer than the gateway does."""
    found: dict[Component, Call] = {}
    for edge in network.incoming:
        call = edge.item
        if not isinstance(call, Call) or call.spec.asynchronous or call.spec.cancellation is True:
            continue
        limit = try_limit(call)
        if isinstance(limit, Known) and not exceeds(limit.value, end.after):
            continue
        for target in call.targets:
            if target is not network:
                found.setdefault(target, call)
    return found


def _known(held: list[tuple[Known[float] | Unknown, Call]]) -> list[tuple[float, Call]]:
    """Of calls that end: one that waits without end is PRM092's."""
    return [(one.value, call) for one, call in held if isinstance(one, Known) and one.value < math.inf]


def _open(held: list[tuple[Known[float] | Unknown, Call]]) -> Iterator[Unknown]:
    for one, _ in held:
        if isinstance(one, Unknown):
            yield one.within("services.*.calls.*")


def _finding(at: Component | Call, longest: float, end: _End, message: str, remedy: str) -> Finding:
    clears = []
    if isinstance(at, Call) and not is_retried(at) and isinstance(stated(at.spec, "timeout"), int | float):
        limit = at_most(end.after, "s")
        clears.append(Clear("timeout", limit.value, limit.text, WARNING))
    return Finding(
        at=at,
        field="timeout",
        severity=WARNING,
        message=message,
        exposure=longest / end.after if end.after else None,
        evidence=(
            Evidence("longest", longest, "s"),
            Evidence(f"ends after ({end.basis})", end.after, "s"),
            *((Evidence("source", end.url),) if end.url else ()),
        ),
        formula="tries x time limit of a try + waits" if isinstance(at, Call) else "",
        clears=tuple(clears),
        remedy=remedy,
    )
