"""Connections: how fast new ones are opened, and which side closes an idle one first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from archlint.analysis.analyses import Analyses
from archlint.analysis.breakers import is_stated
from archlint.analysis.thresholds import at_most
from archlint.plugin import (
    WARNING,
    Call,
    Clear,
    Element,
    Evidence,
    Finding,
    Options,
    Related,
    Service,
    Unknown,
    check,
    need,
    show,
    stated,
)
from archlint.records import dataclass

IDLE = "connections.idle_timeout"


@dataclass(frozen=True, slots=True)
class Ports(Options):
    """What an instance has for new connections to one address: Linux' defaults."""

    ephemeral_ports: int = 28232
    time_wait: float = 60.0


def _says_of_connections(call: Call) -> bool:
    if call.spec.phase != "runtime" or (call.spec.connections is None and not call.through):
        return False
    hops = (call.spec.connections, *(stated(network.spec, "idle_timeout") for network in call.through))
    return any(hop is not None for hop in hops)


@check("LAW026", "connection-churn", severity=WARNING, applies=_says_of_connections, options=Ports)
def connection_churn(call: Call, analyses: Analyses, options: Ports) -> Iterator[Finding]:
    """Connections are opened faster than their ports come back, or are closed while the other side uses them.

    What it finds: calls with `connections: {reuse: false}` of which an instance makes more in 60 s than it has
    ephemeral ports (28,232 on Linux): each port is taken for 60 s after its connection was closed. And idle timeouts
    in the wrong order: a server that closes an idle connection as soon as or before its client does
    (`connections.idle_timeout` of the call, `idle_timeout` of each network that it passes and of its target). Silent
    for the latter where `reset` is retried.

    Why it matters: without a free port a connection cannot be opened, and the call fails at once with "cannot assign
    requested address" while everything looks idle. In the wrong order of idle timeouts, a request now and then meets
    a connection that is being closed, and fails without a reason that anybody can find.

    At 3 AM: tens of thousands of sockets in TIME_WAIT on one host, or single 502s at night, when there is little
    traffic. Keep connections alive; raise the server's idle timeout over that of the balancer before it.

    How to fix: reuse connections. Let the idle timeout grow from the client to the server: the client's the shortest.

    When it is wrong: the calls spread over many addresses, each of which has ports of its own.

    Sources: J. D. C. Little, "A Proof for the Queuing Formula L = lambda W", Operations Research 9(3), 1961; IETF,
    RFC 9293, section 3.6 (TIME-WAIT), 2022; Linux kernel documentation, ip_local_port_range,
    https://docs.kernel.org/networking/ip-sysctl.html; Amazon Web Services, "Troubleshoot your Application Load
    Balancers" (HTTP 502), 2024.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          web:
            replicas: 2
            load: {peak: 1000/s}
            calls: [{to: stock, access: read, connections: {reuse: false}}]
          stock: {}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          web:
            replicas: 3
            load: {peak: 1000/s}
            calls: [{to: stock, access: read, connections: {reuse: false}}]
          stock: {}
    """
    yield from _closed_too_early(call)
    if stated(call.spec, "connections.reuse") is False:
        yield from _ports(call, analyses, options)
    missing = [
        name for (_, before, _), (_, after, name) in pairwise(_hops(call)) if before is not None and after is None
    ]
    if missing:
        raise Unknown(*missing)


def _ports(call: Call, analyses: Analyses, options: Ports) -> Iterator[Finding]:
    rate, count = need(call, analyses.load.of_call(call), analyses.capacity.most_at_peak(call.caller))
    each = rate / max(1, count)
    taken = each * options.time_wait
    if taken <= options.ephemeral_ports:
        need(call, analyses.capacity.instances_at_peak(call.caller))
        return
    yield Finding(
        at=call,
        field="connections.reuse",
        message=(
            f"{call.label} opens a connection for each of {show(each, '/s')} calls of an instance: "
            f"{show(taken, 'ports')} are taken at once, there are {show(options.ephemeral_ports)}"
        ),
        exposure=taken / options.ephemeral_ports,
        evidence=(
            Evidence("new connections of an instance", each, "/s"),
            Evidence("time that a port is taken", options.time_wait, "s"),
            Evidence("ports taken", taken),
            Evidence("ephemeral ports", options.ephemeral_ports),
        ),
        formula="ports taken = new connections of an instance x time that a port is taken",
        clears=(Clear("connections.reuse", 1, "true", WARNING),),
        remedy="Keep connections and use them again.",
    )


_Hop = tuple[Element, float | None, str]


def _hops(call: Call) -> list[_Hop]:
    """What opens and accepts connections on the way, with its idle timeout; networks that state none pass them on."""
    hops: list[_Hop] = [(call, _idle(stated(call.spec, IDLE)), f"services.*.calls.*.{IDLE}")]
    for network in call.through:
        limit = _idle(stated(network.spec, "idle_timeout"))
        if limit is not None:
            hops.append((network, limit, "networks.*.idle_timeout"))
    if isinstance(call.target, Service):
        hops.append((call.target, _idle(stated(call.target.spec, "idle_timeout")), "services.*.idle_timeout"))
    return hops


def _idle(value: float | str | None) -> float | None:
    return math.inf if value == "none" else None if value is None else float(value)


def _closed_too_early(call: Call) -> Iterator[Finding]:
    if _retries_resets(call):
        return
    for (opens, before, _), (accepts, after, _) in pairwise(_hops(call)):
        if before is None or after is None or after > before or before == after == math.inf:
            continue
        name = call.caller.label if opens is call else opens.name
        yield Finding(
            at=accepts,
            field="idle_timeout",
            message=(
                f"{accepts.name} closes idle connections after {show(after, 's')}, {name} keeps them for "
                f"{'ever' if before == math.inf else show(before, 's')}: requests meet those that are being closed"
            ),
            exposure=before / after if after and before < math.inf else None,
            evidence=(Evidence("client's idle timeout", before, "s"), Evidence("server's idle timeout", after, "s")),
            formula="server's idle timeout > client's idle timeout",
            clears=tuple(_shorter(call, opens, after)),
            remedy="Let the server keep idle connections for longer than its client does.",
            related=(Related(opens, "opens the connection", _field(call, opens)),),
            key=name,
        )


def _retries_resets(call: Call) -> bool:
    kinds = stated(call.spec, "retries.on")
    return is_stated(call.spec.retries) and kinds not in (None, "none") and bool({"reset", "any"} & set(kinds))


def _field(call: Call, opens: Element) -> str:
    return IDLE if opens is call else "idle_timeout"


def _shorter(call: Call, opens: Element, after: float) -> Iterator[Clear]:
    below = at_most(after * 0.999, "s")
    if after < math.inf and below.value > 0:
        yield Clear(_field(call, opens), below.value, below.text, WARNING, at=opens)
