"""Traces and service graphs: what the golden drafts do not say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archlint.importers.drift.finding import find_drift
from archlint.importers.importing import Asked, Imported, import_sources
from archlint.importers.observed import store_by_name
from archlint.manifest.loading import load

FIXTURES = Path(__file__).parents[2] / "fixtures" / "imports"


def drafted(source: str, content: Any, folder: Path) -> Imported:
    path = folder / "seen.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return import_sources([Asked(source, (str(path),))])


def calls(imported: Imported) -> list[tuple[str, str]]:
    data = imported.finished.data
    components = [item for section in ("clients", "services") for item in data.get(section, {}).items()]
    return sorted((name, call["to"]) for name, component in components for call in component.get("calls", ()))


def span(
    service: str, id: str, parent: str = "", kind: str = "server", trace: str = "t", **tags: Any
) -> dict[str, Any]:
    tags = {"span.kind": kind} | {name.replace("_", ".", 1): value for name, value in tags.items()}
    return {
        "traceID": trace,
        "spanID": id,
        "operationName": "work",
        "references": [{"refType": "CHILD_OF", "traceID": trace, "spanID": parent}] if parent else [],
        "duration": int(id, 16) * 1000,
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
        "process": {"serviceName": service},
        "processID": service,
    }


def traces(*spans: dict[str, Any]) -> dict[str, Any]:
    processes = {one["processID"]: one["process"] for one in spans}
    return {"data": [{"traceID": "t", "spans": list(spans), "processes": processes}]}


# -- traces


def test_a_span_under_that_of_another_service_is_a_call(tmp_path: Path) -> None:
    imported = drafted("jaeger", traces(span("a", "1"), span("a", "2", "1", "client"), span("b", "3", "2")), tmp_path)
    assert calls(imported) == [("a", "b")]
    assert imported.remarks == ()


def test_what_sends_no_spans_is_known_by_its_host(tmp_path: Path) -> None:
    spans = [span("a", "1"), span("b", "2")]
    hosts = ["b.shop.svc.cluster.local", "b", "api.example.net", "c", "10.1.2.3", "localhost"]
    spans += [span("a", f"{at + 16:x}", "1", "client", server_address=host) for at, host in enumerate(hosts)]
    imported = drafted("jaeger", traces(*spans), tmp_path)
    assert calls(imported) == [("a", "api.example.net"), ("a", "b"), ("a", "c")]
    assert list(imported.finished.data["externals"]) == ["api.example.net"]
    assert [str(remark.message) for remark in imported.remarks] == ["2 calls name no host, store or service; left out"]


def test_stores_of_one_host_are_one_and_those_within_the_program_none(tmp_path: Path) -> None:
    spans = [
        span("a", "1", kind="client", db_system="postgresql", server_address="ledger.data.svc"),
        span("b", "2", kind="client", db_system="postgresql", server_address="ledger.data.svc", db_name="x"),
        span("b", "3", kind="client", db_system="postgresql", server_address="10.0.0.1"),
        span("b", "4", kind="client", db_system="sqlite", db_name="local"),
        span("b", "5", kind="client", db_system="other_sql", peer_service="old-store"),
    ]
    data = drafted("jaeger", traces(*spans), tmp_path).finished.data
    assert data["datastores"] == {"ledger": {"technology": "postgresql"}, "old-store": {}}


def test_stores_without_a_host_are_told_apart_by_their_databases(tmp_path: Path) -> None:
    spans = [span(one, "1", kind="client", db_system="mysql", db_name=f"of-{one}", trace=one) for one in "ab"]
    data = drafted("jaeger", traces(*spans), tmp_path).finished.data
    assert sorted(data["datastores"]) == ["mysql-of-a", "mysql-of-b"]


def test_a_message_goes_over_its_topic_and_not_as_a_call(tmp_path: Path) -> None:
    tags = {"messaging.system": "rabbitmq", "messaging.destination.name": "mails"}
    sent, taken = span("a", "1", kind="producer"), span("b", "2", "1", "consumer")
    for one in (sent, taken):
        one["tags"] += [{"key": key, "value": value} for key, value in tags.items()]
    imported = drafted("jaeger", traces(sent, taken), tmp_path)
    services = imported.finished.data["services"]
    assert services == {"a": {"publishes": [{"to": "rabbitmq/mails"}]}, "b": {"consumes": [{"from": "rabbitmq/mails"}]}}
    unnamed = drafted("jaeger", traces(span("a", "1", kind="producer"), span("b", "2", "1", "consumer")), tmp_path)
    assert unnamed.finished.data["services"]["a"]["calls"] == [{"to": "b", "async": True}]


def test_latencies_are_stated_from_a_hundred_traces_on(tmp_path: Path) -> None:
    spans = [span("a", f"{at:x}", trace=f"t{at}") for at in range(1, 101)]
    service = drafted("jaeger", traces(*spans), tmp_path).finished.data["services"]["a"]
    assert service == {"latency": {"p50": "50ms", "p95": "95ms"}}
    assert drafted("jaeger", traces(*spans[1:]), tmp_path).finished.data["services"]["a"] == {}
    of_one_trace = [span("a", f"{at:x}") for at in range(1, 201)]
    assert drafted("jaeger", traces(*of_one_trace), tmp_path).finished.data["services"]["a"] == {}


def test_failed_answers_count_for_no_latency(tmp_path: Path) -> None:
    spans = [span("a", f"{at:x}", trace=f"t{at}", error=at == 100) for at in range(1, 101)]
    assert drafted("jaeger", traces(*spans), tmp_path).finished.data["services"]["a"] == {}


def test_namespaces_that_istio_adds_are_dropped_where_names_stay_apart(tmp_path: Path) -> None:
    spans = [
        span("pages.shop", "1", istio_namespace="shop"),
        span("stock.shop", "2", "1", istio_namespace="shop"),
        span("stock.depot", "3", "1", istio_namespace="depot"),
    ]
    assert calls(drafted("jaeger", traces(*spans), tmp_path)) == [("pages", "stock.depot"), ("pages", "stock.shop")]


def test_spans_in_circles_and_with_one_id_end(tmp_path: Path) -> None:
    spans = [span("a", "1", "2"), span("b", "2", "1")] + [span("a", "3", "3") for _ in range(2000)]
    assert calls(drafted("jaeger", traces(*spans), tmp_path)) == [("a", "b"), ("b", "a")]


def test_what_spans_carry_of_secrets_is_neither_drafted_nor_shown() -> None:
    imported = import_sources([Asked("jaeger", (str(FIXTURES / "jaeger" / "checkout.json"),))])
    assert "hunter2" not in imported.text()
    assert all("hunter2" not in str(remark) for remark in imported.remarks)
    assert all("hunter2" not in file.shown for file in imported.files)


# -- service graphs


def graph(nodes: Any, edges: Any, duration: Any = 600, kind: str = "workload") -> dict[str, Any]:
    elements = {"nodes": [{"data": node} for node in nodes], "edges": [{"data": edge} for edge in edges]}
    return {"timestamp": 1, "duration": duration, "graphType": kind, "elements": elements}


def node(id: str, kind: str = "workload", **rest: Any) -> dict[str, Any]:
    return {"id": id, "nodeType": kind, "namespace": "shop", "workload": id} | rest


def edge(source: str, target: str, requests: str = "2.00", protocol: str = "http", **rest: Any) -> dict[str, Any]:
    return {"source": source, "target": target, "traffic": {"protocol": protocol, "rates": {protocol: requests}} | rest}


def test_versions_are_one_service_and_their_rates_add(tmp_path: Path) -> None:
    nodes = [node("a"), node("b-v1", app="b"), node("b-v2", app="b")]
    imported = drafted("service-graph", graph(nodes, [edge("a", "b-v1"), edge("a", "b-v2", "1.50")]), tmp_path)
    assert calls(imported) == [("a", "b")]
    assert "3.5/s over 10m" in imported.text()


def test_rates_are_load_only_when_they_are_those_of_a_month(tmp_path: Path) -> None:
    traffic = [{"protocol": "http", "rates": {"httpIn": "2.00"}}]
    nodes = [node("a"), node("b", traffic=traffic)]
    service = drafted("service-graph", graph(nodes, [edge("a", "b")]), tmp_path).finished.data["services"]["b"]
    assert service == {}
    month = graph(nodes, [edge("a", "b")], duration=30 * 86400)
    service = drafted("service-graph", month, tmp_path).finished.data["services"]["b"]
    assert service == {"load": {"mean": "2/s"}}


def test_a_waypoint_is_no_component_and_what_passes_it_goes_on(tmp_path: Path) -> None:
    nodes = [node("a"), node("w", isWaypoint=True), node("b")]
    through = edge("a", "w", protocol="tcp", responses={"-": {"hosts": {"b.shop.svc.cluster.local": "100.0"}}})
    imported = drafted("service-graph", graph(nodes, [through, edge("w", "b")]), tmp_path)
    assert sorted(imported.finished.data["services"]) == ["a", "b"]
    assert calls(imported) == [("a", "b")]


def test_metrics_are_read_as_they_are_scraped(tmp_path: Path) -> None:
    scraped = """\
# TYPE traces_service_graph_request_total counter
traces_service_graph_request_total{client="user",server="shop",connection_type="virtual_node"} 9 1764000000
traces_service_graph_request_total{client="shop",server="cart"} 1.2e+02
traces_service_graph_request_total{client="shop",server="old"} 0
traces_service_graph_request_total{client="shop",server="odd"} NaN
traces_service_graph_request_server_seconds_bucket{client="shop",server="slow",le="1"} 3
istio_requests_total{source_app="cart",destination_app="stock",destination_service_name="unknown"} 4
istio_requests_total{source_app="unknown",destination_app="stock"} 4
"""
    imported = drafted("service-graph", scraped, tmp_path)
    assert calls(imported) == [("cart", "stock"), ("shop", "cart"), ("user", "shop")]
    assert list(imported.finished.data["clients"]) == ["user"]
    assert len(imported.remarks) == 1


def test_metrics_are_read_as_the_collector_exports_them(tmp_path: Path) -> None:
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in (("client", "a"), ("server", "b"))]
    metrics = [
        {
            "name": "traces_service_graph_request_total",
            "sum": {"dataPoints": [{"attributes": attributes, "asInt": "4"}]},
        }
    ]
    export = {"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]}
    assert calls(drafted("service-graph", export, tmp_path)) == [("a", "b")]


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("redis-cart", "caches"),
        ("mysqldb", "datastores"),
        ("mongodb", "datastores"),
        ("kafka", "brokers"),
        ("kafka-consumer", None),
        ("postgres-exporter", None),
        ("cart", None),
    ],
)
def test_a_store_is_known_by_its_name_but_not_what_stands_beside_it(name: str, section: str | None) -> None:
    known = store_by_name(name)
    assert (known.section if known is not None else None) == section


# -- all of them

JUNK = [3, "x", [], [1], {}, None, [[]], {"a": [None]}, [{"data": None}]]


@pytest.mark.parametrize("junk", JUNK)
def test_any_shape_is_read_without_a_fault(junk: Any, tmp_path: Path) -> None:
    whole = span("a", "1")
    otlp = {"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "a"}}]}}
    answer = {"metric": {"client": "a", "server": "b"}, "value": [1, "1"]}
    contents = [
        ("jaeger", {"data": [{"spans": [whole | {"tags": junk, "references": junk}, junk], "processes": {"a": junk}}]}),
        (
            "jaeger",
            {"data": [{"spans": [whole | {"duration": junk, "spanID": junk, "traceID": junk}], "processes": {}}]},
        ),
        (
            "jaeger",
            {"resourceSpans": [otlp | {"scopeSpans": [junk, {"spans": [junk, {"spanId": "1", "kind": junk}]}]}]},
        ),
        (
            "jaeger",
            {"resourceSpans": [otlp | {"scopeSpans": [{"spans": [{"spanId": "1", "attributes": junk}]}]}, junk]},
        ),
        ("jaeger", [{"traceId": "1", "id": "1", "localEndpoint": {"serviceName": junk}, "tags": junk}, junk]),
        ("jaeger", {"data": [{"parent": "a", "child": "b", "callCount": 1}, junk, {"parent": junk}]}),
        ("service-graph", graph([node("a"), node("b", app=junk, isServiceEntry=junk, traffic=junk)], [], junk)),
        (
            "service-graph",
            graph([node("a"), node("b")], [{"source": junk, "target": junk}, edge("a", "b") | {"traffic": junk}]),
        ),
        ("service-graph", {"data": {"resultType": "vector", "result": [answer, junk, {"metric": {"client": junk}}]}}),
    ]
    for source, content in contents:
        imported = drafted(source, content, tmp_path)
        assert load(imported.text().encode(), "draft").problems == ()


@pytest.mark.parametrize(
    "content",
    [
        {"data": []},
        {"data": [{"id": 1}]},
        {"elements": {"nodes": [], "edges": []}},
        {"graphType": "app"},
        {
            "status": "success",
            "data": {"resultType": "vector", "result": [{"metric": {"job": "a"}, "value": [1, "1"]}]},
        },
        {"nodes": [{"id": "a"}], "edges": []},
        {"openapi": 3},
        {"asyncapi": "all of it"},
        {"swagger": "1.2"},
        {"batches": [{"id": 1}]},
        {"kind": "API", "spec": {"type": "openapi", "definition": "openapi: 3.0.0"}},
    ],
)
def test_what_only_looks_alike_is_not_recognised(content: Any, tmp_path: Path) -> None:
    (tmp_path / "seen.json").write_text(json.dumps(content))
    sources = import_sources([Asked("auto", (str(tmp_path / "seen.json"),))]).sources
    assert not {"asyncapi", "openapi", "jaeger", "service-graph"} & set(sources)


def test_a_file_of_another_ending_is_read_when_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "graph.expected").write_text(json.dumps(graph([node("a"), node("b")], [edge("a", "b")])))
    imported = import_sources([Asked("service-graph", (str(tmp_path / "graph.expected"),))])
    assert calls(imported) == [("a", "b")]


def test_what_was_not_seen_is_no_drift(tmp_path: Path) -> None:
    (tmp_path / "archlint.yaml").write_text(
        "archlint: 1\nsystem: {name: shop}\nservices:\n  a: {calls: [{to: c}]}\n  b: {}\n  c: {}\n"
    )
    (tmp_path / "seen.json").write_text(json.dumps(traces(span("a", "1"), span("b", "2", "1"))))
    found = find_drift(str(tmp_path / "archlint.yaml"), [Asked("jaeger", (str(tmp_path / "seen.json"),))], {})
    assert [(drift.kind, drift.message) for drift in found.drifts] == [
        ("only-in-source", "`a` depends on `b`, and the manifest does not say so")
    ]
