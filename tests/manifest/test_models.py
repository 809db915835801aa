from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from archlint.manifest.fields import Share
from archlint.manifest.models import SECTIONS, load
from archlint.manifest.reader import read
from archlint.manifest.units import Ranged

STOREFRONT = Path(__file__).parents[2] / "fixtures" / "systems" / "storefront.archlint.yaml"

MORE_OF_THE_LANGUAGE = """
topology:
  regions:
    eu: {availability: 99.99%, zones: {eu-a: {domains: {building: dub-3, power: feed-a}, availability: 99.9%}}}
  links: [{between: [eu, us], rtt: 75ms, price: 0.02 USD/GB}]
defaults:
  call: {timeout: 500ms, retries: none}
  service: {tier: important}
  store: {backup: none}
clients:
  app: {region: eu, concurrent: 100k..200k users, calls: [{to: api, rate: 800..1500/s}]}
services:
  api:
    rate_limit: {rate: 2k/s, per: client}
    latency: {p90: 60ms, p95: 80ms, p999: 2s}
    operations:
      buy: {share: 10%, calls: [{to: ledger}], publishes: [{to: events/orders}], latency: {mean: 50ms}}
    cells: {count: 4, largest_share: 40%, tested_size: 500/s}
    peers: {mesh: full, threads_each: 2}
    processes: 4
    idle_timeout: 60s
    stateful: false
    tenancy: {tenants: 3k, isolation: quota}
    on_bad_input: last-known-good
    plane: data
    startup: 40s
    queue: unbounded
    common_cause: 10%
    zones: {eu-a: 5, eu-b: 4}
    capacity: {serial_fraction: 2%, usl: {alpha: 0.02, beta: 0.0001}, measured: [{replicas: 2, rate: 400/s}]}
    scheduling:
      priority: high
      anti_affinity: required
      disruption_budget: {max_unavailable: 25%}
      requests: {cpu: 0.5, memory: 1GiB}
      limits: {cpu: 2, memory: 2GiB}
    health_check: [{kind: liveness, timeout: 1s}, {kind: readiness, when_all_fail: keep}]
    sla: {availability: 99.9%}
    measured: {availability: 99.95%, latency_p99: 200ms, over: 30d}
    depends_on: [{on: vault, phase: startup, required: false, fallback: {use: cached, max_age: 1h}}]
    runs_on: [cluster]
    domains: {provider: aws, account: [a-1, a-2], image: base-12, power: feed-a, update_window: sunday}
    ceilings:
      - {name: threads, max: 10k, use: 4k, at: 40, grows_with: instances, scale: quadratic, on_reach: crash}
      - {name: bandwidth, max: 10MB/s, use: 4MB/s, at: 400/s, grows_with: load}
    limits: {max-open-files: 65536}
    as_of: 2026-10-01
    calls:
      - to: ledger
        in: [buy]
        per_request: 0.5
        parallel: 4
        stage: 1
        async: true
        phase: recovery
        every: 10s
        jitter: 2s
        through: [mesh]
        hedge: {after: 50ms, budget: 5%}
        retries: {attempts: unlimited, on: [5xx, 429], per_try_timeout: 20ms}
        connections: {reuse: true, idle_timeout: 30s, streams: 100}
        locality: region
        protocol: grpc
        documented: false
        response: 2KiB
        max_staleness: 5s
        cancellation: true
        partial_results: false
        outlier_ejection: {failures: 5, interval: 10s, ejection_time: 30s, max_ejected: 50%}
        adaptive_concurrency: {max: 200, proven: 2026-10-01}
        pool: {name: main, size: 10}
        idempotency: compare-and-set
      - {any_of: [ledger, copy], timeout: none}
      - {to: {any_of: [ledger, copy]}}
    publishes: [{to: events/orders, mean: 10/s, for: buy, buffer: 32MB, idempotent: true}]
    consumes: [{from: events/orders, batch: {size: 100, delay: 20ms}, lease: 30s, redrive: true, replay: true}]
networks:
  pooler: {kind: pooler, connections: {max: 100}, idle_timeout: 60s, capacity: {throughput: 5GB/s}, zones: [eu-a]}
jobs:
  nightly: {every: 1d, at: "03:00", jitter: 10m, duration_max: 2h, overlap: false, calls: [{to: ledger}]}
transactions:
  order: {protocol: saga, orchestrator: api, steps: [{do: charge, on: ledger, undo: refund, timeout: 5s}]}
locks:
  leader: {scope: global, store: ledger, rate: 1/s, hold: 20ms, timeout: 1s, ttl: 30s, fencing: true}
guards:
  - {action: scale-down, limit: 10%, minimum: 3, dry_run: true, soft: true, retention: 7d, proven: 2026-10-01}
changes:
  operating-system:
    {per: 1/month, failure_rate: 1%, restore: 1h, scope: zone, steps: [1%, 50%], bake: 1h, validated: true,
     made_by: machine, window: sunday night, same_window_everywhere: false, on_bad_input: reject}
datastores:
  ledger:
    consistency: read-committed
    connections: {max: 600, reserve: 10}
    settings: {max_wal_size: 4GB, hot_standby: true, work_mem: 64}
    backup: {domains: {account: vault}}
    reconciliation: {against: copy, every: 1d}
    shards: 16
    partition_key: {name: user, cardinality: 10M, zipf: 1.1, hottest: 3%}
    replica_of: main
    failover: {to: copy, controller: operator, max_lag: 5s}
    records: 3G
    indexes: {count: 4, global_secondary: 1}
    conflict_resolution: last-write-wins
    anti_entropy: {every: 1d}
    delete: {mode: tombstone, retention: 10d}
    consensus: {faults: 1}
    replication: {mode: quorum, voters: 5, write_quorum: 3, read_quorum: 3, members: [{zone: eu-a, mode: async}]}
    durability: {acknowledged_after: os, fsync_every: 1s}
    rto: 60s
caches:
  sessions:
    {capacity: {reads: 100k/s}, regeneration: 30ms, keys: 10M, entry_size: 2KiB, zipf: 0.9, warmup: 20m,
     max_stale: 1h, ttl_jitter: 5m}
brokers:
  events:
    voters: 3
    settings: {auto.create.topics.enable: false}
    topics: {orders: {partition_key: order_id, max_length: 1M, max_age: 1h, cleanup: compact, retention: unlimited}}
reservations: {seat: {store: ledger, ttl: 15m}}
projections: {catalogue: {from: events/orders, to: sessions, lag_p99: 2s, max_lag: 5s, rebuildable: true}}
snapshots: {ledger: {of: ledger, every: 1h, events: 10M, replay_rate: 20k/s, proven: 2026-10-01}}
shadow: {next: {of: api, to: api-next, share: 5%, side_effects: suppressed}}
filters: {seen: {on: ledger, kind: bloom, keys: 10M, bits: 100M, false_positives: 1%}}
waivers: [{check: LAW121, path: services.api, reason: small, owner: team, until: 2027-01-01, at: 1.3}]
"""


def sections(text: str) -> dict[str, Any]:
    document = read(text.encode(), "test.archlint.yaml")
    assert not document.problems
    assert document.data is not None
    return document.data


def validated(key: str, text: str) -> Any:
    return TypeAdapter(load(key)).validate_python(sections(text)[key])


def problems(key: str, text: str) -> list[tuple[tuple[int | str, ...], str, str]]:
    with pytest.raises(ValidationError) as caught:
        validated(key, text)
    return [(error["loc"], error["type"], error["msg"]) for error in caught.value.errors()]


def models() -> Iterator[type[BaseModel]]:
    """Every model that a section reaches."""
    waiting: list[Any] = [load(key) for key in SECTIONS]
    seen: list[type[BaseModel]] = []
    while waiting:
        found = waiting.pop()
        waiting.extend(get_args(found))
        if isinstance(found, type) and issubclass(found, BaseModel) and found not in seen:
            seen.append(found)
            waiting.extend(field.annotation for field in found.model_fields.values())
    return iter(sorted(seen, key=lambda model: model.__qualname__))


@pytest.mark.parametrize("key", SECTIONS)
def test_every_section_loads(key: str) -> None:
    TypeAdapter(load(key))


def test_the_storefront_is_valid_in_every_section() -> None:
    data = sections(STOREFRONT.read_text("utf-8"))
    for key, value in data.items():
        TypeAdapter(load(key)).validate_python(value)
    assert {"archlint", "system", "services", "datastores", "operations", "verification"} <= set(data)


def test_the_rest_of_the_language_is_valid() -> None:
    data = sections(MORE_OF_THE_LANGUAGE)
    for key, value in data.items():
        TypeAdapter(load(key)).validate_python(value)
    untouched = set(SECTIONS) - set(data) - set(sections(STOREFRONT.read_text("utf-8")))
    assert not untouched


def test_every_field_is_described_in_a_sentence() -> None:
    count = 0
    for model in models():
        assert model.__doc__, model
        for name, field in model.model_fields.items():
            count += 1
            assert (field.description or "").endswith("."), f"{model.__name__}.{name}"
    assert count > 400


def test_every_model_is_strict_closed_and_frozen() -> None:
    for model in models():
        config = model.model_config
        assert config["extra"] == "forbid"
        assert config["strict"]
        assert config["frozen"]
        assert config["defer_build"]


def test_no_schema_of_a_section_allows_null() -> None:
    for key in SECTIONS:
        assert "'type': 'null'" not in str(TypeAdapter(load(key)).json_schema())


def test_the_table_of_sections_needs_no_pydantic() -> None:
    code = "import sys, archlint.manifest.models; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_section_imports_only_what_it_needs() -> None:
    code = (
        "import sys; from archlint.manifest.models import load; load('flows'); "
        "sys.exit(any(name.endswith(('.services', '.datastores', '.brokers')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_quantities_are_canonical_and_absence_is_none() -> None:
    service = validated("services", "services: {a: {load: {peak: 1.2k/s}, calls: [{to: b, timeout: 100ms}]}}")["a"]
    assert service.load.peak == 1200
    assert service.load.mean is None
    assert service.calls[0].timeout == pytest.approx(0.1)


def test_a_call_that_says_nothing_is_required_synchronous_and_made_once_by_every_request() -> None:
    call = validated("services", "services: {a: {calls: [{to: b}]}}")["a"].calls[0]
    stated = (call.required, call.asynchronous, call.phase, call.share, call.per_request, call.parallel)
    assert stated == (True, False, "runtime", 1.0, 1.0, 1)
    assert (call.access, call.timeout, call.retries) == (None, None, None)


def test_both_spellings_of_any_of_mean_the_same() -> None:
    short, long = validated("services", "services: {a: {calls: [{any_of: [b, c]}, {to: {any_of: [b, c]}}]}}")["a"].calls
    assert (short.to, short.any_of) == (long.to, long.any_of) == (None, ["b", "c"])
    assert long.targets == ("b", "c")


@pytest.mark.parametrize("call", ["{timeout: 1s}", "{to: b, any_of: [b, c]}"])
def test_a_call_names_its_target_exactly_once(call: str) -> None:
    assert problems("services", f"services: {{a: {{calls: [{call}]}}}}") == [
        (("a", "calls", 0), "archlint_value", "a call names its target once: write either `to` or `any_of`")
    ]


def test_a_range_counts_as_the_worst_end_of_its_field() -> None:
    service = validated("services", "services: {a: {load: {peak: 8..15/s}, capacity: {per_replica: 8..15/s}}}")["a"]
    assert (service.load.peak, service.capacity.per_replica) == (15, 8)
    assert isinstance(service.load.peak, Ranged)


def test_instances_are_a_count_or_a_share() -> None:
    deploy = validated("services", "services: {a: {deploy: {max_unavailable: 1, max_surge: 25%}}}")["a"].deploy
    assert (type(deploy.max_unavailable), type(deploy.max_surge)) == (int, Share)
    assert deploy.max_surge == 0.25


def test_a_status_code_may_be_a_bare_number() -> None:
    service = validated("services", "services: {a: {calls: [{to: b, retries: {on: [5xx, 429, '429']}}]}}")["a"]
    assert service.calls[0].retries.on == ["5xx", "429", "429"]


def test_dates_are_dates() -> None:
    assert validated("as_of", "as_of: 2026-11-15") == date(2026, 11, 15)


VALUE = "archlint_value"
UNIT = "archlint_unit"


@pytest.mark.parametrize(
    ("service", "loc", "kind", "message"),
    [
        ("{load: {peak: 1200}}", ("load", "peak"), UNIT, "1200 has no unit; write a rate such as 1200/s"),
        ("{load: {peak: .nan}}", ("load", "peak"), VALUE, "nan is not a finite number"),
        ("{load: {peak: -5/s}}", ("load", "peak"), VALUE, "-5/s is negative; write zero or more"),
        ("{slo: {availability: 130%}}", ("slo", "@mapping", "availability"), VALUE, "`130%` is above 100%"),
        ("{slo: 99%}", ("slo",), VALUE, "write a mapping or `none`"),
        ("{slo: []}", ("slo",), VALUE, "write a mapping or `none`"),
        ("{stateful: 'no'}", ("stateful",), VALUE, "write true or false"),
        ("{stateful: 1}", ("stateful",), VALUE, "write true or false"),
        ("{processes: '4x'}", ("processes",), UNIT, "`4x` is not a count; write one such as 12"),
        ("{replicas: [1]}", ("replicas",), VALUE, "write a count such as 12 or a mapping"),
        ("{replicas: {min: -1}}", ("replicas", "@mapping", "min"), VALUE, "-1 is negative; write zero or more"),
        ("{zones: a}", ("zones",), VALUE, "write a list or a mapping"),
        ("{rate_limit: fast}", ("rate_limit",), VALUE, "write a rate such as 1200/s, a mapping or `none`"),
        ("{queue: unbouned}", ("queue", "@word"), "literal_error", "Input should be 'unbounded' or 'none'"),
        ("{tier: vital}", ("tier",), "literal_error", "Input should be 'critical', 'important' or 'best-effort'"),
        ("{owner: 7}", ("owner",), VALUE, "write some text; a number or date goes in quotes"),
        ("{owner: ''}", ("owner",), VALUE, "write some text; a number or date goes in quotes"),
        ("{as_of: 2026-02-30}", ("as_of",), VALUE, "`2026-02-30` is not a day of the calendar"),
        ("{as_of: 15.11.2026}", ("as_of",), VALUE, "write a date as YYYY-MM-DD"),
        ("{settings: {a: [1]}}", ("settings", "a"), VALUE, "a setting is text, a number, true or false"),
        ("{calls: [{to: b, async: 'yes'}]}", ("calls", 0, "async"), VALUE, "write true or false"),
        ("{calls: [{to: a b}]}", ("calls", 0, "to", "@scalar"), VALUE, "write the name of a component"),
        (
            "{calls: [{to: b, retries: {attempts: 0}}]}",
            ("calls", 0, "retries", "@mapping", "attempts", "@scalar"),
            VALUE,
            "0 is below 1",
        ),
        (
            "{calls: [{to: b, retries: {attempts: often}}]}",
            ("calls", 0, "retries", "@mapping", "attempts"),
            VALUE,
            "write a count such as 12 or `unlimited`",
        ),
        (
            "{calls: [{to: b, retries: {backoff: exponental}}]}",
            ("calls", 0, "retries", "@mapping", "backoff"),
            "literal_error",
            "Input should be 'none', 'fixed', 'linear' or 'exponential'",
        ),
        ("{replcas: 6}", ("replcas",), "extra_forbidden", "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_value_makes_one_error_at_its_place(
    service: str, loc: tuple[int | str, ...], kind: str, message: str
) -> None:
    [(at, found, words)] = problems("services", f"services: {{a: {service}}}")
    assert (at, found) == (("a", *loc), kind)
    assert words.startswith(message)


@pytest.mark.parametrize("field", ["replicas", "owner", "slo", "stateful", "load", "calls", "queue", "as_of"])
def test_an_explicit_null_is_refused(field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(load("services")).validate_python({"a": {field: None}})
    [error] = caught.value.errors()
    assert error["loc"][:2] == ("a", field)


def test_braces_in_a_value_stand_for_themselves_in_its_message() -> None:
    [(_, _, message)] = problems("services", "services: {a: {startup: '{x} {}'}}")
    assert message == "`{x} {}` is not a duration; write one such as 200ms"


def test_a_bad_name_is_refused_as_a_key() -> None:
    [(loc, kind, _)] = problems("services", "services: {'a b': {}}")
    assert (loc, kind) == (("a b", "[key]"), VALUE)
