"""What a service of a Compose file states of itself: instances, health check, memory, deployment, configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from archlint.importers import quantities
from archlint.importers.compose.layers import Layers
from archlint.importers.compose.service import Service
from archlint.importers.configuration import from_arguments, from_environment
from archlint.importers.draft import Component, Statement
from archlint.importers.reading.files import Origin

_BYTES = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgtp])i?b?|b)?", re.IGNORECASE)
_POWERS = "kmgtp"


def instances_of(service: Service) -> tuple[int, Origin, bool] | None:
    """How many containers run, where, and whether a file says it: Compose starts one unless told otherwise."""
    mode = service.spec.at("deploy", "mode").known()
    if mode is not None and mode.startswith("global"):
        return None
    for stated in (service.spec.at("deploy", "replicas"), service.spec["scale"]):
        if stated and stated.origin is not None:
            count = stated.integer()
            return (count, stated.origin, True) if count is not None and count >= 0 else None
    return 1, service.origin.noted("Compose starts one container of a service that says no number"), False


def state_facts(service: Service, component: Component) -> None:
    spec = service.spec
    _state_health_check(spec["healthcheck"], component)
    if component.section == "services":
        _state_memory(spec, component)
        _state_deployment(spec, component)


def _state_health_check(check: Layers, statement: Statement) -> None:
    if not check:
        return
    test, disabled = check["test"], check["disable"]
    words = [item.text() for item in test.last.each()] if test.last is not None else []
    if disabled.flag() or test.known() == "NONE" or words[:1] == ["NONE"]:
        origin = (disabled if disabled.flag() else test).origin
        if origin is not None:
            statement.state("health_check", "none", origin)
        return
    for field, key in (("interval", "interval"), ("timeout", "timeout"), ("startup_grace", "start_period")):
        _state_duration(check[key], statement, f"health_check.{field}")
    failures = check["retries"]
    count = failures.integer()
    if count and count > 0 and failures.origin is not None:
        statement.state("health_check.failures", count, failures.origin)


def _state_duration(stated: Layers, statement: Statement, field: str) -> None:
    known = stated.known()
    seconds = None if known is None else quantities.seconds_of(known)
    if seconds and stated.origin is not None:
        statement.state(field, quantities.duration(seconds), stated.origin)


def _state_memory(spec: Layers, statement: Statement) -> None:
    for stated in (spec.at("deploy", "resources", "limits", "memory"), spec["mem_limit"]):
        size = bytes_of(stated.known() or "")
        if size and stated.origin is not None:
            statement.state("memory.limit", quantities.size(size), stated.origin)
            return


def bytes_of(text: str) -> int | None:
    """Bytes as Docker writes them, every unit a power of 1024: `300M`, `1gb`, `512`."""
    found = _BYTES.fullmatch(text.strip())
    if found is None or len(found[1]) > 20:
        return None
    power = _POWERS.index(found[2].lower()) + 1 if found[2] else 0
    return int(Decimal(found[1]) * 1024**power)


def _state_deployment(spec: Layers, statement: Statement) -> None:
    _state_duration(spec["stop_grace_period"], statement, "deploy.drain")
    update = spec.at("deploy", "update_config")
    order, parallelism = update["order"], update["parallelism"]
    count = parallelism.integer()
    if not update or update.origin is None:
        return
    statement.state("deploy.strategy", "rolling", update.origin)
    if count and count > 0 and parallelism.origin is not None:
        first = order.known() == "start-first"
        statement.state("deploy.max_surge" if first else "deploy.max_unavailable", count, parallelism.origin)
        if first and order.origin is not None:
            statement.state("deploy.max_unavailable", 0, order.origin)


def settings_of(service: Service, slug: str) -> Iterator[tuple[str, str | int, Origin]]:
    """What is set of the technology's own configuration, where its keys are known."""
    for variable in service.environment.values():
        value = variable.text.known if variable.text is not None else None
        found = None if value is None else from_environment(slug, variable.key, value)
        if found is not None:
            yield (*found, variable.origin)
    arguments = service.arguments
    for at, key, setting in from_arguments(slug, service.words):
        yield key, setting, arguments[at][0].origin
