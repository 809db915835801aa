"""What the fixtures of LAW010 to LAW153 cannot say: what is not evaluated, what is not applicable, profiles, edges."""

from __future__ import annotations

import pytest

from archlint.engine.registration import load_registry
from archlint.engine.results import Report
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop, budget: 1000 USD/month}\n"
WORLD = """
topology:
  regions: {eu: {zones: [eu-a, eu-b]}, us: {zones: [us-a]}}
  links: [{between: [eu, us], rtt: 75ms}]
"""


def report_of(text: str, profile: str = "standard") -> Report:
    report = lint(HEAD + text, profile=profile)
    assert report.faults == ()
    assert [f.message for f in report.findings if f.code.startswith("MAN00")] == []
    return report


def needs_of(report: Report, code: str) -> list[tuple[str, ...]]:
    return [group.needs for group in report.not_evaluated if group.code == code]


def severities_of(report: Report, code: str) -> list[str]:
    return [finding.severity.label for finding in report.findings if finding.code == code]


def service(capacity: str, rest: str = "replicas: 20, load: {peak: 100/s}") -> str:
    return f"services:\n  web: {{{rest}, capacity: {{{capacity}}}}}\n"


def store(fields: str) -> str:
    return f"datastores:\n  ledger: {{{fields}}}\n"


def cache(fields: str) -> str:
    return f"caches:\n  prices: {{{fields}}}\n"


@pytest.mark.parametrize(
    ("code", "text", "needs"),
    [
        ("LAW010", store("zones: [a, b]"), [("replication.factor",)]),
        ("LAW010", store("replication: {mode: async, factor: 2}"), [("zones",)]),
        ("LAW010", store("zones: [a], replication: {mode: async}"), []),
        ("LAW011", store("consistency: linearizable, nodes: 3"), [("on_partition",)]),
        ("LAW011", store("consistency: eventual"), []),
        ("LAW011", store("on_partition: reject"), []),
        ("LAW013", store("replication: {mode: async}, failover: {scope: zone}, rpo: 5s"), [("replication.lag_p99",)]),
        ("LAW013", store("failover: {scope: zone}, rpo: 5s"), [("replication.mode",)]),
        (
            "LAW013",
            store("replication: {mode: async, lag_p99: 1s}, failover: {scope: zone, time: 30s}, rpo: 5s"),
            [("failover.fencing",)],
        ),
        (
            "LAW013",
            store("replication: {mode: async, lag_p99: 1s}, failover: {scope: zone, fencing: false}, rpo: 5s"),
            [("failover.time",)],
        ),
        ("LAW013", store("replication: {mode: async}, failover: none"), []),
        ("LAW030", service("measured: [{replicas: 1, rate: 10/s}]"), [("capacity.measured", "capacity.usl")]),
        ("LAW030", service("usl: {alpha: 0.1, beta: 0.1}", "load: {peak: 1/s}"), [("replicas",)]),
        ("LAW030", service("usl: {alpha: 0.1, beta: 0}", "load: {peak: 1/s}"), []),
        ("LAW032", service("usl: {alpha: 0.1, beta: 0}"), [("capacity.per_replica",)]),
        ("LAW032", service("per_replica: 10/s, usl: {alpha: 0.1, beta: 0}", "replicas: 2"), [("load.peak",)]),
        ("LAW040", service("serial_fraction: 5%"), [("capacity.per_replica",)]),
        ("LAW041", store("nodes: 1, load: {writes: 5/s}"), [("capacity.writes",)]),
        ("LAW041", store("nodes: 3, load: {writes: 5/s}, capacity: {writes: 1/s}"), [("replication.mode",)]),
        ("LAW041", store("nodes: 3, load: {writes: 1/s}, capacity: {writes: 5/s}"), []),
        ("LAW042", "locks: {stock: {rate: 5/s}}\n", [("hold",)]),
        ("LAW080", store("shards: 8, partition_key: {name: id}"), [("partition_key.hottest",)]),
        ("LAW080", store("shards: 8"), []),
        ("LAW081", cache("zipf: 1, keys: 1M"), [("hit_ratio",)]),
        ("LAW081", cache("zipf: 1, keys: 1M, hit_ratio: 90%"), [("entry_size", "memory.size")]),
        ("LAW082", store("shards: 8, partition_key: id"), [("partition_key.cardinality",)]),
        ("LAW083", cache("hottest_key: 5/s"), [("capacity.reads", "nodes")]),
        ("LAW083", cache("nodes: 3"), []),
        ("LAW090", "services: {web: {replicas: 3, peers: {mesh: full, threads_each: 1}}}\n", [("ceilings",)]),
        ("LAW090", "services: {web: {replicas: 3, peers: {mesh: partial}}}\n", []),
        (
            "LAW092",
            "services: {agent: {replicas: 3, calls: [{to: home, every: 1s}]}, home: {replicas: 1}}\n",
            [("capacity.per_replica",)],
        ),
        ("LAW140", "teams: {a: {}}\n", [("teams.*.size",)]),
        ("LAW150", store("consensus: {faults: 1}"), [("nodes",)]),
        (
            "LAW153",
            store("consistency: linearizable, replication: {factor: 3, write_quorum: 1}"),
            [("replication.read_quorum",)],
        ),
        ("LAW153", store("replication: {factor: 3, write_quorum: 1, read_quorum: 1}"), [("consistency",)]),
        ("LAW153", store("consistency: linearizable"), []),
    ],
)
def test_what_would_decide_it_is_named(code: str, text: str, needs: list[tuple[str, ...]]) -> None:
    report = report_of(text)
    assert severities_of(report, code) == []
    assert needs_of(report, code) == needs


@pytest.mark.parametrize("profile", ["starter", "standard", "strict"])
@pytest.mark.parametrize(
    ("code", "text", "severities"),
    [
        (
            "LAW010",
            "services: {web: {slo: {availability: 99.9%}, calls: [{to: ledger}]}}\n"
            + store("zones: [a, b], replication: {mode: async, factor: 2}"),
            {"starter": [], "standard": ["warning"], "strict": ["warning"]},
        ),
        (
            "LAW050",
            "services: {web: {}, api: {owner: a}}\n",
            {"starter": [], "standard": ["info"], "strict": ["warning"]},
        ),
        (
            "LAW113",
            "services: {a: {consumes: [{from: bus/t}]}}\nbrokers: {bus: {topics: {t: {}}}}\n",
            {"starter": [], "standard": ["info"], "strict": ["warning"]},
        ),
        (
            "LAW113",
            "services: {a: {consumes: [{from: bus/t}]}}\nbrokers: {bus: {topics: {t: {schema: none}}}}\n",
            {"starter": ["warning"], "standard": ["warning"], "strict": ["warning"]},
        ),
    ],
)
def test_profiles_weigh_what_is_not_stated(
    profile: str, code: str, text: str, severities: dict[str, list[str]]
) -> None:
    assert severities_of(report_of(text, profile), code) == severities[profile]


@pytest.mark.parametrize(
    "capacity",
    [
        "per_replica: 1/s, usl: {alpha: 0, beta: 0}",
        "per_replica: 1/s, usl: {alpha: 1, beta: 0}",
        "per_replica: 1/s, usl: {alpha: 3, beta: 0}",
        "per_replica: 1/s, usl: {alpha: 0, beta: 100}",
        "per_replica: 0/s, usl: {alpha: 0.1, beta: 0.1}",
        "per_replica: 1/s, serial_fraction: 0%",
        "per_replica: 1/s, serial_fraction: 100%",
        "per_replica: 0/s, serial_fraction: 50%",
        "measured: [{replicas: 1, rate: 0/s}, {replicas: 2, rate: 0/s}, {replicas: 3, rate: 0/s}]",
        "measured: [{replicas: 1, rate: 5/s}, {replicas: 2, rate: 4/s}, {replicas: 100000, rate: 1/s}]",
    ],
)
@pytest.mark.parametrize("scale", ["replicas: 1", "replicas: 0", "replicas: 100000", "replicas: {min: 0, max: 100000}"])
@pytest.mark.parametrize("load", ["0/s", "1000000/s"])
def test_the_edges_of_scaling_give_findings_or_none(capacity: str, scale: str, load: str) -> None:
    report = report_of(service(capacity, f"{scale}, load: {{peak: {load}}}"))
    for finding in report.findings:
        assert finding.exposure is None or 0 <= finding.exposure < 1e300
        assert "nan" not in finding.message


@pytest.mark.parametrize("zipf", ["0", "0.5", "1", "3", "100"])
@pytest.mark.parametrize("keys", ["0", "1", "1M", "1000G"])
def test_the_edges_of_skew_give_findings_or_none(zipf: str, keys: str) -> None:
    report = report_of(
        cache(
            f"nodes: 3, keys: {keys}, zipf: {zipf}, entry_size: 1kB, memory: {{size: 1MB}}, hit_ratio: 100%, "
            "load: {reads: 1k/s}, capacity: {reads: 1k/s}"
        )
        + store(
            f"shards: 8, partition_key: {{name: id, cardinality: {keys}, zipf: {zipf}}}, "
            "load: {reads: 1/s, writes: 1/s}, capacity: {reads: 0/s, writes: 10/s}"
        )
    )
    assert all(finding.exposure is None or finding.exposure < 1e300 for finding in report.findings)


def test_one_region_makes_no_distance() -> None:
    text = "topology: {regions: {eu: {zones: [eu-a, eu-b]}}}\n" + (
        "services: {web: {zones: [eu-a], slo: {latency_p99: 1ms}, calls: [{to: api, per_request: 50}]}, "
        "api: {zones: [eu-b]}}\n"
    )
    report = report_of(text)
    for code in ("LAW012", "LAW070", "LAW071", "LAW072"):
        assert not severities_of(report, code)
        assert not needs_of(report, code)


def test_distance_that_is_not_stated_is_not_guessed() -> None:
    calls = "services: {web: {zones: [us-a], slo: {latency_p99: 1s}, calls: [{to: api}]}, api: {zones: [eu-a]}}\n"
    report = report_of(WORLD.replace("rtt: 75ms", "price: 1 USD/GB") + calls)
    assert needs_of(report, "LAW071") == [("topology.links",)]
    report = report_of(WORLD + calls.replace("[{to: api}]", "[{to: api, payload: 1kB, response: 1kB}]"))
    assert needs_of(report, "LAW070") == [("load.mean",)]


def test_a_zone_that_holds_half_of_the_voters_has_one_finding() -> None:
    report = report_of(
        "services: {web: {replicas: 2, zones: [a, b], calls: [{to: ledger}]}}\n"
        + store("nodes: 3, zones: {a: 2, b: 1}, domains: {rack: r07}, replication: {mode: quorum, factor: 3}")
        + "flows: {buy: {entry: web, slo: {availability: 99.9%}}}\n"
    )
    found = [finding.code for finding in report.findings if finding.path.startswith("datastores.ledger")]
    assert [code for code in found if code in ("LAW121", "LAW122", "LAW124", "LAW152")] == ["LAW152"]


def test_a_store_written_over_its_one_writer_has_one_finding() -> None:
    report = report_of(store("nodes: 1, load: {reads: 0/s, writes: 9/s}, capacity: {reads: 5/s, writes: 5/s}"))
    assert severities_of(report, "LAW041") == ["error"]
    assert severities_of(report, "LAW130") == []


def test_the_checks_that_only_map_teams_are_off() -> None:
    off = {check.code for check in load_registry().checks if check.code.startswith("LAW05") and not check.default}
    assert off == {"LAW053", "LAW054"}


def test_a_manifest_that_names_no_team_is_not_judged_by_its_teams() -> None:
    text = "services: {web: {calls: [{to: ledger, access: read}]}, api: {calls: [{to: ledger, access: write}]}}\n"
    report = report_of(text + store("tier: critical"))
    assert needs_of(report, "LAW050") == [("owner",)]
    for code in ("LAW050", "LAW051", "LAW052", "LAW111"):
        assert not severities_of(report, code)
    for code in ("LAW051", "LAW052", "LAW111"):
        assert not needs_of(report, code)


def test_calls_by_the_clock_that_overload_a_service_are_one_finding() -> None:
    """1,000 calls a second of 100 ms need 100 slots of the 64: too many calls is the cause, not too few slots."""
    report = report_of(
        "clients: {app: {concurrent: 10000, calls: [{to: api, every: 10s}]}}\n"
        "services: {api: {replicas: 2, capacity: {concurrency: 32, service_time: 100ms}}}\n"
    )
    assert severities_of(report, "LAW092") == ["error"]
    assert severities_of(report, "LAW020") == severities_of(report, "LAW130") == []
