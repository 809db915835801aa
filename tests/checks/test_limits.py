"""What fixtures cannot say of the checks of limits: who errs, what is not evaluated, what is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from archlint.engine.results import Report, ReportedFinding
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"


def of(report: Report, family: str = "LIM") -> list[ReportedFinding]:
    return [finding for finding in report.findings if finding.code.startswith(family)]


def needs(report: Report, code: str) -> set[str]:
    return {field for group in report.not_evaluated if group.code == code for field in group.needs}


def test_a_store_whose_connections_are_stated_is_left_to_the_law() -> None:
    text = (
        "services: {a: {replicas: 40, calls: [{to: db, access: read, pool: {size: 10}}]}}\n"
        "datastores: {db: {technology: postgresql@16, nodes: 2, connections: {max: 300}}}\n"
    )
    report = lint(HEAD + text)
    assert of(report) == []
    assert len(of(report, "LAW022")) == 1


def test_what_is_missing_is_named() -> None:
    text = "services: {a: {calls: [{to: db, access: write}]}}\ndatastores: {db: {technology: etcd@3.5}}\n"
    report = lint(HEAD + text)
    assert needs(report, "LIM002") == {"services.*.calls.payload", "size"}
    assert needs(report, "LIM003") == {"services.*.calls.payload", "size"}
    assert needs(report, "LIM004") >= {"nodes", "size"}
    assert needs(report, "LIM001") == set()


@pytest.mark.parametrize("technology", ["", "technology: abacus, "])
def test_without_a_known_technology_nothing_applies(technology: str) -> None:
    report = lint(HEAD + f"datastores: {{db: {{{technology}nodes: 3, size: 9GB}}}}\n")
    assert of(report) == []
    assert not any(group.code.startswith("LIM") for group in report.not_evaluated)


def test_advice_never_errs() -> None:
    report = lint(HEAD + "datastores: {db: {technology: etcd@3.5, nodes: 501, size: 1GiB}}\n", select=("LIM004",))
    assert [(f.code, f.severity.label) for f in of(report)] == [("LIM004", "warning")]


def test_two_limits_of_one_component_have_their_own_fingerprints() -> None:
    text = (
        "brokers: {bus: {technology: kafka@3.6, mode: zookeeper, nodes: 3, voters: 9,"
        " topics: {t: {partitions: 300k, replication_factor: 3}}}}\n"
    )
    found = of(lint(HEAD + text), "LIM004")
    assert len(found) == 2  # the brokers pass a default besides
    assert len({finding.fingerprint for finding in found}) == 2


def test_a_manifest_opens_the_files_of_the_technologies_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    read_text = Path.read_text

    def counted(self: Path, encoding: str | None = None, errors: str | None = None) -> str:
        if self.parent.name == "technologies":
            opened.append(self.name)
        return read_text(self, encoding, errors)

    monkeypatch.setattr(Path, "read_text", counted)
    lint(HEAD + "services: {a: {replicas: 2}}\n")
    assert opened == []
    text = "datastores: {a: {technology: etcd@3.5}, b: {technology: postgresql@16}, c: {technology: etcd}}\n"
    lint(HEAD + text + "brokers: {k: {technology: kafka}}\n")
    assert sorted(opened) == ["etcd.yaml", "kafka.yaml", "postgresql.yaml"]


# Growth, ceilings, counters, rates of others


def test_growth_that_is_not_stated_is_asked_for() -> None:
    report = lint(
        HEAD + "datastores: {db: {technology: etcd@3.5, nodes: 3, size: 1GiB, load: {reads: 1/s, writes: 1/s}}}\n"
    )
    assert needs(report, "LIM005") == {"growth", "system.growth"}
    assert not [f for f in of(report) if f.code == "LIM005"]


def test_months_count_from_the_day_of_the_figures() -> None:
    store = "datastores: {db: {technology: etcd@3.5, nodes: 3, size: 1GiB, growth: 100MiB/month, as_of: 2026-03-15}}\n"
    (finding,) = [f for f in of(lint(HEAD + store)) if f.code == "LIM005"]
    assert "reached in 2027-01" in finding.message  # 10.24 months after March, not after November


def test_the_month_stands_beside_a_limit_that_is_near() -> None:
    store = "datastores: {db: {technology: etcd@3.5, nodes: 3, size: 1.8GiB, growth: 50MiB/month}}\n"
    found = [f for f in of(lint(HEAD + store)) if f.code in ("LIM003", "LIM005")]
    assert [(f.code, "reached in 2027-03" in f.message) for f in found] == [("LIM003", True)]


def test_a_ceiling_names_what_it_lacks_and_fires_where_today_decides() -> None:
    text = (
        "services:\n"
        "  a: {ceilings: [{name: rows, max: 10}, {name: slots, max: 10, use: 4, grows_with: instances}]}\n"
        "  b: {ceilings: [{name: rows, max: 10}, {name: names, max: 10, use: 12, grows_with: instances}]}\n"
    )
    report = lint(HEAD + text)
    assert needs(report, "LIM007") == {"ceilings.use", "ceilings.at", "replicas"}
    assert [f.path for f in of(report)] == ["services.b.ceilings[names].max"]


def test_a_counter_that_is_far_from_its_end_needs_its_rate() -> None:
    report = lint(HEAD + "datastores: {db: {counters: [{name: id, bits: 31, now: 1k}, {name: other, now: 1k}]}}\n")
    assert needs(report, "LIM008") == {"counters.bits", "counters.rate"}


@pytest.mark.parametrize(("now", "severity"), [("2.2G", "error"), ("2147483647", "error"), ("1.7G", None)])
def test_a_counter_at_its_end_needs_no_rate(now: str, severity: str | None) -> None:
    rate = "" if severity else ", rate: 1/day"
    report = lint(HEAD + f"datastores: {{db: {{counters: [{{name: id, bits: 31, now: {now}{rate}}}]}}}}\n")
    assert [f.severity.label for f in of(report) if f.code == "LIM008"] == ([severity] if severity else [])


def test_demand_that_is_partly_known_can_pass_the_rate_of_others() -> None:
    text = (
        "services:\n"
        "  a: {load: {peak: 600/s}, calls: [{to: psp, access: write}]}\n"
        "  b: {calls: [{to: psp, access: read}]}\n"
        "externals: {psp: {rate_limit: %s}}\n"
    )
    assert [f.message for f in of(lint(HEAD + text % "500/s"))] == [
        "psp is asked at least 600/s at peak, and allows 500/s"
    ]
    report = lint(HEAD + text % "5k/s")
    assert of(report) == []
    assert needs(report, "LIM009") == {"load.peak"}


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        # no maximum on the other plans
        ("services: {a: {technology: azure-functions, latency: {p99: 40m}}}\n", "settings.tier"),
        # the premium and dedicated tiers take in more
        (
            "services: {a: {publishes: [{to: bus/t, rate: 90k/s, size: 1kB}]}}\n"
            "brokers: {bus: {technology: event-hubs, topics: {t: {partitions: 10}}}}\n",
            "settings.tier",
        ),
        # a single node has no members to count
        ("caches: {a: {technology: redis@7, nodes: 1200}}\n", "mode"),
        # standard queues have no such limit
        (
            "services: {a: {publishes: [{to: bus/t, rate: 900k/s, size: 1kB}]}}\n"
            "brokers: {bus: {technology: sqs, topics: {t: {}}}}\n",
            "mode",
        ),
    ],
)
def test_a_limit_of_one_plan_says_nothing_where_no_plan_is_stated(text: str, needed: str) -> None:
    report = lint(HEAD + text, select=("LIM00",))
    named = ("timeout_max", "ingress", "cluster_nodes", "fifo_message_rate")
    assert [f.message for f in report.findings if any(name in f.message for name in named)] == []
    fields = {field for group in report.not_evaluated for field in group.needs}
    assert {field.removeprefix("brokers.*.") for field in fields} & {needed, needed.removeprefix("settings.")}


def test_where_one_of_several_limits_holds_in_any_case_a_figure_beyond_all_is_told() -> None:
    text = (
        "services: {a: {calls: [{to: b, through: [edge], timeout: 90s}]}, b: {latency: {p99: 60s}}}\n"
        "networks: {edge: {technology: api-gateway}}\n"
    )
    found = of(lint(HEAD + text, select=("LIM00",)))
    assert [(f.code, f.severity.label) for f in found] == [("LIM001", "warning")]
    assert "30s" in found[0].message
