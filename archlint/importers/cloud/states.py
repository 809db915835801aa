"""Workflows in the language of AWS Step Functions: what their tasks call, with time limits and retries."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archlint.importers.cloud.facts import state_seconds
from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.topics import is_topic, topic_of
from archlint.importers.cloud.values import Value
from archlint.importers.draft import Component, Statement
from archlint.importers.quantities import duration
from archlint.importers.reading.files import Origin

MAX_DEPTH = 20
_READS = re.compile(r":(get|query|scan|head|list|batchGet)\w*$")


def relate(resource: Resource, component: Component, cloud: Cloud) -> None:
    """The calls of a workflow; where its definition is not known, what it was made from is what it calls."""
    definition = definition_of(resource)
    if resource.others:  # with what a template substitutes, or from a file of its own
        definition = resource.others[0].embedded()
    tasks = list(_tasks(definition, 0))
    for task in tasks:
        _task(component, task, cloud)
    if not tasks:
        for name in ("definition", "definition_string", "definition_substitutions"):
            value = resource.get(name)
            for target, other in cloud.components(value):
                if target is not resource:
                    _relate(component, target, other, value.origin, "")


def definition_of(resource: Resource) -> Value:
    value = resource.get("definition", "definition_string").embedded()
    return value if value.get("States") else resource.get("definition_string", "definition").embedded()


def _tasks(definition: Value, depth: int) -> Iterator[Value]:
    for state in definition.get("States").values():
        if state.get("Type").text() == "Task":
            yield state
        if depth < MAX_DEPTH:
            for branch in state.get("Branches").blocks():
                yield from _tasks(branch, depth + 1)
            yield from _tasks(state.get("ItemProcessor", "Iterator"), depth + 1)


def _task(component: Component, task: Value, cloud: Cloud) -> None:
    named = task.get("Resource")
    action = named.template() or ""
    where = named if named.targets() else task.get("Parameters", "Arguments")
    for target, other in cloud.components(where):
        call = _relate(component, target, other, task.origin, action)
        if call is not None:
            state_seconds(call, "timeout", task.get("TimeoutSeconds"))
            _retries(call, task)


def _relate(component: Component, target: Resource, other: Component, origin: Origin, action: str) -> Statement | None:
    if other is component:
        return None
    if is_topic(target):
        component.item("publishes", topic_of(target), origin)
        return None
    access = None
    if target.type == "aws_dynamodb_table" and action:
        access = "read" if _READS.search(action) else "write"
    if component.holds("calls", other.name):
        return None
    return component.call(other.name, origin, access=access)


def _retries(call: Statement, task: Value) -> None:
    """The retrier for all errors, or the only one. `MaxAttempts` counts retries, three unless stated."""
    retriers = list(task.get("Retry").blocks())
    broad = [one for one in retriers if {"States.ALL", "States.TaskFailed"} & set(one.get("ErrorEquals").texts())]
    chosen = (broad or retriers)[:1]
    for one in chosen:
        most = one.get("MaxAttempts")
        attempts = most.integer() if most else 3
        if attempts is None or attempts < 0:
            continue
        origin = (most if most else one).origin.noted("the first try included")
        call.state("retries.attempts", attempts + 1, origin)
        if attempts == 0:
            continue
        interval, rate = one.get("IntervalSeconds"), one.get("BackoffRate").number()
        call.state("retries.base", duration(interval.integer() or 1), (interval or one).origin)
        call.state("retries.backoff", "fixed" if rate == 1 else "exponential", one.origin)
        state_seconds(call, "retries.max", one.get("MaxDelaySeconds"))
        jitter = one.get("JitterStrategy")
        call.state("retries.jitter", {"FULL": "full", "NONE": "none"}.get(jitter.text() or ""), jitter.origin)
