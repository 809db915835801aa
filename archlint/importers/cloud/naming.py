"""What components are called: as the source calls the resource, and by more where that is not enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from archlint.importers.cloud.kinds import Kind
from archlint.importers.cloud.resources import Resource
from archlint.importers.draft import Draft
from archlint.importers.names import as_name

_GENERIC = frozenset({"this", "main", "default", "these", "self", "resource", "instance", "cluster", "table", "queue"})
_ORDER = ("services", "datastores", "caches", "brokers", "networks", "externals", "jobs", "clients")


def name_components(kinds: Iterable[tuple[Resource, Kind]], draft: Draft) -> None:
    """Give each resource its component, services first; what the draft knows by another source is met again by name."""
    pairs = sorted(kinds, key=lambda pair: (_ORDER.index(pair[1].section), pair[0].id))
    alike = Counter((resource.type, _label(resource)) for resource, _ in pairs)
    alike.update((resource.type, step) for resource, _ in pairs for step in set(_steps(resource)))
    taken: set[str] = set()
    for resource, kind in pairs:
        is_shared = alike[resource.type, _label(resource)] > 1
        own = [step for step in reversed(_steps(resource)) if alike[resource.type, step] == 1]
        for name in _candidates(resource, kind.word, is_shared, own):
            known = draft.find(name)
            if name not in taken and (known is None or known.section == kind.section):
                break
        else:
            name = f"{kind.word}-{len(taken) + 1}"
        taken.add(name)
        resource.component = draft.component(kind.section, name, resource.origin)


def _label(resource: Resource) -> str:
    return f"{resource.label}-{resource.key}" if resource.key else resource.label


def _steps(resource: Resource) -> list[str]:
    """The modules that it lies in, the innermost last."""
    return [f"{step}." for step in resource.scope.split(".") if step]


def _candidates(resource: Resource, word: str, is_shared: bool, own: list[str]) -> Iterator[str]:
    """`own` are modules that hold no other resource of the type, the innermost first."""
    label, scope = as_name(_label(resource)), as_name(resource.scope)
    within = as_name(own[0]) if own else scope.rpartition(".")[2]
    is_generic = resource.label in _GENERIC
    names = []
    if is_generic and within:
        names = [within, f"{within}-{word}"]
    elif is_generic and resource.physical:
        names = [as_name(resource.physical)]
    if not (is_shared and within):
        names += [label, f"{label}-{word}"]
    if within:
        names += [f"{within}-{label}", f"{scope}-{label}", f"{scope}-{label}-{word}"]
    yield from filter(None, (name.strip("-._") for name in names))
