"""One field on both sides: where it is in the manifest, whether both say the same, and how to show it."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose
from typing import Any

from archlint.importers.names import normal
from archlint.manifest.problems import Path
from archlint.manifest.spans import NAMING
from archlint.manifest.tree import ABSENT, value_at
from archlint.manifest.units import Ranged
from archlint.records import dataclass
from archlint.system.elements import NONE, Component, stated

_NAMING = (*NAMING, "kind")
"""What tells the items of a list apart; the probes of a component go by their kinds."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A field on both sides, in canonical units, with its path in the manifest and in the draft."""

    path: Path
    source: Path
    stated: Any
    drawn: Any


def reached(twin: Component, drawn: Component, path: Path) -> Iterator[Reached]:
    """The fields of the manifest's component that a path of the draft leads to: none where it does not state it.

    A call is looked for in operations too: a source does not know for which of them it is made.
    """
    rest = _same_words(path[2:], twin)
    there = _Side(drawn.spec, value_at(drawn.system.document.data, drawn.path), drawn.path)
    data = value_at(twin.system.document.data, twin.path)
    yield from _walk(_Side(twin.spec, data, twin.path), there, rest)
    operations = value_at(data, ("operations",))
    if rest[0] == "calls" and isinstance(operations, dict):
        for name in operations:
            spec = stated(twin.spec, "operations")[name]
            here = _Side(spec, operations[name], (*twin.path, "operations", name))
            yield from _walk(here, there, rest)


@dataclass(frozen=True, slots=True)
class _Side:
    """A part of a manifest: in canonical units, as it is written, and its path."""

    spec: Any
    data: Any
    path: Path

    def step(self, step: str | int) -> _Side:
        if isinstance(step, int) or isinstance(self.spec, dict):
            spec = value_at(self.spec, (step,))
            return _Side(None if spec is ABSENT else spec, value_at(self.data, (step,)), (*self.path, step))
        return _Side(stated(self.spec, step), value_at(self.data, (step,)), (*self.path, step))


def _walk(here: _Side, there: _Side, rest: Path) -> Iterator[Reached]:
    for at, step in enumerate(rest):
        if isinstance(here.spec, list) and isinstance(step, str):  # one probe is a mapping, several are a list
            here = here.step(0) if len(here.spec) == 1 else _Side(None, None, here.path)
        if here.spec is None or there.spec is None:
            return
        if here.spec == NONE or there.spec == NONE or isinstance(here.spec, int | float):
            break
        if isinstance(step, int):
            there = there.step(step)
            index = _item(here.data, there.data)
            if index is None and not (isinstance(here.data, dict) and _is_twin(here.data, there.data)):
                return
            here = here if index is None else here.step(index)
            continue
        there = there.step(rest[at])
        here = here.step(step)
    if here.spec is not None and there.spec is not None:
        yield Reached(here.path, there.path, here.spec, there.spec)


def _same_words(path: Path, twin: Component) -> Path:
    """What one section calls replicas, another calls nodes."""
    words = {"replicas": "nodes"} if twin.path[0] in ("datastores", "caches", "brokers", "networks") else {}
    words = words or {"nodes": "replicas"}
    return (words.get(str(path[0]), path[0]), *path[1:])


def _item(stated_items: Any, drawn: Any) -> int | None:
    """The index of the item that has the same name."""
    if not isinstance(stated_items, list):
        return None
    return next((at for at, item in enumerate(stated_items) if _is_twin(item, drawn)), None)


def _is_twin(item: Any, drawn: Any) -> bool:
    if not isinstance(item, dict) or not isinstance(drawn, dict):
        return False
    naming = next((field for field in _NAMING if field in drawn), None)
    return naming is not None and normal(str(item.get(naming))) == normal(str(drawn[naming]))


def equal(here: Any, there: Any, field: str) -> bool:
    """Whether two canonical values say the same; a range holds what lies in it."""
    if field == "technology":
        return _same_technology(str(here), str(there))
    if isinstance(here, Ranged) and isinstance(there, int | float):
        return here.low <= there <= here.high
    if isinstance(here, bool) or isinstance(there, bool):
        return here is there
    if isinstance(here, int | float) and isinstance(there, int | float):
        return isclose(here, there, rel_tol=1e-6)
    if isinstance(here, int | float) or isinstance(there, int | float):  # `replicas: 3` against bounds
        return _bounds(here) == _bounds(there)
    if isinstance(here, list | dict) and isinstance(there, list):
        return sorted(map(str, here)) == sorted(map(str, there))
    return bool(here == there)


def _bounds(value: Any) -> tuple[Any, Any]:
    if isinstance(value, int | float):
        return value, value
    return stated(value, "min"), stated(value, "max")


def _same_technology(here: str, there: str) -> bool:
    """A version that is told less exactly is the same; a technology goes by several names."""
    from archlint.knowledge.catalogue import Catalogue

    catalogue = Catalogue()
    slugs = [catalogue.resolve(name) or name.partition("@")[0] for name in (here, there)]
    versions = [name.partition("@")[2].split(".") for name in (here, there)]
    told = min(len(version) for version in versions) if all(name.partition("@")[2] for name in (here, there)) else 0
    return slugs[0] == slugs[1] and versions[0][:told] == versions[1][:told]


def shown(written: Any, canonical: Any = ABSENT) -> str:
    """A value as it is written, on one line; items that have names go by these."""
    value = canonical if written is ABSENT else written
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown_item, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {shown(part)}" for name, part in value.items()) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _shown_item(item: Any) -> str:
    naming = next((field for field in _NAMING if field in item), None) if isinstance(item, dict) else None
    return shown(item) if naming is None else str(item[naming])
