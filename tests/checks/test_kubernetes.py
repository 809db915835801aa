"""What fixtures cannot say of LIM190: what runs on Kubernetes, what is not evaluated, how profiles weigh it."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"
CLUSTER = "  cluster: {technology: eks, replicas: 3}\n"


def of(report: Report) -> list[str]:
    return [finding.path for finding in report.findings if finding.code == "LIM190"]


def is_judged(text: str) -> bool:
    return bool(of(lint(HEAD + text, select=("LIM190",))))


@pytest.mark.parametrize(
    "text",
    [
        "services: {a: {scheduling: {priority: high}}}\n",
        "services:\n" + CLUSTER + "  a: {runs_on: [cluster]}\n",
        "services:\n" + CLUSTER + "  pool: {runs_on: [cluster]}\n  a: {runs_on: [pool]}\n",
        "services: {a: {technology: k8s, calls: [{to: b}]}, b: {}}\n",
        "services: {a: {runs_on: [c]}}\nexternals: {c: {technology: gke@1.31}}\n",
        "caches: {a: {scheduling: {spread: host}}}\n",
    ],
)
def test_what_is_stated_to_run_on_kubernetes_is_judged(text: str) -> None:
    assert is_judged(text)


@pytest.mark.parametrize(
    "text",
    [
        "services: {a: {replicas: 3}}\n",
        "services: {a: {scheduling: none, runs_on: [c]}}\nexternals: {c: {technology: eks}}\n",
        "services: {a: {runs_on: [c]}}\nexternals: {c: {technology: ecs}}\n",
        "services: {a: {technology: jvm, calls: [{to: b}]}, b: {technology: nginx}}\n",
        "services:\n" + CLUSTER,
    ],
)
def test_what_runs_elsewhere_is_not(text: str) -> None:
    report = lint(HEAD + text, select=("LIM190",))
    assert of(report) == []
    assert not any(group.code == "LIM190" for group in report.not_evaluated)


def test_what_is_missing_to_judge_is_named() -> None:
    text = (
        "services: {a: {health_check: {interval: 5s}, scheduling: {disruption_budget: {min_available: 1},"
        " limits: {cpu: 1, memory: 1GiB}}}}\n"
    )
    report = lint(HEAD + text, select=("LIM190",))
    assert of(report) == []
    needs = {field for group in report.not_evaluated for field in group.needs}
    assert needs == {"replicas", "health_check.kind"}


def test_an_empty_budget_is_not_judged() -> None:
    text = (
        "services: {a: {replicas: 3, health_check: [{kind: readiness}, {kind: liveness}],"
        " scheduling: {spread: host, disruption_budget: {}, limits: {cpu: 1, memory: 1GiB}}}}\n"
    )
    report = lint(HEAD + text, select=("LIM190",))
    assert of(report) == []
    needs = {field for group in report.not_evaluated for field in group.needs}
    assert needs == {"scheduling.disruption_budget.min_available"}


@pytest.mark.parametrize(("replicas", "told"), [("1", False), ("2", True), ("{min: 2, max: 9}", True), ("3", False)])
def test_two_replicas_leave_one_at_a_drain(replicas: str, told: bool) -> None:
    text = (
        f"services: {{a: {{replicas: {replicas}, health_check: [{{kind: readiness}}, {{kind: liveness}}], scheduling:"
        " {spread: host, disruption_budget: {max_unavailable: 1}, limits: {cpu: 1, memory: 1GiB}}}}\n"
    )
    found = of(lint(HEAD + text, select=("LIM190",)))
    assert ("services.a.replicas" in found) == told


def test_a_draft_starts_with_what_is_stated() -> None:
    text = "services: {a: {replicas: 3, health_check: none, scheduling: {anti_affinity: none}}}\n"
    found = of(lint(HEAD + text, select=("LIM190",), profile="starter"))
    assert found == ["services.a.health_check", "services.a.health_check", "services.a.scheduling.anti_affinity"]


def test_the_strict_profile_gives_each_its_full_weight() -> None:
    text = "services: {a: {replicas: 2, scheduling: {priority: high}}}\n"
    report = lint(HEAD + text, select=("LIM190",), profile="strict")
    weights = {finding.path.rpartition("a.")[2]: finding.severity.label for finding in report.findings}
    assert weights["scheduling.anti_affinity"] == weights["scheduling.requests"] == "warning"
    assert weights["scheduling.limits.cpu"] == "info"


def test_limits_on_pods_are_told_once() -> None:
    text = (
        "services:\n  cluster: {technology: gke, replicas: 10, settings: {tier: regional}}\n"
        "  a: {replicas: 1200, deploy: {strategy: recreate}, runs_on: [cluster]}\n"
    )
    found = [f.code for f in lint(HEAD + text).findings if "pods_per_node" in f.message]
    assert found == ["LIM190"]
