"""Static Envoy configurations: what the golden draft does not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from archlint.importers.importing import Asked, Imported, import_sources
from archlint.manifest.loading import load

CLUSTER = (
    "{{name: {name}, load_assignment: {{endpoints: [{{lb_endpoints: "
    "[{{endpoint: {{address: {{socket_address: {{address: {host}, port_value: 80}}}}}}}}]}}]}}}}"
)


def listener(route: str) -> str:
    return (
        "{address: {socket_address: {address: 0.0.0.0, port_value: 8080}}, filter_chains: [{filters: [{name: http,"
        f" typed_config: {{route_config: {{virtual_hosts: [{{routes: [{{route: {route}}}]}}]}}}}}}]}}]}}"
    )


def proxy(route: str, *clusters: str) -> str:
    return f"static_resources: {{listeners: [{listener(route)}], clusters: [{', '.join(clusters)}]}}\n"


def imported(*asked: Asked) -> Imported:
    found = import_sources(asked, "test")
    assert found.components == 0 or load(found.text().encode(), "draft").problems == ()
    return found


def drafted(folder: Path, text: str, name: str = "envoy.yaml") -> Imported:
    (folder / name).write_text(text)
    return imported(Asked("envoy", (str(folder / name),)))


def test_a_route_without_a_limit_has_the_default_one(tmp_path: Path) -> None:
    found = drafted(tmp_path, proxy("{cluster: a}", CLUSTER.format(name="a", host="a")))
    assert found.finished.data["services"]["envoy"]["calls"] == [{"to": "a", "timeout": "15s"}]
    assert found.finished.origins["services", "envoy", "calls", 0, "timeout"].note == "Envoy's default"


def test_a_policy_of_retries_without_a_number_makes_one(tmp_path: Path) -> None:
    found = drafted(tmp_path, proxy("{cluster: a, retry_policy: {retry_on: 5xx}}", CLUSTER.format(name="a", host="a")))
    assert found.finished.data["services"]["envoy"]["calls"][0]["retries"]["attempts"] == 2


def test_a_host_that_another_source_describes_is_that_component(tmp_path: Path) -> None:
    (tmp_path / "k8s.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: basket}\n"
        "spec: {template: {metadata: {labels: {app: b}}}}\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: cart}\nspec: {selector: {app: b}}\n"
    )
    (tmp_path / "envoy.yaml").write_text(proxy("{cluster: a}", CLUSTER.format(name="a", host="cart.default.svc")))
    paths = {name: (str(tmp_path / f"{name}.yaml"),) for name in ("envoy", "k8s")}
    found = imported(Asked("envoy", paths["envoy"]), Asked("kubernetes", paths["k8s"]))
    assert list(found.finished.data["services"]) == ["basket", "envoy"]
    assert found.finished.data["services"]["envoy"]["calls"][0]["to"] == "basket"


def test_hosts_of_others_are_externals(tmp_path: Path) -> None:
    found = drafted(tmp_path, proxy("{cluster: a}", CLUSTER.format(name="a", host="api.bank.com")))
    assert list(found.finished.data["externals"]) == ["api.bank.com"]


def test_a_name_comes_from_the_node_then_from_the_file(tmp_path: Path) -> None:
    text = proxy("{cluster: a}", CLUSTER.format(name="a", host="a"))
    assert "edge" in drafted(tmp_path, text, "edge.yaml").finished.data["services"]
    assert "front" in drafted(tmp_path, "node: {cluster: front}\n" + text).finished.data["services"]


def test_proxies_of_one_name_take_that_of_their_folder(tmp_path: Path) -> None:
    for folder in ("west", "east"):
        (tmp_path / folder).mkdir()
        text = proxy("{cluster: a}", CLUSTER.format(name="a", host="a"))
        (tmp_path / folder / "envoy.yaml").write_text(text)
    found = imported(Asked("envoy", (str(tmp_path),)))
    assert list(found.finished.data["services"]) == ["a", "east-envoy", "west-envoy"]


@pytest.mark.parametrize(
    "text",
    [
        "static_resources: {listeners: [1, {filter_chains: 2}], clusters: [3, {name: [x]}]}",
        "static_resources: {clusters: [{name: a, load_assignment: {endpoints: [1, {lb_endpoints: [2]}]}}]}",
        "staticResources: {listeners: [{filterChains: [{filters: [{name: x, typedConfig: {cluster: a}}]}]}]}",
        proxy("3"),
        proxy("{cluster: lost}"),
        proxy("{weighted_clusters: {clusters: [1, {name: a}]}}"),
    ],
)
def test_any_shape_is_borne(text: str, tmp_path: Path) -> None:
    assert drafted(tmp_path, text).errors == ()
