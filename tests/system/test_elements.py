"""What `stated` says of fields that are there, absent, or stated to be absent."""

from __future__ import annotations

from typing import Any

import pytest

from archlint.manifest.loading import load
from archlint.system.elements import System, stated
from archlint.system.workspace import link

SHOP = b"""\
archlint: 1
system: {name: shop}
services:
  web:
    replicas: 6
    queue: none
    load: {peak: 10/s}
    calls: [{to: db, async: true, payload: 2KiB}]
datastores:
  db: {settings: {max_connections: 100}, partition_key: customer}
"""


@pytest.fixture(scope="module")
def shop() -> System:
    return link([load(SHOP, "archlint.yaml")]).systems["shop"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("replicas", 6),
        ("replicas.max", None),
        ("load.peak", 10.0),
        ("load.mean", None),
        ("capacity.per_replica", None),
        ("queue", "none"),
        ("queue.depth", "none"),
        ("no_such_field", None),
    ],
)
def test_a_field_of_a_service(shop: System, field: str, value: Any) -> None:
    assert stated(shop.services["web"].spec, field) == value


def test_fields_whose_names_are_words_of_python(shop: System) -> None:
    assert stated(shop.services["web"].calls[0].spec, "async") is True


def test_a_step_into_a_mapping_of_names_or_a_word(shop: System) -> None:
    spec = shop.datastores["db"].spec
    assert stated(spec, "settings.max_connections") == 100
    assert stated(spec, "settings.other") is None
    assert stated(spec, "partition_key") == "customer"
    assert stated(spec, "partition_key.count") is None


def test_nothing_is_stated_of_what_is_outside_the_run() -> None:
    assert stated(None, "load.peak") is None


def test_names_lead_with_the_system_only_in_a_workspace(shop: System) -> None:
    assert shop.services["web"].label == "web"
    assert shop.services["web"].calls[0].label == "web -> db"
    both = link([load(SHOP, "a.yaml"), load(SHOP.replace(b"shop", b"other"), "b.yaml")]).systems
    assert both["other"].services["web"].calls[0].label == "other/web -> other/db"
