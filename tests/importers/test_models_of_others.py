"""Structurizr, CALM and Threagile: what the golden drafts do not say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archlint.importers.importing import Asked, Imported, import_sources


def drafted(source: str, model: dict[str, Any], folder: Path) -> Imported:
    path = folder / "model.json"
    path.write_text(json.dumps(model))
    return import_sources([Asked(source, (str(path),))])


def errors(imported: Imported) -> list[str]:
    return [remark.message for remark in imported.errors]


def test_a_workspace_with_two_containers_of_one_name_is_refused(tmp_path: Path) -> None:
    containers = [{"id": "2", "name": "A"}, {"id": "3", "name": "A"}]
    model = {"softwareSystems": [{"id": "1", "name": "S", "containers": containers}]}
    imported = drafted("structurizr", {"model": model}, tmp_path)
    assert errors(imported) == ["two containers of `S` are named `A`"]
    assert imported.components == 0


def test_a_view_of_a_relationship_that_there_is_not_is_refused(tmp_path: Path) -> None:
    model = {"softwareSystems": [{"id": "1", "name": "S"}]}
    views = {"systemContextViews": [{"key": "ctx", "relationships": [{"id": "9"}]}]}
    imported = drafted("structurizr", {"model": model, "views": views}, tmp_path)
    assert errors(imported) == ["ctx shows the relationship 9, which the model does not have"]


def test_systems_without_containers_anywhere_are_services(tmp_path: Path) -> None:
    systems = [
        {"id": "1", "name": "A", "relationships": [{"id": "9", "sourceId": "1", "destinationId": "2"}]},
        {"id": "2", "name": "B"},
        {"id": "3", "name": "a"},
    ]
    imported = drafted("structurizr", {"model": {"softwareSystems": systems}}, tmp_path)
    assert imported.finished.data["services"] == {"a": {"calls": [{"to": "b"}]}, "b": {}, "3": {}}


def test_several_environments_without_a_live_one_say_nothing_of_counts(tmp_path: Path) -> None:
    nodes = [
        {"environment": name, "instances": 3, "containerInstances": [{"containerId": "2"}]} for name in ("Test", "QA")
    ]
    systems = [{"id": "1", "name": "S", "containers": [{"id": "2", "name": "A"}]}]
    model = {"model": {"softwareSystems": systems, "deploymentNodes": nodes}}
    assert drafted("structurizr", model, tmp_path).finished.data["services"] == {"a": {}}


def test_a_pattern_of_calm_is_refused(tmp_path: Path) -> None:
    pattern: dict[str, Any] = {"properties": {"nodes": {"prefixItems": []}, "relationships": {"prefixItems": []}}}
    assert errors(drafted("calm", pattern, tmp_path)) == [
        "a pattern of CALM is a template, not an architecture: generate one from it"
    ]


@pytest.mark.parametrize("source", ["structurizr", "calm", "threagile"])
@pytest.mark.parametrize("junk", [3, "x", [], [1], {}, None, [[]], {"a": [None]}])
def test_any_shape_is_read_without_a_fault(source: str, junk: Any, tmp_path: Path) -> None:
    models: dict[str, list[dict[str, Any]]] = {
        "structurizr": [
            {"model": {"softwareSystems": [junk]}},
            {"model": {"softwareSystems": [{"id": junk, "name": junk, "containers": junk}]}, "views": junk},
            {"model": {"people": [{"id": "1", "name": "P", "relationships": junk}], "deploymentNodes": junk}},
        ],
        "calm": [
            {"nodes": [{"unique-id": "a", "node-type": "service", "name": junk}], "relationships": junk},
            {"nodes": [{"unique-id": "a", "node-type": "x"}], "relationships": [{"relationship-type": junk}]},
        ],
        "threagile": [
            {"threagile_version": 1, "technical_assets": {"A": junk}, "shared_runtimes": junk},
            {"threagile_version": 1, "technical_assets": {"A": {"communication_links": junk, "tags": junk}}},
        ],
    }
    for model in models[source]:
        drafted(source, model, tmp_path)


def test_names_that_are_taken_or_empty_get_another(tmp_path: Path) -> None:
    nodes = [
        {"unique-id": "x1", "node-type": "service", "name": "Same"},
        {"unique-id": "x2", "node-type": "service", "name": "same"},
        {"unique-id": "№", "node-type": "service", "name": "★"},
    ]
    services = drafted("calm", {"nodes": nodes, "relationships": []}, tmp_path).finished.data["services"]
    assert list(services) == ["component-3", "same", "x2-same"]
