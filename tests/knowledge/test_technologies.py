"""Every technology that archlint brings is checked here, so that a new file needs no new test."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import yaml

import archlint.knowledge
from archlint.knowledge.catalogue import Catalogue, CatalogueError
from archlint.knowledge.measures import MEASURES, UNITS
from archlint.knowledge.schema import technology_schema
from archlint.knowledge.technology import CARRIERS, Technology
from archlint.manifest.models.base import Spec
from archlint.manifest.models.brokers import BrokerSpec, TopicSpec
from archlint.manifest.models.caches import CacheSpec
from archlint.manifest.models.calls import CallSpec, PublishSpec
from archlint.manifest.models.datastores import DatastoreSpec
from archlint.manifest.models.networks import NetworkSpec
from archlint.manifest.models.services import ConsumeSpec, ServiceSpec

KNOWLEDGE = Path(archlint.knowledge.__file__).parent
SCHEMA_FILE = Path(__file__).parents[2] / "schemas" / "technology.schema.json"
SLUGS = Catalogue().slugs()
VALIDATOR = jsonschema.Draft202012Validator(technology_schema())


def known(slug: str) -> Technology:
    technology = Catalogue().technology(slug)
    assert technology is not None
    return technology


def written(slug: str) -> Any:
    text = (KNOWLEDGE / "technologies" / f"{slug}.yaml").read_text("utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def test_the_schema_file_is_what_the_tables_say() -> None:
    assert json.loads(SCHEMA_FILE.read_text("utf-8")) == technology_schema()


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(technology_schema())


@pytest.mark.parametrize("slug", SLUGS)
def test_a_technology_validates(slug: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(written(slug))] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_no_limit_is_written_twice_under_one_condition(slug: str) -> None:
    keys = Counter((limit.id, str(limit.condition), limit.provenance) for limit in known(slug).limits)
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_units_fit_their_measures(slug: str) -> None:
    for limit in known(slug).limits:
        if limit.measure is not None:
            assert UNITS[limit.unit].dimension == MEASURES[limit.measure].dimension, limit.name


@pytest.mark.parametrize("slug", SLUGS)
def test_binding_limits_have_an_address(slug: str) -> None:
    bare = [x.name for x in known(slug).limits if x.kind in ("hard", "quota", "sla") and x.source.url is None]
    assert bare == []


@pytest.mark.parametrize("slug", SLUGS)
def test_figures_of_the_framework_are_low_and_never_err(slug: str) -> None:
    framework = [x for x in known(slug).limits if x.provenance == "framework"]
    assert [x.name for x in framework if x.confidence != "low" or x.can_err] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_modes_of_conditions_are_modes_of_the_technology(slug: str) -> None:
    technology = known(slug)
    conditions = [x.condition for x in technology.limits] + [x.condition for x in technology.defaults]
    assert {x.mode for x in conditions} - {None} <= set(technology.modes)


MODELS: dict[str, tuple[type[Spec], ...]] = {
    "store": (DatastoreSpec,),
    "cache": (CacheSpec,),
    "broker": (BrokerSpec,),
    "topic": (TopicSpec,),
    "publish": (PublishSpec,),
    "consume": (ConsumeSpec,),
    "service": (ServiceSpec, NetworkSpec),
    "call": (CallSpec,),
}
"""Models of what carries a default."""


def has_field(model: Any, steps: list[str]) -> bool:
    """Whether a path of keys leads to a field, in any arm of the unions on the way."""
    if not steps:
        return True
    if isinstance(model, type) and issubclass(model, Spec):
        names = {field.alias or name: field for name, field in model.model_fields.items()}
        return steps[0] in names and has_field(names[steps[0]].annotation, steps[1:])
    return any(has_field(arm, steps) for arm in get_args(model))


@pytest.mark.parametrize("slug", SLUGS)
def test_defaults_are_of_fields_that_manifests_have(slug: str) -> None:
    unknown = [
        (default.of, default.field)
        for default in known(slug).defaults
        if default.field and not any(has_field(model, default.field.split(".")) for model in MODELS[default.of])
    ]
    assert unknown == []


def test_each_carrier_of_defaults_has_its_models() -> None:
    assert set(MODELS) == set(CARRIERS)


def test_the_table_of_aliases_is_what_the_technologies_say() -> None:
    table = yaml.load((KNOWLEDGE / "aliases.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    assert table == {alias: slug for slug in SLUGS for alias in known(slug).aliases}


def test_measures_are_named_by_their_table() -> None:
    assert all(name == measure.name and measure.description for name, measure in MEASURES.items())


# Each fault is refused by the loader, at its place, and by the schema.
Change = Callable[[dict[str, Any]], Any]
FAULTS: dict[str, Change] = {
    "`measure` is not a measure": lambda limit: limit.update(measure="partitions_per_moon"),
    "does not fit": lambda limit: limit.update(unit="MiB"),
    "is not a unit": lambda limit: limit.update(unit="parsecs"),
    "is not a kind": lambda limit: limit.update(kind="suggested"),
    "is not known here": lambda limit: limit.update(breks="typo"),
    "`breaks` is missing": lambda limit: limit.pop("breaks"),
    "must be a number": lambda limit: limit.update(value="many"),
    "needs the URL": lambda limit: limit["source"].pop("url"),
    "is not a version range": lambda limit: limit.update(condition={"versions": "new"}),
    "does not fit a limit of kind price": lambda limit: limit.update(kind="price"),
    "does not fit a limit of kind sla": lambda limit: limit.update(kind="sla"),
    "at most 100%": lambda limit: limit.update(kind="sla", value=101, unit="%", measure="memory_share"),
    "must be lower-case words": lambda limit: limit.update(id="Topics Per Cluster"),
}


def a_technology() -> dict[str, Any]:
    limit = {
        "id": "topics",
        "value": 10,
        "unit": "topics",
        "scope": "cluster",
        "kind": "hard",
        "measure": "topics_per_cluster",
        "breaks": "no topic can be created",
        "confidence": "high",
        "source": {"title": "Manual", "year": 2025, "url": "https://example.org/manual"},
    }
    return {"slug": "mailer", "name": "Mailer", "kinds": ["broker"], "limits": [limit]}


def test_the_unchanged_technology_is_accepted_by_both(tmp_path: Path) -> None:
    (tmp_path / "mailer.yaml").write_text(yaml.safe_dump(a_technology()), encoding="utf-8")
    assert Catalogue([tmp_path]).technology("mailer") is not None
    assert VALIDATOR.is_valid(a_technology())


@pytest.mark.parametrize("message", FAULTS)
def test_a_fault_is_refused_by_loader_and_schema(message: str, tmp_path: Path) -> None:
    data = a_technology()
    FAULTS[message](data["limits"][0])
    (tmp_path / "mailer.yaml").write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        Catalogue([tmp_path]).technology("mailer")
    assert message.replace("`measure` ", "") in caught.value.message
    assert caught.value.line > 1
    assert not VALIDATOR.is_valid(data)
