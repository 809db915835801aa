"""The edges of a system: which component needs which, how, and how hard (design.md 3.1)."""

from __future__ import annotations

from archlint.system.elements import (
    NONE,
    Cache,
    Call,
    Component,
    Dependency,
    DependsOn,
    Element,
    Publish,
)

# Edges that a component cannot do without at run time, whatever its item says.
_ALWAYS_HARD = frozenset({"runs_on", "topic"})
_OFF_THE_REQUEST = frozenset({"outbox", "cdc"})
_SURVIVES_A_FAILED_PUBLISH = frozenset({"buffer", "drop"})
_RECOVERY = frozenset({"failover_to", "failover_controller"})


def join(source: Component, targets: tuple[Component, ...], kind: str, item: Element) -> None:
    """Add the edge that `item` makes; nothing where its reference did not resolve."""
    if not targets:
        return
    if isinstance(item, Call):
        hard, phase, fallback = _of_call(item)
    elif isinstance(item, DependsOn):
        hard, phase, fallback = _of_depends_on(item)
    elif kind == "publish" and isinstance(item, Publish):
        hard, phase, fallback = _is_hard_publish(item), "runtime", None
    elif kind == "backed_by":
        hard, phase, fallback = getattr(source.spec, "on_error", None) != "serve-stale", "runtime", None
    else:
        hard, phase, fallback = kind in _ALWAYS_HARD, "recovery" if kind in _RECOVERY else "runtime", None
    edge = Dependency(source, targets, kind, item, hard=hard, phase=phase, fallback=fallback)
    _attach(edge)
    if isinstance(item, Call):
        _join_beside(item, hard=hard, phase=phase)
    if isinstance(source, Cache) and kind == "backed_by":
        source.backed_by = targets[0]


def _attach(edge: Dependency) -> None:
    edge.source.outgoing.append(edge)
    edge.source.system.dependencies.append(edge)
    for target in edge.targets:
        target.incoming.append(edge)
    if edge.fallback is not None:
        edge.fallback.incoming.append(edge)


def _join_beside(call: Call, *, hard: bool, phase: str) -> None:
    """The networks that a call goes through are needed as hard as its target."""
    for network in call.through:
        _attach(Dependency(call.caller, (network,), "through", call, hard=hard, phase=phase))


def _of_call(call: Call) -> tuple[bool, str, Component | None]:
    spec = call.spec
    needed = spec.required and not spec.asynchronous and spec.phase == "runtime"
    fallback = spec.fallback
    if fallback is None or fallback == NONE or fallback.use == NONE:
        return needed, spec.phase, None
    return False, spec.phase, call.fallback if needed else None


def _of_depends_on(depends: DependsOn) -> tuple[bool, str, Component | None]:
    spec = depends.spec
    needed = spec.required and spec.phase == "runtime"
    fallback = spec.fallback
    if fallback is None or fallback == NONE or fallback.use == NONE:
        return needed, spec.phase, None
    return False, spec.phase, depends.fallback if needed else None


def _is_hard_publish(publish: Publish) -> bool:
    spec = publish.spec
    return spec.via not in _OFF_THE_REQUEST and spec.on_failure not in _SURVIVES_A_FAILED_PUBLISH
