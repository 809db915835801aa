"""Kubernetes objects: what the golden drafts do not say."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from archlint.importers.importing import Asked, Imported, import_sources
from archlint.importers.kubernetes.amounts import quantity
from archlint.importers.kubernetes.cron import interval
from archlint.manifest.loading import load

FIXTURES = Path(__file__).parents[2] / "fixtures" / "imports" / "kubernetes"
SECTIONS = ("clients", "services", "datastores", "caches", "brokers", "externals", "networks", "jobs")


def imported(*paths: Path) -> Imported:
    found = import_sources([Asked("kubernetes", tuple(map(str, paths)))], "test")
    if found.components:
        assert load(found.text().encode(), "draft").problems == ()
    return found


def drafted(folder: Path, *texts: str) -> Imported:
    for number, text in enumerate(texts):
        (folder / f"{number}.yaml").write_text(text)
    return imported(folder)


def deployment(name: str, spec: str = "", pod: str = "", container: str = "", namespace: str = "shop") -> str:
    """A Deployment in flow style, each argument with a comma at its end where it says anything."""
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
        f"spec: {{{spec}selector: {{matchLabels: {{app: {name}}}}}, template: {{metadata: {{labels: {{app: {name}}}}},"
        f" spec: {{{pod}containers: [{{{container}name: {name}, image: example.com/{name}}}]}}}}}}\n---\n"
    )


def service(name: str, app: str | None = None, namespace: str = "shop", more: str = "") -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
        f"spec: {{{more}selector: {{app: {app or name}}}, ports: [{{port: 80}}]}}\n---\n"
    )


def edges(found: Imported) -> list[str]:
    """`caller -> target`, sorted."""
    data = found.finished.data
    return sorted(
        f"{name} -> {item[naming]}"
        for section in SECTIONS
        for name, component in data.get(section, {}).items()
        for field, naming in (("calls", "to"), ("depends_on", "on"))
        for item in component.get(field, ())
    )


def sizes(found: Imported) -> dict[str, int]:
    return {section: len(found.finished.data[section]) for section in SECTIONS if section in found.finished.data}


def notes(found: Imported) -> list[str]:
    return [remark.message for remark in found.remarks]


@pytest.mark.parametrize(
    ("path", "counted", "number_of_edges"),
    [
        (
            "shop",
            {"clients": 1, "services": 4, "datastores": 2, "caches": 1, "brokers": 1, "externals": 1, "jobs": 1},
            12,
        ),
        ("shapes.yaml", {"clients": 1, "services": 4, "datastores": 2, "brokers": 1, "networks": 1, "jobs": 1}, 7),
        ("autoscaler.yaml", {"services": 2}, 0),
        ("mirror.yaml", {"services": 1, "datastores": 1, "brokers": 2}, 3),
    ],
)
def test_numbers_of_components_and_edges(path: str, counted: dict[str, int], number_of_edges: int) -> None:
    found = imported(FIXTURES / path)
    assert sizes(found) == counted
    assert len(edges(found)) == number_of_edges


def test_no_secret_is_shown() -> None:
    """Neither in the draft, nor in remarks, nor in what excerpts are taken from."""
    found = imported(FIXTURES / "shop")
    shown = [found.text(), *map(str, found.remarks), *(file.shown for file in found.files)]
    assert any("hunter2" in file.text for file in found.files)
    assert not any("hunter2" in text for text in shown)


def test_the_order_of_objects_and_files_does_not_matter(tmp_path: Path) -> None:
    texts = [text for path in sorted((FIXTURES / "shop").iterdir()) for text in path.read_text().split("\n---\n")]
    drafts = set()
    for seed in range(3):
        random.Random(seed).shuffle(texts)
        folder = tmp_path / str(seed)
        folder.mkdir()
        data = drafted(folder, "\n---\n".join(texts)).finished.data
        drafts.add(repr({name: sorted(part.items(), key=str) for name, part in data.items() if isinstance(part, dict)}))
    assert len(drafts) == 1


# Names


@pytest.mark.parametrize(
    "host",
    ["cart", "cart.shop", "cart.shop.svc", "cart.shop.svc.cluster.local", "cart.shop.svc.cluster.local.", "CART.shop"],
)
def test_a_service_is_called_by_each_of_its_names(host: str, tmp_path: Path) -> None:
    web = deployment("web", container=f"env: [{{name: CART_URL, value: 'http://{host}:80/x'}}], ")
    assert edges(drafted(tmp_path, web + deployment("cart") + service("cart"))) == ["web -> cart"]


@pytest.mark.parametrize(
    "value", ["cart.other", "cart.com", "cart.shop.example.com", "www.cart", "mycart:80", "http://carts:80", "cart"]
)
def test_what_is_no_name_of_a_service_makes_no_edge(value: str, tmp_path: Path) -> None:
    """Nor does a word under a name that does not say that it is an address."""
    web = deployment("web", container=f"env: [{{name: FEATURE_NAME, value: '{value}'}}], ")
    assert edges(drafted(tmp_path, web + deployment("cart") + service("cart"))) == []


def test_a_name_without_a_namespace_stays_in_its_own(tmp_path: Path) -> None:
    web = deployment("web", container="env: [{name: CART, value: 'cart:80'}], ", namespace="a")
    found = drafted(tmp_path, web + deployment("cart", namespace="b") + service("cart", namespace="b"))
    assert edges(found) == []


def test_one_pod_of_a_set_is_called_by_its_own_name(tmp_path: Path) -> None:
    cart = deployment("cart").replace("Deployment", "StatefulSet")
    web = deployment("web", container="args: ['--peers=cart-0.cart:80,cart-1.cart:80'], ")
    assert edges(drafted(tmp_path, web + cart + service("cart", more="clusterIP: None, "))) == ["web -> cart"]


def test_a_service_for_one_pod_of_a_set_leads_to_the_set(tmp_path: Path) -> None:
    cart = deployment("cart").replace("Deployment", "StatefulSet")
    one = service("first").replace("{app: first}", "{statefulset.kubernetes.io/pod-name: cart-0}")
    web = deployment("web", container="args: ['--first=first:80'], ")
    assert edges(drafted(tmp_path, web + cart + one)) == ["web -> cart"]


def test_the_same_name_in_two_namespaces_is_two_components(tmp_path: Path) -> None:
    found = drafted(tmp_path, deployment("web", namespace="a") + deployment("web", namespace="b"))
    assert list(found.finished.data["services"]) == ["a-web", "b-web"]


def test_the_same_name_of_two_kinds_is_two_components(tmp_path: Path) -> None:
    found = drafted(tmp_path, deployment("web") + deployment("web").replace("Deployment", "StatefulSet"))
    assert list(found.finished.data["services"]) == ["web", "web-statefulset"]


def test_an_alias_of_another_service_leads_to_it(tmp_path: Path) -> None:
    alias = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: basket, namespace: shop}\n"
        "spec: {type: ExternalName, externalName: cart.shop.svc.cluster.local}\n---\n"
    )
    web = deployment("web", container="args: ['--basket=basket:80'], ")
    assert edges(drafted(tmp_path, web + deployment("cart") + service("cart") + alias)) == ["web -> cart"]


def test_aliases_that_lead_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    alias = (
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {}}}\n"
        "spec: {{type: ExternalName, externalName: {}.default.svc}}\n---\n"
    )
    web = deployment("web", container="args: ['--a=a:80'], ", namespace="default")
    assert edges(drafted(tmp_path, web + alias.format("a", "b") + alias.format("b", "a"))) == []


# What is read for addresses


@pytest.mark.parametrize(
    "container",
    [
        "command: [serve, --cart-host, cart]",
        "command: [sh, -c, 'exec serve -h cart -p 80']",
        "args: ['http://cart/']",
        "env: [{name: A, value: cart}, {name: B_URL, value: 'http://$(A):80'}]",
        "env: [{name: URL, value: 'http://$(CART_SERVICE_HOST):80'}]",
        "env: [{name: CART_HOST, valueFrom: {configMapKeyRef: {name: settings, key: cart}}}]",
        "envFrom: [{configMapRef: {name: settings}, prefix: HOST_}]",
        "env: [{name: CART_ADDR, value: 'cart'}]",
    ],
)
def test_an_address_is_found(container: str, tmp_path: Path) -> None:
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata: {cart: cart}\n---\n"
    web = deployment("web", container=f"{container}, ")
    assert edges(drafted(tmp_path, web + deployment("cart") + service("cart") + settings)) == ["web -> cart"]


@pytest.mark.parametrize("line", ["host: cart", "cart.url=http://cart/x", "proxy_pass http://cart;", "server cart:80;"])
def test_an_address_in_a_file_of_a_config_map_is_found(line: str, tmp_path: Path) -> None:
    files = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: files, namespace: shop}\n"
        f"data:\n  app.conf: |\n    a {{\n      {line}\n    }}\n---\n"
    )
    web = deployment("web", pod="volumes: [{name: files, configMap: {name: files}}], ")
    assert edges(drafted(tmp_path, web + deployment("cart") + service("cart") + files)) == ["web -> cart"]


def test_secrets_are_never_read(tmp_path: Path) -> None:
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\nstringData: {url: 'http://cart:80'}\n---\n"
    )
    container = "envFrom: [{secretRef: {name: s}}], env: [{name: U, valueFrom: {secretKeyRef: {name: s, key: url}}}], "
    found = drafted(tmp_path, deployment("web", container=container) + deployment("cart") + service("cart") + secret)
    assert edges(found) == []
    assert "http://cart:80" not in "".join(file.shown for file in found.files)


def test_what_a_pod_waits_for_is_needed_when_it_starts(tmp_path: Path) -> None:
    pod = "initContainers: [{name: wait, image: busybox, command: [sh, -c, 'until nc -z cart 80; do sleep 1; done']}], "
    found = drafted(tmp_path, deployment("web", pod=pod) + deployment("cart") + service("cart"))
    assert found.finished.data["services"]["web"]["depends_on"] == [{"on": "cart", "phase": "startup"}]


# What is missing


def scheduling(found: Imported, name: str = "web") -> dict[str, Any]:
    return dict(found.finished.data["services"][name]["scheduling"])


def test_what_is_missing_is_stated_where_it_would_stand(tmp_path: Path) -> None:
    found = drafted(tmp_path, deployment("web"))
    web = found.finished.data["services"]["web"]
    assert web["health_check"] == "none"
    assert web["scheduling"] == {
        "anti_affinity": "none",
        "disruption_budget": "none",
        "limits": "none",
        "requests": "none",
    }
    assert web["replicas"] == 1
    origin = found.finished.origins["services", "web", "scheduling", "disruption_budget"]
    assert (origin.place.line, origin.note) == (3, "no PodDisruptionBudget selects it")


def test_limits_stand_for_requests(tmp_path: Path) -> None:
    found = drafted(tmp_path, deployment("web", container="resources: {limits: {cpu: 1, memory: 1G}}, "))
    assert scheduling(found)["limits"] == {"cpu": 1, "memory": "1GB"}
    assert "requests" not in scheduling(found)


def test_what_one_container_does_not_say_is_not_said_of_the_pod(tmp_path: Path) -> None:
    text = deployment("web", container="resources: {limits: {memory: 1Gi}}, ")
    text = text.replace("image: example.com/web}]", "image: example.com/web}, {name: other, image: example.com/other}]")
    found = drafted(tmp_path, text)
    assert "limits" not in scheduling(found)
    assert "memory" not in found.finished.data["services"]["web"]


@pytest.mark.parametrize(
    ("selector", "namespace", "covered"),
    [
        ("{matchLabels: {app: web}}", "shop", True),
        ("{}", "shop", True),
        ("{matchExpressions: [{key: app, operator: Exists}]}", "shop", True),
        ("{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", "shop", False),
        ("{matchLabels: {app: web, tier: front}}", "shop", False),
        ("{matchLabels: {app: web}}", "other", False),
        ("null", "shop", False),
    ],
)
def test_a_budget_covers_what_it_selects(selector: str, namespace: str, covered: bool, tmp_path: Path) -> None:
    budget = (
        f"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b, namespace: {namespace}}}\n"
        f"spec: {{minAvailable: 1, selector: {selector}}}\n"
    )
    found = drafted(tmp_path, deployment("web", spec="replicas: 2, ") + budget)
    assert scheduling(found)["disruption_budget"] == ({"min_available": 1} if covered else "none")


def test_what_every_host_runs_needs_neither_budget_nor_placement(tmp_path: Path) -> None:
    found = drafted(tmp_path, deployment("web").replace("Deployment", "DaemonSet"))
    assert scheduling(found)["spread"] == "every-host"
    assert {"anti_affinity", "disruption_budget"}.isdisjoint(scheduling(found))


def test_memory_is_that_of_the_container_that_serves(tmp_path: Path) -> None:
    text = deployment("web", container="resources: {limits: {memory: 1Gi}}, ")
    other = "{name: other, image: example.com/other, resources: {limits: {memory: 512Mi}}}"
    found = drafted(tmp_path, text.replace("image: example.com/web}]", f"image: example.com/web}}, {other}]"))
    assert scheduling(found)["limits"] == {"memory": "1536MiB"}
    assert found.finished.data["services"]["web"]["memory"] == {"limit": "1GiB"}


@pytest.mark.parametrize(
    ("more", "note"),
    [
        (
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: shop}\n"
            "spec: {scaleTargetRef: {kind: Deployment, name: gone}, maxReplicas: 3}\n",
            "HorizontalPodAutoscaler h scales what these files do not describe",
        ),
        (
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: shop}\n"
            "spec: {scaleTargetRef: {kind: Deployment, name: web}, minReplicas: 3, maxReplicas: 3}\n",
            "HorizontalPodAutoscaler h never scales: its bounds are one number",
        ),
        (service("gone"), "Service gone selects no pod that these files describe"),
        (
            deployment("odd", spec="strategy: {type: Sometimes}, "),
            "Deployment odd has a strategy of deployment that Kubernetes does not know, and so is never updated",
        ),
        (
            deployment("odd").replace("labels: {app: odd}", "labels: {app: even}"),
            "Deployment odd selects labels that its own pods do not have",
        ),
        (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: shop}\n"
            "spec: {defaultBackend: {service: {name: gone, port: {number: 80}}}}\n",
            "Ingress i leads to a Service that these files do not describe",
        ),
    ],
)
def test_what_leads_nowhere_is_told(more: str, note: str, tmp_path: Path) -> None:
    assert notes(drafted(tmp_path, deployment("web") + more)) == [note]


# Forms of files


def test_lists_are_read_as_what_they_hold(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n" + "".join(
        f"- {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}}}}}\n" for name in ("a", "b")
    )
    assert sizes(drafted(tmp_path, text)) == {"services": 2}


def test_of_a_base_and_its_patch_the_fuller_is_read(tmp_path: Path) -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 9}\n"
    found = drafted(tmp_path, patch, deployment("web", spec="replicas: 2, "))
    assert found.finished.data["services"]["web"]["replicas"] == 2
    assert [note.partition(":")[0] for note in notes(found)] == [
        f"Deployment web is described twice, also in {tmp_path}/1.yaml"
    ]


def test_templates_are_left_out_with_one_note(tmp_path: Path) -> None:
    chart = tmp_path / "chart" / "templates"
    chart.mkdir(parents=True)
    for name in ("a", "b"):
        (chart / f"{name}.yaml").write_text(
            "{{- if .Values.on }}\n" + deployment("{{ .Release.Name }}") + "{{- end }}\n"
        )
    found = drafted(tmp_path, deployment("web"))
    assert sizes(found) == {"services": 1}
    assert len(notes(found)) == 1
    assert notes(found)[0].startswith("2 files, such as ")
    assert found.errors == ()


def test_a_template_that_is_named_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("metadata: {name: {{ .Values.name }}}\n")
    assert [error.message[:40] for error in imported(path).errors] == ["a template, which is no data yet: render"]


def test_kinds_that_nobody_knows_make_one_note_each(tmp_path: Path) -> None:
    widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {{name: w{0}}}\n---\n"
    found = drafted(tmp_path, deployment("web") + "".join(map(widget.format, range(3))))
    assert notes(found) == ["objects of kind Widget (example.com) are not understood; 3 objects left out"]


@pytest.mark.parametrize(
    ("version", "kind", "rest"),
    [
        ("apps/v1", "Deployment", "spec: [1]"),
        ("apps/v1", "Deployment", "spec: {replicas: many}"),
        ("apps/v1", "Deployment", "spec: {replicas: 1e300, template: {spec: {containers: web}}}"),
        ("apps/v1", "Deployment", "spec: {template: {spec: {containers: [web, {env: {a: b}}, {name: {}}]}}}"),
        ("apps/v1", "StatefulSet", "spec: {template: 3, volumeClaimTemplates: [4]}"),
        ("v1", "Service", "spec: {selector: [a], ports: 80}"),
        ("v1", "ConfigMap", "data: text"),
        ("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {metrics: [1, {resource: 2}]}"),
        ("policy/v1", "PodDisruptionBudget", "spec: {selector: {matchExpressions: [1]}}"),
        ("batch/v1", "CronJob", "spec: {schedule: 5, jobTemplate: []}"),
        ("kafka.strimzi.io/v1", "Kafka", "spec: {kafka: 3, zookeeper: 1}"),
        ("kafka.strimzi.io/v1", "KafkaMirrorMaker2", "spec: {clusters: [1, {alias: a, bootstrapServers: 3}]}"),
        ("postgresql.cnpg.io/v1", "Cluster", "spec: {instances: x, storage: 1, affinity: 2}"),
        ("v1", "List", "items: {a: b}"),
    ],
)
def test_any_shape_is_borne(version: str, kind: str, rest: str, tmp_path: Path) -> None:
    for name in ("web", "[web]", "'!!'", "3"):
        text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}}}\n{rest}\n"
        assert drafted(tmp_path, text).errors == ()


def test_a_bomb_of_aliases_is_refused(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    found = drafted(tmp_path, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\n" + bomb)
    assert [error.message for error in found.errors] == ["aliases stand for more than 100000 nodes"]


# Parts


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("250m", 0.25), ("2", 2), ("1.5", 1.5), (".5", 0.5), ("64Mi", 67_108_864), ("1k", 1_000), ("1e3", 1_000),
        ("128974848000m", 128_974_848), ("1E", 10**18), ("1Ki", 1_024),
        ("x", None), ("1Xi", None), ("", None), ("1 Gi", None),
    ],
)  # fmt: skip
def test_quantities(text: str, number: float | None) -> None:
    found = quantity(text)
    assert (None if found is None else float(found)) == number


@pytest.mark.parametrize(
    ("schedule", "every"),
    [
        ("*/5 * * * *", "5m"), ("* * * * *", "1m"), ("0 * * * *", "1h"), ("0 */6 * * *", "6h"), ("30 2 * * *", "1d"),
        ("0 3 * * 1", "7d"), ("@daily", "1d"), ("@every 90s", "90s"), ("*/7 * * * *", None), ("0 0 1 * *", None),
        ("0 8-18 * * *", None), ("nonsense", None),
    ],
)  # fmt: skip
def test_how_often_a_schedule_starts_something(schedule: str, every: str | None) -> None:
    assert interval(schedule) == every


def test_a_schedule_may_begin_with_seconds() -> None:
    assert interval("0 0 2 * * *", seconds=True) == "1d"


@pytest.mark.parametrize("replicas", ["-3", ".nan", "1.5", "true", "[1]"])
def test_replicas_that_are_no_count_are_left_out(replicas: str, tmp_path: Path) -> None:
    found = drafted(tmp_path, deployment("web", spec=f"replicas: {replicas}, "))
    assert "replicas" not in found.finished.data["services"]["web"]


def test_what_was_applied_last_is_not_shown(tmp_path: Path) -> None:
    applied = '{kubectl.kubernetes.io/last-applied-configuration: "{env: hunter2}"}'
    found = drafted(tmp_path, deployment("web").replace("{name: web", "{annotations: " + applied + ", name: web", 1))
    assert "hunter2" in found.files[0].text
    assert "hunter2" not in found.files[0].shown
