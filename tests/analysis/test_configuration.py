"""Settings as the files of technologies write them."""

from __future__ import annotations

import pytest

from archlint.analysis import configuration
from archlint.analysis.configuration import setting
from archlint.manifest.loading import load
from archlint.system.workspace import link


@pytest.mark.parametrize(
    ("value", "unit", "bytes_"),
    [
        ("64GB", 1, 64 * 2**30),
        ("512mb", 1, 512 * 2**20),
        (1024, 2**20, 2**30),
        ("-1", 2**20, -(2**20)),
        ("16g", 1, 2**34),
    ],
)
def test_sizes_are_powers_of_1024(value: str | int, unit: float, bytes_: float) -> None:
    assert configuration.size(value, unit) == bytes_


@pytest.mark.parametrize("value", ["lots", True, "5 parsecs", ""])
def test_what_is_no_size_is_none(value: str | bool) -> None:
    assert configuration.size(value) is None


@pytest.mark.parametrize(("value", "seconds"), [("5min", 300), (60000, 60), ("30s", 30), ("1d", 86400), (0, 0)])
def test_a_bare_time_is_in_its_unit(value: str | int, seconds: float) -> None:
    assert configuration.time(value, 1e-3) == seconds


@pytest.mark.parametrize(
    ("value", "answer"),
    [("yes", True), ("on", True), (True, True), ("no", False), ("off", False), (0, False), ("?", None)],
)
def test_flags_have_many_spellings(value: str | int | bool, answer: bool | None) -> None:
    assert configuration.flag(value) is answer


def test_a_setting_is_found_in_any_case() -> None:
    text = "archlint: 1\nsystem: {name: shop}\ndatastores: {a: {settings: {AppendOnly: 'yes'}}}\n"
    store = next(iter(link([load(text.encode(), "a.yaml")]).systems.values())).components["a"]
    found = setting(store, "appendfsync", "appendonly")
    assert found is not None
    assert (found.field, found.value) == ("settings.AppendOnly", "yes")
    assert setting(store, "save") is None
