"""The laws: each figure of their examples computed by the package that the checks use, their checks in the registry."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from archlint.analysis.mesh import held_by_each, pairs
from archlint.analysis.queueing import MMc, littles_concurrency
from archlint.analysis.quorum import byzantine_members, crashes_survived
from archlint.analysis.scalability import Usl, greatest_speedup, speedup
from archlint.analysis.skew import harmonic, share_of_top
from archlint.analysis.tail import slow_share
from archlint.engine.registration import load_registry
from archlint.knowledge.catalogue import Catalogue
from archlint.knowledge.errors import CatalogueError
from archlint.knowledge.facts_building import build_law
from archlint.knowledge.reading import Document

LAWS = {law.id: law for law in Catalogue().laws()}
CHECKS = load_registry().checks
MONTH = 30.4375
YEAR = 365.25


def figures(text: str) -> list[str]:
    return re.findall(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?", text)


def written(value: float, like: str) -> str:
    """`value` with the decimals of `like`."""
    decimals = len(like.partition(".")[2])
    return f"{value:,.{decimals}f}"


GIVEN = None
"""Stands for a figure that the example starts from."""

USL = Usl(0.03, 0.0001)

EXAMPLES: dict[str, list[float | None]] = {
    "cap": [GIVEN, GIVEN, 100, GIVEN, GIVEN, 10 * 60, 100 / 3 * 600, 100 / 3 * 600],
    "littles-law": [GIVEN, GIVEN, 10_000, 0.1, littles_concurrency(10_000, 0.1), GIVEN, GIVEN, 12 * 64],
    "universal-scalability-law": [GIVEN, GIVEN, 1 - 0.03, 0.0001, USL.peak_instances, USL.capacity(98)],
    "amdahls-law": [GIVEN, GIVEN, GIVEN, 0.05, 0.95, 20, speedup(0.05, 20), greatest_speedup(0.05)],
    "conways-law": [],
    "tail-at-scale": [GIVEN, GIVEN, GIVEN, GIVEN, 1 - 1 / 100, GIVEN, 100 * slow_share(0.01, 100), GIVEN],
    "data-gravity": [GIVEN, 2, 86_400, MONTH, GIVEN, 2 * 86_400 * 30.44 / 1000, GIVEN, 5260 * 0.02],
    "zipf": [
        GIVEN, GIVEN, harmonic(1e6, 1), 100 / harmonic(1e6, 1), GIVEN, 100 * share_of_top(2e5, 1e6, 1),
    ],
    "metcalfe": [GIVEN, pairs(20), GIVEN, pairs(200), GIVEN, held_by_each(200, 1)],
    "end-to-end": [GIVEN, 0.999, GIVEN, 100 * 0.999**5],
    "hyrums-law": [],
    "murphys-law": [GIVEN, GIVEN, GIVEN, 100, 0.56, GIVEN, 100 * (1 - math.exp(-100 * 0.56 / 52))],
    "queueing": [
        GIVEN, GIVEN, 7 / 10, 10, 7, 1000 * MMc(7, 0.1, 1).mean_wait,
        GIVEN, 9 / 10, 10, 9, 1000 * MMc(9, 0.1, 1).mean_wait,
        GIVEN, GIVEN, 1000 * MMc(9, 0.2, 2).mean_wait,
    ],
    "brooks": [GIVEN, pairs(7), GIVEN, pairs(14)],
    "byzantine": [byzantine_members(1), byzantine_members(2), GIVEN, GIVEN, 3, 5],
}  # fmt: skip


@pytest.mark.parametrize("law_id", LAWS)
def test_each_figure_of_an_example_is_given_or_computed(law_id: str) -> None:
    told = figures(" ".join(LAWS[law_id].example.split()))
    values = EXAMPLES[law_id]
    assert len(told) == len(values), told
    computed = [told[i] if value is None else written(value, told[i]) for i, value in enumerate(values)]
    assert computed == told


@pytest.mark.parametrize(
    ("law_id", "text", "value"),
    [
        ("cap", "probability of 63%", 100 * (1 - math.exp(-1))),
        ("cap", "are 0.001%", 100 * 5 / (YEAR * 24 * 60)),
        ("cap", "to 0.011%", 100 * 60 / (YEAR * 24 * 60)),
        ("universal-scalability-law", "gives 98", USL.peak_instances),
        ("universal-scalability-law", "near 20", Usl(0.03, 0.0024).peak_instances),
        ("tail-at-scale", "63% of requests", 100 * slow_share(0.01, 100)),
        ("zipf", "take 78.5%", 100 * share_of_top(200, 1000, 1)),
    ],
)
def test_the_figures_of_a_correction_are_computed(law_id: str, text: str, value: float) -> None:
    assert text in " ".join(LAWS[law_id].corrections)
    (figure,) = figures(text)
    assert written(value, figure) == figure


@pytest.mark.parametrize(
    ("law_id", "words"),
    [
        ("universal-scalability-law", "near 20 nodes"),
        ("tail-at-scale", "the largest p99 of the parts"),
        ("zipf", "80% of accesses to 20% of items"),
        ("queueing", "grow exponentially"),
        ("metcalfe", "n^2.5"),
        ("data-gravity", "a hundred times the computation"),
    ],
)
def test_where_the_framework_errs_its_figure_is_told_and_corrected(law_id: str, words: str) -> None:
    assert any("the framework" in correction and words in correction for correction in LAWS[law_id].corrections)


def test_examples_of_crash_failures_survive_what_they_say() -> None:
    assert [crashes_survived(members) for members in (3, 5)] == [1, 2]


def test_each_law_check_stands_on_a_law() -> None:
    lawless = [check.code for check in CHECKS if check.code[:3] == "LAW" and not laws_of(check.code)]
    assert lawless == []


def test_one_law_carries_a_law_check_but_for_a_quorum_that_a_domain_takes_along() -> None:
    codes = (f"LAW{number:03}" for number in range(1000))
    assert {code: laws_of(code) for code in codes if len(laws_of(code)) > 1} == {"LAW152": ["murphys-law", "byzantine"]}


def laws_of(code: str) -> list[str]:
    return [law.id for law in LAWS.values() if law.carries(code)]


@pytest.mark.parametrize(
    ("code", "laws"),
    [
        ("LAW010", ["cap"]),
        ("LAW026", ["littles-law"]),
        ("LAW105", ["end-to-end"]),
        ("LAW129", ["murphys-law"]),
        ("LAW139", ["queueing"]),
        ("LAW141", ["brooks"]),
        ("LAW153", ["byzantine"]),
        ("PRM083", ["queueing"]),
        ("PRM111", ["littles-law", "zipf"]),
        ("LIM001", []),
    ],
)
def test_a_code_names_its_laws(code: str, laws: list[str]) -> None:
    assert laws_of(code) == laws


@pytest.mark.parametrize("law_id", LAWS)
def test_each_law_has_a_check(law_id: str) -> None:
    own = [check.code for check in CHECKS if LAWS[law_id].carries(check.code)]
    assert own


def test_each_code_that_a_law_names_in_full_is_of_a_check() -> None:
    named = {code for law in LAWS.values() for code in law.checks if len(code) == 6}
    assert named <= {check.code for check in CHECKS}


@pytest.mark.parametrize(
    ("name", "law_id"),
    [
        ("littles-law", "littles-law"),
        ("Little", "littles-law"),
        ("Little's Law", "littles-law"),
        ("little\u2019s law", "littles-law"),
        ("USL", "universal-scalability-law"),
        ("Brooks's law", "brooks"),
        ("end to end", "end-to-end"),
    ],
)
def test_a_law_is_found_by_its_id_its_name_and_its_aliases(name: str, law_id: str) -> None:
    assert Catalogue().law(name) is not None
    assert getattr(Catalogue().law(name), "id", None) == law_id


def test_no_name_is_of_two_topics() -> None:
    catalogue = Catalogue()
    of_laws = [name for law in LAWS.values() for name in {law.id, *law.aliases}]
    assert len(set(of_laws)) == len(of_laws)
    assert [name for name in of_laws if catalogue.recognises(name)] == []
    assert set(of_laws).isdisjoint(check.name for check in CHECKS)


def test_each_source_can_be_found_again() -> None:
    sources = [source for law in LAWS.values() for source in law.sources]
    assert [source.title for source in sources if not (source.url or source.place)] == []
    assert all(source.author for source in sources)


@pytest.mark.parametrize("selector", ["LAW", "law02", "LAW0", "LAW0200", "little"])
def test_a_law_names_its_checks_by_codes_or_their_beginnings(tmp_path: Path, selector: str) -> None:
    file = tmp_path / "laws.yaml"
    file.write_text(
        "- {id: a, name: A, statement: s, formula: f, example: e, detect: d, mitigate: [m], costs: c,\n"
        f"   sources: [{{title: t, year: 1961}}], checks: [{selector}]}}\n"
    )
    with pytest.raises(CatalogueError, match="codes, or their beginnings"):
        build_law(next(Document(file).rows()))
