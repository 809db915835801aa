"""Kubernetes: what keeps pods running while nodes are drained, lost and filled."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import fewest, greatest, instances_field
from archlint.analysis.orchestration import (
    Absent,
    Blocked,
    budget_of,
    is_called,
    is_platform,
    is_scheduled,
    probe_kinds,
    unlimited,
    unreserved,
    unspread,
)
from archlint.plugin import (
    ERROR,
    INFO,
    NONE,
    WARNING,
    Broker,
    Cache,
    Clear,
    Component,
    Datastore,
    Evidence,
    Finding,
    Job,
    Known,
    NotApplicable,
    Service,
    Severity,
    Topic,
    Unknown,
    check,
    show,
    stated,
)
from archlint.records import replace

SERVING = (Service, Datastore, Cache, Broker)
"""Components whose instances are there all the time; a job's come and go."""

PODS = frozenset({"pods_per_cluster", "pods_per_node"})

READY = frozenset({"readiness", "balancer"})
"""Probes that take an instance out of service."""


def may_be_scheduled(component: Component) -> bool:
    """Whether the manifest may say that Kubernetes runs the component, or that it is a cluster."""
    if isinstance(component, Topic):
        return False
    names = ("scheduling", "runs_on", "technology")
    return any(getattr(component.spec, name, None) not in (None, NONE) for name in names)


@check(
    "LIM190",
    "kubernetes-scheduling",
    severity=ERROR,
    states=("scheduling", "runs_on", "technology"),
    applies=may_be_scheduled,
    subsumes=("LIM001", "LIM002", "LIM004"),
)
def kubernetes_scheduling(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """Pods lack what keeps them running when Kubernetes moves, drains or fills nodes.

    What it finds: for a component that runs on Kubernetes, each of these that is missing, at its own field: rules
    that keep two instances off one node (`scheduling.anti_affinity` or `spread`), a disruption budget, a readiness
    and a liveness probe, requests and limits of processor and memory; also a budget that lets no instance go, and
    deploys of what is called that stop all instances before new ones start (`deploy.strategy: recreate`). Two replicas
    are an info: while one is drained, the other serves alone. On a hard
    path of a flow with an objective, or on a critical component, it is a warning, else an info. A missing liveness
    probe beside another one, a missing processor limit and the missing budget of a single instance are never more
    than an info. Of a cluster: more pods on a node, or in all, than its limits allow. A component runs on Kubernetes
    if it states `scheduling`, runs on (`runs_on`) a component of technology kubernetes, eks, gke or aks, or is of
    that technology itself. Silent: one instance needs no rule of placement; zones or hosts that are stated keep
    instances apart; what every host runs needs no budget, for drains pass over it; a probe of the balancer before it
    stands for readiness; `memory.limit` is a memory limit, and a limit without a request reserves what it allows.

    Why it matters: nodes are drained for every upgrade, on ordinary days. Without a budget all instances may be
    evicted together, without a rule they may stand on one node from the start; a pod without requests is placed where
    there is no room and killed first; one without a readiness probe gets requests before it can answer.

    At 3 AM: a node upgrade stopped a service that has three replicas, because all three stood on that node. Or a
    neighbour without a memory limit made the node kill others.

    How to fix: spread over hosts and zones, `minAvailable` below the number of replicas, a readiness probe that asks
    only the process itself, requests as measured, a memory limit. State what the cluster has.

    When it is wrong: the cluster sets it for all (a default of the namespace, an operator, a policy): state it, under
    `defaults` for all services. Many leave processor limits out on purpose, for they slow a pod down on an idle node.

    Sources: Kubernetes documentation, "Disruptions", 2025,
    https://kubernetes.io/docs/concepts/workloads/pods/disruptions/; "Pod Topology Spread Constraints", 2025,
    https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/; "Resource Management for
    Pods and Containers", 2025, https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/;
    "Considerations for large clusters", 2025, https://kubernetes.io/docs/setup/best-practices/cluster-large/.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            tier: critical
            replicas: 3
            health_check: [{kind: readiness}, {kind: liveness}]
            scheduling:
              anti_affinity: none
              disruption_budget: none
              requests: {cpu: 0.5, memory: 512MiB}
              limits: {cpu: 1, memory: 512MiB}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            tier: critical
            replicas: 3
            health_check: [{kind: readiness}, {kind: liveness}]
            scheduling:
              spread: host
              disruption_budget: {min_available: 2}
              requests: {cpu: 0.5, memory: 512MiB}
              limits: {cpu: 1, memory: 512MiB}
    """
    crowded, platform = list(_crowded(component, analyses)), is_platform(component)
    yield from crowded
    if isinstance(component, (*SERVING, Job)) and is_scheduled(component, analyses.knowledge):
        weight = WARNING if analyses.promises.concern(component) else INFO
        missing = set[str]()
        for found in _found(component):
            if isinstance(found, Unknown):
                missing.update(found.fields)
            else:  # the engine weighs what is not stated
                yield found if found.unstated else replace(found, severity=min(found.severity or ERROR, weight))
        if missing:
            raise Unknown(*sorted(missing))
    elif not platform:
        raise NotApplicable


def _crowded(platform: Component, analyses: Analyses) -> Iterator[Finding]:
    """Limits on pods that what runs there passes."""
    judged = analyses.measures.judge(platform) if is_platform(platform) else None
    for breach in judged.breaches if judged is not None else ():
        if breach.bound.limit.measure in PODS and breach.level != "near":
            from archlint.checks.limit_findings import finding_of

            yield replace(finding_of(breach, analyses.today), explains=(breach.bound.limit.name,))


def _found(component: Component) -> Iterator[Finding | Unknown]:
    if isinstance(component, SERVING):
        yield from _placement(component)
        yield from _disruption(component)
        yield from _reserve(component)
        yield from _probes(component)
        yield from _deploys(component)
    yield from _resources(component)


def _placement(component: Component) -> Iterator[Finding | Unknown]:
    found = unspread(component)
    if isinstance(found, Unknown):
        yield found
    elif found is not None:
        most = greatest(component)
        count = show(most.value, instances_field(component)) if isinstance(most, Known) else "instances"
        yield _missing(
            component, found, WARNING, "anti-affinity or spread",
            f"no rule that keeps its {count} apart, so one node can take them all",
            "Spread the instances over hosts and zones, or let anti-affinity keep two off one host.",
        )  # fmt: skip


def _disruption(component: Component) -> Iterator[Finding | Unknown]:
    found, least = budget_of(component), fewest(component)
    count = least.value if isinstance(least, Known) else None
    if isinstance(found, Unknown):
        yield found
    elif isinstance(found, Blocked):
        yield _blocking(component, found)
    elif found is not None and count == 1:
        yield _missing(
            component, found, INFO, "disruption budget",
            "no disruption budget for its single instance, so each drain of its node stops it",
            "Run a second instance first: a budget for one only stops the drain.",
        )  # fmt: skip
    elif found is not None:
        all_of = f"all {show(count, instances_field(component))}" if count else "all of its instances"
        yield _missing(
            component, found, WARNING, "disruption budget",
            f"no disruption budget, so a drain may evict {all_of} at once",
            "Add a disruption budget that leaves enough instances and lets at least one go.",
        )  # fmt: skip


def _reserve(component: Component) -> Iterator[Finding]:
    """Two instances, of which one is away at every drain. Stores and brokers count their copies elsewhere."""
    least = fewest(component)
    if isinstance(component, Service) and isinstance(least, Known) and least.value == 2:
        yield Finding(
            at=component,
            field=instances_field(component),
            severity=INFO,
            message=f"{component.label} has 2 replicas, so while one is drained or replaced the other serves alone",
            exposure=1.5,
            evidence=(Evidence("replicas", 2), Evidence("replicas that bear a loss during a drain", 3)),
            formula="one drained + one lost + one that serves",
            clears=(Clear(instances_field(component), 3, "3", INFO),),
            remedy="Run three, or accept that a loss during a drain stops it.",
            key="replicas",
        )


def _blocking(component: Component, found: Blocked) -> Finding:
    """A budget under which a drain never ends."""
    count, kept, noun = found.instances, found.kept, instances_field(component)
    whole = "all instances" if count is None else f"{kept} of {show(count, noun)}"
    clears = []
    if found.field.endswith("max_unavailable"):
        clears.append(Clear(found.field, 1, "1", INFO))
    elif count and count > 1:
        clears.append(Clear(found.field, count - 1, str(count - 1), INFO))
    figures = (("must stay", kept), (noun, count))
    return Finding(
        at=component,
        field=found.field,
        severity=WARNING,
        message=(
            f"{component.label} has a disruption budget that keeps {whole}, so no node that holds one can be drained"
        ),
        exposure=None if not count or kept is None else (kept + 1) / count,
        evidence=tuple(Evidence(name, value) for name, value in figures if value is not None),
        formula="" if count is None else "(must stay + one that goes) / instances",
        clears=tuple(clears),
        remedy="Let at least one instance go; with a single one, run a second first.",
        key="disruption budget",
    )


def _probes(component: Component) -> Iterator[Finding | Unknown]:
    kinds, own = probe_kinds(component), stated(component.spec, "health_check")
    if kinds is not None and None in kinds:
        yield Unknown("health_check.kind")
        return
    absent, called = Absent("health_check", own is not None), is_called(component)
    if not READY & (kinds or frozenset()):
        yield _missing(
            component, absent, WARNING if called else INFO, "readiness probe",
            "no readiness probe, so requests come before it can answer and while it cannot",
            "Add a readiness probe that asks only the process itself.",
        )  # fmt: skip
    if "liveness" not in (kinds or ()):
        alone = not kinds and not called
        yield _missing(
            component, absent, WARNING if alone else INFO, "liveness probe",
            "no liveness probe, so an instance that hangs is not restarted",
            "Add a liveness probe where a restart is the cure, with more patience than the readiness probe has.",
        )  # fmt: skip


def _deploys(component: Component) -> Iterator[Finding]:
    """All instances stopped before the first new one starts."""
    if stated(component.spec, "deploy.strategy") != "recreate" or not is_called(component):
        return
    least, most = fewest(component), greatest(component)
    if isinstance(least, Known) and least.value == 0:
        return
    count = show(most.value, instances_field(component)) if isinstance(most, Known) else "instances"
    whole = "its single instance" if isinstance(most, Known) and most.value == 1 else f"all of its {count}"
    yield Finding(
        at=component,
        field="deploy.strategy",
        severity=WARNING,
        message=f"{component.label} stops {whole} before new ones start, so each deploy is an outage",
        remedy="Replace instances one after the other (`rolling`), where old and new ones may run side by side.",
        key="deploy strategy",
        cause="recreated at each deploy",
    )


def _resources(component: Component) -> Iterator[Finding]:
    for found in unreserved(component):
        what = _WORDS.get(found.field.rpartition(".")[2], "processor and memory")
        yield _missing(
            component, found, WARNING, f"request of {what}",
            f"no request of {what}, so it is placed where there is no room and evicted first",
            f"Request the {what} that an instance was measured to use.",
        )  # fmt: skip
    for found in unlimited(component):
        what = _WORDS[found.field.rpartition(".")[2]]
        severity, harm, remedy = _UNLIMITED[what]
        yield _missing(component, found, severity, f"limit of {what}", f"no limit of {what}, so {harm}", remedy)


_UNLIMITED = {
    "memory": (WARNING, "a leak takes its neighbours with it", "Limit the memory to what an instance needs at most."),
    "processor": (
        INFO, "a busy loop takes what its neighbours did not reserve", "Limit it, or let all reserve what they need.",
    ),
}  # fmt: skip
_WORDS = {"cpu": "processor", "memory": "memory"}


def _missing(component: Component, found: Absent, severity: Severity, control: str, lack: str, remedy: str) -> Finding:
    return Finding(
        at=component,
        field=found.field,
        severity=severity,
        message=f"{component.label} {'has' if found.said else 'states'} {lack}",
        remedy=remedy,
        unstated="" if found.said else found.field,
        key=control,
        cause=f"no {control}",
    )
