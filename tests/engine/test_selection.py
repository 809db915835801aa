"""The truth table of selection: layers, lengths of selectors, ties, and what nothing can turn off."""

from __future__ import annotations

import datetime

import pytest

from archlint.engine.configuration.settings import alike
from archlint.engine.errors import UsageError
from archlint.engine.registry import Registry
from archlint.engine.selection import Layer, selected, split
from archlint.engine.session import Request, check_sources
from archlint.engine.sources.discovery import Source
from archlint.plugin import WARNING, Check

LAW020, LAW021, LAW121, PRM070, OFF900 = "LAW020", "LAW021", "LAW121", "PRM070", "OFF900"
NAMES = {
    LAW020: "below-littles-law",
    LAW021: "near-littles-law",
    LAW121: "single-zone",
    PRM070: "retry-unsafe",
    OFF900: "seldom-asked",
}


def made(code: str, name: str) -> Check:
    return Check(code, name, WARNING, "System", lambda system, analyses: (), default=code != OFF900)


@pytest.fixture(scope="module")
def registry() -> Registry:
    checks = tuple(made(code, name) for code, name in sorted(NAMES.items()))
    return Registry(checks, (), (), {key: check for check in checks for key in (check.code, check.name)})


def layer(select: str | None = None, extend: str = "", ignore: str = "") -> Layer:
    return Layer(None if select is None else split([select]), split([extend]), split([ignore]))


LAWS = {LAW020, LAW021, LAW121}
DEFAULT = LAWS | {PRM070}

TABLE: dict[str, tuple[list[Layer], set[str]]] = {
    "nothing said: each check's own default": ([], DEFAULT),
    "an empty layer has no opinion": ([layer()], DEFAULT),
    "ALL selects every check": ([layer("ALL")], {*DEFAULT, OFF900}),
    "a code selects one": ([layer("LAW020")], {LAW020}),
    "a slug selects one": ([layer("single-zone")], {LAW121}),
    "a family": ([layer("LAW")], LAWS),
    "a prefix": ([layer("LAW02")], {LAW020, LAW021}),
    "the shortest prefix": ([layer("P")], {PRM070}),
    "several": ([layer("LAW02,retry-unsafe")], {LAW020, LAW021, PRM070}),
    "ignore a code": ([layer(ignore="LAW020")], DEFAULT - {LAW020}),
    "ignore a slug": ([layer(ignore="below-littles-law")], DEFAULT - {LAW020}),
    "ignore a prefix": ([layer(ignore="LAW")], {PRM070}),
    "ignore everything": ([layer(ignore="ALL")], set()),
    "a code is longer than the prefix that ignores it": ([layer("LAW020", ignore="LAW02")], {LAW020}),
    "a slug is as long as a code": ([layer("below-littles-law", ignore="LAW02")], {LAW020}),
    "a prefix beats a shorter one": ([layer("LAW02", ignore="LAW")], {LAW020, LAW021}),
    "any prefix beats ALL": ([layer("LAW", ignore="ALL")], LAWS),
    "select ALL but a family": ([layer("ALL", ignore="LAW")], {PRM070, OFF900}),
    "ignored by a longer prefix": ([layer("LAW", ignore="LAW02")], {LAW121}),
    "equal length, ignore wins: prefix": ([layer("LAW", ignore="LAW")], set()),
    "equal length, ignore wins: code": ([layer("LAW020,PRM", ignore="LAW020")], {PRM070}),
    "equal length, ignore wins: slug against code": ([layer("LAW020,PRM", ignore="below-littles-law")], {PRM070}),
    "equal length, ignore wins: ALL": ([layer("ALL", ignore="ALL")], set()),
    "extend adds what is off": ([layer(extend="OFF900")], {*DEFAULT, OFF900}),
    "extend adds to a selection": ([layer("LAW121", extend="PRM")], {LAW121, PRM070}),
    "extend loses a tie too": ([layer(extend="OFF", ignore="OFF")], DEFAULT),
    "extend wins by length": ([layer(extend="OFF900", ignore="ALL")], {OFF900}),
    "a higher select replaces a lower one": ([layer("LAW"), layer("PRM")], {PRM070}),
    "a higher select replaces a lower extension": ([layer(extend="OFF900"), layer("PRM")], {PRM070}),
    "a higher select returns what a lower layer ignored": ([layer(ignore="LAW020"), layer("LAW")], LAWS),
    "a higher extension adds to a lower select": ([layer("LAW"), layer(extend="PRM")], DEFAULT),
    "a higher extension outranks a longer lower ignore": ([layer(ignore="LAW020"), layer(extend="LAW")], DEFAULT),
    "a higher ignore outranks a longer lower select": ([layer("LAW020,PRM"), layer(ignore="LAW")], {PRM070}),
    "a higher ignore leaves the rest of a lower select": ([layer("LAW"), layer(ignore="LAW02")], {LAW121}),
    "a middle layer without an opinion passes the lower one on": ([layer("LAW"), layer(), layer()], LAWS),
    "three layers": ([layer("ALL"), layer(ignore="LAW"), layer(extend="LAW121")], {PRM070, OFF900, LAW121}),
    "an empty selection selects nothing": ([Layer(select=())], set()),
}


@pytest.mark.parametrize("case", TABLE)
def test_truth_table(registry: Registry, case: str) -> None:
    layers, expected = TABLE[case]
    assert {check.code for check in selected(registry, layers)} == expected


def test_the_selection_is_in_the_order_of_codes(registry: Registry) -> None:
    chosen = selected(registry, [layer("PRM070,single-zone,LAW020")])
    assert [check.code for check in chosen] == [LAW020, LAW121, PRM070]


@pytest.mark.parametrize("field", ["select", "extend", "ignore"])
@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("PRM07O", "no check matches the selector `PRM07O`; did you mean `PRM070`?"),
        ("law020", "no check matches the selector `law020`; did you mean `LAW020`?"),
        ("single-zome", "no check matches the selector `single-zome`; did you mean `single-zone`?"),
        ("LAW9", "no check matches the selector `LAW9`"),
        ("all", "no check matches the selector `all`"),
        ("LAW*", "no check matches the selector `LAW*`"),
        ("single", "no check matches the selector `single`"),
        ("PRM0700", "no check matches the selector `PRM0700`; did you mean `PRM070`?"),
    ],
)
def test_an_unknown_selector_is_wrong_usage(registry: Registry, field: str, selector: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        selected(registry, [layer(**{field: selector})])
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("selector", ["MAN001", "not-yaml", "MAN00", "MAN"])
def test_errors_of_a_manifest_are_known_selectors(registry: Registry, selector: str) -> None:
    assert selected(registry, [layer(ignore=selector)]) == selected(registry, [])


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("MAN001", b"archlint: ["),
        ("MAN002", b"archlint: 1\nsystem: {name: shop, ownr: x}\n"),
        ("MAN003", b"archlint: 1\nsystem: {name: shop}\nsystem: {name: shop}\n"),
        ("MAN004", b"archlint: 1\nsystem: {name: shop}\nservices: {web: {calls: [{to: nothing}]}}\n"),
        ("MAN005", b"archlint: 1\nsystem: {name: shop}\nservices: {web: {load: {peak: 5}}}\n"),
        ("MAN006", b"archlint: 1\nx-a: &a [*a]\nsystem: {name: shop}\n"),
    ],
)
def test_errors_of_a_manifest_are_always_on(registry: Registry, code: str, text: bytes) -> None:
    request = Request(datetime.date(2026, 11, 15), ignore=("ALL", code))
    checks = selected(registry, [layer(ignore=f"ALL,{code}")])
    report = check_sources([Source("archlint.yaml", text)], request, alike(checks), registry)
    assert checks == ()
    assert [finding.code for finding in report.findings] == [code]


def test_lists_may_be_repeated_and_hold_commas() -> None:
    assert split(["LAW020, PRM070", " single-zone", "", ","]) == ("LAW020", "PRM070", "single-zone")
