"""Custom resources that ask an operator to run a store, a broker or a client of one."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.importers.kubernetes.directory import Directory, Target
from archlint.importers.kubernetes.objects import Objects
from archlint.importers.kubernetes.operators import others, postgres, strimzi
from archlint.importers.kubernetes.operators.resource import Around, Resource
from archlint.importers.kubernetes.telling import tell

KNOWN = strimzi.KNOWN | postgres.KNOWN
"""Kinds that say more of other resources, or nothing of components."""


def resources_of(objects: Objects) -> list[Resource]:
    return [*strimzi.resources_of(objects), *postgres.resources_of(objects), *others.resources_of(objects)]


def enter(resources: Sequence[Resource], directory: Directory) -> None:
    """The names under which operators offer what they run; a pooler's lead through it to what is behind."""
    for resource in resources:
        if resource.section != "networks":
            for service, reads_only in resource.services.items():
                directory.add(resource.namespace, service, Target(resource.name, reads_only))
    for resource in resources:
        if resource.section == "networks":
            behind = directory.named(resource.namespace, postgres.service_behind(resource))
            for service in resource.services:
                target = Target(behind.name, through=resource.name) if behind is not None else Target(resource.name)
                directory.add(resource.namespace, service, target)


def state(resources: Sequence[Resource], around: Around) -> None:
    for resource in resources:
        component = around.draft.component(resource.section, resource.name, resource.origin)
        resource.state(resource, component, around)
    clusters = {
        (resource.namespace, resource.item.name): resource.name
        for resource in resources
        if resource.item.kind == strimzi.KAFKA and resource.section == "brokers"
    }
    lost = strimzi.state_topics(around.objects, clusters, around)
    tell(around.draft, lost, "belongs to no Kafka of these files", "belong to no Kafka of these files")
