"""Four outcomes a pair of check and subject, what the profiles make of them, and checks that fail."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pytest

from archlint.analysis.analyses import Analyses
from archlint.engine import exit_codes
from archlint.engine.outcomes import Outcomes
from archlint.engine.runner import run_checks
from archlint.engine.session import exit_code
from archlint.knowledge.catalogue import Catalogue
from archlint.manifest.loading import load
from archlint.system.workspace import link
from archlint.testing import TODAY, lint

if TYPE_CHECKING:
    from archlint.engine.registry import Registry
    from archlint.engine.results import Report, ReportedFinding
    from tests.engine.conftest import MakeRegistry

HEAD = "archlint: 1\nsystem: {name: shop}\n"
CAPACITY = """
@check("ACM001", "over-capacity", severity=ERROR, needs=("load.peak",), applies=lambda s: s.name != "batch")
def over_capacity(service: Service, analyses: Analyses) -> Iterator[Finding]:
    '''A service gets more than it can serve.'''
    calls.append(service.name)
    if service.spec.tier == "best-effort":
        raise NotApplicable
    load, capacity = need(service, "load.peak", "capacity.per_replica")
    if load > capacity:
        yield Finding(at=service, field="capacity.per_replica", message="too much", exposure=load / capacity)

calls = []
"""
MANIFEST = (
    HEAD
    + """\
services:
  clear: {load: {peak: 1/s}, capacity: {per_replica: 2/s}}
  fired: {load: {peak: 3/s}, capacity: {per_replica: 2/s}}
  batch: {}
  spare: {tier: best-effort, load: {peak: 1/s}}
  unloaded-a: {}
  unloaded-b: {capacity: {per_replica: 2/s}}
  unmeasured: {load: {peak: 1/s}}
"""
)


def outcomes_of(registry: Registry, *texts: str) -> Outcomes:
    files = [load(text.encode(), f"{number}.yaml") for number, text in enumerate(texts)]
    systems = link(files).systems
    assert len(systems) == len(texts)
    return run_checks(registry.checks, systems.values(), Analyses(systems, Catalogue(), TODAY))


def groups(outcomes: Outcomes) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    return {key: [element.name for element in elements] for key, elements in outcomes.unknown.items()}


def test_four_outcomes(registry_from: MakeRegistry) -> None:
    outcomes = outcomes_of(registry_from(CAPACITY), MANIFEST)
    assert (outcomes.clear, outcomes.fired, outcomes.not_evaluated) == (1, 1, 3)
    assert [raised.finding.at.name for raised in outcomes.raised] == ["fired"]
    assert groups(outcomes) == {
        ("ACM001", ("load.peak",)): ["unloaded-a", "unloaded-b"],
        ("ACM001", ("capacity.per_replica",)): ["unmeasured"],
    }
    assert outcomes.faults == []


def test_what_a_check_always_needs_is_decided_without_calling_it(registry_from: MakeRegistry) -> None:
    registry = registry_from(CAPACITY)
    outcomes_of(registry, MANIFEST)
    called = registry.checks[0].function.__globals__["calls"]
    assert called == ["clear", "fired", "spare", "unmeasured"]


def test_needs_of_several_checks_are_told_apart(registry_from: MakeRegistry) -> None:
    second = (
        CAPACITY.replace("ACM001", "ACM002")
        .replace("over-capacity", "other-capacity")
        .replace("over_capacity", "other_capacity")
    )
    second = second.replace('needs=("load.peak",)', 'needs=("tier", "replicas")')
    outcomes = outcomes_of(registry_from(CAPACITY + second), HEAD + "services: {web: {tier: important}, batch: {}}\n")
    assert groups(outcomes) == {("ACM001", ("load.peak",)): ["web"], ("ACM002", ("replicas",)): ["web"]}


def test_an_explicit_none_is_stated(registry_from: MakeRegistry) -> None:
    text = """
    @check("ACM001", "queue-absent", severity=WARNING, needs=("queue",))
    def queue_absent(service: Service, analyses: Analyses) -> Iterator[Finding]:
        '''A service has no queue.'''
        if need(service, "queue") == NONE:
            yield Finding(at=service, field="queue", message="no queue")
    """
    outcomes = outcomes_of(registry_from(text), HEAD + "services: {a: {queue: none}, b: {}}\n")
    assert (outcomes.fired, groups(outcomes)) == (1, {("ACM001", ("queue",)): ["b"]})


AFTER = """
@check("ACM001", "partly-known", severity=WARNING)
def partly_known(service: Service, analyses: Analyses) -> Iterator[Finding]:
    '''A service is known in parts.'''
    if service.spec.replicas is not None:
        yield Finding(at=service, field="replicas", message="stated parts alone decide")
    need(service, "load.peak", "load.mean", "tier")
"""


def test_one_unknown_names_all_that_is_missing(registry_from: MakeRegistry) -> None:
    outcomes = outcomes_of(registry_from(AFTER), HEAD + "services: {web: {tier: important}}\n")
    assert groups(outcomes) == {("ACM001", ("load.mean", "load.peak")): ["web"]}


def test_findings_before_an_unknown_stand(registry_from: MakeRegistry) -> None:
    outcomes = outcomes_of(registry_from(AFTER), HEAD + "services: {web: {replicas: 2}}\n")
    assert (outcomes.fired, outcomes.clear, outcomes.not_evaluated) == (1, 0, 0)
    assert [raised.finding.message for raised in outcomes.raised] == ["stated parts alone decide"]


def test_findings_before_not_applicable_stand(registry_from: MakeRegistry) -> None:
    text = AFTER.replace('need(service, "load.peak", "load.mean", "tier")', "raise NotApplicable")
    outcomes = outcomes_of(registry_from(text), HEAD + "services: {web: {replicas: 2}, api: {}}\n")
    assert (outcomes.fired, outcomes.clear, outcomes.not_evaluated) == (1, 0, 0)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise KeyError('x')", "KeyError: 'x'"),
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("service.spec.tier = 'critical'", ""),
        ("return 7", "TypeError: 'int' object is not iterable"),
        ("yield 'text'", "TypeError: yields a str, not a Finding"),
        ("yield Finding(at='web', message='x')", "TypeError: a finding needs a place"),
        ("def f(): f()\n    f()", "RecursionError"),
    ],
)
def test_a_check_that_fails_is_named_once_and_the_others_run(
    registry_from: MakeRegistry, body: str, message: str
) -> None:
    broken = f"""
@check("ACM000", "always-broken", severity=WARNING)
def always_broken(service: Service, analyses: Analyses) -> Iterator[Finding]:
    '''It fails.'''
    {body}
"""
    registry = registry_from(broken + CAPACITY)
    report = lint(MANIFEST, registry=registry)
    (fault,) = report.faults
    assert (fault.kind, fault.name) == ("check", "ACM000")
    assert fault.message.startswith("failed on service `clear`: ")
    assert message in fault.message
    assert [finding.code for finding in report.findings] == ["ACM001"]
    assert exit_code(report) == exit_codes.INTERNAL
    assert (report.summary.clear, report.summary.fired) == (1, 1)


@pytest.mark.parametrize("applies", ["lambda service: 1 / 0", "lambda service: service.nothing"])
def test_an_applicability_test_that_fails_is_a_fault(registry_from: MakeRegistry, applies: str) -> None:
    text = CAPACITY.replace('lambda s: s.name != "batch"', applies)
    assert [fault.name for fault in lint(MANIFEST, registry=registry_from(text)).faults] == ["ACM001"]


def test_a_check_of_what_is_no_subject_is_a_fault(registry_from: MakeRegistry) -> None:
    text = CAPACITY.replace("service: Service", "service: Widget")
    (fault,) = lint(MANIFEST, registry=registry_from(text)).faults
    assert fault.message == "visits `Widget`, which is no subject"


def test_options_are_the_checks_own_by_default(registry_from: MakeRegistry) -> None:
    text = """
    from dataclasses import dataclass

    @dataclass(frozen=True, slots=True)
    class Most(Options):
        replicas: int = 3

    @check("ACM001", "many-replicas", severity=INFO, options=Most)
    def many_replicas(service: Service, analyses: Analyses, options: Most) -> Iterator[Finding]:
        '''A service has many replicas.'''
        yield Finding(at=service, message=f"more than {options.replicas}")
    """
    registry = registry_from(text)
    (check,) = registry.checks
    systems = link([load((HEAD + "services: {web: {}}\n").encode(), "a.yaml")]).systems
    analyses = Analyses(systems, Catalogue(), TODAY)
    for options, number in (({}, 3), ({"ACM001": check.options(replicas=7)}, 7)):  # type: ignore[call-arg]
        (raised,) = run_checks(registry.checks, systems.values(), analyses, options).raised
        assert raised.finding.message == f"more than {number}"


def test_the_share_that_could_be_judged(registry_from: MakeRegistry) -> None:
    summary = lint(MANIFEST, registry=registry_from(CAPACITY)).summary
    assert (summary.clear, summary.fired, summary.not_evaluated) == (1, 1, 3)
    assert summary.evaluated_share == pytest.approx(2 / 5)


def test_the_share_of_nothing_is_all(registry_from: MakeRegistry) -> None:
    assert lint(HEAD, registry=registry_from(CAPACITY)).summary.evaluated_share == 1.0


def test_what_runs_last_sees_what_the_others_could_judge_of_each_system(registry_from: MakeRegistry) -> None:
    text = (
        CAPACITY
        + """
@check("ACM009", "seldom-judged", severity=INFO)
def seldom_judged(evaluation: Evaluation, analyses: Analyses) -> Iterator[Finding]:
    '''Little could be judged.'''
    yield Finding(at=evaluation.system, message=f"{evaluation.share:.2f} {evaluation.missing}")
"""
    )
    registry = registry_from("from archlint.plugin import Evaluation\n" + text)
    other = "archlint: 1\nsystem: {name: other}\nservices: {a: {load: {peak: 1/s}, capacity: {per_replica: 2/s}}}\n"
    messages = {
        raised.finding.at.name: raised.finding.message
        for raised in outcomes_of(registry, MANIFEST, other).raised
        if raised.check.code == "ACM009"
    }
    assert messages == {
        "shop": "0.40 (('load.peak', 2), ('capacity.per_replica', 1))",
        "other": "1.00 ()",
    }


def test_not_evaluated_is_grouped_by_check_and_fields(registry_from: MakeRegistry) -> None:
    report = lint(MANIFEST, registry=registry_from(CAPACITY))
    assert [(g.code, g.name, g.needs, g.count, tuple(g.components)) for g in report.not_evaluated] == [
        ("ACM001", "over-capacity", ("capacity.per_replica",), 1, ("services.unmeasured",)),
        ("ACM001", "over-capacity", ("load.peak",), 2, ("services.unloaded-a", "services.unloaded-b")),
    ]


# Profiles.

PROFILES = ("starter", "standard", "strict")
TIMEOUT = """
@check("ACM001", "call-without-timeout", severity=ERROR)
def call_without_timeout(call: Call, analyses: Analyses) -> Iterator[Finding]:
    '''A call has no timeout.'''
    stated = call.spec.timeout
    if stated is None or stated == NONE:
        yield Finding(at=call, field="timeout", message="no timeout", unstated="" if stated == NONE else "timeout")
"""
CALLS = (
    HEAD
    + """\
services:
  web:
    tier: critical
    calls: [{to: db}]
  side:
    calls: [{to: db}]
  plain:
    calls: [{to: db, timeout: none}]
  good:
    calls: [{to: db, timeout: 1s}]
datastores: {db: {}}
"""
)


def seen(report: Report) -> dict[str, str]:
    return {finding.component: finding.severity.label for finding in report.findings}


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("starter", {"plain": "error"}),
        ("standard", {"web": "warning", "side": "info", "plain": "error"}),
        ("strict", {"web": "error", "side": "error", "plain": "error"}),
    ],
)
def test_a_control_that_is_not_stated(registry_from: MakeRegistry, profile: str, expected: dict[str, str]) -> None:
    report = lint(CALLS, profile=profile, registry=registry_from(TIMEOUT))
    assert seen(report) == expected
    unknown = [(group.needs, group.count) for group in report.not_evaluated]
    assert unknown == ([(("timeout",), 2)] if profile == "starter" else [])
    summary = report.summary
    assert (summary.clear, summary.fired) == (1, len(expected))
    assert summary.evaluated_share == pytest.approx((1 + len(expected)) / 4)


@pytest.mark.parametrize("severity", ["INFO", "WARNING"])
def test_standard_never_raises_a_severity(registry_from: MakeRegistry, severity: str) -> None:
    registry = registry_from(TIMEOUT.replace("severity=ERROR", f"severity={severity}"))
    found = seen(lint(CALLS, profile="standard", registry=registry))
    assert found == {"web": severity.lower(), "side": "info", "plain": severity.lower()}


def test_starter_counts_pairs_not_findings(registry_from: MakeRegistry) -> None:
    text = TIMEOUT + '        yield Finding(at=call, field="retries", message="no retries", unstated="retries")\n'
    report = lint(CALLS, profile="starter", registry=registry_from(text))
    assert [finding.component for finding in report.findings] == ["plain"]
    assert [(group.needs, group.count) for group in report.not_evaluated] == [(("timeout", "retries"), 2)]
    assert (report.summary.clear, report.summary.fired, report.summary.not_evaluated) == (1, 1, 2)


QUANTITY = """
@check("ACM001", "pool-too-small", severity=ERROR, needs=("pool.size",))
def pool_too_small(call: Call, analyses: Analyses) -> Iterator[Finding]:
    '''A pool is too small.'''
    need(call, "pool.size", "pool.hold")
    raise Unknown("services.*.load.peak", "capacity.rate")
"""
POOLS = (
    HEAD
    + """\
services:
  web:
    calls:
      - {to: db, pool: {hold: 1ms}}
      - {to: db, pool: {size: 3}}
      - {to: db, pool: {size: 3, hold: 1ms}}
datastores: {db: {}}
"""
)


@pytest.mark.parametrize("profile", ["starter", "standard"])
def test_a_quantity_that_is_not_stated_is_not_evaluated(registry_from: MakeRegistry, profile: str) -> None:
    report = lint(POOLS, profile=profile, registry=registry_from(QUANTITY))
    assert report.findings == ()
    assert report.summary.evaluated_share == 0
    assert [group.needs for group in report.not_evaluated] == [
        ("capacity.rate", "services.*.load.peak"),
        ("pool.hold",),
        ("pool.size",),
    ]


def test_a_quantity_that_is_not_stated_is_a_warning_under_strict(registry_from: MakeRegistry) -> None:
    report = lint(POOLS, profile="strict", registry=registry_from(QUANTITY))
    assert report.not_evaluated == ()
    assert all((f.severity.label, f.unproven, f.code) == ("warning", True, "ACM001") for f in report.findings)
    assert [(f.path, f.place.line, f.place.column, f.needs) for f in report.findings] == [
        ("services.web.calls[db].pool.size", 6, 18, ("pool.size",)),
        ("services.web.calls[db#2].pool.hold", 7, 18, ("pool.hold",)),
        # Neither is a field of the call.
        ("services.web.calls[db#3]", 8, 14, ("capacity.rate", "services.*.load.peak")),
    ]
    assert all(f"`{field}`" in finding.message for finding in report.findings for field in finding.needs)


@pytest.mark.parametrize("profile", PROFILES)
def test_an_explicit_none_is_a_finding_under_every_profile(registry_from: MakeRegistry, profile: str) -> None:
    assert seen(lint(CALLS, profile=profile, registry=registry_from(TIMEOUT)))["plain"] == "error"


# Subsumption.

SUBSUMING = (
    TIMEOUT
    + """
@check("ACM002", "call-may-hang", severity=WARNING)
def call_may_hang(call: Call, analyses: Analyses) -> Iterator[Finding]:
    '''A call may hang.'''
    if call.spec.timeout is None or call.spec.timeout == NONE:
        yield Finding(at=call, field="timeout", message="may hang")
"""
)
SUBSUMING = SUBSUMING.replace(
    '"call-without-timeout", severity=ERROR', '"call-without-timeout", severity=ERROR, subsumes=("ACM002",)'
)


def codes(report: Report, component: str) -> list[str]:
    def is_of(finding: ReportedFinding) -> bool:
        return finding.component == component

    return [finding.code for finding in filter(is_of, report.findings)]


def test_one_cause_makes_one_finding(registry_from: MakeRegistry) -> None:
    report = lint(CALLS, registry=registry_from(SUBSUMING))
    assert codes(report, "plain") == codes(report, "web") == ["ACM001"]


def test_a_finding_that_the_profile_withholds_replaces_nothing(registry_from: MakeRegistry) -> None:
    report = lint(CALLS, profile="starter", registry=registry_from(SUBSUMING))
    assert codes(report, "web") == ["ACM002"]
    assert codes(report, "plain") == ["ACM001"]


def test_what_is_unproven_replaces_nothing(registry_from: MakeRegistry) -> None:
    text = SUBSUMING.replace("    stated = call.spec.timeout\n", '    stated = need(call, "payload")\n')
    report = lint(CALLS, profile="strict", registry=registry_from(text))
    assert codes(report, "web") == ["ACM001", "ACM002"]


def test_a_finding_replaces_only_those_of_its_own_element(registry_from: MakeRegistry) -> None:
    text = SUBSUMING.replace("if stated is None or", "if")
    report = lint(CALLS, registry=registry_from(text))
    assert codes(report, "plain") == ["ACM001"]
    assert codes(report, "web") == ["ACM002"]


def test_concerns_widen_what_a_finding_replaces(registry_from: MakeRegistry) -> None:
    text = SUBSUMING.replace(
        '@check("ACM001"',
        """
@check("ACM003", "nothing-ever-ends", severity=ERROR, subsumes=("ACM001", "ACM002"))
def nothing_ever_ends(system: System, analyses: Analyses) -> Iterator[Finding]:
    '''Nothing ever ends.'''
    yield Finding(at=system, message="nothing ends", concerns=tuple(system.calls))

@check("ACM001\"""",
    )
    report = lint(CALLS, registry=registry_from(text))
    assert [finding.code for finding in report.findings] == ["ACM003"]


def test_a_finding_replaces_only_those_whose_keys_it_names(registry_from: MakeRegistry) -> None:
    text = """
    @check("ACM001", "ill-sized-system", severity=ERROR)
    def ill_sized_system(system: System, analyses: Analyses) -> Iterator[Finding]:
        '''It has two sizes.'''
        yield Finding(at=system, message="it is too long", key="length")
        yield Finding(at=system, message="it is too wide", key="width")

    @check("ACM002", "long-system", severity=ERROR, subsumes=("ACM001",))
    def long_system(system: System, analyses: Analyses) -> Iterator[Finding]:
        '''It is long.'''
        yield Finding(at=system, message="it is long", explains=("length",))
    """
    report = lint(HEAD, registry=registry_from(text))
    assert sorted(finding.message for finding in report.findings) == ["it is long", "it is too wide"]


def test_today_is_what_was_asked_for(registry_from: MakeRegistry) -> None:
    text = """
    @check("ACM001", "dated-report", severity=INFO)
    def dated_report(system: System, analyses: Analyses) -> Iterator[Finding]:
        '''It says the date.'''
        yield Finding(at=system, message=analyses.today.isoformat())
    """
    report = lint(HEAD, today=datetime.date(2027, 2, 3), registry=registry_from(text))
    assert [finding.message for finding in report.findings] == ["2027-02-03"]
    assert report.today == datetime.date(2027, 2, 3)
