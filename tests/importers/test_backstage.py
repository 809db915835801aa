"""Backstage catalogues: what the golden draft does not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archlint.importers.backstage.catalogue import Reference, refer
from archlint.importers.importing import Asked, Imported, import_sources
from archlint.importers.kinds import Kind, of_type
from archlint.manifest.loading import load

FIXTURES = Path(__file__).parents[2] / "fixtures" / "imports" / "backstage"


def entity(kind: str, name: str, spec: str = "{}", more: str = "") -> str:
    metadata = f"metadata: {{name: {name}{more}}}"
    return f"---\napiVersion: backstage.io/v1alpha1\nkind: {kind}\n{metadata}\nspec: {spec}\n"


def imported(folder: Path, text: str, name: str = "catalog-info.yaml") -> Imported:
    (folder / name).write_text(text)
    found = import_sources([Asked("backstage", (str(folder / name),))])
    assert not found.components or load(found.text().encode(), "draft").problems == ()
    return found


def data_of(folder: Path, text: str) -> dict[str, Any]:
    return imported(folder, text).finished.data


def messages(found: Imported) -> list[str]:
    return [f"{remark.level}: {remark.message}" for remark in found.remarks]


def test_numbers_of_components(tmp_path: Path) -> None:
    data = data_of(tmp_path, (FIXTURES / "catalog.yaml").read_text())
    kept = ("services", "datastores", "caches", "brokers", "externals", "teams")
    assert {name: len(data[name]) for name in kept} == {
        "services": 3, "datastores": 2, "caches": 1, "brokers": 1, "externals": 1, "teams": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("x", Reference("api", "default", "x")),
        ("Component:X", Reference("component", "default", "x")),
        ("Payments/x", Reference("api", "payments", "x")),
        ("resource:ns/x.y_z", Reference("resource", "ns", "x.y_z")),
        ("a b", None),
        ("", None),
        ("a:b:c", None),
    ],
)
def test_references(text: str, reference: Reference | None) -> None:
    assert refer(text, "api") == reference


def test_names_left_out_are_those_of_the_entity_itself(tmp_path: Path) -> None:
    text = entity(
        "Component", "web", "{type: service, dependsOn: ['component:db', 'component:default/db']}", ", namespace: a"
    )
    text += entity("Component", "db", "{type: database}", ", namespace: a") + entity(
        "Component", "db", "{type: database}"
    )
    data = data_of(tmp_path, text)
    assert [item["on"] for item in data["services"]["web"]["depends_on"]] == ["db", "db-component"]


def test_an_api_leads_from_its_consumer_to_its_provider(tmp_path: Path) -> None:
    text = entity("Component", "web", "{type: website, consumesApis: [orders, gone, old], dependsOn: ['api:orders']}")
    text += entity("Component", "orders", "{type: service, providesApis: [orders]}")
    text += entity("API", "orders", "{type: grpc}") + entity("API", "old", "{type: grpc, apiConsumedBy: [orders]}")
    text += entity("API", "nobody", "{type: grpc}")
    found = imported(tmp_path, text)
    data = found.finished.data
    assert data["services"] == {
        "orders": {"calls": [{"to": "old"}]},
        "web": {"calls": [{"to": "old"}, {"to": "orders"}]},
    }
    assert messages(found) == [
        "note: `apiConsumedBy` of API old is no field of Backstage's model; read all the same",
        "note: web needs `gone`, which no file describes; left out",
        "note: no component provides or consumes the API nobody; left out",
    ]


def test_dependency_of_is_read_backwards(tmp_path: Path) -> None:
    text = entity("Resource", "db", "{type: mysql, dependencyOf: ['component:web']}") + entity("Component", "web")
    assert data_of(tmp_path, text)["services"]["web"] == {"depends_on": [{"on": "db"}]}


@pytest.mark.parametrize(
    ("type_", "more", "technology"),
    [
        ("database", ", tags: [team-a, postgresql]", "postgresql"),
        ("database", ", description: 'MySQL database for users'", "mysql"),
        ("database", ", title: Main MongoDB, description: was MySQL", "mongodb"),
        ("database", ", tags: [redis]", None),
        ("database", ", description: Everything about users", None),
        ("kafka-topic", ", tags: [postgresql]", "kafka"),
    ],
)
def test_the_technology_of_a_resource(tmp_path: Path, type_: str, more: str, technology: str | None) -> None:
    data = data_of(tmp_path, entity("Resource", "x", f"{{type: {type_}}}", more))
    stated = {**data.get("datastores", {}), **data.get("brokers", {})}
    assert stated["x"].get("technology") == technology


def test_what_a_template_fills_in_is_no_component(tmp_path: Path) -> None:
    found = imported(tmp_path, entity("Component", "'${{ values.name }}'", "{type: service}"))
    assert messages(found) == ["note: `${{ values.name }}` is to be filled in from a template; left out"]


def test_an_entity_that_stands_twice_is_told(tmp_path: Path) -> None:
    found = imported(tmp_path, entity("Component", "web", "{type: service}") * 2)
    assert messages(found) == [
        f"note: Component `web` stands in {tmp_path}/catalog-info.yaml:4 already; the first is kept"
    ]


def test_what_backstage_refuses_is_told(tmp_path: Path) -> None:
    text = entity("Component", "''") + entity("Component", "a b", "{type: service}") + entity("Skill", "x") * 2
    text += entity("Component", "web", "{}", ", annotations: {backstage.io/source-location: 'https://example.org'}")
    assert messages(imported(tmp_path, text)) == [
        "error: an entity of kind Component has no `metadata.name`; left out",
        "error: an entity of kind Component has a name that Backstage does not take: `a b`; left out",
        "note: Component web has no `spec.type`, which Backstage asks for",
        "note: `backstage.io/source-location` of Component web lacks its type, such as `url:`",
        "note: 2 entities of kind Skill, which says nothing of components; left out",
    ]


def test_locations_are_followed_within_the_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out.yaml").write_text(entity("Component", "out", "{type: service}"))
    (tmp_path / "in" / "more.yaml").write_text(
        entity("Component", "more", "{type: service}") + entity("Location", "back", "{target: ./catalog-info.yaml}")
    )
    text = entity("Location", "all", "{targets: [./more.yaml, ../out.yaml, 'https://example.org/x.yaml', ./*.yaml]}")
    found = imported(tmp_path / "in", text)
    assert list(found.finished.data["services"]) == ["more"]
    assert messages(found) == [
        "note: the location `../out.yaml` is not read: `../out.yaml` lies outside the folder; "
        "give the folder that holds both",
        "note: locations that lie elsewhere, or are patterns, are not read",
    ]


def test_the_system_that_all_components_name(tmp_path: Path) -> None:
    text = entity("Component", "a", "{system: shop}") + entity("Component", "b", "{system: shop}")
    assert data_of(tmp_path, text)["system"] == {"name": "shop"}
    other = entity("Component", "c", "{system: bank}")
    assert data_of(tmp_path, text + other)["system"] == {"name": tmp_path.name}


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("database", Kind("datastores")),
        ("s3-bucket", Kind("datastores", "s3")),
        ("bucket", Kind("datastores", None, objects=True)),
        ("kafka-topic", Kind("brokers", "kafka")),
        ("PostgresInstance", Kind("datastores", "postgresql")),
        ("sqs-queue", Kind("brokers", "sqs")),
        ("queue", Kind("brokers")),
        ("redis", Kind("caches", "redis")),
        ("aws-rds", Kind("datastores", "rds")),
        ("mssql", Kind("datastores", "sql-server")),
        ("mystery", None),
        ("", None),
    ],
)
def test_kinds_of_types(type_: str, kind: Kind | None) -> None:
    assert of_type(type_) == kind


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: backstage.io/v1alpha1\nkind: Component",
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: [a]\nspec: 3",
        entity("Component", "a", "{type: [x], owner: {a: b}, dependsOn: {a: b}, consumesApis: 5, system: [x]}"),
        entity("Component", "a", "{type: service, owner: 'a b', dependsOn: [[a], '', 'a:b:c', 5], providesApis: x}"),
        entity("System", "a", "{owner: [a], domain: {a: b}}") + entity("System", "b"),
        entity("Group", "a", "{members: {a: b}, profile: [x]}") + entity("Component", "x", "{owner: a}"),
        entity("Location", "a", "{targets: [[a], {b: c}, 7], target: [x], type: {a: b}}"),
        entity("Component", "a", "{type: service}", ", tags: {a: b}, description: [x], annotations: [y]"),
        entity("Resource", "a", "{type: database}", ", tags: [[a], {b: c}, null]"),
    ],
)
def test_no_shape_is_trusted(tmp_path: Path, text: str) -> None:
    imported(tmp_path, text)
