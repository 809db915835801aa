"""Kafka in containers: which of them vote, and the topics that an image makes at its start."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.importers.compose.environment import Variable
from archlint.importers.compose.service import Service
from archlint.importers.draft import Component
from archlint.importers.names import as_name

CONTROLLER = "controller"
_ROLES = ("KAFKA_PROCESS_ROLES", "KAFKA_CFG_PROCESS_ROLES")
_VOTERS = "KAFKA_CONTROLLER_QUORUM_VOTERS"


def roles_of(service: Service) -> set[str]:
    """`broker` and `controller`, as the container's settings say; empty where they do not."""
    for key in _ROLES:
        text = _known(service.environment.get(key))
        if text is not None:
            return {role.strip() for role in text.split(",")}
    return set()


def state_kafka(component: Component, speaking: Service, members: Sequence[Service]) -> None:
    """`speaking`: the container whose settings stand for those of all."""
    environment = speaking.environment
    role = next((environment[key] for key in (*_ROLES, _VOTERS) if key in environment), None)
    keeper = next((variable for key, variable in environment.items() if key.endswith("ZOOKEEPER_CONNECT")), None)
    if role is not None:
        component.state("mode", "kraft", role.origin)
        voters = [member.key for member in members if CONTROLLER in roles_of(member)]
        if voters:
            component.state("voters", len(voters), role.origin.noted(f"controllers: {', '.join(voters)}"))
    elif keeper is not None:
        component.state("mode", "zookeeper", keeper.origin)
    _state_topics(component, environment.get("KAFKA_CREATE_TOPICS"))


def _state_topics(component: Component, created: Variable | None) -> None:
    """`orders:3:2,events:1:1`: name, partitions, copies."""
    for entry in (_known(created) or "").split(","):
        name, *numbers = entry.strip().split(":")
        if created is None or not name or as_name(name) != name:
            continue
        topic = component.topic(name, created.origin)
        for field, number in zip(("partitions", "replication_factor"), numbers, strict=False):
            if number.isdigit() and len(number) < 10:
                topic.state(field, int(number), created.origin)


def _known(variable: Variable | None) -> str | None:
    return variable.text.known if variable is not None and variable.text is not None else None
