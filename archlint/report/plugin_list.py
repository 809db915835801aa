"""What `archlint plugins` shows: each distribution that brings checks or blocks, and what of it failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archlint.engine.plugins import BUILT_IN
from archlint.report.closing import counted, fault_line
from archlint.report.listing import as_json

if TYPE_CHECKING:
    from archlint.engine.registry import Registry

Item = dict[str, Any]


def plugin_items(registry: Registry) -> list[Item]:
    """One item a distribution, in the order in which they are loaded: archlint itself first."""
    items: dict[str, Item] = {}
    for entry in registry.entry_points:
        item = items.setdefault(entry.label, _item(entry.distribution, entry.version))
        item["entry_points"].append({"name": entry.name, "value": entry.value})
    for key, entry in registry.owners.items():
        if key.startswith("x-"):
            items[entry.label]["blocks"].append(key)
        elif (check := registry.find(key)) is not None and check.code == key:
            items[entry.label]["checks"].append({"id": key, "name": check.name})
    for fault in registry.faults:
        items[fault.distribution]["faults"].append({"name": fault.name, "message": fault.message})
    return [{**item, "checks": sorted(item["checks"], key=lambda check: str(check["id"]))} for item in items.values()]


def _item(distribution: str, version: str) -> Item:
    return {
        "distribution": distribution,
        "version": version,
        "entry_points": [],
        "checks": [],
        "blocks": [],
        "faults": [],
    }


def plugins_as_json(registry: Registry) -> str:
    return as_json("plugins", plugin_items(registry))


def plugins_as_text(registry: Registry) -> str:
    lines: list[str] = []
    for item in plugin_items(registry):
        lines.append(f"{item['distribution']} {item['version']}".strip())
        lines.extend(f"  {line}" for line in _contents(item))
    lines.extend(fault_line(fault) for fault in registry.faults)
    return "".join(f"{line}\n" for line in lines)


def _contents(item: Item) -> Iterator[str]:
    """Archlint's own checks are counted only: `archlint catalog checks` lists them."""
    if item["distribution"] == BUILT_IN:
        yield counted(len(item["checks"]), "check")
    else:
        yield from (f"{check['id']} {check['name']}" for check in item["checks"])
        yield from item["blocks"]
        if item["faults"]:
            yield counted(len(item["faults"]), "fault")
