"""Timeouts: nobody waits without end."""

from __future__ import annotations

import math

from archlint.analysis.analyses import Analyses
from archlint.analysis.retries import attempts
from archlint.plugin import INFO, WARNING, Call, Client, Finding, Iterator, Known, NotApplicable, check, need

LONG_LIVED = frozenset({"websocket", "websockets", "sse", "server-sent-events", "grpc-stream", "streaming"})
"""Protocols whose calls last as long as both sides live."""


def _is_waited_for(call: Call) -> bool:
    spec = call.spec
    return not spec.asynchronous and spec.phase == "runtime" and (spec.protocol or "").lower() not in LONG_LIVED


@check("PRM092", "no-timeout", severity=WARNING, applies=_is_waited_for)
def no_timeout(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """A call waits for its answer without end.

    What it finds: calls that something waits for, without a time limit. Silent where something else ends the
    wait: `retries.per_try_timeout`, a propagated deadline of callers that have one, a timeout of a network that
    the call passes. Silent for async calls, for calls outside run time and for streams (`protocol: websocket`,
    `sse`, `grpc-stream`), which end with an idle timeout. A client's explicit `none` is only an info: it holds
    the client's own resources.

    Why it matters: a target that is lost without a word, a dropped packet, a hung process, a full queue, answers
    never. Each request that waits for it keeps a thread, a connection and memory; at a hundred requests a second
    a pool of a thousand is gone in ten seconds, and with it all that shares the pool.

    At 3 AM: all threads of a service stand in one call, its other endpoints are dead too, and nothing is in the
    error logs because nothing has failed. Restart the service, and cut the call off by a flag or a breaker.

    How to fix: state a timeout somewhat above the target's 99.9th percentile and below what is left of the
    caller's own time; `defaults: {call: {timeout: ...}}` states one for all. Set it in the client library too.

    When it is wrong: the library or a mesh that is not in the manifest has a limit: state it.

    Sources: M. Nygard, "Release It!", 2nd edition, chapters 4 and 5, Pragmatic Bookshelf, 2018. M. Brooker,
    "Timeouts, retries, and backoff with jitter", Amazon Builders' Library, 2019.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          web: {tier: critical, calls: [{to: stock, access: read, timeout: none}]}
          stock: {}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          web: {tier: critical, calls: [{to: stock, access: read, timeout: 300ms}]}
          stock: {}
    """
    timeout, by_client = call.spec.timeout, isinstance(call.caller, Client)
    if timeout not in (None, "none"):
        return
    if by_client and timeout is None:
        raise NotApplicable
    if _ends_by_a_network(call) or _ends_each_try(call) or need(call, analyses.retries.cap(call)) < math.inf:
        return
    yield Finding(
        at=call,
        field="timeout",
        severity=INFO if by_client else WARNING,
        message=f"{call.label} {'has' if timeout else 'states'} no timeout: a target that never answers holds "
        f"{'the client' if by_client else 'each request'} without end",
        unstated="" if timeout else "timeout",
        remedy="State a timeout above the target's slowest good answer and below the caller's own limit.",
    )


def _ends_by_a_network(call: Call) -> bool:
    limits = (getattr(network.spec, "timeout", None) for network in call.through)
    return any(limit not in (None, "none") for limit in limits)


def _ends_each_try(call: Call) -> bool:
    policy = call.spec.retries
    if policy is None or policy == "none" or policy.per_try_timeout is None:
        return False
    count = attempts(call)
    return isinstance(count, Known) and count.value < math.inf
