"""From the objects of an import to components of a draft."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archlint.importers.draft import INSTANCES, Draft
from archlint.importers.kubernetes import operators
from archlint.importers.kubernetes.amounts import amount, count_or_share
from archlint.importers.kubernetes.configuration import state_calls
from archlint.importers.kubernetes.cron import interval
from archlint.importers.kubernetes.directory import Directory, enter_workloads, fill
from archlint.importers.kubernetes.entries import state_entries
from archlint.importers.kubernetes.kinds import tell_twice, tell_unknown
from archlint.importers.kubernetes.naming import assign_names, merge_versions
from archlint.importers.kubernetes.objects import Objects
from archlint.importers.kubernetes.operators.resource import Around
from archlint.importers.kubernetes.pods import Defaults, state_pod
from archlint.importers.kubernetes.scaling import (
    Scaling,
    state_autoscaling,
    state_budget,
    state_budgets,
    state_scaling,
    what_stops,
)
from archlint.importers.kubernetes.selectors import Labelled
from archlint.importers.kubernetes.telling import tell
from archlint.importers.kubernetes.workloads import ROLLOUT, WORKING, Workload, workloads_of
from archlint.importers.names import as_name
from archlint.importers.quantities import duration, size
from archlint.importers.reading.tree import Part

_STRATEGIES = {"RollingUpdate": "rolling", "Rolling": "rolling", "Recreate": "recreate"}
_PART_OF = "app.kubernetes.io/part-of"


def draft_objects(objects: Objects, draft: Draft) -> None:
    conceal_secrets(objects)
    workloads = workloads_of(objects)
    pods = Labelled((one.namespace, one.labels, one) for one in workloads if one.section != "jobs")
    merge_versions(workloads, objects, pods)
    resources = operators.resources_of(objects)
    versions = _components(workloads)
    assign_names([*(group[0] for group in versions), *resources])
    for first, *others in versions:
        first.component = draft.component(first.section, first.name, first.origin)
        for other in others:
            other.name, other.component = first.name, first.component
    scaling = Scaling(objects, workloads, draft)
    _state_components(versions, scaling, objects)
    state_budgets(objects, workloads, pods, scaling, draft)
    directory = Directory()
    operators.enter(resources, directory)
    enter_workloads(directory, workloads)
    taken = {one.name for one in workloads} | {one.name for one in resources}
    fill(directory, objects, pods, taken, draft)
    draft.resolve_by(directory.component)
    operators.state(resources, Around(objects, directory, draft))
    operated = {one.name for one in workloads if one.is_for_operators}
    for workload in workloads:
        state_calls(workload, directory, objects, operated)
    state_entries(objects, directory, draft)
    _state_targets(scaling, draft)
    if not workloads and not resources:
        _state_idle_budgets(objects, draft)
    _tell_mismatches(workloads, draft)
    _tell_strategies(workloads, draft)
    _state_system(workloads, draft)
    tell(draft, objects.templates, "is a template: render it first", "are templates: render them first")
    tell_twice(objects, draft)
    tell_unknown(objects, draft)


def conceal_secrets(objects: Objects) -> None:
    """Secrets, and what was applied last, which holds the whole object once more with its environment."""
    for item in (item for items in objects.kinds.values() for item in items):
        item.part["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].conceal()
    for item in objects.of("Secret"):
        for field in ("data", "stringData"):
            for _, value in item.part[field].items():  # noqa: PERF102 - a Part is no dict
                value.conceal()


def _components(workloads: Sequence[Workload]) -> list[list[Workload]]:
    """The versions of each component, the first of them first."""
    versions = {workload: [workload] for workload in workloads if workload.follows is None}
    for workload in workloads:
        if workload.follows is not None:
            versions[workload.follows].append(workload)
    for first in versions:
        first.name = first.service or first.item.name
    return list(versions.values())


def _state_components(versions: Iterable[Sequence[Workload]], scaling: Scaling, objects: Objects) -> None:
    defaults: dict[str, Defaults] = {}
    for group in versions:
        first = group[0]
        state_scaling(group, scaling)
        if first.runs is not None:
            first.at.state("technology", first.runs.technology.technology, first.runs.origin)
        if first.section == "clients":
            note = first.origin.noted("a load generator, which stands in for users")
            first.at.state("description", "a load generator, which stands in for users", note)
            continue
        if first.section == "jobs":
            _state_job(first)
        else:
            _state_deploy(first)
            _state_disk(first, objects)
        if first.namespace not in defaults:
            defaults[first.namespace] = Defaults(objects, first.namespace)
        state_pod(first, defaults[first.namespace])
        _state_owner(first)


def _state_job(workload: Workload) -> None:
    spec, component = workload.item.spec, workload.at
    job = spec.at("jobTemplate", "spec") if workload.kind == "CronJob" else spec
    longest = job["activeDeadlineSeconds"]
    if (seconds := longest.integer()) is not None and seconds > 0:
        component.state("duration_max", duration(seconds), longest.origin)
    if workload.kind != "CronJob":
        return
    schedule, policy = spec["schedule"], spec["concurrencyPolicy"]
    text = schedule.text()
    component.state("every", interval(text) if text else None, schedule.origin)
    component.state("at", text, schedule.origin)
    origin = policy.origin if policy else workload.origin.noted("concurrencyPolicy is not stated, which allows it")
    component.state("overlap", policy.text() in (None, "Allow"), origin)


def _state_deploy(workload: Workload) -> None:
    component, spec = workload.at, workload.item.spec
    strategy = spec["strategy"] if spec["strategy"] else spec["updateStrategy"]
    if workload.kind == ROLLOUT:
        for key, word in (("canary", "canary"), ("blueGreen", "blue-green")):
            if strategy[key]:
                component.state("deploy.strategy", word, strategy[key].origin)
        rolling = strategy["canary"]
    else:
        kind = strategy["type"]
        component.state("deploy.strategy", _STRATEGIES.get(kind.text() or ""), kind.origin)
        rolling = strategy.first("rollingUpdate", "rollingParams")
    for field, key in (("max_unavailable", "maxUnavailable"), ("max_surge", "maxSurge")):
        component.state(f"deploy.{field}", count_or_share(rolling[key]), rolling[key].origin)


def _state_disk(workload: Workload, objects: Objects) -> None:
    """The largest volume of a store's pod."""
    if not workload.is_store:
        return
    claims = [claim["spec"] for claim in workload.item.spec["volumeClaimTemplates"].each()]
    for volume in workload.pod["volumes"].each():
        name = volume["persistentVolumeClaim"]["claimName"].text()
        item = objects.find("PersistentVolumeClaim", workload.namespace, name) if name else None
        claims += [item.spec] if item is not None else []
        claims += [volume["ephemeral"]["volumeClaimTemplate"]["spec"]]
    sizes = [(found, part) for claim in claims if (found := amount(part := _storage(claim)))]
    if sizes:
        found, part = max(sizes, key=lambda pair: pair[0])
        workload.at.state("disk.size", size(int(found)), part.origin)


def _storage(claim: Part) -> Part:
    return claim["resources"]["requests"]["storage"]


def _state_owner(workload: Workload) -> None:
    for place in ("labels", "annotations"):
        for key in ("owner", "team"):
            part = workload.item.part["metadata"][place][key]
            if part.text() and workload.at.stated("owner") is None:
                workload.at.state("owner", part.text(), part.origin)


def _state_targets(scaling: Scaling, draft: Draft) -> None:
    """Where files hold nothing but autoscalers, these say what there is."""
    for (_, kind, target), scaler in scaling.targets.items():
        name = as_name(target)
        if not name:
            continue
        component = draft.component("services", name, scaler.origin.noted(f"it scales the {kind} {name}"))
        if component.stated(INSTANCES) is None:
            most = scaler.most if scaler.most is not None else scaler.least
            component.state(f"{INSTANCES}.min", scaler.least, scaler.at_least)
            component.state(f"{INSTANCES}.max", most, scaler.at_most)
            state_autoscaling(component, scaler)


def _state_idle_budgets(objects: Objects, draft: Draft) -> None:
    """Where files hold nothing that runs, a budget that lets no pod go is worth a component for itself."""
    for item in objects.of("PodDisruptionBudget"):
        name = as_name(item.name)
        if name and draft.find(name) is None and what_stops(item) is not None:
            origin = item.origin.noted("the pods of a PodDisruptionBudget, which no file describes")
            state_budget(draft.component("services", name, origin), item, None)


def _tell_mismatches(workloads: Sequence[Workload], draft: Draft) -> None:
    """Workloads that the cluster refuses, for they do not select their own pods."""
    lost = [
        one.item
        for one in workloads
        if one.kind not in WORKING
        and one.template["spec"]
        and (selector := one.selector) is not None
        and not selector.selects(one.labels)
    ]
    tell(draft, lost, "selects labels that its own pods do not have", "select labels that their own pods do not have")


def _tell_strategies(workloads: Sequence[Workload], draft: Draft) -> None:
    unknown = [
        one.item
        for one in workloads
        if one.kind in ("Deployment", "DeploymentConfig")
        and (word := one.item.spec["strategy"]["type"].text()) is not None
        and word not in _STRATEGIES
    ]
    many = "have strategies of deployment that Kubernetes does not know, and so are never updated"
    tell(draft, unknown, "has a strategy of deployment that Kubernetes does not know, and so is never updated", many)


def _state_system(workloads: Sequence[Workload], draft: Draft) -> None:
    """The system's name, where all workloads say that they are part of the same."""
    parts = [one.item.part["metadata"]["labels"][_PART_OF] for one in workloads]
    names = {part.text() for part in parts}
    if len(names) == 1 and parts[0].text():
        draft.top.state("system.name", parts[0].text(), parts[0].origin)
