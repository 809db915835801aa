"""What runs: the objects that have pods, and the pods of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from archlint.importers.draft import Component, Section
from archlint.importers.kubernetes.objects import Object, Objects, texts_of
from archlint.importers.kubernetes.recognition import Runs, main_of, runs
from archlint.importers.kubernetes.selectors import Labels, Selector, selector_of
from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Part
from archlint.importers.technologies import is_for_operators, is_load_generator, watches
from archlint.records import dataclass

ROLLOUT = "Rollout.argoproj.io"
KNATIVE = "Service.serving.knative.dev"

SERVING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "DeploymentConfig"),
            ("spec", "template"),
        ),
        ROLLOUT: ("spec", "template"),
        KNATIVE: ("spec", "template"),
        "Pod": (),
    }
)
"""Kinds whose pods are there all the time, and the way to the pod that they describe."""

WORKING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"CronJob": ("spec", "jobTemplate", "spec", "template"), "Job": ("spec", "template")}
)
"""Kinds whose pods end."""

SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DeploymentConfig", ROLLOUT)
"""Kinds that say how many pods they want: one, where they do not."""

STORES = frozenset({"datastores", "caches", "brokers"})

POD_NAME = "statefulset.kubernetes.io/pod-name"
_GIVEN = frozenset(
    {
        POD_NAME,
        "apps.kubernetes.io/pod-index",
        "pod-template-hash",
        "rollouts-pod-template-hash",
        "controller-revision-hash",
    }
)
_OWNERS = frozenset({*SERVING, *WORKING, "Rollout"}) - {"Pod"}


@dataclass(slots=True)
class Workload:
    """One object that has pods. `template` is the pod's metadata and spec; `name` that of its component."""

    item: Object
    template: Part
    labels: Labels
    section: Section
    runs: Runs | None
    containers: tuple[Part, ...]
    main: Part
    name: str = ""
    service: str | None = None
    component: Component | None = None
    follows: Workload | None = None
    """The first version of what this is another version of."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def pod(self) -> Part:
        return self.template["spec"]

    @property
    def origin(self) -> Origin:
        return self.item.origin

    @property
    def namespace(self) -> str:
        return self.item.namespace

    @property
    def kind(self) -> str:
        return self.item.kind

    @property
    def is_store(self) -> bool:
        return self.section in STORES

    @property
    def selector(self) -> Selector | None:
        """What its controller knows its pods by; older kinds write the labels alone."""
        part = self.item.spec["selector"]
        if self.kind in ("DeploymentConfig", "ReplicationController"):
            return selector_of_service(part)
        return selector_of(part)

    @property
    def image(self) -> str:
        return self.main["image"].text() or ""

    @property
    def watches(self) -> bool:
        """Whether it collects telemetry of others."""
        return watches(self.item.name, self.image)

    @property
    def is_for_operators(self) -> bool:
        """Whether no request waits for it."""
        return is_for_operators(self.item.name, self.image)

    @property
    def at(self) -> Component:
        assert self.component is not None
        return self.component


def workloads_of(objects: Objects) -> list[Workload]:
    return [
        _workload(item, kind, way)
        for kind, way in (*SERVING.items(), *WORKING.items())
        for item in objects.of(kind)
        if not _is_owned(item) and not _is_test(item)
    ]


def _workload(item: Object, kind: str, way: tuple[str, ...]) -> Workload:
    template = item.part.at(*way)
    pod = template["spec"]
    if kind == ROLLOUT and not pod:
        template = item.part
    containers = tuple(_containers(pod))
    main = main_of(containers, item.name) or pod["containers"]
    known: Runs | None = None
    section: Section = "services"
    if kind in WORKING or (kind == "Pod" and pod["restartPolicy"].text() in ("Never", "OnFailure")):
        section = "jobs"
    elif is_load_generator(item.name, main["image"].text() or ""):
        section = "clients"
    elif (known := runs(main)) is not None:
        section = known.technology.section
    return Workload(item, template, _labels(item, template), section, known, containers, main)


def _labels(item: Object, template: Part) -> Labels:
    """Those of the pods; where the pod is left out, those that the selector wants."""
    labels = template["metadata"]["labels"]
    if labels or template["spec"]:
        return texts_of(labels)
    selector = item.spec["selector"]
    return texts_of(selector["matchLabels"]) or texts_of(selector)


def _containers(pod: Part) -> Iterator[Part]:
    """Those that run as long as the pod does."""
    yield from pod["containers"].each()
    for container in pod["initContainers"].each():
        if container["restartPolicy"].text() == "Always":
            yield container


def _is_owned(item: Object) -> bool:
    """Whether another object made this one, as in what a cluster prints of itself."""
    return any(owner["kind"].text() in _OWNERS for owner in item.part["metadata"]["ownerReferences"].each())


def _is_test(item: Object) -> bool:
    return "test" in (item.annotation("helm.sh/hook").text() or "")


def selector_of_service(part: Part) -> Selector | None:
    """The selector of a Service, which is a plain mapping; None where it selects nothing.

    Labels that controllers give to pods while they run stand in no file, and are left out.
    """
    labels = {key: value for key, value in texts_of(part).items() if key not in _GIVEN}
    return Selector(labels) if labels else None
