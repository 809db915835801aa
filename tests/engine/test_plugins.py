"""Plug-ins: found as the standard library finds them, loaded one by one, named when they fail."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archlint.engine import exit_codes
from archlint.engine.plugins import GROUP, EntryPoint, find_entry_points
from archlint.engine.registration import load_registry, registry_of
from archlint.engine.session import exit_code
from archlint.testing import lint

if TYPE_CHECKING:
    from tests.engine.conftest import Site

ACM001 = """
@check("ACM001", "service-without-runbook", severity=WARNING)
def service_without_runbook(service: Service, analyses: Analyses) -> Iterator[Finding]:
    '''A service states no runbook.'''
    yield Finding(at=service, message=f"{service.name} has no runbook")
"""
ACM002 = ACM001.replace("ACM001", "ACM002").replace("service-without-runbook", "another-name")
MANIFEST = "archlint: 1\nsystem: {name: shop}\nservices: {web: {}}\n"


def entry(value: str, name: str = "own", distribution: str = "archlint-acme", version: str = "1.2") -> EntryPoint:
    return EntryPoint(distribution, version, name, value)


def test_finds_what_the_standard_library_finds() -> None:
    expected = {
        (point.dist.name.lower(), point.dist.version, point.name, point.value)
        for point in importlib.metadata.entry_points(group=GROUP)
        if point.dist is not None
    }
    found = {(e.distribution, e.version, e.name, e.value) for e in find_entry_points()}
    assert "archlint" in {distribution for distribution, *_ in found}
    assert found == expected


def test_reads_entry_points_as_leniently_as_the_standard_library(site: Site) -> None:
    text = """\
    # a comment
    [console_scripts]
    acme = acme.cli:run

    [archlint.checks]
      first=acme.checks
    second = acme.more : MODULES [extra]
    # another
    [other]
    third = acme.third
    """
    metadata = site.distribution("Archlint_Acme.Checks", "2.0", text)
    found = find_entry_points([str(site.folder)])
    theirs = importlib.metadata.PathDistribution(metadata).entry_points.select(group=GROUP)
    assert {(e.name, e.value) for e in found} == {(point.name, point.value) for point in theirs}
    assert {(e.distribution, e.version) for e in found} == {("archlint-acme-checks", "2.0")}


def test_an_entry_points_file_that_is_no_text_hurts_nobody(site: Site) -> None:
    metadata = site.distribution("broken", "1.0", "")
    (metadata / "entry_points.txt").write_bytes(b"[archlint.checks]\nown = \xff\xfe.checks\n")
    (bad,) = find_entry_points([str(site.folder)])
    (fault,) = load_registry([bad]).faults
    assert (fault.kind, fault.distribution) == ("plug-in", "broken 1.0")
    assert "names no module" in fault.message


def test_a_distribution_counts_once_the_first_place_wins(tmp_path: Path) -> None:
    for place, folder in (("a", "Acme_Checks-1.0"), ("b", "acme.checks-2.0")):
        metadata = tmp_path / place / f"{folder}.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "entry_points.txt").write_text(f"[{GROUP}]\nown = acme\n")
    found = find_entry_points([str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "nowhere")])
    assert [(e.distribution, e.version) for e in found] == [("acme-checks", "1.0")]


def test_the_order_is_that_of_names_with_the_built_in_checks_first(site: Site) -> None:
    for name in ("zebra", "archlint", "aardvark"):
        site.distribution(name, "1.0", f"[{GROUP}]\nb = x\na = y\n")
    found = find_entry_points([str(site.folder)])
    expected = [(d, n) for d in ("archlint", "aardvark", "zebra") for n in ("a", "b")]
    assert [(e.distribution, e.name) for e in found] == expected


def test_a_module_brings_its_checks(site: Site) -> None:
    site.module("acme_one", ACM001)
    registry = load_registry([entry("acme_one")])
    assert [check.code for check in registry.checks] == ["ACM001"]
    assert registry.find("service-without-runbook") is registry.find("ACM001")
    assert registry.faults == ()


@pytest.mark.parametrize("named", ["('acme_one', 'acme_two')", "['acme_two', acme_one]", "'acme_one'"])
def test_an_attribute_names_modules(site: Site, named: str) -> None:
    site.module("acme_one", ACM001)
    site.module("acme_two", ACM002)
    site.module("acme", f"import acme_one\nclass Names:\n    MODULES = {named}\n")
    registry = load_registry([entry("acme:Names.MODULES")])
    assert registry.faults == ()
    assert registry.find("ACM001") is not None


def test_a_check_that_is_imported_or_named_twice_is_one(site: Site) -> None:
    site.module("acme_one", ACM001 + "\nalias = service_without_runbook\n")
    site.module("acme_two", "from acme_one import *\n" + ACM002)
    site.module("acme", "MODULES = ('acme_one', 'acme_two', 'acme_one')\n")
    registry = load_registry([entry("acme:MODULES")])
    assert registry.faults == ()
    assert [check.code for check in registry.checks] == ["ACM001", "ACM002"]


BROKEN = {
    "a module that is not there": ("acme_nowhere", "", "ModuleNotFoundError: No module named 'acme_nowhere'"),
    "an import that fails": ("acme_bad", "raise RuntimeError('no licence')", "RuntimeError: no licence"),
    "an import that ends the program": ("acme_bad", "import sys\nsys.exit(0)", "SystemExit: 0"),
    "a syntax error": ("acme_bad", "def", "SyntaxError: "),
    "an attribute that is not there": ("acme_bad:MODULES", "", "AttributeError: "),
    "an attribute that is no list": ("acme_bad:MODULES", "MODULES = 7", "TypeError: 'int' object is not iterable"),
    "a list of other things": ("acme_bad:MODULES", "MODULES = [7]", "TypeError: 7 is neither a module"),
    "no module's name": ("acme bad", "", "`acme bad` names no module"),
    "no check in it": ("acme_bad", "x = 1", "`acme_bad` defines no check"),
    "a malformed code": ("acme_bad", ACM001.replace("ACM001", "acme-1"), "ValueError: 'acme-1' is not a code"),
    "a malformed slug": ("acme_bad", ACM001.replace("service-without-runbook", "Runbook"), "ValueError: 'Runbook'"),
    "no documentation": ("acme_bad", ACM001.replace("A service states no runbook.", ""), "ValueError: ACM001 has no"),
    "a code of archlint": ("acme_bad", ACM001.replace("ACM001", "MAN001"), "`MAN001` belongs to archlint itself"),
    "a slug of archlint": (
        "acme_bad", ACM001.replace("service-without-runbook", "duplicate-key"), "`duplicate-key` belongs to archlint",
    ),
    "a code twice": ("acme_bad", ACM001 + ACM001.replace("def service", "def a_service"), "`ACM001` is given to two"),
    "a slug twice": (
        "acme_bad",
        ACM001 + ACM001.replace("def service", "def a_service").replace("ACM001", "ACM003"),
        "`service-without-runbook` is given to two",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plug_in_is_named_and_the_others_run(site: Site, case: str) -> None:
    value, text, message = BROKEN[case]
    (site.folder / "acme_bad.py").write_text("from archlint.plugin import *\nAnalyses = object\n" + text + "\n")
    site.module("acme_two", ACM002)
    registry = load_registry([entry(value), entry("acme_two", distribution="archlint-zeta")])
    (fault,) = registry.faults
    assert (fault.kind, fault.name, fault.distribution) == ("plug-in", "own", "archlint-acme 1.2")
    assert fault.message.startswith(message)
    assert [check.code for check in registry.checks] == ["ACM002"]
    report = lint(MANIFEST, registry=registry)
    assert [finding.code for finding in report.findings] == ["ACM002"]
    assert exit_code(report) == exit_codes.USAGE


@pytest.mark.parametrize("clash", ["ACM001", "service-without-runbook"])
def test_a_clash_names_the_newcomer_and_leaves_all_of_it_out(site: Site, clash: str) -> None:
    site.module("acme_one", ACM001)
    other = ACM001.replace("ACM001", clash if clash == "ACM001" else "ZED001")
    other = other.replace("service-without-runbook", clash if clash != "ACM001" else "zed-name")
    site.module("acme_two", ACM002 + other)
    entries = [entry("acme_one"), entry("acme_two", distribution="archlint-zed", version="3")]
    registry = load_registry(entries)
    (fault,) = registry.faults
    assert fault.distribution == "archlint-zed 3"
    assert fault.message == f"`{clash}` is already a check of archlint-acme 1.2"
    assert [check.code for check in registry.checks] == ["ACM001"]


def test_an_installed_plug_in_travels_the_same_road(site: Site) -> None:
    site.module("acme_one", ACM001)
    site.distribution("archlint_acme", "1.2", f"[{GROUP}]\nown = acme_one\n")
    registry = load_registry(find_entry_points([*sys.path]))
    assert registry.find("ACM001") is not None
    assert registry.find("LAW020") is not None
    assert [check.code for check in registry.checks] == sorted(check.code for check in registry.checks)


def test_a_registry_for_tests_refuses_clashes_too(site: Site) -> None:
    one, two = site.module("acme_one", ACM001), site.module("acme_two", ACM001)
    assert registry_of(one).find("ACM001") is not None
    with pytest.raises(Exception, match="`ACM001` is given to two of its checks"):
        registry_of(one, two)
