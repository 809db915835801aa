"""Calls of a proxy: how long it waits, how often it tries, what bounds it."""

from __future__ import annotations

from archlint.importers.draft import Component, Draft, Statement
from archlint.importers.envoy.clusters import Cluster
from archlint.importers.envoy.fields import duration_of, of
from archlint.importers.envoy.uses import Use
from archlint.importers.envoy.words import retried_on
from archlint.importers.quantities import duration, seconds_of, share
from archlint.importers.reading.tree import Part


def state_use(proxy: Component, cluster: Cluster, use: Use, draft: Draft) -> None:
    for target in cluster.targets:
        component = draft.find(target)
        if component is None or target == proxy.name:
            continue
        if component.section == "brokers":
            proxy.depend(target, use.origin)
            continue
        known = proxy.holds("calls", target)
        call = proxy.call(target, use.origin)
        if use.route is not None:
            _state_route(call, use.route, use.shared)
        elif not known and (use.aside or not use.required):
            call.state("required", False, use.origin)
            if use.aside:
                call.state("async", True, use.origin)
        _state_limits(call, cluster.part, plain=use.route is None)


def _state_route(call: Statement, route: Part, shared: Part | None) -> None:
    whole = seconds_of(route["timeout"].text() or "")
    if whole is not None:
        call.state("timeout", duration(whole) if whole else "none", route["timeout"].origin)
    else:
        call.state("timeout", "15s", route["cluster"].origin.noted("Envoy's default"))
    policy = of(route, "retry_policy")
    if not policy and shared is not None:
        policy = of(shared, "retry_policy")
    if not policy:
        return
    retries = of(policy, "num_retries")
    count = retries.integer()
    if count == 0:
        call.state("retries", "none", retries.origin)
        return
    origin = retries.origin if count is not None else policy.origin
    note = "the first try included" if count is not None else "Envoy's default, the first try included"
    call.state("retries.attempts", (1 if count is None else count) + 1, origin.noted(note))
    on = of(policy, "retry_on")
    call.state("retries.on", retried_on(on.text() or "") or None, on.origin)
    one = of(policy, "per_try_timeout")
    call.state("retries.per_try_timeout", duration_of(one), one.origin)
    waits = of(policy, "retry_back_off")
    for name, key in (("base", "base_interval"), ("max", "max_interval")):
        call.state(f"retries.{name}", duration_of(of(waits, key)), of(waits, key).origin)
    call.state("retries.backoff", "exponential", policy.origin.noted("Envoy's way"))
    call.state("retries.jitter", "full", policy.origin.noted("Envoy's way"))


def _state_limits(call: Statement, cluster: Part, plain: bool) -> None:
    """Limits of one proxy. Those of connections bound requests only where a connection carries one at a time."""
    for threshold in of(cluster, "circuit_breakers")["thresholds"].each():
        if threshold["priority"].text() not in (None, "DEFAULT"):
            continue
        names = [("bulkhead.max_concurrent", "max_requests"), ("bulkhead.max_waiting", "max_pending_requests")]
        names += [("pool.size", "max_connections")] if plain else []
        for name, key in names:
            part = of(threshold, key)
            if (found := part.integer()) is not None and 0 < found < 1_000_000_000:
                call.state(name, found, part.origin)
        budget = of(threshold, "retry_budget", "budget_percent")["value"]
        if (percent := budget.number()) is not None and 0 <= percent <= 100:
            call.state("retries.budget", share(percent / 100), budget.origin)
    _state_outliers(call, of(cluster, "outlier_detection"))


def _state_outliers(call: Statement, outliers: Part) -> None:
    if not outliers:
        return
    failures = of(outliers, "consecutive_5xx")
    if not failures:
        failures = outliers["consecutive5xx"]
    count = failures.integer()
    if count == 0:
        return
    origin = failures.origin if count is not None else outliers.origin.noted("Envoy's default")
    call.state("outlier_ejection.failures", 5 if count is None else count, origin)
    for name, key in (("interval", "interval"), ("ejection_time", "base_ejection_time")):
        call.state(f"outlier_ejection.{name}", duration_of(of(outliers, key)), of(outliers, key).origin)
    most = of(outliers, "max_ejection_percent")
    if (percent := most.number()) is not None and 0 <= percent <= 100:
        call.state("outlier_ejection.max_ejected", share(percent / 100), most.origin)
