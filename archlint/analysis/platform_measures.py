"""Measures of what other components run on, such as a Kubernetes cluster, and of all that one account holds.

What they are is said in archlint/knowledge/measures.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archlint.analysis.broker_measures import broker_message_rate, broker_write_throughput, topics_of
from archlint.analysis.callers import most_instances
from archlint.analysis.instances import greatest, instances_field
from archlint.analysis.measured import Found, Knob, Measured, Measurers, Subject, Term, lacking, ratio
from archlint.analysis.service_measures import concurrent_executions, request_rate
from archlint.analysis.store_measures import total_size
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import (
    Broker,
    Cache,
    Component,
    Datastore,
    External,
    Job,
    Network,
    Service,
)


def nodes_per_cluster(subject: Subject) -> Found:
    platform, nodes = subject.component, greatest(subject.component)
    if not _hosted(platform):
        return
    if isinstance(nodes, Unknown):
        yield nodes
        return
    yield Measured(nodes.value, platform, instances_field(platform), f"{platform.label} has up to {{}}")


def pods_per_cluster(subject: Subject) -> Found:
    platform, counts = subject.component, _counts(subject.component)
    known = {part: count.value for part, count in counts.items() if isinstance(count, Known)}
    missing = sorted({name for count in counts.values() if isinstance(count, Unknown) for name in count.fields})
    if not known:
        if missing:
            yield Unknown(*missing)
        return
    largest = max(known, key=lambda part: known[part])
    yield Measured(
        sum(known.values()), largest, instances_field(largest), f"{platform.label} holds up to {{}}",
        terms=(Term(f"of {largest.label}", known[largest]),
               Term("of all others", sum(known.values()) - known[largest])),
        formula="sum of most instances + deploy surge over what runs on it", missing=tuple(missing),
    )  # fmt: skip


def pods_per_workload(subject: Subject) -> Found:
    """Of the largest that runs there; of a component on which nothing runs, its own."""
    component = subject.component
    counts = _counts(component) or {component: most_instances(component)}
    known = {part: count.value for part, count in counts.items() if isinstance(count, Known)}
    if known:
        largest = max(known, key=lambda part: known[part])
        yield Measured(
            known[largest], largest, instances_field(largest), f"{largest.label} has up to {{}}",
            formula="most instances + deploy surge",
            missing=lacking(len(known) < len(counts), "services.*.replicas"), owners=(component,),
        )  # fmt: skip
    else:
        yield Unknown("services.*.replicas")


def workloads_per_cluster(subject: Subject) -> Found:
    hosted = _hosted(subject.component)
    if hosted:
        yield Measured(len(hosted), subject.component, "", f"{subject.component.label} runs {{}}")


def _hosted(platform: Component) -> list[Component]:
    return list(dict.fromkeys(edge.source for edge in platform.incoming if edge.kind == "runs_on"))


def _counts(platform: Component) -> dict[Component, Known[float] | Unknown]:
    return {part: most_instances(part) for part in _hosted(platform)}


# Accounts


def _of_account(noun: str, count: Callable[[Subject], Found]) -> Callable[[Subject], Found]:
    """Over all components of the technology in one account and region; told once, by the first."""

    def measure(subject: Subject) -> Found:
        peers = subject.analyses.measures.account_of(subject)
        if peers.spokesman is not subject.component and len(peers.members) > 1:
            return
        parts = [(member, found) for member in peers.members for found in count(member)]
        known = [(member, found) for member, found in parts if isinstance(found, Measured)]
        missing = [n for _, f in parts for n in (f.fields if isinstance(f, Unknown) else f.missing)]
        if not known:
            if missing:
                yield Unknown(*missing)
            return
        yield _sum(subject, noun, known, tuple(sorted(set(missing))), certain=peers.certain)

    return measure


def _sum(
    subject: Subject, noun: str, known: Sequence[tuple[Subject, Measured]], missing: tuple[str, ...], *, certain: bool
) -> Measured:
    largest = max(known, key=lambda item: item[1].value)[1]
    total = sum(found.value for _, found in known)
    whose = f"{subject.technology.name} in one account and region"
    terms = [Term(f"of {member.component.label}", found.value) for member, found in known[:_NAMED]]
    if len(known) > _NAMED:
        terms.append(Term("of all others", sum(found.value for _, found in known[_NAMED:])))
    own = len(known) == 1
    return Measured(
        total, largest.at, largest.field, largest.says if own else f"{noun} of {whose} come to {{}}",
        terms=largest.terms if own else tuple(terms),
        formula=largest.formula if own else "sum over the components of one account and region",
        missing=missing, certain=certain and all(found.certain for _, found in known),
        knob=_knob(largest, total), owners=tuple(member.component for member, _ in known),
    )  # fmt: skip


def _knob(largest: Measured, total: float) -> Knob | None:
    """Of the largest part alone, with the others as they are; one that divides cannot be carried over."""
    if largest.knob is None or (largest.knob.inverse and total != largest.value):
        return None
    return largest.knob if largest.knob.inverse else largest.knob._replace(
        rest=largest.knob.rest + total - largest.value
    )  # fmt: skip


def _one(subject: Subject) -> Found:
    yield Measured(1, subject.component, "technology", f"{subject.component.label} makes {{}}")


def _nodes(subject: Subject) -> Found:
    nodes = greatest(subject.component)
    field = instances_field(subject.component)
    yield nodes if isinstance(nodes, Unknown) else Measured(
        nodes.value, subject.component, field, f"{subject.component.label} has {{}}", knob=Knob()
    )  # fmt: skip


def _topics(subject: Subject) -> Found:
    yield Measured(len(topics_of(subject)), subject.component, "topics", f"{subject.component.label} has {{}}")


def _partitions(subject: Subject) -> Found:
    topics = topics_of(subject)
    known = [topic.spec.partitions for topic in topics if topic.spec.partitions is not None]
    missing = lacking(len(known) < len(topics), "topics.*.partitions")
    if missing and not known:
        yield Unknown(*missing)
        return
    yield Measured(sum(known), subject.component, "topics", f"{subject.component.label} has {{}}", missing=missing)


_NAMED = 4
"""Components that a sum names; the rest are added up."""

_HOSTS = (Service, External, Network)
_ANY = (Service, Job, External, Network, Datastore, Cache, Broker)

PLATFORM_MEASURES: Measurers = {
    "account_components": (_ANY, _of_account("components", _one)),
    "account_concurrent_executions": ((Service,), _of_account("executions", concurrent_executions)),
    "account_message_rate": ((Broker,), _of_account("messages", broker_message_rate)),
    "account_nodes": (_ANY, _of_account("nodes", _nodes)),
    "account_partitions": ((Broker,), _of_account("partitions", _partitions)),
    "account_request_rate": ((Service, External, Network, Datastore, Cache), _of_account("requests", request_rate)),
    "account_size": ((Datastore,), _of_account("data", total_size)),
    "account_topics": ((Broker,), _of_account("topics", _topics)),
    "account_write_throughput": ((Broker,), _of_account("bytes in", broker_write_throughput)),
    "nodes_per_cluster": (_HOSTS, nodes_per_cluster),
    "pods_per_cluster": (_HOSTS, pods_per_cluster),
    "pods_per_node": (_HOSTS, ratio(pods_per_cluster, "", "nodes", "each node of {label} holds up to {}", whole=True)),
    "pods_per_workload": (_HOSTS, pods_per_workload),
    "workloads_per_cluster": (_HOSTS, workloads_per_cluster),
}
"""By name: the components that have the measure, and what computes it for one of them."""
