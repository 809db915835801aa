"""How many pods there are, what changes that number, and how many evictions must leave."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from archlint.importers.draft import INSTANCES, Component, Draft
from archlint.importers.kubernetes.amounts import count_or_share
from archlint.importers.kubernetes.objects import Object, Objects
from archlint.importers.kubernetes.selectors import Labelled, Selector, selector_of
from archlint.importers.kubernetes.telling import tell
from archlint.importers.kubernetes.workloads import KNATIVE, SCALED, Workload
from archlint.importers.quantities import share
from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

SCALED_OBJECT = "ScaledObject.keda.sh"
_WORDS = (
    ("queue", "queue"), ("lag", "queue"), ("backlog", "queue"), ("messages", "queue"), ("latency", "latency"),
    ("duration", "latency"), ("rate", "rate"), ("per_second", "rate"), ("rps", "rate"), ("requests", "rate"),
    ("concurren", "concurrency"), ("inflight", "concurrency"), ("in_flight", "concurrency"),
)  # fmt: skip
"""What names of metrics hold, and what the manifest calls it."""
_TRIGGERS: Mapping[str, str] = MappingProxyType(
    {
        "cpu": "cpu", "memory": "memory", "cron": "schedule",
        **dict.fromkeys(
            ("kafka", "apache-kafka", "rabbitmq", "aws-sqs-queue", "azure-queue", "azure-servicebus", "gcp-pubsub",
             "nats-jetstream", "redis", "redis-streams", "artemis-queue", "activemq", "pulsar"), "queue",
        ),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metric:
    """What an autoscaler watches: a word of the manifest's, and the share of it that is wanted."""

    metric: str | None
    target: float | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Scaler:
    """What changes the number of a workload's pods, between two bounds; `most` is None where nothing bounds it."""

    least: int
    most: int | None
    origin: Origin
    at_least: Origin
    at_most: Origin
    metric: Metric | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many pods a workload has: both the same where nothing changes their number."""

    least: int
    most: int | None
    origin: Origin


class Scaling:
    """What scales the workloads of an import."""

    def __init__(self, objects: Objects, workloads: Sequence[Workload], draft: Draft) -> None:
        self._scalers: dict[tuple[str, str, str], Scaler] = {}
        lost: list[Object] = []
        again: list[Object] = []
        known = {(one.namespace, one.item.plain_kind, one.item.name) for one in workloads}
        for item, scaler in _scalers(objects):
            target = item.spec["scaleTargetRef"]
            kind, name = target["kind"].text() or "Deployment", target["name"].text() or ""
            other = self._scalers.get((item.namespace, kind, name))
            if other is not None:
                again.append(item)
            if other is None or scaler.least < other.least:  # they fight: the fewest pods are what may be left
                self._scalers[item.namespace, kind, name] = scaler
            if (item.namespace, kind, name) not in known:
                lost.append(item)
        self.targets = {} if known else {key: self._scalers[key] for key in sorted(self._scalers)}
        self._tell_fixed(objects, draft)
        tell(
            draft,
            again,
            "scales what another one scales too; the lower bound counts",
            "scale what others scale too; the lower bound counts",
        )
        if known:
            tell(draft, lost, "scales what these files do not describe", "scale what these files do not describe")

    def _tell_fixed(self, objects: Objects, draft: Draft) -> None:
        fixed = [item for item, scaler in _scalers(objects) if scaler.most is not None and scaler.most <= scaler.least]
        tell(draft, fixed, "never scales: its bounds are one number", "never scale: their bounds are one number")

    def of(self, workload: Workload) -> Scaler | None:
        return self._scalers.get((workload.namespace, workload.item.plain_kind, workload.item.name))

    def bounds(self, workload: Workload) -> Bounds | None:
        """None where the number cannot be known, as for a DaemonSet."""
        scaler = self.of(workload) or _own_scaler(workload)
        if scaler is not None:
            return Bounds(scaler.least, scaler.most, scaler.origin)
        if workload.kind in ("Job", "CronJob"):
            spec = workload.item.spec if workload.kind == "Job" else workload.item.spec.at("jobTemplate", "spec")
            count = spec["parallelism"].integer()
            return Bounds(count, count, spec["parallelism"].origin) if count is not None and count > 0 else None
        if workload.kind == "Pod":
            return Bounds(1, 1, workload.origin.noted("a single pod"))
        if workload.kind not in SCALED:
            return None
        replicas = workload.item.spec["replicas"]
        if replicas.value is None:
            return Bounds(1, 1, workload.origin.noted("no replicas stated, which makes one"))
        count = replicas.integer()
        return Bounds(count, count, replicas.origin) if count is not None and count >= 0 else None


def state_scaling(versions: Sequence[Workload], scaling: Scaling) -> None:
    """Of one component: all its versions together."""
    first = versions[0]
    found = [bounds for version in versions if (bounds := scaling.bounds(version)) is not None]
    if not found:
        return
    origin = found[0].origin
    if len(versions) > 1:
        origin = origin.noted("of " + ", ".join(version.item.name for version in versions) + " together")
    least = sum(bounds.least for bounds in found)
    most = None if any(bounds.most is None for bounds in found) else sum(bounds.most or 0 for bounds in found)
    if least == most or first.section != "services":
        first.at.state(INSTANCES, least, origin)
    else:
        first.at.state(INSTANCES, {"min": least, "max": most}, origin)
    scaler = next((scaler for version in versions if (scaler := scaling.of(version) or _own_scaler(version))), None)
    if scaler is not None and first.section == "services":
        state_autoscaling(first.at, scaler)


def state_autoscaling(component: Component, scaler: Scaler) -> None:
    metric = scaler.metric
    if metric is not None:
        component.state("autoscaling.metric", metric.metric, metric.origin)
        component.state("autoscaling.target", share(metric.target) if metric.target else None, metric.origin)


def _scalers(objects: Objects) -> Iterator[tuple[Object, Scaler]]:
    for item in objects.of("HorizontalPodAutoscaler"):
        spec = item.spec
        least, most = spec["minReplicas"], spec["maxReplicas"]
        yield (
            item,
            Scaler(_count(least, 1), _count(most, None), item.origin, least.origin, most.origin, _best(_metrics(spec))),
        )
    for item in objects.of(SCALED_OBJECT):
        spec = item.spec
        least, most = spec["minReplicaCount"], spec["maxReplicaCount"]
        yield (
            item,
            Scaler(_count(least, 0), _count(most, 100), item.origin, least.origin, most.origin, _best(_triggers(spec))),
        )


def _count(part: Part, otherwise: Any) -> Any:
    found = part.integer()
    return found if found is not None and found >= 0 else otherwise


def _own_scaler(workload: Workload) -> Scaler | None:
    """Of a Knative Service, which scales itself."""
    if workload.kind != KNATIVE:
        return None
    said = workload.template["metadata"]["annotations"]
    least, most = (
        said.first(f"autoscaling.knative.dev/{word}-scale", f"autoscaling.knative.dev/{word}Scale")
        for word in ("min", "max")
    )
    greatest = most.integer() or None
    origin = least.origin if least else most.origin if most else workload.origin.noted("Knative scales it to none")
    concurrency = workload.pod["containerConcurrency"]
    metric = Metric("concurrency", None, concurrency.origin) if concurrency.integer() else None
    return Scaler(_count(least, 0), greatest, origin, least.origin, most.origin, metric)


def _best(metrics: Iterable[Metric]) -> Metric | None:
    """The first that says what it is."""
    found = list(metrics)
    return next((metric for metric in found if metric.metric), found[0] if found else None)


def _metrics(spec: Part) -> Iterator[Metric]:
    old = spec["targetCPUUtilizationPercentage"]
    if (percent := old.number()) is not None and percent > 0:
        yield Metric("cpu", _share(percent), old.origin)
    for item in spec["metrics"].each():
        for kind in ("resource", "containerResource"):
            name = item[kind]["name"]
            if name.text() in ("cpu", "memory"):
                new, old = item[kind]["target"]["averageUtilization"], item[kind]["targetAverageUtilization"]
                percent = new.number() or old.number()
                yield Metric(name.text(), _share(percent) if percent else None, name.origin)
        for kind in ("pods", "object", "external"):
            for name in (item[kind]["metric"]["name"], item[kind]["metricName"]):
                if name.text():
                    yield Metric(_word(name.text() or ""), None, name.origin)


def _triggers(spec: Part) -> Iterator[Metric]:
    for trigger in spec["triggers"].each():
        kind, said = trigger["type"], trigger["metadata"]
        metric = _TRIGGERS.get(kind.text() or "")
        percent = said["value"].number() if metric in ("cpu", "memory") else None
        utilised = (trigger["metricType"].text() or said["type"].text() or "Utilization") == "Utilization"
        yield Metric(metric, _share(percent) if percent and utilised else None, kind.origin)


def _share(percent: float) -> float:
    return float(Decimal(str(percent)) / 100)


def _word(name: str) -> str | None:
    lower = name.lower()
    return next((word for part, word in _WORDS if part in lower), None)


# Disruption budgets


def state_budgets(
    objects: Objects, workloads: Sequence[Workload], pods: Labelled[Workload], scaling: Scaling, draft: Draft
) -> None:
    """What evictions must leave of each workload; `none` where no budget selects its pods."""
    covered: set[Workload] = set()
    idle: list[Object] = []
    seen: set[tuple[object, ...]] = set()
    for item in objects.of("PodDisruptionBudget"):
        selector = selector_of(item.spec["selector"])
        selected = _selected(item, selector, pods)
        if not selected:
            idle.append(item)
        key = item.namespace, selector.key if selector is not None else None
        if key in seen:  # the first of those that select the same stands
            continue
        seen.add(key)
        for workload in selected:
            first = workload.follows or workload
            state_budget(first.at, item, scaling.bounds(workload))
            covered.add(first)
    if idle:
        _tell_idle(idle, draft)
    for workload in workloads:
        serves = workload.section != "jobs" and (workload.kind in SCALED or workload.kind == "Pod")
        if serves and workload.follows is None and workload not in covered:
            origin = workload.origin.noted("no PodDisruptionBudget selects it")
            workload.at.state("scheduling.disruption_budget", "none", origin)


def _selected(item: Object, selector: Selector | None, pods: Labelled[Workload]) -> list[Workload]:
    old = item.part["apiVersion"].text() == "policy/v1beta1"
    if selector is None or (selector.is_empty and old):
        return []
    return [workload for workload in pods.selected(item.namespace, selector) if workload.kind != "DaemonSet"]


def state_budget(component: Component, item: Object, bounds: Bounds | None) -> None:
    """A share above all of them is written as the number of pods that it comes to."""
    least, most = item.spec["minAvailable"], item.spec["maxUnavailable"]
    if component.stated("scheduling.disruption_budget") is not None:
        return
    kept = count_or_share(least)
    if isinstance(kept, str) and (percent := int(kept[:-1])) > 100:
        kept = math.ceil(percent * bounds.least / 100) if bounds is not None else "100%"
    component.state("scheduling.disruption_budget.min_available", kept, least.origin)
    if kept is None:
        component.state("scheduling.disruption_budget.max_unavailable", count_or_share(most), most.origin)


def _tell_idle(budgets: list[Object], draft: Draft) -> None:
    """What budgets say that belong to nothing here."""
    names = ", ".join(item.name for item in budgets[:5]) + (" ..." if len(budgets) > 5 else "")
    draft.note(f"no pods of these files are selected by PodDisruptionBudget {names}", budgets[0].origin)
    for item in budgets:
        stops = what_stops(item)
        if stops is not None:
            draft.note(f"{item} lets no pod be evicted: `{stops.name}: {stops.text()}`", stops.origin)


def what_stops(item: Object) -> Part | None:
    """What makes a budget let no pod go, however many there are."""
    blocking = ((item.spec["maxUnavailable"], (0, "0%")), (item.spec["minAvailable"], ("100%",)))
    return next((part for part, values in blocking if count_or_share(part) in values), None)
