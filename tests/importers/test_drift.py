"""A manifest against a cluster: every field that both state, wherever it stands."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from archlint.importers.drift.comparison import Drift, compare
from archlint.importers.importing import Asked, Imported, import_sources
from archlint.manifest.loading import load
from archlint.manifest.tree import value_at

CLUSTER = """\
apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: {name: events}
spec: {kafka: {version: 3.9.0, replicas: 3}}
---
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaTopic
metadata: {name: orders, labels: {strimzi.io/cluster: events}}
spec: {partitions: 12, replicas: 3, config: {retention.ms: 86400000}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 40
      containers:
        - name: web
          image: acme/web:1
          env: [{name: BOOTSTRAP, value: "events-kafka-bootstrap:9092"}]
          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5, failureThreshold: 3}
          livenessProbe: {httpGet: {path: /, port: 80}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 9
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
"""
HEAD = "archlint: 1\nsystem: {name: s}\n"
OTHERS = (
    7,
    "7s",
    "7GiB",
    True,
    False,
    "none",
    "70%",
    "mysql",
    "startup",
    "required",
    "host",
    "zookeeper",
    "rate",
    {"cpu": 1},
    {"min_available": 2},
)


@pytest.fixture
def imported(tmp_path: Path) -> Imported:
    (tmp_path / "k8s.yaml").write_text(CLUSTER)
    return import_sources([Asked("kubernetes", (str(tmp_path / "k8s.yaml"),))])


def drift(text: str, imported: Imported, names: dict[str, str] | None = None) -> tuple[Drift, ...]:
    stated = load((HEAD + text).encode(), "archlint.yaml")
    assert stated.problems == ()
    return compare(stated, load(imported.text().encode(), "draft"), imported.finished, names or {})


def told(text: str, imported: Imported) -> list[tuple[str, str | None, str | None]]:
    return [(each.route, each.stated, each.found) for each in drift(text, imported) if each.kind == "differs"]


def test_every_field_of_a_draft_is_compared_at_its_place(imported: Imported) -> None:
    draft = load(imported.text().encode(), "draft")
    compared = 0
    for path, origin in imported.finished.origins.items():
        if len(path) < 3 or path[2] == "depends_on" or isinstance(value_at(draft.document.data, path), dict | list):
            continue
        texts = (_changed(draft.document.data, path, value) for value in OTHERS)
        text = next(filter(None, texts), None)
        if text is None:
            assert path[-1] == "to", path
            continue
        manifest = load(text.encode(), "archlint.yaml")
        found = compare(manifest, draft, imported.finished, {})
        assert found, path
        compared += 1
        if path[-1] != "kind":  # a probe of another kind is told of all of them
            assert [(each.place, each.origin) for each in found] == [(manifest.document.spans.key_place(path), origin)]
    assert compared > 12


def _changed(data: Any, path: tuple[str | int, ...], value: Any) -> str:
    """The manifest with another value at a path; empty where that is not valid."""
    changed = copy.deepcopy(data)
    value_at(changed, path[:-1])[path[-1]] = value
    text = yaml.safe_dump(changed, sort_keys=False)
    return text if value != value_at(data, path) and load(text.encode(), "m").manifest is not None else ""


@pytest.mark.parametrize(
    ("web", "differences"),
    [
        ("{replicas: 3}", [("services.web.replicas", "3", "{min: 2, max: 9}")]),
        ("{replicas: {min: 2, max: 8}}", [("services.web.replicas.max", "8", "9")]),
        ("{health_check: none}", [("services.web.health_check", "none", "[liveness, readiness]")]),
        (
            "{health_check: {kind: readiness}}",
            [("services.web.health_check", "{kind: readiness}", "[liveness, readiness]")],
        ),
        ("{health_check: {interval: 7s}}", []),
        (
            "{health_check: [{kind: liveness}, {kind: readiness, interval: 7s, failures: 3}]}",
            [("services.web.health_check[1].interval", "7s", "5s")],
        ),
        ("{deploy: {drain: 20..40s}}", []),
        ("{deploy: {drain: 20..30s}}", [("services.web.deploy.drain", "20..30s", "40s")]),
        (
            "{scheduling: {disruption_budget: none}}",
            [("services.web.scheduling.disruption_budget", "none", "{min_available: 1}")],
        ),
    ],
)
def test_what_is_written_in_other_ways(web: str, differences: list[tuple[str, str, str]], imported: Imported) -> None:
    assert told(f"services: {{web: {web}}}\n", imported) == differences


def test_topics_of_the_same_broker_are_compared_by_name(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(
        "asyncapi: 3.0.0\ninfo: {title: Web, version: 1.0.0}\n"
        "servers: {events: {host: 'events:9092', protocol: kafka}}\n"
        "channels:\n  orders: {address: orders}\n  mails: {address: mails}\n"
        "operations:\n  a: {action: send, channel: {$ref: '#/channels/orders'}}\n"
        "  b: {action: send, channel: {$ref: '#/channels/mails'}}\n"
    )
    imported = import_sources([Asked("asyncapi", (str(tmp_path / "api.yaml"),))])
    text = (
        "brokers: {events: {topics: {orders: {}, bills: {}}}}\n"
        "services: {web: {publishes: [{to: events/orders}, {to: events/bills}]}}\n"
    )
    broker = next(iter(imported.finished.data["brokers"]))
    assert [
        (each.kind, each.message) for each in drift(text, imported, {"events": broker}) if "publishes" in each.message
    ] == [
        ("only-in-source", "`web` publishes to `events/mails`, and the manifest does not say so"),
        ("only-in-manifest", "`web` publishes to `events/bills` by the manifest, and by no file of the source"),
    ]


def test_calls_of_operations_are_compared(tmp_path: Path) -> None:
    (tmp_path / "istio.yaml").write_text(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: pay}\n"
        "spec:\n  hosts: [pay]\n  http: [{timeout: 2s, route: [{destination: {host: pay}}]}]\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: pay}\nspec: {selector: {app: pay}}\n"
        + "".join(
            f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n"
            f"  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n"
            f"    spec: {{containers: [{{name: a, image: a/{name}, env: [{{name: U, value: 'http://{to}'}}]}}]}}\n"
            for name, to in (("web", "pay"), ("pay", "bank.example.org"))
        )
    )
    paths = (str(tmp_path / "istio.yaml"),)
    imported = import_sources([Asked("kubernetes", paths), Asked("istio", paths)])
    operation = "services: {web: {operations: {buy: {calls: [{to: pay, timeout: 1s}]}}}, pay: {}}\n"
    assert told(operation, imported) == [("services.web.operations.buy.calls[pay].timeout", "1s", "2s")]


def test_a_default_is_told_where_it_stands(imported: Imported) -> None:
    text = "defaults: {service: {deploy: {drain: 5s}}}\nservices:\n  web: {}\n"
    (found,) = (each for each in drift(text, imported) if each.kind == "differs")
    assert (found.route, found.place.line, found.place.column) == ("services.web.deploy.drain", 3, 31)


def test_names_that_are_alike_are_told_apart_where_both_sides_do(tmp_path: Path) -> None:
    (tmp_path / "calm.json").write_text(
        '{"nodes": [{"unique-id": "a_b", "node-type": "service", "name": "a_b"},'
        ' {"unique-id": "a-b", "node-type": "service", "name": "a-b"}], "relationships": []}'
    )
    found = import_sources([Asked("calm", (str(tmp_path / "calm.json"),))])
    assert drift("services: {a_b: {}, a-b: {}}\n", found) == ()
