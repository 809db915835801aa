"""`x-` blocks of plug-ins: registered with a JSON Schema, validated with places, read by checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archlint.engine import exit_codes
from archlint.engine.plugins import EntryPoint
from archlint.engine.registration import load_registry
from archlint.engine.session import exit_code
from archlint.plugin import Extension, quantity
from archlint.testing import lint

if TYPE_CHECKING:
    from archlint.engine.results import Report
    from tests.engine.conftest import Site

ACM001 = """
@check("ACM001", "service-without-runbook", severity=WARNING)
def service_without_runbook(service: Service, analyses: Analyses) -> Iterator[Finding]:
    '''A service states no runbook.'''
    yield Finding(at=service, message=f"{service.name} has no runbook")
"""
SCHEMA = """{
    "type": "object", "additionalProperties": False, "required": ["centre"],
    "properties": {
        "centre": {"type": "string", "pattern": "^CC[0-9]+$"},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "kind": {"enum": ["fixed", "variable"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "either": {"anyOf": [{"type": "integer"}, {"type": "array"}]},
    },
}"""
COST = f"""
COST = Extension("x-cost", {SCHEMA})

@check("ACM001", "cost-by-centre", severity=INFO)
def cost_by_centre(service: Service, analyses: Analyses) -> Iterator[Finding]:
    '''Says which centre pays.'''
    yield Finding(at=service, field="x-cost", message=str(COST.of(service)))
"""
IMPORTS = "from archlint.plugin import Extension\n"
HEAD = "archlint: 1\nsystem: {name: shop}\nservices:\n  web:\n"


def entry(value: str, distribution: str = "archlint-acme", version: str = "1.2") -> EntryPoint:
    return EntryPoint(distribution, version, "own", value)


def reported(site: Site, block: str, text: str = COST) -> Report:
    site.module("acme_cost", IMPORTS + text)
    registry = load_registry([entry("acme_cost")])
    assert registry.faults == ()
    return lint(HEAD + "    x-cost: " + block + "\n  api: {}\n", registry=registry)


def test_a_check_reads_the_block(site: Site) -> None:
    report = reported(site, "{centre: CC1}")
    assert [(f.path, f.message) for f in report.findings] == [
        ("services.web.x-cost", "{'centre': 'CC1'}"),
        ("services.api.x-cost", "None"),
    ]
    assert report.findings[0].place.line == 5


WRONG = {
    "an unknown key": ("{centre: CC1, shore: 1}", "`shore` is not a field here; did you mean `share`?", 27),
    "a missing key": ("{share: 1}", "`centre` is missing", 5),
    "another type": ("{centre: 7}", "`7` stands where text is due", 22),
    "another kind": ("[CC1]", "a list stands where a mapping is due", 13),
    "an unknown word": ("{centre: CC1, kind: fxed}", "`fxed` is not a value here; did you mean `fixed`?", 33),
    "a far word": ("{centre: CC1, kind: 9}", "`9` is not a value here; write one of fixed, variable", 33),
    "too large": ("{centre: CC1, share: 3}", "`3` is above the largest value, 1", 34),
    "too small": ("{centre: CC1, share: -3}", "`-3` is below the least value, 0", 34),
    "another pattern": ("{centre: C1}", "`C1` does not match the pattern ^CC[0-9]+$", 22),
    "an item": ("{centre: CC1, tags: [a, 1]}", "`1` stands where text is due", 37),
    "an alternative": ("{centre: CC1, either: x}", "`x` fits no alternative of the schema", 35),
    "nothing": ("{centre: }", "nothing stands where text is due", 14),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_meet_the_schema_has_a_place(site: Site, case: str) -> None:
    block, message, column = WRONG[case]
    report = reported(site, block)
    (finding,) = report.findings
    assert (finding.code, finding.place.line, finding.place.column) == ("MAN002", 5, column)
    assert finding.message.startswith(message)
    assert finding.message.endswith("(`x-cost` of archlint-acme)")
    assert exit_code(report) == exit_codes.FINDINGS


def test_every_problem_of_every_block_is_told(site: Site) -> None:
    report = reported(site, "{shore: 1, shire: 2}\n    calls: [{to: api, x-cost: 7}]")
    assert [(f.place.line, f.path) for f in report.findings] == [
        (5, "services.web.x-cost"),
        (5, "services.web.x-cost.shore"),
        (5, "services.web.x-cost.shire"),
        (6, "services.web.calls[api].x-cost"),
    ]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ('{"type": "mapping"}', "'mapping' is not valid"),
        ('{"$ref": "#/$defs/none"}', "does not exist"),
        ('{"$ref": "https://example.com/schema.json"}', "Unresolvable"),
    ],
)
def test_a_schema_that_cannot_be_used_is_named(site: Site, schema: str, message: str) -> None:
    report = reported(site, "{centre: CC1}", COST.replace(SCHEMA, schema))
    (fault,) = report.faults
    assert (fault.kind, fault.distribution) == ("plug-in", "archlint-acme 1.2")
    assert fault.message.startswith("the JSON Schema of `x-cost` cannot be used: ")
    assert message in fault.message
    assert len(report.findings) == 2
    assert exit_code(report) == exit_codes.USAGE


def test_a_block_without_a_schema_is_left_alone(site: Site) -> None:
    assert [f.code for f in reported(site, "[7]", ACM001).findings] == ["ACM001", "ACM001"]


def test_two_plug_ins_cannot_have_one_block(site: Site) -> None:
    site.module("acme_one", IMPORTS + COST)
    site.module("acme_two", IMPORTS + "OTHER = Extension('x-cost', {})")
    registry = load_registry([entry("acme_one"), entry("acme_two", distribution="archlint-zed", version="3")])
    (fault,) = registry.faults
    assert fault.distribution == "archlint-zed 3"
    assert fault.message == "`x-cost` is already a block of archlint-acme 1.2"


def test_a_plug_in_may_bring_a_block_alone_and_import_it_twice(site: Site) -> None:
    site.module("acme_one", IMPORTS + "COST = Extension('x-cost', {})")
    site.module("acme_two", "from acme_one import COST\n" + ACM001)
    site.module("acme", "MODULES = ('acme_one', 'acme_two')")
    registry = load_registry([entry("acme:MODULES")])
    assert registry.faults == ()
    assert [extension.name for extension in registry.extensions] == ["x-cost"]
    assert load_registry([entry("acme_one")]).faults == ()


@pytest.mark.parametrize("name", ["cost", "x-", "x-Cost", "x-cost_centre"])
def test_a_block_has_a_proper_name(name: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a block"):
        Extension(name, {})


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("2.0", "`acme_one` is written for version 2.0 of the plug-in API, this archlint has 1.0"),
        ("1.7", "`acme_one` is written for version 1.7 of the plug-in API, this archlint has 1.0"),
        ("new", "`new` is no version of the plug-in API; write such as 1.0"),
    ],
)
def test_a_plug_in_for_another_api_is_refused(site: Site, wanted: str, message: str) -> None:
    site.module("acme_one", f"api_version = {wanted!r}\n" + ACM001)
    (fault,) = load_registry([entry("acme_one")]).faults
    assert (fault.message, fault.distribution) == (message, "archlint-acme 1.2")


def test_a_plug_in_for_this_api_is_taken(site: Site) -> None:
    site.module("acme_one", "api_version = '1.0'\n" + ACM001)
    assert load_registry([entry("acme_one")]).faults == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [("450ms", 0.45), ("1.2k/s", 1200), ("4KiB", 4096), ("99%", 0.99), ("300 USD/month", 300), (7, 7), ("2k", 2000)],
)
def test_quantities_of_ones_own(text: object, value: float) -> None:
    assert quantity(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["soon", "7 parsecs", "", None])
def test_what_is_no_quantity(text: object) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        quantity(text)
