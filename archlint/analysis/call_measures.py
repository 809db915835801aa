"""Measures of single calls: to a component, through a network, or in a protocol.

What they are is said in archlint/knowledge/measures.py.
"""

from __future__ import annotations

from archlint.analysis.callers import calls_at, mean_time, most_instances
from archlint.analysis.measured import Found, Knob, Measured, Measurer, Measurers, Subject, Term, lacking
from archlint.analysis.values import Unknown
from archlint.system.elements import (
    Cache,
    Call,
    Caller,
    Client,
    Component,
    Datastore,
    Element,
    External,
    Job,
    Network,
    Service,
    stated,
)


def calls_of(subject: Subject) -> list[Call]:
    """Those that the technology carries: of a protocol the component's own, else those to the component."""
    component = subject.component
    if not subject.protocol:
        return calls_at(component)
    own = component.calls if isinstance(component, Caller) else []
    return [call for call in own if call.spec.protocol == subject.protocol]


def request_size(subject: Subject) -> Found:
    for call in calls_of(subject):
        payload = call.spec.payload
        if payload is not None:
            yield Measured(payload, call, "payload", f"{call.label} sends {{}} in one request",
                           knob=Knob(unit="B"), owners=_ends(subject, call))  # fmt: skip
        elif call.spec.access != "read":  # a read carries a key or a query, nothing that is stored
            yield Unknown("services.*.calls.payload")


def response_size(subject: Subject) -> Found:
    for call in calls_of(subject):
        response = call.spec.response
        if response is not None:
            yield Measured(response, call, "response", f"{call.label} gets {{}} in one response",
                           knob=Knob(unit="B"), owners=_ends(subject, call))  # fmt: skip
        elif call.spec.access == "read":
            yield Unknown("services.*.calls.response")


def async_request_size(subject: Subject) -> Found:
    for call in calls_of(subject):
        if call.spec.asynchronous and call.spec.payload is not None:
            yield Measured(call.spec.payload, call, "payload", f"{call.label} sends {{}} without waiting for it",
                           knob=Knob(unit="B"), owners=_ends(subject, call))  # fmt: skip
        elif call.spec.asynchronous:
            yield Unknown("services.*.calls.payload")


def streams_per_connection(subject: Subject) -> Found:
    """Stated, or by Little's law from the rate, the target's mean latency and the connections of all instances."""
    for call in calls_of(subject):
        own = stated(call.spec, "connections.streams")
        if isinstance(own, int):
            yield Measured(own, call, "connections.streams", f"{call.label} runs {{}} on one connection",
                           knob=Knob(), owners=_ends(subject, call))  # fmt: skip
            continue
        pool = stated(call.spec, "pool.size")
        if isinstance(pool, int) and pool and not isinstance(call.caller, Client):
            yield from _streams(subject, call, pool)


def _streams(subject: Subject, call: Call, pool: int) -> Found:
    rate, most = subject.analyses.load.of_call(call), most_instances(call.caller)
    mean = mean_time(call.targets[0]) if len(call.targets) == 1 else None
    if isinstance(rate, Unknown) or isinstance(most, Unknown) or mean is None or not most.value:
        unknown = [name for item in (rate, most) if isinstance(item, Unknown) for name in item.fields]
        yield Unknown(*unknown, *lacking(mean is None or not unknown, "services.*.latency.mean"))
        return
    each = rate.value * mean / (pool * most.value)
    yield Measured(
        each, call, "pool.size", f"{call.label} runs {{}} on one connection at peak",
        terms=(Term("calls", rate.value, "/s"), Term("mean time of one", mean, "s"),
               Term("connections", pool * most.value)),
        formula="calls x mean time / connections", knob=Knob(factor=each * pool, inverse=True),
        owners=_ends(subject, call),
    )  # fmt: skip


def pool_size(subject: Subject) -> Found:
    component = subject.component
    for call in component.calls if isinstance(component, Caller) else ():
        size = stated(call.spec, "pool.size")
        if isinstance(size, int):
            yield Measured(size, call, "pool.size", f"{call.label} has a pool of {{}}", knob=Knob(),
                           owners=(component,))  # fmt: skip


def _of_call(field: str, says: str, unit: str = "") -> Measurer:
    """What each call states; nothing where it states none, for the technology's own default then holds."""

    def measure(subject: Subject) -> Found:
        for call in calls_of(subject):
            value = stated(call.spec, field)
            if isinstance(value, int | float):
                yield Measured(float(value), call, field, f"{call.label} {says}", knob=Knob(unit=unit),
                               owners=_ends(subject, call))  # fmt: skip

    return measure


def _ends(subject: Subject, call: Call) -> tuple[Element, ...]:
    """Both sides can set what is allowed; of a protocol the target too."""
    return (call.caller, *(call.targets if subject.protocol else ()))


_CALLED: tuple[type[Component], ...] = (Service, Datastore, Cache, External, Network, Client, Job)

CALL_MEASURES: Measurers = {
    "async_request_size": (_CALLED, async_request_size),
    "call_attempts": (_CALLED, _of_call("retries.attempts", "makes up to {}")),
    "call_timeout": (_CALLED, _of_call("timeout", "waits up to {} for an answer", "s")),
    "connection_idle_time": (_CALLED, _of_call("connections.idle_timeout", "keeps an idle connection for {}", "s")),
    "pool_size": ((Service, Job), pool_size),
    "request_size": (_CALLED, request_size),
    "response_size": (_CALLED, response_size),
    "streams_per_connection": (_CALLED, streams_per_connection),
}
"""By name: the components that have the measure, and what computes it for one of them."""
