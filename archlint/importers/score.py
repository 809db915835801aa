"""Score files: one workload each, and the resources that it asks its platform for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archlint.importers import kinds, quantities
from archlint.importers.addresses import configured
from archlint.importers.draft import Component, Draft
from archlint.importers.gathering import Sources
from archlint.importers.names import as_name
from archlint.importers.reading.files import Origin, SourceFile
from archlint.importers.reading.tree import Part
from archlint.importers.technologies import of_image

TITLE = "a Score file"

_PLACEHOLDER = re.compile(r"(?<!\$)\$\{resources\.([A-Za-z0-9_-]+)")
_NO_COMPONENT = frozenset(
    {
        "volume", "persistent-volume", "dns", "route", "ingress", "environment", "config", "secret", "tls-cert",
        "horizontal-pod-autoscaler", "ephemeral-storage", "namespace", "k8s-service-account", "logging",
    }
)  # fmt: skip
"""Types of resources that are part of the workload or its surroundings, and nothing that it calls."""
_OTHER_WORKLOAD = ("service-port", "service", "workload")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGTP]i?)?")


def recognises(file: SourceFile) -> bool:
    return any(_is_workload(part) for part in file.documents)


def _is_workload(part: Part) -> bool:
    return (part["apiVersion"].text() or "").startswith("score.dev/") and part["containers"].is_mapping


def draft_from(sources: Sources, draft: Draft) -> None:
    workloads = [part for file in sources.files for part in file.documents if _is_workload(part)]
    named = [(name, part) for part in workloads if (name := as_name(part.at("metadata", "name").text() or ""))]
    for part in workloads:
        if not as_name(part.at("metadata", "name").text() or ""):
            draft.note("a workload has no name (`metadata.name`); left out", part.origin)
    for name, part in named:
        _state_workload(name, part, draft)
    for name, part in named:
        component = draft.find(name)
        if component is not None:
            _connect(component, part, draft)


def _state_workload(name: str, part: Part, draft: Draft) -> None:
    containers = list(part["containers"].values())
    image = containers[0]["image"] if len(containers) == 1 else part["image"]
    known = of_image(image.text() or "")
    component = draft.component(known.section if known else "services", name, part.at("metadata", "name").origin)
    if known is not None:
        component.state("technology", known.technology, image.origin)
    for container in containers:
        for key, kind in (("livenessProbe", "liveness"), ("readinessProbe", "readiness")):
            if container[key]:
                component.item("health_check", kind, container[key].origin)
        _conceal(container)
    limit = containers[0].at("resources", "limits", "memory") if len(containers) == 1 else part["memory"]
    size = _bytes(limit.text() or "")
    if size and component.section == "services":
        component.state("memory.limit", quantities.size(size), limit.origin)


def _conceal(container: Part) -> None:
    for variable in container["variables"].values():
        variable.conceal()
    for file in (*container["files"].each(), *container["files"].values()):
        for key in ("content", "binaryContent"):
            file[key].conceal()


def _bytes(text: str) -> float | None:
    """Bytes as Kubernetes writes them: `128M` are of ten, `10Gi` of two."""
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    unit = found[2] or ""
    power = " KMGTP".index(unit[0]) if unit else 0
    return float(found[1]) * float(1024 if unit.endswith("i") else 1000) ** power


def _texts(part: Part) -> Iterator[Part]:
    """What a workload's containers are told: variables, files, arguments."""
    for container in part["containers"].values():
        yield from container["variables"].values()
        for file in (*container["files"].each(), *container["files"].values()):
            yield file["content"]
        for key in ("command", "args"):
            yield from container[key].each()


def _connect(component: Component, part: Part, draft: Draft) -> None:
    used: dict[str, Origin] = {}
    for told in _texts(part):
        text = told.text() or ""
        for resource in _PLACEHOLDER.findall(text):
            used.setdefault(resource, told.origin)
        for address in configured(str(told.name), text):
            other = draft.find(address.host.partition(".")[0])
            if other is not None and other.name != component.name:
                component.call(other.name, told.origin)
    for key, resource in part["resources"].items():
        target = _resource(component, key, resource, draft)
        if target is not None and target != component.name:
            if key in used:
                component.call(target, used[key])
            else:
                component.depend(target, resource.origin)


def _resource(component: Component, key: str, resource: Part, draft: Draft) -> str | None:
    """The component that a resource is; those with an `id` are one for all workloads."""
    type_ = resource["type"].text() or ""
    if type_.lower() in _NO_COMPONENT:
        return None
    if type_.lower() in _OTHER_WORKLOAD:
        return _workload(resource, draft)
    shared = as_name(resource["id"].text() or "")
    name = shared or as_name(f"{component.name}-{key}")
    if not name:
        return None
    kind = kinds.of_type(type_)
    if kind is None:
        draft.note(f"the type `{type_}` of a resource is not known; taken for a service of others", resource.origin)
    known = draft.find(name)
    if known is not None and known.section in ("services", "clients"):
        name = as_name(f"{name}-{type_}")
    target = draft.component(kind.section if kind else "externals", name, resource.origin)
    if kind is not None:
        target.state("technology", kind.technology, resource["type"].origin)
        if kind.objects and kind.section == "datastores":
            target.state("model", "object", resource["type"].origin)
    return name


def _workload(resource: Part, draft: Draft) -> str | None:
    """The workload whose port a resource stands for."""
    named = resource.at("params", "workload").text() or resource.at("params", "name").text() or ""
    if draft.find(as_name(named)) is None:
        draft.note(f"the workload `{named}` is in no file that was read; left out", resource.origin)
        return None
    return as_name(named)
