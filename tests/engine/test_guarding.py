"""Checks that change the model, or hang: named, undone, and without effect on the other checks."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from archlint.engine import exit_codes
from archlint.engine.configuration.settings import alike
from archlint.engine.results import Report
from archlint.engine.session import Request, check_sources, exit_code
from archlint.engine.snapshot import Snapshot
from archlint.engine.sources.discovery import Source
from archlint.engine.time_limit import TimedOut, within
from archlint.manifest.loading import load
from archlint.system.workspace import link
from archlint.testing import TODAY

if TYPE_CHECKING:
    from archlint.engine.registry import Registry
    from archlint.system.elements import System
    from tests.engine.conftest import MakeRegistry

MANIFEST = """\
archlint: 1
system: {name: shop}
services:
  web: {replicas: 3, zones: [a, b], load: {peak: 10/s}, calls: [{to: db, access: read}]}
  api: {replicas: 3, zones: [a, b]}
datastores:
  db: {nodes: 3}
"""

WITNESS = '''
@check("ACM900", "witness-of-the-model", severity=INFO)
def witness(system: System, analyses: Analyses) -> Iterator[Finding]:
    """Says what it sees."""
    web = system.services.get("web")
    peak = need(web, analyses.load.requests(web)) if web else None
    seen = (list(system.services), web and web.spec.replicas, web and web.spec.zones, peak, len(web.calls))
    yield Finding(at=system, message=repr(seen))
'''


def mutator(statement: str) -> str:
    return f'''
@check("ACM001", "changes-the-model", severity=WARNING)
def changes(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """Changes what it was only to look at."""
    if service.name == "web":
        {statement}
        analyses.load.requests(service)
    yield Finding(at=service, message="seen")
'''


def checked(registry: Registry, timeout: float = 30.0) -> Report:
    request = Request(today=TODAY, check_timeout=timeout)
    source = Source("shop.archlint.yaml", MANIFEST.encode())
    return check_sources([source], request, alike(registry.checks), registry)


def said(report: Report, code: str) -> list[str]:
    return [finding.message for finding in report.findings if finding.code == code]


CHANGES = {
    "a field of a spec": "vars(service.spec)['replicas'] = 99",
    "a new field of a spec": "vars(service.spec)['tags'] = ['x']",
    "a field of a spec, by force": "object.__setattr__(service.spec, 'replicas', 99)",
    "a part of a spec": "vars(service.spec.load)['peak'] = 1e6",
    "a list in a spec": "service.spec.zones.append('c')",
    "an item of a list": "service.spec.zones[0] = 'c'",
    "the order of a list": "service.spec.zones.reverse()",
    "an element": "service.name = 'other'",
    "the calls of a service": "service.calls.clear()",
    "the services of a system": "del service.system.services['web']",
    "the order of services": "service.system.services['web'] = service.system.services.pop('web')",
    "the dependencies": "service.outgoing[0].hard = not service.outgoing[0].hard",
    "the text as it was read": "service.system.document.data['services'].clear()",
    "the document": "service.system.document.data = {}",
    "the manifest": "object.__setattr__(service.system.manifest, 'services', {})",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_check_that_changes_the_model_is_named_and_its_change_undone(
    registry_from: MakeRegistry, change: str
) -> None:
    report = checked(registry_from(mutator(CHANGES[change]) + WITNESS))
    assert said(report, "ACM900") == ["(['web', 'api'], 3, ['a', 'b'], 10.0, 1)"]
    assert said(report, "ACM001") == []
    (fault,) = report.faults
    assert (fault.kind, fault.name) == ("check", "ACM001")
    assert fault.message.startswith("changes the model, which is put back: ")
    assert exit_code(report) == exit_codes.INTERNAL


def test_figures_that_were_computed_from_a_changed_model_are_forgotten(registry_from: MakeRegistry) -> None:
    report = checked(registry_from(mutator("vars(service.spec.load)['peak'] = 1e6") + WITNESS))
    (message,) = said(report, "ACM900")
    assert "10.0" in message


def test_what_cannot_be_set_is_a_check_that_fails(registry_from: MakeRegistry) -> None:
    (fault,) = checked(registry_from(mutator("service.spec.replicas = 99"))).faults
    assert "a manifest is never changed: `replicas` of ServiceSpec" in fault.message


def test_a_check_that_only_looks_keeps_its_findings(registry_from: MakeRegistry) -> None:
    report = checked(registry_from(mutator("pass") + WITNESS))
    assert said(report, "ACM001") == ["seen", "seen"]
    assert report.faults == ()


HANGING = '''
import time
@check("ACM001", "hangs-for-ever", severity=WARNING)
def hangs(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """Never comes to an end."""
    yield Finding(at=service, message="seen")
    while True:
        {statement}
'''


@pytest.mark.parametrize("statement", ["pass", "time.sleep(60)", "sum(range(10**6))"])
def test_a_check_that_hangs_is_stopped_and_named(registry_from: MakeRegistry, statement: str) -> None:
    report = checked(registry_from(HANGING.format(statement=statement) + WITNESS), timeout=0.2)
    (fault,) = report.faults
    assert (fault.name, fault.message) == ("ACM001", "took longer than 0.2 s and was stopped")
    assert len(said(report, "ACM900")) == 1
    assert said(report, "ACM001") == ["seen"]
    assert exit_code(report) == exit_codes.INTERNAL


def test_a_check_that_catches_everything_is_stopped_all_the_same(registry_from: MakeRegistry) -> None:
    statement = "\n        ".join(("try:", "    time.sleep(60)", "except Exception:", "    pass"))
    (fault,) = checked(registry_from(HANGING.format(statement=statement)), timeout=0.2).faults
    assert fault.name == "ACM001"


def test_outside_the_main_thread_a_check_is_stopped_too() -> None:
    outcome: list[str] = []

    def run() -> None:
        try:
            within(0.1, spin)
        except TimedOut:
            outcome.append("stopped")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert outcome == ["stopped"]


def spin() -> None:
    while True:
        time.sleep(0.01)


def test_no_limit_lets_everything_end() -> None:
    done: list[int] = []
    within(0, lambda: done.append(1))
    within(30, lambda: done.append(2))
    assert done == [1, 2]


def test_a_timer_that_was_set_before_runs_on() -> None:
    before = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 500)
    try:
        within(30, lambda: None)
        assert 400 < signal.getitimer(signal.ITIMER_REAL)[0] <= 500
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    assert signal.getsignal(signal.SIGALRM) == before


def systems() -> list[System]:
    return list(link([load(MANIFEST.encode(), "shop.archlint.yaml")]).systems.values())


def test_a_snapshot_says_what_has_changed() -> None:
    (system,) = systems()
    snapshot = Snapshot([system])
    assert snapshot.restore() is None
    system.services["web"].calls.clear()
    assert snapshot.restore() == "a list of 1, now of 0"
    vars(system.services["web"].spec)["replicas"] = 7
    assert snapshot.restore() == "a ServiceSpec (`replicas`)"
    system.services["web"].name = "other"
    assert snapshot.restore() == "service `other` (`name`)"
    assert snapshot.restore() is None
    assert system.services["web"].spec.replicas == 3
