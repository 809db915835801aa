"""From a draft to the data of a manifest that is valid: in the order of the language, without what leads nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from archlint.importers.draft import INSTANCES, Branch, Component, Draft, Leaf, Listing
from archlint.importers.reading.files import Origin
from archlint.manifest.compiled import MODELS
from archlint.manifest.models import SECTIONS
from archlint.manifest.problems import Path
from archlint.records import dataclass, field

_INSTANCES_OF = {"services": "replicas", "jobs": "replicas", "networks": "nodes"}
_INSTANCES_OF |= dict.fromkeys(("datastores", "caches", "brokers"), "nodes")
_REFERENCES = {"calls": "to", "depends_on": "on", "publishes": "to", "consumes": "from"}
_NAMED_LISTS = ("runs_on",)
_LAST = len(SECTIONS)


@dataclass(slots=True)
class Finished:
    """The data of a drafted manifest, and the origin of each of its parts by path."""

    data: dict[str, Any]
    origins: dict[Path, Origin] = field(default_factory=dict)

    def origin(self, path: Path) -> Origin | None:
        """Of the longest part of `path` that a source stated."""
        for length in range(len(path), 0, -1):
            found = self.origins.get(path[:length])
            if found is not None:
                return found
        return None


def finish(draft: Draft) -> Finished:
    """The manifest that the draft comes to. What is left out for leading nowhere is remarked on, in the draft."""
    for component in draft:
        _settle(draft, component)
    _own_teams(draft)
    finished = Finished({"archlint": 1})
    sections: dict[str, list[Component]] = {}
    for component in draft:
        sections.setdefault(component.section, []).append(component)
    top = draft.top._branch.fields
    for section in SECTIONS:
        if section == "system":
            finished.data[section] = _plain(top.get(section), (section,), finished.origins) | {"name": draft.name}
        elif section in sections:
            finished.data[section] = _named(section, sections[section], finished.origins)
        elif section in top:
            finished.data[section] = _plain(top[section], (section,), finished.origins)
    return finished


def _named(section: str, components: Iterable[Component], origins: dict[Path, Origin]) -> dict[str, Any]:
    order = fields_of(section)
    data = {}
    for component in sorted(components, key=lambda component: component.name):
        path = (section, component.name)
        origins[path] = component.origin
        data[component.name] = _ordered(component._branch, path, origins, order)
    return data


def _ordered(branch: Branch, path: Path, origins: dict[Path, Origin], order: Mapping[str, int]) -> dict[str, Any]:
    names = sorted(branch.fields, key=lambda name: (order.get(name, _LAST), name))
    return {name: _plain(branch.fields[name], (*path, name), origins) for name in names}


def _plain(node: Leaf | Branch | Listing | None, path: Path, origins: dict[Path, Origin]) -> Any:
    if node is None:
        return {}
    origins[path] = node.origin
    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, Branch):
        return {name: _plain(inner, (*path, name), origins) for name, inner in node.fields.items()}
    items = sorted(node.items, key=lambda item: [str(leaf.value) for leaf in _leaves(item)][:1])
    return [_plain(item, (*path, at), origins) for at, item in enumerate(items)]


def _leaves(branch: Branch) -> list[Leaf]:
    return [node for node in branch.fields.values() if isinstance(node, Leaf)]


@cache
def fields_of(section: str) -> Mapping[str, int]:
    """The fields of what a section names, with their places in the language's own order."""
    fields = MODELS[SECTIONS[section].model][0]
    return MappingProxyType({name: at for at, (name, *_) in enumerate(fields)})


def _settle(draft: Draft, component: Component) -> None:
    """Give a component the words of its section, and take from it what is none of them."""
    known = fields_of(component.section)
    fields = component._branch.fields
    if INSTANCES in fields:
        instances = fields.pop(INSTANCES)
        fields.setdefault(_INSTANCES_OF.get(component.section, INSTANCES), instances)
    _settle_calls(draft, component, known)
    for name in [name for name in fields if name not in known]:
        del fields[name]
    for name, naming in _REFERENCES.items():
        _without_dangling(draft, component, name, naming)
    for name in _NAMED_LISTS:
        leaf = fields.get(name)
        if isinstance(leaf, Leaf):
            kept = [target for target in leaf.value if draft.find(target) is not None]
            fields[name] = Leaf(kept, leaf.origin)
            if not kept:
                del fields[name]


def _settle_calls(draft: Draft, component: Component, known: Mapping[str, int]) -> None:
    """What cannot call, or is a broker, is depended on instead."""
    calls = component._branch.fields.get("calls")
    if not isinstance(calls, Listing):
        return
    kept = []
    for call in calls.items:
        to = call.fields["to"]
        assert isinstance(to, Leaf)
        target = draft.find(str(to.value))
        if "calls" in known and (target is None or target.section not in ("brokers", "jobs", "clients")):
            kept.append(call)
        elif target is None or target.name != component.name:
            component.depend(str(to.value), call.origin)
    calls.items[:] = kept
    if not kept:
        del component._branch.fields["calls"]


def _without_dangling(draft: Draft, component: Component, name: str, naming: str) -> None:
    listing = component._branch.fields.get(name)
    if not isinstance(listing, Listing):
        return
    kept = []
    for item in listing.items:
        leaf = item.fields[naming]
        assert isinstance(leaf, Leaf)
        if _leads(draft, str(leaf.value)):
            kept.append(item)
        else:
            draft.note(f"{component.name} needs `{leaf.value}`, which no source describes; left out", item.origin)
    listing.items[:] = kept
    if not kept:
        del component._branch.fields[name]


def _leads(draft: Draft, reference: str) -> bool:
    broker, slash, topic = reference.partition("/")
    component = draft.find(broker)
    if component is None or not slash:
        return component is not None
    topics = component._branch.fields.get("topics")
    return isinstance(topics, Branch) and topic in topics.fields


def _own_teams(draft: Draft) -> None:
    """Where any team is stated, owners are references to teams."""
    if draft.top.stated("teams") is None:
        return
    for component in draft:
        owner = component._branch.fields.get("owner")
        if isinstance(owner, Leaf):
            draft.team(str(owner.value), owner.origin)
    owner = draft.top._branch.fields.get("system")
    if isinstance(owner, Branch) and isinstance(leaf := owner.fields.get("owner"), Leaf):
        draft.team(str(leaf.value), leaf.origin)
