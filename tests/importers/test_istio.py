"""Istio: what its rules say of calls that Kubernetes objects show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archlint.importers.envoy.words import retried_on
from archlint.importers.importing import Asked, Imported, import_sources
from archlint.manifest.loading import load

SHOP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: [{name: web, env: [{name: CART_ADDR, value: "cart:80"}]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: basket, namespace: shop}
spec: {template: {metadata: {labels: {app: basket}}, spec: {containers: [{name: basket}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: basket}}
"""
"""The Service of another name than what stands behind it: rules are about Services."""


def rule(kind: str, spec: str, name: str = "cart") -> str:
    return (
        f"apiVersion: networking.istio.io/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n"
    )


def imported(folder: Path, text: str, objects: str = SHOP, istio_first: bool = False) -> Imported:
    asked = [Asked("kubernetes", (str(folder / "shop.yaml"),))] if objects else []
    (folder / "shop.yaml").write_text(objects)
    (folder / "rules.yaml").write_text(text)
    asked.insert(0 if istio_first else len(asked), Asked("istio", (str(folder / "rules.yaml"),)))
    found = import_sources(asked, "test")
    if found.components:
        assert load(found.text().encode(), "draft").problems == ()
    return found


def call(found: Imported) -> dict[str, Any]:
    (only,) = found.finished.data["services"]["web"]["calls"]
    assert only.pop("to") == "basket"
    return dict(only)


def route(more: str, host: str = "cart") -> str:
    return rule(
        "VirtualService", f"{{hosts: [{host}], http: [{{{more}, route: [{{destination: {{host: {host}}}}}]}}]}}"
    )


def test_attempts_count_the_first_try(tmp_path: Path) -> None:
    found = imported(tmp_path, route("timeout: 3s, retries: {attempts: 2, perTryTimeout: 1s, retryOn: gateway-error}"))
    assert call(found) == {
        "timeout": "3s",
        "retries": {
            "attempts": 3,
            "on": ["5xx"],
            "per_try_timeout": "1s",
            "backoff": "exponential",
            "jitter": "full",
        },
    }


@pytest.mark.parametrize("host", ["cart", "cart.shop", "cart.shop.svc.cluster.local"])
def test_a_host_is_a_service_by_any_of_its_names(host: str, tmp_path: Path) -> None:
    assert call(imported(tmp_path, route("timeout: 3s", host))) == {"timeout": "3s"}


def test_kubernetes_is_read_first_whatever_is_asked_for_first(tmp_path: Path) -> None:
    assert call(imported(tmp_path, route("timeout: 3s"), istio_first=True)) == {"timeout": "3s"}


def test_the_limit_of_all_tries_is_that_of_each_by_default(tmp_path: Path) -> None:
    found = call(imported(tmp_path, route("timeout: 3s, retries: {attempts: 1}")))
    assert (found["timeout"], found["retries"]["per_try_timeout"], found["retries"]["attempts"]) == ("3s", "3s", 2)


def test_none_is_stated_as_none(tmp_path: Path) -> None:
    assert call(imported(tmp_path, route("timeout: 0s, retries: {attempts: 0}"))) == {
        "timeout": "none",
        "retries": "none",
    }


def test_of_routes_the_one_for_all_requests_holds(tmp_path: Path) -> None:
    spec = (
        "{hosts: [cart], http: [{match: [{headers: {user: {exact: a}}}], timeout: 9s,"
        " route: [{destination: {host: cart}}]}, {timeout: 1s, route: [{destination: {host: cart}}]}]}"
    )
    found = imported(tmp_path, rule("VirtualService", spec))
    assert call(found) == {"timeout": "1s"}
    assert [remark.message for remark in found.remarks] == [
        "VirtualService cart says other things for some requests to cart; left out"
    ]


def test_a_policy_holds_for_all_that_call_the_host(tmp_path: Path) -> None:
    spec = (
        "{host: cart.shop.svc.cluster.local, trafficPolicy: {connectionPool: {tcp: {maxConnections: 9},"
        " http: {http2MaxRequests: 80, http1MaxPendingRequests: 8}}, outlierDetection: {interval: 5s}}}"
    )
    assert call(imported(tmp_path, rule("DestinationRule", spec))) == {
        "bulkhead": {"max_concurrent": 80, "max_waiting": 8},
        "outlier_ejection": {"failures": 5, "interval": "5s"},
    }


def test_connections_bound_requests_where_no_request_shares_one(tmp_path: Path) -> None:
    spec = "{host: cart, trafficPolicy: {connectionPool: {tcp: {maxConnections: 9}}}}"
    assert call(imported(tmp_path, rule("DestinationRule", spec))) == {"pool": {"size": 9}}


def test_what_nobody_calls_and_what_nobody_knows_is_told(tmp_path: Path) -> None:
    text = route("timeout: 1s", "web.shop") + "---\n" + route("timeout: 1s", "ghost")
    objects = (
        SHOP + "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {}}\n"
    )
    messages = [remark.message for remark in imported(tmp_path, text, objects).remarks]
    assert messages[-1].startswith("rules of Istio are about calls to web.shop, ghost, which no other source describes")


def test_without_other_sources_hosts_are_services(tmp_path: Path) -> None:
    found = imported(tmp_path, route("timeout: 1s"), objects="")
    assert found.finished.data["services"] == {"cart": {}}


def test_rules_of_gateways_hold_for_what_comes_from_outside(tmp_path: Path) -> None:
    spec = "{hosts: [a.example.com], gateways: [edge], http: [{timeout: 8s, route: [{destination: {host: cart}}]}]}"
    found = imported(tmp_path, rule("VirtualService", spec))
    assert call(found) == {}
    assert found.finished.data["clients"]["outside"]["calls"] == [{"to": "basket", "timeout": "8s"}]


@pytest.mark.parametrize(
    "spec", ["3", "{http: 3}", "{http: [{route: x}]}", "{hosts: 3, http: [{route: [{destination: {host: [1]}}]}]}"]
)
def test_any_shape_is_borne(spec: str, tmp_path: Path) -> None:
    for kind in ("VirtualService", "DestinationRule", "EnvoyFilter"):
        assert imported(tmp_path, rule(kind, spec)).errors == ()


def test_words_for_failures() -> None:
    assert retried_on("connect-failure, 503,429,unknown") == ["connect", "5xx", "429"]
    assert retried_on("5xx") == ["connect", "timeout", "5xx", "reset"]
    assert retried_on("") == []
