"""Measures of services, functions and jobs: what they are is said in archlint/knowledge/measures.py."""

from __future__ import annotations

from archlint.analysis.callers import most_instances, of_processes
from archlint.analysis.consume_measures import stated_batch
from archlint.analysis.measured import Found, Knob, Measured, Measurers, Subject, Term, lacking, of_field, ratio
from archlint.analysis.store_measures import store_request_rate
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import (
    Cache,
    Call,
    Caller,
    Consume,
    Datastore,
    External,
    Job,
    Network,
    Service,
    stated,
)

TIME_WAIT = 60.0
"""Seconds for which Linux keeps the port of a closed connection: TCP_TIMEWAIT_LEN in include/net/tcp.h."""


def instances(subject: Subject) -> Found:
    component, most = subject.component, most_instances(subject.component)
    if isinstance(most, Unknown):
        yield Unknown(*(name.removeprefix("services.*.") for name in most.fields))
        return
    yield Measured(
        most.value, component, "replicas", f"{component.label} has up to {{}}",
        formula="most instances + deploy surge",
    )  # fmt: skip


def service_request_rate(subject: Subject) -> Found:
    component, load = subject.component, subject.analyses.load
    found, least = load.requests(component), load.at_least(component)
    if isinstance(found, Unknown) and not least:
        yield found
        return
    value = found.value if isinstance(found, Known) else least
    yield Measured(
        value, component, "load.peak", f"{component.label} takes {{}} requests",
        missing=found.fields if isinstance(found, Unknown) else (),
        knob=Knob(unit="/s") if stated(component.spec, "load.peak") is not None else None,
    )  # fmt: skip


def request_rate(subject: Subject) -> Found:
    """Of whatever can be asked: a store, a service, a network, an external."""
    stores = isinstance(subject.component, Datastore | Cache)
    return store_request_rate(subject) if stores else service_request_rate(subject)


def concurrent_executions(subject: Subject) -> Found:
    """Little's law, over requests or over the messages that are consumed."""
    component = subject.component
    if isinstance(component, Service) and subject.analyses.load.only_consumes(component):
        yield from _of_messages(subject, component)
        return
    mean = stated(component.spec, "latency.mean")
    for rate in service_request_rate(subject):
        if isinstance(rate, Unknown) or mean is None:
            yield Unknown(*(rate.fields if isinstance(rate, Unknown) else ()), *lacking(mean is None, "latency.mean"))
            continue
        yield Measured(
            rate.value * mean, component, "latency.mean", f"{component.label} runs {{}} at once at peak",
            terms=(Term("requests", rate.value, "/s"), Term("mean time of one", mean, "s")),
            formula="requests x mean time", missing=rate.missing,
            knob=Knob(factor=rate.value, unit="s") if rate.value else None,
        )  # fmt: skip


def _of_messages(subject: Subject, service: Service) -> Found:
    total, missing = 0.0, set[str]()
    for consume in service.consumes:
        mean = stated(consume.spec, "processing.mean")
        rate = subject.analyses.load.of_topic(consume.topic) if consume.topic is not None else Unknown("consumes.from")
        missing.update(rate.fields if isinstance(rate, Unknown) else ())
        missing.update(lacking(mean is None, "consumes.processing.mean"))
        if isinstance(rate, Known) and mean is not None:
            total += rate.value * mean / max(1, stated_batch(consume) or 1)
    if total:
        yield Measured(
            total, service, "consumes", f"{service.label} runs {{}} at once at peak",
            formula="sum of messages in x processing time / batch", missing=tuple(sorted(missing)), certain=False,
        )  # fmt: skip
    elif missing:
        yield Unknown(*missing)


def execution_time(subject: Subject) -> Found:
    component = subject.component
    if isinstance(component, Job):
        yield from of_field("duration_max", "runs for up to {}", "s", needed=True)(subject)
        return
    consumes = component.consumes if isinstance(component, Caller) else []
    for consume in consumes:
        yield _of_consume(consume)
    p99 = stated(component.spec, "latency.p99")
    if p99 is not None:
        yield Measured(p99, component, "latency.p99", f"one request in a hundred of {component.label} takes {{}}",
                       knob=Knob(unit="s"))  # fmt: skip
    elif not consumes:
        yield Unknown("latency.p99")


def _of_consume(consume: Consume) -> Measured | Unknown:
    """Time that a batch takes, of which each message may take as long as the slowest hundredth."""
    p99, mean = stated(consume.spec, "processing.p99"), stated(consume.spec, "processing.mean")
    batch = stated_batch(consume) or 1
    time = p99 if batch == 1 and p99 is not None else mean
    if time is None:
        return Unknown("consumes.processing.mean")
    return Measured(
        time * batch, consume, "processing", f"{consume.consumer.label} works {{}} on what it takes of {consume.name}",
        terms=(Term("time of one message", time, "s"), Term("messages in a batch", batch)) if batch > 1 else (),
        formula="processing time x batch" if batch > 1 else "", certain=batch == 1, owners=(consume.consumer,),
    )  # fmt: skip


def instance_memory(subject: Subject) -> Found:
    for field in ("memory.limit", "scheduling.limits.memory"):
        if isinstance(stated(subject.component.spec, field), int | float):
            yield from of_field(field, "gives each instance {}", "B")(subject)
            return
    yield Unknown("memory.limit")


def instance_cpu(subject: Subject) -> Found:
    for field in ("scheduling.limits.cpu", "scheduling.requests.cpu"):
        if isinstance(stated(subject.component.spec, field), int | float):
            yield from of_field(field, "gives each instance {}")(subject)
            return


def memory_share(subject: Subject) -> Found:
    component = subject.component
    names = ("memory.working_set", "memory.limit", "memory.per_request", "capacity.concurrency")
    working_set, limit, each, slots = (stated(component.spec, name) for name in names)
    if working_set is None or not limit:
        yield Unknown(*lacking(working_set is None, names[0]), *lacking(not limit, names[1]))
        return
    requests = each * slots if each is not None and slots is not None else 0.0
    yield Measured(
        (working_set + requests) / limit, component, "memory.limit",
        f"an instance of {component.label} uses {{}} of its memory",
        terms=(Term("working set", working_set, "B"), Term("requests", requests, "B"), Term("memory", limit, "B")),
        formula="(working set + per request x concurrency) / limit",
        knob=Knob(factor=working_set + requests, inverse=True, unit="B"),
    )  # fmt: skip


def sockets_per_instance(subject: Subject) -> Found:
    """At most, and at least: pools that are not stated are not counted."""
    component, missing, pooled = subject.component, set[str](), 0
    seen: set[str] = set()
    for call in component.calls if isinstance(component, Caller) else ():
        size, name = stated(call.spec, "pool.size"), stated(call.spec, "pool.name")
        missing.update(lacking(size is None, "calls.pool.size"))
        if isinstance(size, int) and name not in seen:
            pooled += size * of_processes(component)
        seen.update({name} if name is not None else ())
    slots, depth = stated(component.spec, "capacity.concurrency"), stated(component.spec, "queue.depth")
    missing.update(lacking(slots is None, "capacity.concurrency"))
    waiting = depth if isinstance(depth, int | float) and depth == depth and depth != float("inf") else 0
    total = pooled + (slots or 0) + waiting
    if not total:
        yield Unknown(*(missing or {"capacity.concurrency"}))
        return
    yield Measured(
        total, component, None, f"an instance of {component.label} holds up to {{}} open",
        terms=(Term("in service", slots or 0), Term("waiting", waiting), Term("pools", pooled)),
        formula="concurrency + queue depth + pool size x processes", missing=tuple(sorted(missing)), certain=False,
    )  # fmt: skip


def connections_per_destination(subject: Subject) -> Found:
    """Of one instance to one target: its pool, or the ports that closed connections still hold."""
    component = subject.component
    most = most_instances(component)
    for call in component.calls if isinstance(component, Caller) else ():
        if stated(call.spec, "connections.reuse") is False:
            yield from _ports_of(subject, call, most)
        elif isinstance(size := stated(call.spec, "pool.size"), int):
            yield Measured(
                size * of_processes(component), call, "pool.size", f"one instance of {call.label} opens up to {{}}",
                formula="pool size x processes", certain=False, knob=Knob(factor=of_processes(component)),
                owners=(component,),
            )  # fmt: skip


def _ports_of(subject: Subject, call: Call, most: Known[float] | Unknown) -> Found:
    rate = subject.analyses.load.of_call(call)
    if isinstance(rate, Unknown) or isinstance(most, Unknown) or not most.value:
        unknown = [name for item in (rate, most) if isinstance(item, Unknown) for name in item.fields]
        yield Unknown(*(unknown or ("replicas",)))
        return
    each = rate.value / most.value
    target = call.label.partition(" -> ")[2]
    yield Measured(
        each * TIME_WAIT, call, "connections.reuse",
        f"each instance of {call.caller.label} opens {each:,.4g} connections a second to {target}, and holds {{}} with "
        "those that it has just closed",
        terms=(Term("calls of one instance", each, "/s"), Term("time a closed port is held", TIME_WAIT, "s")),
        formula="calls of one instance x time a closed port is held", owners=(call.caller,),
    )  # fmt: skip


_SERVICES = (Service, Job)
_ASKED = (Service, External, Network, Datastore, Cache)

SERVICE_MEASURES: Measurers = {
    "concurrent_executions": ((Service,), concurrent_executions),
    "connections_per_destination": (_SERVICES, connections_per_destination),
    "drain_time": ((Service,), of_field("deploy.drain", "waits {} for requests in flight when it stops", "s")),
    "execution_time": (_SERVICES, execution_time),
    "instance_concurrency": ((Service,), of_field("capacity.concurrency", "works on {} at once in each instance")),
    "instance_cpu": ((Service,), instance_cpu),
    "instance_memory": ((Service,), instance_memory),
    "instance_request_rate": ((Service,), ratio(service_request_rate, "", "instances",
                                                "each instance of {label} must serve {}", unit="/s")),
    "instances": (_SERVICES, instances),
    "memory_share": ((Service,), memory_share),
    "request_rate": (_ASKED, request_rate),
    "request_rate_per_node": (_ASKED, ratio(request_rate, "", "nodes", "each node of {label} takes {} requests",
                                            unit="/s")),
    "service_request_rate": (_ASKED, service_request_rate),
    "sockets_per_instance": ((Service,), sockets_per_instance),
    "startup_time": ((Service,), of_field("startup", "takes {} to start", "s")),
    "tenants": ((Service, Datastore), of_field("tenancy.tenants", "has {}")),
}  # fmt: skip
"""By name: the components that have the measure, and what computes it for one of them."""
