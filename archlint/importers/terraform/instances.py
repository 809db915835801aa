"""The instances of resources that a plan or a state lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archlint.importers.reading.tree import Part
from archlint.records import dataclass

MAX_MODULES = 50
_STEP = re.compile(r"module\.([^.\[]+)(\[(?:\"(?:[^\"\\]|\\.)*\"|[^\]]*)\])?\.?")
_KEY = re.compile(r"\[(?:\"((?:[^\"\\]|\\.)*)\"|(\d+))\]$")


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance: its type, name, key, the modules that it lies in with and without their keys, and what is known."""

    type: str
    name: str
    mode: str
    index: int | None
    key: str
    modules: tuple[str, ...]
    module_keys: tuple[str, ...]
    values: Part
    marks: Part
    origin: Part

    @property
    def configured(self) -> str:
        """The address in the configuration, where modules and resources have no keys."""
        steps = [f"module.{name}" for name in self.modules]
        data = ["data"] if self.mode == "data" else []
        return ".".join([*steps, *data, self.type, self.name])


def of_modules(module: Part, depth: int = 0) -> Iterator[Instance]:
    """Those of `values` or `planned_values`."""
    for resource in module["resources"].each():
        type, name = resource["type"].text(), resource["name"].text()
        if not type or not name:
            continue
        modules, keys = _modules(resource["address"].text() or "")
        index, key = _indexed(resource["index"], resource["address"].text() or "")
        yield Instance(
            type, name, resource["mode"].text() or "managed", index, key, modules, keys,
            resource["values"], resource["sensitive_values"], resource,
        )  # fmt: skip
    for child in module["child_modules"].each():
        if depth < MAX_MODULES:
            yield from of_modules(child, depth + 1)


def of_state(document: Part) -> Iterator[Instance]:
    """Those of a state as it is kept, of version 4."""
    for resource in document["resources"].each():
        type, name = resource["type"].text(), resource["name"].text()
        if not type or not name:
            continue
        modules, keys = _modules(resource["module"].text() or "")
        for instance in resource["instances"].each():
            index, key = _indexed(instance["index_key"], "")
            yield Instance(
                type, name, resource["mode"].text() or "managed", index, key, modules, keys,
                instance["attributes"], instance["none"], resource,
            )  # fmt: skip


def _modules(address: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names, keys, at = [], [], 0
    while found := _STEP.match(address, at):
        names.append(found[1])
        key = _KEY.search(found[2] or "")
        keys.append((key[1] or key[2] or "") if key else "")
        at = found.end()
    return tuple(names), tuple(keys)


def _indexed(index: Part, address: str) -> tuple[int | None, str]:
    """The number of one of several that are counted, or the key of one of several that are named."""
    if isinstance(index.value, int) and not isinstance(index.value, bool):
        return index.value, ""
    if isinstance(index.value, str):
        return None, index.value
    found = _KEY.search(address)
    if not found:
        return None, ""
    return (int(found[2]), "") if found[2] else (None, found[1] or "")
