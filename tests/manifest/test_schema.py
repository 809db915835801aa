from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from archlint.manifest.loading import load
from archlint.manifest.reader import read
from archlint.manifest.schema import FILES, Draft, as_text, manifest_schema, write_schemas

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEMS = sorted((ROOT / "fixtures" / "systems").glob("*.archlint.yaml"))
VALIDATORS: dict[Draft, Any] = {"2020-12": Draft202012Validator, "7": Draft7Validator}
DRAFTS: list[Draft] = ["2020-12", "7"]


@cache
def validator(draft: Draft) -> Any:
    return VALIDATORS[draft](manifest_schema(draft))


def manifest(**sections: Any) -> dict[str, Any]:
    return {"archlint": 1, "system": {"name": "shop"}, **sections}


def models_accept(data: dict[str, Any]) -> bool:
    return load(json.dumps(data).encode(), "archlint.yaml").manifest is not None


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
    for under in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from subschemas(under)


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_files_in_schemas_are_the_generated_ones(draft: Draft) -> None:
    stored = (ROOT / "schemas" / FILES[draft]).read_text(encoding="utf-8")
    assert stored == as_text(manifest_schema(draft)), "run `make schemas`"


def test_write_schemas_writes_both_drafts(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(FILES.values())
    assert json.loads((tmp_path / "manifest.schema.json").read_text(encoding="utf-8")) == manifest_schema()


@pytest.mark.parametrize("draft", DRAFTS)
def test_each_schema_is_one_by_its_own_meta_schema(draft: Draft) -> None:
    VALIDATORS[draft].check_schema(manifest_schema(draft))


@pytest.mark.parametrize("draft", DRAFTS)
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda path: path.name)
def test_every_sample_system_validates(system: Path, draft: Draft) -> None:
    document = read(system.read_bytes(), system.name)
    assert [error.message for error in validator(draft).iter_errors(document.data)] == []


def test_there_are_sample_systems() -> None:
    assert "storefront.archlint.yaml" in [system.name for system in SYSTEMS]


@pytest.mark.parametrize("draft", DRAFTS)
def test_every_reference_leads_to_a_definition_and_every_definition_is_used(draft: Draft) -> None:
    schema = manifest_schema(draft)
    table = "$defs" if draft == "2020-12" else "definitions"
    used = {under["$ref"] for under in subschemas(schema) if "$ref" in under}
    assert used == {f"#/{table}/{name}" for name in schema[table]}


def test_no_two_definitions_are_the_same() -> None:
    texts = [json.dumps(one, sort_keys=True) for one in manifest_schema()["$defs"].values()]
    assert len(texts) == len(set(texts))


def test_every_object_is_closed_but_for_extensions() -> None:
    for under in subschemas(manifest_schema()):
        if under.get("type") == "object":
            assert "additionalProperties" in under
            assert under["patternProperties"] == {"^x-": {}}


def test_every_field_is_described_where_it_stands_or_by_its_definition() -> None:
    schema = manifest_schema()
    for one in (schema, *schema["$defs"].values()):
        for key, field in one.get("properties", {}).items():
            definition = schema["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
            assert "description" in field or "description" in definition, key


def test_nothing_may_be_null_and_no_class_is_a_title() -> None:
    text = as_text(manifest_schema())
    assert '"null"' not in text
    assert text.count('"title"') == 1


def test_draft_07_has_no_word_of_later_drafts_and_nothing_beside_a_reference() -> None:
    for under in subschemas(manifest_schema("7")):
        assert not under.keys() & {"$defs", "prefixItems", "dependentRequired", "unevaluatedProperties"}
        assert "$ref" not in under or len(under) == 1


def test_the_schema_stays_small() -> None:
    assert len(as_text(manifest_schema())) < 200_000


def test_extensions_are_allowed_everywhere() -> None:
    data = manifest(services={"checkout": {"x-note": [1], "load": {"x-source": "billing"}}, "x-all": 3})
    data["x-top"] = {"anything": None}
    assert [error.message for error in validator("2020-12").iter_errors(data)] == []


CHECKOUT: dict[str, Any] = {
    "tier": "critical",
    "replicas": {"min": 12, "max": 24},
    "load": {"peak": "1200/s"},
    "latency": {"mean": "70ms"},
    "calls": [{"to": "ledger", "timeout": "100ms", "retries": {"attempts": 2, "on": ["timeout"]}}],
}

BAD: dict[str, dict[str, Any]] = {
    "no version": {"system": {"name": "shop"}},
    "no system": {"archlint": 1},
    "another version": {"archlint": 2, "system": {"name": "shop"}},
    "a version in quotes": {"archlint": "1", "system": {"name": "shop"}},
    "a system without a name": {"archlint": 1, "system": {}},
    "an unknown section": manifest(servces={}),
    "a list for names": manifest(services=["checkout"]),
    "a mapping for a list": manifest(guards={"a": {}}),
    "a bad name": manifest(services={"check out": {}}),
    "a bad name of a topic": manifest(brokers={"events": {"topics": {"a b": {}}}}),
    "an unknown field": manifest(services={"checkout": {"replcas": 12}}),
    "a word not in the vocabulary": manifest(services={"checkout": {"tier": "crit"}}),
    "a text for true or false": manifest(services={"checkout": {"calls": [{"to": "a", "required": "no"}]}}),
    "a call to nobody": manifest(services={"checkout": {"calls": [{"access": "read"}]}}),
    "a call that names its target twice": manifest(services={"a": {"calls": [{"to": "b", "any_of": ["c", "d"]}]}}),
    "a rate without a unit": manifest(services={"checkout": {"load": {"peak": 1200}}}),
    "a duration for a rate": manifest(services={"checkout": {"load": {"peak": "200ms"}}}),
    "a negative rate": manifest(services={"checkout": {"load": {"peak": "-5/s"}}}),
    "no attempts": manifest(services={"checkout": {"calls": [{"to": "a", "retries": {"attempts": 0}}]}}),
    "a half replica": manifest(services={"checkout": {"replicas": 1.5}}),
    "a null": manifest(services={"checkout": {"replicas": None}}),
    "a number for a name": manifest(services={"checkout": {"calls": [{"to": 3}]}}),
    "a date that is none": manifest(as_of="tomorrow"),
    "a list where a mapping is due": manifest(services={"checkout": {"load": ["1200/s"]}}),
    "a flow that enters nowhere": manifest(flows={"buy": {"peak": "3/s"}}),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_schemas_and_models_reject_the_same_mistakes(data: dict[str, Any]) -> None:
    assert not models_accept(data)
    assert not validator("2020-12").is_valid(data)
    assert not validator("7").is_valid(data)


def test_what_only_the_models_can_see() -> None:
    for data in (
        manifest(services={"a": {"slo": {"availability": "130%"}}}),
        manifest(services={"a": {"load": {"peak": "5..3/s"}}}),
    ):
        assert not models_accept(data)
        assert validator("2020-12").is_valid(data)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for step in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield from places(data[step], (*path, step))


VALUES = st.sampled_from(
    ["none", "crit", "critical", "1200/s", "200ms", "99.9%", "12", "", 0, 1, 12, 1.5, True, [], ["a"], {}, {"a": 1}]
)


@given(path=st.sampled_from(list(places(CHECKOUT))), value=VALUES)
def test_schemas_and_models_agree_about_any_value_at_any_place(path: tuple[Any, ...], value: Any) -> None:
    checkout = deepcopy(CHECKOUT)
    holder: Any = checkout
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    data = manifest(services={"checkout": checkout})
    assert validator("2020-12").is_valid(data) == validator("7").is_valid(data) == models_accept(data)
