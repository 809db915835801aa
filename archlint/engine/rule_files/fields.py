"""What the expressions of a rule may ask of an element: the fields of the language, and what each of them holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from archlint.manifest.compiled import MODELS

Plans = tuple[Any, ...]
"""What may stand at a place, as `manifest.compiled` has it; several where the language allows several kinds."""

ITEM = "[]"
"""The step to the items of a list."""

ANYTHING: Plans = (("anything",),)
COMPONENTS = ("Service", "Datastore", "Cache", "Broker", "Topic", "External", "Network", "Client", "Job")
ITEMS = ("Call", "Publish", "Consume")
OTHERS = ("System", "Flow", "Transaction", "Lock")
SELECTABLE = ("Component", *COMPONENTS, *ITEMS, *OTHERS)
"""What a rule may select."""

DERIVED = ("instances", "zones", "peak")
"""Variables of components that are computed: `instances.least` and `.most`, the zones that it stands in, its load."""

_UNITS = {
    "duration": "s",
    "rate": "/s",
    "bytes": "B",
    "throughput": "B/s",
    "fraction": "fraction",
    "multiple": "x",
    "money": "USD/month",
}


def variables(select: str) -> dict[str, Plans]:
    """The variables of a rule that selects such elements, and what each holds."""
    known = {select.lower(): plans_of(select), "system": plans_of("System"), "options": ANYTHING, "today": (("text",),)}
    if select in ("Component", *COMPONENTS):
        known |= {
            "instances": (("derived", {"least": (("whole",),), "most": (("whole",),)}),),
            "zones": (("list", ("text",)),),
            "peak": (("quantity", ("rate",)),),
        }
    for name, kind in _RELATED.get(select, {}).items():
        known[name] = (("elements", kind),) if name == "targets" else plans_of(kind)
    return known


_RELATED = {
    "Call": {"caller": "Component", "targets": "Component"},
    "Publish": {"publisher": "Component", "topic": "Topic"},
    "Consume": {"consumer": "Component", "topic": "Topic"},
    "Topic": {"broker": "Broker"},
    "Flow": {"entry": "Component"},
}


def plans_of(kind: str) -> Plans:
    kinds = COMPONENTS if kind == "Component" else (kind,)
    return tuple(("element", f"{name}Spec") for name in kinds)


def step(plans: Plans, name: str) -> Plans:
    """What stands at a field, at a key or (ITEM) among the items of what `plans` tell; empty where nothing can."""
    return tuple(found for plan in plans for found in _step(plan, name))


def _step(plan: Any, name: str) -> Iterable[Any]:
    kind = plan[0]
    if kind in ("anything", "setting"):
        return (plan,)
    if kind == "by kind":
        return step(tuple(arm for _, arm in plan[1]), name)
    if kind in ("model", "element"):
        if kind == "element" and (name in ("name", "kind") or name.startswith("x-")):
            own = [field[2] for field in MODELS[plan[1]][0] if field[0] == name]
            return own or ((("text",),) if name in ("name", "kind") else ANYTHING)
        return [field[2] for field in MODELS[plan[1]][0] if field[0] == name]
    if kind == "derived":
        return plan[1].get(name, ())  # type: ignore[no-any-return]
    if kind == "named":
        return (("text",),) if name == ITEM else (plan[2],)
    if kind == "elements":
        return plans_of(plan[1]) if name == ITEM else ()
    if kind == "list":
        return (plan[1],) if name == ITEM else ()
    return ()


def unknown_field(plans: Plans, parts: Sequence[str]) -> tuple[int, str] | None:
    """The first of the parts that nothing has, by its index, and what may have been meant; None where all exist."""
    for at, part in enumerate(parts):
        following = step(plans, part)
        if not following:
            return at, suggestion(part, sorted(set(names(plans))))
        plans = following
    return None


def suggestion(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def names(plans: Plans) -> Iterator[str]:
    for plan in plans:
        if plan[0] in ("model", "element"):
            yield from (field[0] for field in MODELS[plan[1]][0])
        elif plan[0] == "by kind":
            yield from names(tuple(arm for _, arm in plan[1]))
        elif plan[0] == "derived":
            yield from plan[1]


def unit_of(plans: Plans, parts: Sequence[str]) -> str:
    """The canonical unit of the figures at a field, empty where they have none, or several may stand there."""
    for part in parts:
        plans = step(plans, part)
    units = set(_units(plans))
    return units.pop() if len(units) == 1 else ""


def _units(plans: Plans) -> Iterator[str]:
    for plan in plans:
        if plan[0] == "by kind":
            yield from _units(tuple(arm for _, arm in plan[1]))
        elif plan[0] == "quantity":
            yield _UNITS.get(plan[1][0], "") if len(plan[1]) == 1 else ""
        elif plan[0] in ("whole", "count or share"):
            yield ""
