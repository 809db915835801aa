"""The road without pydantic: the same verdict and the same values as the models give, on everything."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from archlint.manifest import compiled, specs
from archlint.manifest.compiling import WITH_CODE, compiled_text
from archlint.manifest.diagnosis import diagnose
from archlint.manifest.fields import Quantity, Text, Whole
from archlint.manifest.manifest import Manifest
from archlint.manifest.models import SECTIONS, load
from archlint.manifest.models.calls import CallSpec
from archlint.manifest.reader import Document, read
from archlint.manifest.shapes import Arm, arms, fields
from archlint.manifest.specs import Spec
from archlint.manifest.tree import value_at
from archlint.manifest.units import Ranged, example
from archlint.manifest.validation import compiled as without_models

ROOT = Path(__file__).resolve().parents[2]
STOREFRONT = ROOT / "fixtures" / "systems" / "storefront.archlint.yaml"
MANIFESTS = sorted(file for file in (ROOT / "fixtures").rglob("*.yaml") if "expected" not in file.name)


def document(data: dict[str, Any]) -> Document:
    return replace(read(b"archlint: 1\n", "archlint.yaml"), data=data)


def through_plans(data: dict[str, Any]) -> Manifest | None:
    try:
        return without_models(data)
    except (ValueError, KeyError):
        return None


def difference(ours: Any, theirs: Any, at: str = "") -> Iterator[str]:
    """Where two values are not the same, types included."""
    if isinstance(theirs, BaseModel):
        if not isinstance(ours, Spec) or type(ours).__name__ != type(theirs).__name__:
            yield f"{at}: {type(ours)} is no {type(theirs)}"
            return
        for name in type(theirs).model_fields:
            yield from difference(getattr(ours, name), getattr(theirs, name), f"{at}.{name}")
    elif type(ours) is not type(theirs):
        yield f"{at}: {type(ours)} is no {type(theirs)}"
    elif isinstance(theirs, dict):
        if list(ours) != list(theirs):
            yield f"{at}: {list(ours)} are not {list(theirs)}"
        for key in theirs.keys() & ours.keys():
            yield from difference(ours[key], theirs[key], f"{at}[{key}]")
    elif isinstance(theirs, list):
        if len(ours) != len(theirs):
            yield f"{at}: {len(ours)} items, not {len(theirs)}"
        for index, (our, their) in enumerate(zip(ours, theirs, strict=False)):
            yield from difference(our, their, f"{at}[{index}]")
    elif isinstance(theirs, Ranged):
        if (ours, ours.low, ours.high) != (theirs, theirs.low, theirs.high):
            yield f"{at}: {ours.low}..{ours.high} is not {theirs.low}..{theirs.high}"
    elif ours != theirs:
        yield f"{at}: {ours!r} is not {theirs!r}"


def assert_same(data: dict[str, Any]) -> Manifest | None:
    ours = through_plans(deepcopy(data))
    theirs, problems = diagnose(document(data))
    assert (ours is None) == (theirs is None), problems
    if ours is not None and theirs is not None:
        assert not [found for key in SECTIONS for found in difference(getattr(ours, key), getattr(theirs, key), key)]
    return ours


def test_the_plans_are_those_of_the_models() -> None:
    assert Path(compiled.__file__).read_text("utf-8") == compiled_text(), "run `make schemas`"


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: str(file.relative_to(ROOT / "fixtures")))
def test_every_fixture_gives_the_same(file: Path) -> None:
    found = read(file.read_bytes(), file.name)
    if isinstance(found.data, dict):
        assert_same(found.data)


def test_a_call_says_its_targets_in_one_way() -> None:
    calls = "[{to: b}, {any_of: [b, c]}, {to: {any_of: [b, c]}}]"
    data = read(f"archlint: 1\nsystem: {{name: s}}\nservices: {{a: {{calls: {calls}}}}}\n".encode(), "x").data
    manifest = assert_same(data or {})
    assert manifest is not None
    stated = manifest.services["a"].calls or []
    assert [(call.to, call.any_of, call.targets) for call in stated] == [
        ("b", None, ("b",)),
        (None, ["b", "c"], ("b", "c")),
        (None, ["b", "c"], ("b", "c")),
    ]


def test_a_spec_cannot_be_changed() -> None:
    spec = specs.section_reader("TeamSpec")({"size": 3})
    with pytest.raises(AttributeError, match="`size` of TeamSpec"):
        spec.size = 4
    with pytest.raises(AttributeError):
        del spec.size
    with pytest.raises(AttributeError):
        spec.sise = 4
    with pytest.raises(AttributeError):
        print(spec.sise)


def test_specs_are_equal_where_their_values_are() -> None:
    call = specs.section_reader("CallSpec")
    assert call({"to": "a"}) == call({"to": "a", "share": "100%", "async": False})
    assert call({"to": "a"}) != call({"to": "b"})
    assert hash(call({"to": "a"})) == hash(call({"to": "a"}))
    assert deepcopy(call({"to": "a"})) == call({"to": "a"})
    assert repr(call({"to": "a", "stage": 2})) == "CallSpec(to='a', stage=2)"


def test_code_of_a_model_has_its_double() -> None:
    assert tuple(specs.BASES) == WITH_CODE


def test_a_valid_manifest_imports_no_pydantic_and_a_wrong_one_does() -> None:
    script = (
        "import sys; from archlint.manifest.loading import load\n"
        "for text in (b'archlint: 1\\nsystem: {name: a}\\n', b'archlint: 2\\nsystem: {name: a}\\n'):\n"
        "    print(load(text, 'x').manifest is not None, 'pydantic' in sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "True False\nFalse True\n"


def test_most_fixtures_are_valid() -> None:
    documents = [read(file.read_bytes(), file.name) for file in MANIFESTS]
    valid = [found for found in documents if found.data and through_plans(found.data)]
    assert len(valid) > len(MANIFESTS) / 2


# Manifests made from the models' own fields.

NAMES = ("checkout", "a", "b-1", "orders.v2", "x_y", "0")
TEXTS = ("team-shop", "Gebühr ¹", "a b", "none", "5", "true", "-x", " x ")
AMOUNTS = {
    "duration": ("100ms", "5s", "0", "1h..2h", "10..20ms", "1.5m", 0),
    "rate": ("1.2k/s", "800..1500/s", "5M/day", "0/s"),
    "fraction": ("99.95%", "0%", "10%..20%", "100%"),
    "count": (3, "12", "10M", 0, 8.0),
    "amount": (2, 0.5, "1k", "5..9", "12 requests"),
}


def quantities(note: Quantity) -> st.SearchStrategy[object]:
    known = [value for dimension in note.dimensions for value in AMOUNTS.get(dimension, (example(dimension),))]
    if isinstance(note, Whole) and note.least:
        known = [value for value in known if value != 0]
    return st.sampled_from(known)


def scalars(arm: Arm) -> st.SearchStrategy[object]:
    for note in arm.metadata:
        if isinstance(note, Quantity):
            return quantities(note)
        if isinstance(note, Text):
            plain = note.pattern == r"\S"
            return st.sampled_from(TEXTS if plain else (*NAMES[:2], note.example))
    if arm.choices:
        return st.sampled_from(arm.choices)
    if arm.type is bool:
        return st.booleans()
    if arm.type is date:
        return st.dates(date(2000, 1, 1), date(2099, 1, 1)).map(str)
    return st.sampled_from(("on", 1, 2.5, True))


@cache
def values(arm: Arm, depth: int) -> st.SearchStrategy[Any]:
    if arm.model:
        return mappings(arm.model, depth)
    if arm.items is None:
        return scalars(arm)
    items = st.one_of([values(inner, depth - 1) for inner in arms(arm.items)])
    if get_origin(arm.type) is list:
        pair = any(getattr(note, "min_length", 0) == 2 for note in arm.metadata)
        return st.lists(items, min_size=2 if pair else 0, max_size=2)
    return st.dictionaries(st.sampled_from(NAMES), items, max_size=2)


def mappings(model: type[BaseModel], depth: int) -> st.SearchStrategy[dict[str, Any]]:
    needed: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for key, info in fields(model).items():
        kinds = arms(info.annotation, tuple(info.metadata))
        if depth <= 0:
            flat = tuple(kind for kind in kinds if kind.model is None and kind.items is None)
            kinds = flat or (kinds if info.is_required() else ())
        made = [values(kind, depth - 1) for kind in kinds]
        if made:
            (needed if info.is_required() else optional)[key] = st.one_of(made)
    few = st.lists(st.sampled_from(sorted(optional)), max_size=6, unique=True) if optional else st.just([])
    mapping = few.flatmap(lambda keys: st.fixed_dictionaries({**needed, **{key: optional[key] for key in keys}}))
    return mapping.map(with_one_target) if model is CallSpec else mapping


def with_one_target(call: dict[str, Any]) -> dict[str, Any]:
    if "to" in call:
        call.pop("any_of", None)
    elif "any_of" not in call:
        call["to"] = "ledger"
    return call


def sections(depth: int = 4) -> st.SearchStrategy[dict[str, Any]]:
    made = {key: st.one_of([values(arm, depth) for arm in arms(load(key))]) for key in SECTIONS}
    whole = {key: made.pop(key) for key, section in SECTIONS.items() if section.required}
    some = st.lists(st.sampled_from(sorted(made)), min_size=1, max_size=3, unique=True)
    return some.flatmap(lambda keys: st.fixed_dictionaries({**whole, **{key: made[key] for key in keys}}))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(sections())
def test_what_the_fields_allow_gives_the_same(data: dict[str, Any]) -> None:
    assert assert_same(data) is not None


JUNK: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 3, 429, 2.5, float("nan"), float("inf"), 10**400, "", " ", "none", "unlimited",
    "5", "5s", " 5s", "-5s", "5 parsecs", "130%", "50%", "1..2", "2..1s", "3/s", "a\n", "a/b", "a/b/c/d", "_a",
    "\x1c", "\u00a0 ", "é", "²", "2026-02-30", "2026-11-15\n", "20261115", "２026-11-15",
    [], [None], ["a"], ["a", "b"], [1], [[]], {}, {"a": 1}, {"a": None}, {"to": "x"}, {"any_of": ["x"]},
)  # fmt: skip


def paths(data: Any, prefix: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        yield (*prefix, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*prefix, key))


def changed(data: dict[str, Any], choose: Callable[[Any], Any]) -> dict[str, Any]:
    """The data with another value, without one, or with one more."""
    data = deepcopy(data)
    path = choose(st.sampled_from(list(paths(data))))
    holder = value_at(data, path[:-1])
    change = choose(st.sampled_from(("value", "value", "value", "gone", "more")))
    if change == "value":
        holder[path[-1]] = choose(st.sampled_from(JUNK))
    elif change == "gone":
        del holder[path[-1]]
    elif isinstance(holder, dict):
        holder[choose(st.sampled_from(("replcas", "a b", "", "any_of", "to", "schema", "only_in")))] = choose(
            st.sampled_from(JUNK)
        )
    else:
        holder.append(choose(st.sampled_from(JUNK)))
    return data


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(sections(), st.data())
def test_what_is_a_little_wrong_gives_the_same_verdict(data: dict[str, Any], more: st.DataObject) -> None:
    assert_same(changed(data, more.draw))


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_junk_in_the_storefront_gives_the_same_verdict(junk: object) -> None:
    data = read(STOREFRONT.read_bytes(), STOREFRONT.name).data
    assert data is not None
    for path in paths(data):
        if len(path) == 1 or (len(path) + len(str(path))) % 7 == 0:
            wrong = deepcopy(data)
            value_at(wrong, path[:-1])[path[-1]] = junk
            assert_same(wrong)
