"""Threagile models, as they are written in YAML and as the tool writes them in JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from archlint.importers.draft import INSTANCES, Draft, Section
from archlint.importers.elements import Elements
from archlint.importers.gathering import Sources
from archlint.importers.names import slug
from archlint.importers.reading.files import SourceFile
from archlint.importers.reading.tree import Part
from archlint.importers.technologies import of_words

TITLE = "a Threagile model"

_TIERS = MappingProxyType(
    {
        "mission-critical": "critical",
        "critical": "critical",
        "important": "important",
        "operational": "best-effort",
        "archive": "best-effort",
    }
)
_BY_TECHNOLOGY: Mapping[str, Section] = MappingProxyType(
    {
        "message-queue": "brokers",
        "stream-processing": "brokers",
        "event-listener": "services",
        "database": "datastores",
        "file-server": "datastores",
        "block-storage": "datastores",
        "data-lake": "datastores",
        "search-index": "datastores",
        "local-file-system": "datastores",
        "load-balancer": "networks",
        "gateway": "networks",
        "waf": "networks",
        "browser": "clients",
        "desktop": "clients",
        "mobile-app": "clients",
        "client-system": "clients",
        "devops-client": "clients",
    }
)


def recognises(file: SourceFile) -> bool:
    return any(part["technical_assets"].is_mapping and part["threagile_version"] for part in file.documents)


def draft_from(sources: Sources, draft: Draft) -> None:
    for file in sources.files:
        for model in file.documents:
            if model["technical_assets"].is_mapping:
                _model(model, draft)


def _model(model: Part, draft: Draft) -> None:
    elements = Elements(draft)
    draft.top.state("system.name", slug(model["title"].text() or "") or None, model["title"].origin)
    criticality = model["business_criticality"]
    draft.top.state("system.tier", _TIERS.get(criticality.text() or ""), criticality.origin)
    for key, asset in model["technical_assets"].items():
        _asset(key, asset, elements)
    for key, asset in model["technical_assets"].items():
        for link in _links(asset):
            read_only = link["readonly"].flag()
            elements.relate(
                asset["id"].text() or key,
                link.first("target", "target_id").text(),
                link.origin,
                description=link["description"].text(),
                access=None if read_only is None else "read" if read_only else "write",
                protocol=link["protocol"].text(),
            )
    for key, runtime in model["shared_runtimes"].items():
        _runtime(runtime["id"].text() or key, runtime, elements)


def _asset(key: str, asset: Part, elements: Elements) -> None:
    id, title = asset["id"].text() or key, asset["title"].text() or key
    section = _section(asset)
    component = elements.add(id, section, title, asset.origin, within=id)
    component.state("description", asset["description"].text(), asset["description"].origin)
    component.state("owner", asset["owner"].text(), asset["owner"].origin)
    component.state("tier", _TIERS.get(asset["availability"].text() or ""), asset["availability"].origin)
    known = of_words(" ".join([title, *(tag.text() or "" for tag in asset["tags"].each())]))
    if known is not None and known.section == section:
        component.state("technology", known.technology, asset["tags"].origin)
    if asset["redundant"].flag() is False and section not in ("clients", "externals"):
        component.state(INSTANCES, 1, asset["redundant"].origin.noted("not redundant"))


def _section(asset: Part) -> Section:
    technology = asset["technology"].text() or asset["technologies"][0].first("Name", "name").text() or ""
    technology = technology or asset["technologies"][0].text() or ""
    kind = asset["type"].text()
    if asset["used_as_client_by_human"].flag():
        return "clients"
    if kind == "datastore":
        known = _BY_TECHNOLOGY.get(technology, "datastores")
        return known if known in ("brokers", "datastores") else "datastores"
    if technology in _BY_TECHNOLOGY:
        return _BY_TECHNOLOGY[technology]
    return "externals" if kind == "external-entity" else "services"


def _links(asset: Part) -> Iterator[Part]:
    links = asset["communication_links"]
    yield from links.each()
    yield from links.values()


def _runtime(id: str, runtime: Part, elements: Elements) -> None:
    """What shares a runtime fails with it."""
    for asset in runtime["technical_assets_running"].each():
        component = elements.find(asset.text())
        if component is not None:
            component.entry("domains", "runtime", slug(id), asset.origin)
