"""The laws and the failure rates; the worked examples of the laws are computed again here."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest

from archlint.knowledge.catalogue import Catalogue
from archlint.knowledge.facts import ELEMENTS

LAWS = {law.id: law for law in Catalogue().laws()}
YEAR = 365.25 * 86400


def test_there_are_fifteen_laws_each_with_a_source() -> None:
    assert len(Catalogue().laws()) == len(LAWS) == 15
    assert [law.id for law in LAWS.values() if not law.sources or not law.mitigate] == []
    assert all(source.author for law in LAWS.values() for source in law.sources)


def test_laws_and_rates_are_read_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    read_text = Path.read_text

    def counted(self: Path, encoding: str | None = None, errors: str | None = None) -> str:
        names.append(self.name)
        return read_text(self, encoding, errors)

    monkeypatch.setattr(Path, "read_text", counted)
    catalogue = Catalogue()
    assert names == []
    assert catalogue.law("zipf") is catalogue.law("zipf")
    assert names == ["laws.yaml"]


def test_a_law_is_found_by_its_id_or_not_at_all() -> None:
    law = Catalogue().law("littles-law")
    assert law is not None
    assert law.formula == "L = lambda x W"
    assert Catalogue().law("moore") is None


def erlang_c(servers: int, load: float) -> float:
    blocking = 1.0
    for count in range(1, servers + 1):
        blocking = load * blocking / (count + load * blocking)
    return blocking / (1 - load / servers * (1 - blocking))


def harmonic(count: int) -> float:
    return sum(1 / rank for rank in range(1, count + 1))


@pytest.mark.parametrize(
    ("law", "text", "value"),
    [
        ("littles-law", "= 1,000 requests", 10_000 * 0.1),
        ("universal-scalability-law", "= 98 nodes", math.sqrt(0.97 / 0.0001)),
        ("universal-scalability-law", "of 20.2 nodes", 98 / (1 + 0.03 * 97 + 0.0001 * 98 * 97)),
        ("amdahls-law", "= 10.3 times", 1 / (0.05 + 0.95 / 20)),
        ("tail-at-scale", "= 63%", 100 * (1 - 0.99**100)),
        ("data-gravity", "= 5,260 GB", 2 * 86_400 * 30.4375 / 1000),
        ("zipf", "takes 6.9%", 100 / harmonic(1_000_000)),
        ("zipf", "take 88.8%", 100 * harmonic(200_000) / harmonic(1_000_000)),
        ("metcalfe", "19,900", 200 * 199 / 2),
        ("end-to-end", "= 99.5%", 100 * 0.999**5),
        ("murphys-law", "= 66%", 100 * (1 - math.exp(-100 * 0.56 / 52))),
        ("queueing", "= 233 ms", 1000 * erlang_c(1, 0.7) / (10 - 7)),
        ("queueing", "= 900 ms", 1000 * erlang_c(1, 0.9) / (10 - 9)),
        ("queueing", "853 ms", 1000 * erlang_c(2, 1.8) / (10 - 9)),
        ("brooks", "91", 14 * 13 / 2),
    ],
)
def test_the_example_of_a_law_is_what_its_formula_gives(law: str, text: str, value: float) -> None:
    assert text in " ".join(LAWS[law].example.split())
    digits = "".join(c for c in text if c.isdigit() or c == ".")
    assert value == pytest.approx(float(digits), rel=0.01)


def test_each_element_has_one_rate_at_most() -> None:
    elements = Counter(rate.element for rate in Catalogue().failure_rates())
    assert max(elements.values()) == 1
    assert set(ELEMENTS) - set(elements) == {"external"}  # depends on who it is: its own figures decide


def test_estimates_rise_and_carry_a_source() -> None:
    for rate in Catalogue().failure_rates():
        for estimate in filter(None, (rate.failures_per_year, rate.recovery)):
            assert 0 < estimate.low <= estimate.typical <= estimate.high, rate.element
            assert estimate.source.url or estimate.provenance == "framework", rate.element


def test_larger_domains_fail_more_rarely() -> None:
    typical = {rate.element: rate.failures_per_year.typical for rate in Catalogue().failure_rates()}
    assert typical["instance"] > typical["host"] > typical["rack"] > typical["zone"] > typical["region"]


def test_unavailability_is_recovery_over_the_whole_cycle() -> None:
    rack = Catalogue().failure_rate("rack")
    assert rack is not None
    assert rack.unavailability == pytest.approx(3 * 3600 / (YEAR / 0.44 + 3 * 3600))
    disk = Catalogue().failure_rate("disk")
    assert disk is not None
    assert disk.unavailability is None
