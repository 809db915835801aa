"""Fingerprints name the same finding across edits, and different findings differently."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from archlint.engine.fingerprint import fingerprint, fingerprints, without_indexes
from archlint.testing import lint

if TYPE_CHECKING:
    from archlint.engine.registry import Registry
    from tests.engine.conftest import MakeRegistry

CHECKS = """
@check("ACM001", "call-without-timeout", severity=WARNING)
def call_without_timeout(call: Call, analyses: Analyses) -> Iterator[Finding]:
    '''A call states no timeout.'''
    if call.spec.timeout is None:
        yield Finding(at=call, field="timeout", message=f"{call.label} of {call.system.name} has no timeout",
                      exposure=2.5, severity=ERROR if call.caller.name == "web" else WARNING)

@check("ACM002", "zone-named", severity=WARNING)
def zone_named(service: Service, analyses: Analyses) -> Iterator[Finding]:
    '''A service names zone b.'''
    for index, zone in enumerate(service.spec.zones or ()):
        if zone == "b":
            yield Finding(at=service, field=f"zones[{index}]", message="names zone b")

@check("ACM003", "limit-reached", severity=WARNING)
def limit_reached(service: Service, analyses: Analyses) -> Iterator[Finding]:
    '''A service reaches a limit.'''
    for limit in ("max-connections", "max-files", "max-files"):
        yield Finding(at=service, field="replicas", message=f"reaches {limit}", key=limit)
"""
MANIFEST = """\
archlint: 1
system: {name: shop}
services:
  web:
    zones: [a, b]
    calls: [{to: db}, {to: audit}, {to: db}]
  audit:
    calls:
      - to: db
datastores:
  db: {}
"""


@pytest.fixture
def registry(registry_from: MakeRegistry) -> Registry:
    return registry_from(CHECKS)


def identities(registry: Registry, text: str, name: str = "archlint.yaml") -> dict[tuple[str, str, str], str]:
    report = lint(text, name=name, registry=registry)
    found = {(f.code, f.path, f.message): f.fingerprint for f in report.findings}
    assert len(set(found.values())) == len(found)
    return found


def test_it_is_a_digest_of_names_joined_by_nul() -> None:
    text = "LAW020\0shop\0services.web.capacity\0"
    assert fingerprint("LAW020", "shop", "services.web.capacity", "") == (
        "v1:" + hashlib.sha256(text.encode()).hexdigest()[:16]
    )


@pytest.mark.parametrize("changed", range(4))
def test_each_part_of_the_identity_counts(changed: int) -> None:
    parts = ["LAW020", "shop", "services.web", "limit"]
    other = [*parts[:changed], "other", *parts[changed + 1 :]]
    assert fingerprint(*parts) != fingerprint(*other)  # type: ignore[arg-type]


def test_twins_are_numbered_in_file_order() -> None:
    twin, other = ("LAW020", "shop", "services.web", ""), ("LAW020", "shop", "services.api", "")
    first, second, alone = fingerprints([twin, twin, other])
    assert first == fingerprint(*twin)
    assert second == fingerprint(*twin, ordinal=2)
    assert alone == fingerprint(*other)
    assert len({first, second, alone}) == 3


@pytest.mark.parametrize(
    ("route", "names"),
    [
        ("services.web.calls[db].retries", "services.web.calls[db].retries"),
        ("services.web.calls[db#2]", "services.web.calls[db#2]"),
        ("services.web.zones[1]", "services.web.zones[]"),
        ('services["a[0]"].zones[12]', 'services["a[0]"].zones[]'),
        ('services["\\"[0]"].calls["7"]', 'services["\\"[0]"].calls["7"]'),
    ],
)
def test_a_route_keeps_names_and_no_indexes(route: str, names: str) -> None:
    assert without_indexes(route) == names


def test_no_file_name_line_or_column_in_it(registry: Registry) -> None:
    moved = "# a comment\n\n" + MANIFEST.replace("    zones", "\n    # more\n    zones")
    indented = MANIFEST.replace("calls: [{to: db}, ", "calls: [ {to:   db}, ")
    expected = identities(registry, MANIFEST)
    assert identities(registry, moved, name="folder/other.archlint.yaml") == expected
    assert identities(registry, indented) == expected


def test_no_severity_figure_or_message_in_it(registry_from: MakeRegistry) -> None:
    before = list(identities(registry_from(CHECKS), MANIFEST).values())
    edited = CHECKS.replace("has no timeout", "waits for ever").replace("2.5", "7").replace("ERROR if", "INFO if")
    assert list(identities(registry_from(edited), MANIFEST).values()) == before


def test_reordered_keys_and_sections_keep_it(registry: Registry) -> None:
    head, rest = MANIFEST.split("services:\n")
    services, stores = rest.split("datastores:\n")
    web, audit = services.split("  audit:\n")
    reordered = f"datastores:\n{stores}services:\n  audit:\n{audit}{web}{head}"
    assert identities(registry, reordered) == identities(registry, MANIFEST)


def test_inserted_items_keep_it(registry: Registry) -> None:
    named = MANIFEST.replace("calls: [{to: db}", "calls: [{to: mail, timeout: 1s}, {to: db}")
    named = named.replace("  db: {}\n", "  db: {}\n  mail: {}\n")
    assert identities(registry, named) == identities(registry, MANIFEST)
    nameless = MANIFEST.replace("zones: [a, b]", "zones: [c, a, b]")
    before, after = identities(registry, MANIFEST), identities(registry, nameless)
    assert (
        before["ACM002", "services.web.zones[1]", "names zone b"]
        == (after["ACM002", "services.web.zones[2]", "names zone b"])
    )


def test_another_system_is_another_finding(registry: Registry) -> None:
    before = set(identities(registry, MANIFEST).values())
    assert not before & set(identities(registry, MANIFEST.replace("shop", "store")).values())


def test_the_key_of_a_check_tells_its_findings_at_one_place_apart(registry: Registry) -> None:
    report = lint(MANIFEST, registry=registry)
    twins = [f.fingerprint for f in report.findings if f.path == "services.audit.replicas"]
    expected = [("max-connections", 1), ("max-files", 1), ("max-files", 2)]
    route = "services.audit.replicas"
    assert twins == [fingerprint("ACM003", "shop", route, key, number) for key, number in expected]
