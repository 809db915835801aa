"""The names by which pods reach each other, and what stands behind them."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from archlint.importers.addresses import Address
from archlint.importers.draft import Draft
from archlint.importers.kubernetes.naming import assign_names
from archlint.importers.kubernetes.objects import DEFAULT, Object, Objects
from archlint.importers.kubernetes.selectors import Labelled
from archlint.importers.kubernetes.telling import tell
from archlint.importers.kubernetes.workloads import KNATIVE, POD_NAME, Workload, selector_of_service
from archlint.records import dataclass

_ORDINAL = re.compile(r".+-\d+")
_DOMAINS = frozenset({"com", "net", "org", "io", "dev", "app", "ai", "cloud", "co", "eu", "de", "uk", "local"})


@dataclass(frozen=True, slots=True)
class Target:
    """A component that a name leads to, `through` a network; `reads_only` where it leads to copies without writes."""

    name: str
    reads_only: bool = False
    through: str | None = None


class Directory:
    """Services by namespace and name."""

    def __init__(self) -> None:
        self._targets: dict[tuple[str, str], Target] = {}
        self._aliases: dict[tuple[str, str], str] = {}
        self._sets: dict[tuple[str, str], Target] = {}
        self._spaces: set[str] = set()

    def add(self, namespace: str, service: str, target: Target) -> None:
        self._targets.setdefault((namespace, service.lower()), target)
        self._spaces.add(namespace)

    def add_set(self, namespace: str, name: str, target: Target) -> None:
        """A StatefulSet, whose pods have names."""
        self._sets[namespace, name] = target

    def add_pod(self, namespace: str, service: str, pod: str) -> None:
        """A Service for one pod of a StatefulSet."""
        target = self._sets.get((namespace, pod.rpartition("-")[0]))
        if target is not None:
            self.add(namespace, service, target)

    def alias(self, namespace: str, service: str, host: str) -> None:
        self._aliases[namespace, service.lower()] = host

    def named(self, namespace: str, service: str) -> Target | None:
        return self._targets.get((namespace, service.lower()))

    def resolve(self, address: Address, namespace: str) -> Target | None:
        return self.host(address.host, namespace)

    def host(self, host: str, namespace: str, hops: int = 4) -> Target | None:
        """What a host name leads to from a pod of `namespace`, as the cluster's resolver would find it."""
        labels = host.lower().rstrip(".").split(".")
        found = self._service(labels, namespace, hops)
        if found is None and len(labels) > 1 and _ORDINAL.fullmatch(labels[0]):
            found = self._service(labels[1:], namespace, hops)  # one pod of a StatefulSet
        return found

    def component(self, host: str, namespace: str) -> str | None:
        target = self.host(host, namespace or DEFAULT)
        return target.name if target is not None else None

    def _service(self, labels: list[str], namespace: str, hops: int) -> Target | None:
        service, *rest = labels
        if len(rest) > 1 and rest[1] != "svc":
            return None
        space = rest[0] if rest else namespace
        found = self._found(space, service, hops)
        if found is None and rest and space not in self._spaces and space not in _DOMAINS:
            found = self._found(DEFAULT, service, hops)  # objects that do not name their namespace
        return found

    def _found(self, space: str, service: str, hops: int) -> Target | None:
        alias = self._aliases.get((space, service))
        if alias is not None and hops > 0:
            return self.host(alias, space, hops - 1)
        return self._targets.get((space, service))


@dataclass(slots=True)
class Outside:
    """A name of the cluster that leads out of it."""

    item: Object
    host: str
    name: str

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def namespace(self) -> str:
        return self.item.namespace

    @property
    def kind(self) -> str:
        return self.item.kind


def fill(directory: Directory, objects: Objects, pods: Labelled[Workload], taken: Set[str], draft: Draft) -> None:
    """Enter all Services. What no workload, operator or outside host stands behind is told in one note."""
    empty, names_out, split = list[Object](), list[Outside](), list[Object]()
    names: dict[int, list[str]] = {}
    for item in objects.of("Service"):
        selector = selector_of_service(item.spec["selector"])
        external = item.spec["externalName"].text()
        pod = item.spec["selector"][POD_NAME].text()
        if selector is None and pod is not None:
            directory.add_pod(item.namespace, item.name, pod)
        elif selector is not None:
            selected = pods.selected(item.namespace, selector)
            if id(selected) not in names:
                names[id(selected)] = sorted({(one.follows or one).name for one in selected})
            found = names[id(selected)]
            if found:
                directory.add(item.namespace, item.name, Target(item.name if item.name in found else found[0]))
                split += [item] if len(found) > 1 and item.name not in found else []
            elif directory.named(item.namespace, item.name) is None:
                empty.append(item)
        elif external and _is_inside(external):
            directory.alias(item.namespace, item.name, external)
        elif external or _has_endpoints(item, objects):
            names_out.append(Outside(item, external or "", item.name))
    assign_outside(names_out, directory, taken, draft)
    tell(draft, empty, "selects no pod that these files describe", "select no pod that these files describe")
    several = "pods of several workloads, of which the first by name stands for all"
    tell(draft, split, f"selects {several}", f"select {several}")


def assign_outside(found: Sequence[Outside], directory: Directory, taken: Set[str], draft: Draft) -> None:
    for outside in found:
        if outside.name in taken:
            outside.name = f"{outside.name}-external"
    assign_names(found)
    for outside in found:
        origin = outside.item.origin
        component = draft.component("externals", outside.name, origin)
        if outside.host:
            where = outside.item.spec["externalName"].origin
            component.state("description", f"{outside.host}, outside the cluster", where)
        directory.add(outside.namespace, outside.item.name, Target(outside.name))


def _is_inside(host: str) -> bool:
    return host.rstrip(".").endswith((".svc", ".svc.cluster.local"))


def _has_endpoints(item: Object, objects: Objects) -> bool:
    return objects.find("Endpoints", item.namespace, item.name) is not None


def enter_workloads(directory: Directory, workloads: Sequence[Workload]) -> None:
    """Names that need no Service of their own."""
    for workload in workloads:
        if workload.kind == KNATIVE:
            directory.add(workload.namespace, workload.item.name, Target(workload.name))
        elif workload.kind == "StatefulSet":
            directory.add_set(workload.namespace, workload.item.name, Target(workload.name))
