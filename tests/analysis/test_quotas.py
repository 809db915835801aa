"""Limits of the protocols that calls speak, and quotas that the components of one account share."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from archlint.analysis.analyses import Analyses
from archlint.analysis.limits import Judged
from archlint.knowledge.catalogue import Catalogue
from archlint.manifest.loading import load
from archlint.system.workspace import link

TODAY = datetime.date(2026, 11, 15)


def analyses_of(text: str, catalogue: Catalogue | None = None) -> Analyses:
    loaded = load(f"archlint: 1\nsystem: {{name: shop}}\n{text}".encode(), "shop.archlint.yaml")
    assert [problem.message for problem in loaded.problems] == []
    return Analyses(link([loaded]).systems, catalogue or Catalogue(), TODAY)


GRPC = """
slug: grpc
name: gRPC
kinds: [runtime]
limits:
  - {id: message_size, value: 4, unit: MiB, scope: message, kind: default, key: max_receive_message_length,
     measure: request_size, breaks: refused, confidence: high, source: {title: Rules, year: 2026}}
  - {id: streams, value: 100, unit: streams, scope: connection, kind: default, measure: streams_per_connection,
     breaks: they queue, confidence: high, source: {title: Rules, year: 2026}}
  - {id: instances, value: 1, unit: instances, scope: service, kind: hard, measure: instances, breaks: never asked,
     confidence: high, source: {title: Rules, year: 2026, url: "https://example.org"}}
"""
CALLS = """
services:
  a:
    replicas: 4
    calls: [{{to: b, access: write, protocol: {0}, payload: {1}, rate: 1k/s, pool: {{size: 1}}}}]
  b: {{latency: {{mean: 500ms}}{2}}}
"""


def judged_in(folder: Path, text: str, name: str) -> Judged | None:
    analyses = analyses_of(text, Catalogue([folder]))
    return analyses.measures.judge(analyses.systems["shop"].components[name])


@pytest.mark.parametrize(
    ("protocol", "payload", "target", "found"),
    [
        ("grpc", "5MiB", "", [("quota", "message_size", "", 1.25), ("quota", "streams", "", 1.25)]),
        ("grpc", "4MiB", "", [("near", "message_size", "", 1.0), ("quota", "streams", "", 1.25)]),
        (
            "grpc", "5MiB", ", settings: {max_receive_message_length: 8MiB}",
            [("quota", "streams", "", 1.25)],
        ),
        ("http", "5MiB", "", None),
    ],
)  # fmt: skip
def test_a_call_is_bound_by_the_protocol_that_it_speaks(
    tmp_path: Path, protocol: str, payload: str, target: str, found: list[tuple[str, str, str, float]] | None
) -> None:
    (tmp_path / "grpc.yaml").write_text(GRPC, encoding="utf-8")
    judged = judged_in(tmp_path, CALLS.format(protocol, payload, target), "a")
    if found is None:
        assert judged is None
        return
    assert judged is not None
    assert [(b.level, b.bound.limit.id, b.bound.said, b.exposure) for b in judged.breaches] == found


ACCOUNT = """
slug: lake
name: Lake
kinds: [datastore]
limits:
  - {id: stores, value: 2, unit: instances, scope: account and region, kind: quota, measure: account_components,
     breaks: creation is refused, confidence: high, source: {title: Rules, year: 2026, url: "https://example.org"}}
  - {id: nodes, value: 100, unit: nodes, scope: account and region, kind: quota, measure: account_nodes,
     breaks: creation is refused, confidence: high, source: {title: Rules, year: 2026, url: "https://example.org"}}
  - {id: requests, value: 1000, unit: requests/s, scope: account and region, kind: quota,
     measure: account_request_rate, breaks: throttled, confidence: high,
     source: {title: Rules, year: 2026, url: "https://example.org"}}
"""
TOPOLOGY = "topology: {regions: {eu: {zones: [e]}, us: {zones: [u]}}}\n"


def lake(name: str, account: str, zone: str, rate: int) -> str:
    domains = f"domains: {{account: {account}}}, " if account else ""
    zones = f"zones: [{zone}], " if zone else ""
    return f"  {name}: {{technology: lake, nodes: 3, {domains}{zones}load: {{reads: {rate}/s, writes: 0/s}}}}\n"


def test_a_quota_of_an_account_holds_for_what_shares_it(tmp_path: Path) -> None:
    (tmp_path / "lake.yaml").write_text(ACCOUNT, encoding="utf-8")
    stores = [("a", "one", "e", 500), ("b", "one", "e", 600), ("c", "one", "u", 700), ("d", "two", "e", 900)]
    analyses = analyses_of(
        TOPOLOGY + "datastores:\n" + "".join(lake(*store) for store in stores), Catalogue([tmp_path])
    )
    components = analyses.systems["shop"].components
    found = {}
    for name in "abcd":
        judged = analyses.measures.judge(components[name])
        assert judged is not None
        found[name] = [(b.bound.limit.id, b.level, b.measured.value, b.measured.certain) for b in judged.breaches]
    assert found == {
        "a": [("stores", "near", 2, True), ("requests", "quota", 1100, True)],
        "b": [],
        "c": [],
        "d": [("requests", "near", 900, True)],
    }


def test_components_whose_account_is_not_stated_may_share_it(tmp_path: Path) -> None:
    (tmp_path / "lake.yaml").write_text(ACCOUNT, encoding="utf-8")
    text = "datastores:\n" + lake("a", "", "", 500) + lake("b", "", "", 600)
    judged = judged_in(tmp_path, text, "a")
    assert judged is not None
    sums = [(b.bound.limit.id, b.measured.value, b.measured.certain) for b in judged.breaches]
    assert sums == [("stores", 2, False), ("requests", 1100, False)]


def test_one_raised_quota_holds_for_all_that_share_it(tmp_path: Path) -> None:
    (tmp_path / "lake.yaml").write_text(ACCOUNT, encoding="utf-8")
    raised = lake("b", "one", "", 600).replace("nodes: 3,", "nodes: 3, limits: {requests: 5k/s, stores: 10},")
    judged = judged_in(tmp_path, "datastores:\n" + lake("a", "one", "", 500) + raised, "a")
    assert judged is not None
    assert judged.breaches == []
