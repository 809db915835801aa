"""From resources to components of a draft: what they are, what they say, how they depend on each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archlint.importers.cloud import (
    access,
    aws_compute,
    aws_entries,
    aws_events,
    aws_messaging,
    aws_stores,
    azure,
    google,
)
from archlint.importers.cloud.kinds import KINDS, NETWORK_KINDS, is_worth_a_note
from archlint.importers.cloud.naming import name_components
from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.draft import Component, Draft

_MODULES = (aws_compute, aws_stores, aws_messaging, aws_events, aws_entries, google, azure)

DETAILS: Mapping[str, Callable[[Resource, Component, Cloud], None]] = {
    type: state for module in _MODULES for type, state in module.DETAILS.items()
}
RELATIONS: Mapping[str, Callable[[Resource, Cloud, Draft], None]] = {
    type: relate for module in _MODULES for type, relate in module.RELATIONS.items()
}


Relating = Callable[[Cloud, Draft], None]


def draft_resources(cloud: Cloud, draft: Draft, further: Relating | None = None) -> None:
    """Write what the resources say into the draft; `further` relations are a source's own."""
    for module in _MODULES:
        module.prepare(cloud)
    name_components([(one, KINDS[one.type]) for one in cloud if one.type in KINDS and one.count], draft)
    for resource in cloud:
        if resource.component is not None:
            _state(resource, resource.component, cloud)
    for resource in cloud:
        if resource.type in RELATIONS:
            RELATIONS[resource.type](resource, cloud, draft)
    if further is not None:
        further(cloud, draft)
    aws_compute.relate_failures(cloud)
    access.relate_by_policies(cloud)
    access.relate_by_settings(cloud)
    aws_entries.open_to_clients(cloud, draft)
    _tell(cloud, draft)


def _state(resource: Resource, component: Component, cloud: Cloud) -> None:
    kind = KINDS[resource.type]
    if kind.section == "networks":
        component.state("kind", NETWORK_KINDS[kind.word], resource.origin)
    if resource.type in DETAILS:
        DETAILS[resource.type](resource, component, cloud)
    component.state("technology", kind.technology if component.stated("technology") is None else None, resource.origin)


def _tell(cloud: Cloud, draft: Draft) -> None:
    """One note for each type that may matter and is not understood."""
    unknown: dict[str, list[Resource]] = {}
    for resource in cloud:
        if resource.type not in KINDS and resource.type not in RELATIONS and is_worth_a_note(resource.type):
            unknown.setdefault(resource.type, []).append(resource)
    for type, resources in sorted(unknown.items()):
        more = f", and {len(resources) - 1} more" if len(resources) > 1 else ""
        draft.note(f"{type} is not understood: {resources[0].label}{more}", resources[0].origin)
