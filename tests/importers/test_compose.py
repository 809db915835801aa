"""Compose files: what the golden drafts do not say."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from archlint.engine.session import Request, run
from archlint.importers.compose.interpolation import UNKNOWN, interpolate
from archlint.importers.importing import Asked, Imported, import_sources
from archlint.manifest.loading import load

FIXTURES = Path(__file__).parents[2] / "fixtures" / "imports" / "compose"


def written(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_yaml", ".yaml").replace("dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def imported_from(folder: Path, *paths: str) -> Imported:
    imported = import_sources([Asked("compose", tuple(str(folder / path) for path in paths or (".",)))], "test")
    if imported.components:
        assert load(imported.text().encode(), "draft").problems == ()
    return imported


def drafted(folder: Path, text: str) -> dict[str, Any]:
    written(folder, compose_yaml=text)
    return imported_from(folder).finished.data


def messages(imported: Imported, level: str) -> list[str]:
    return [remark.message for remark in imported.remarks if remark.level == level]


def edges(data: dict[str, Any]) -> list[str]:
    """`caller -> target`, each pair once, sorted."""
    found = set()
    for section in data.values():
        for name, component in section.items() if isinstance(section, dict) else ():
            for field, naming in (("calls", "to"), ("depends_on", "on")):
                for item in component.get(field, ()) if isinstance(component, dict) else ():
                    found.add(f"{name} -> {item[naming]}")
    return sorted(found)


def sizes(data: dict[str, Any]) -> dict[str, int]:
    kept = ("clients", "services", "datastores", "caches", "brokers", "externals", "jobs")
    return {name: len(data[name]) for name in kept if name in data}


@pytest.mark.parametrize(
    ("path", "counted", "number_of_edges"),
    [
        ("bookshop", {"services": 5, "datastores": 2, "caches": 1, "brokers": 1, "jobs": 1}, 14),
        ("brokers.yaml", {"services": 2, "brokers": 1}, 2),
        ("clusters.yaml", {"services": 1, "datastores": 4, "caches": 2, "brokers": 1, "jobs": 1}, 4),
        ("variables.yaml", {"clients": 1, "services": 4, "datastores": 1, "caches": 1}, 5),
        ("logs.yaml", {"services": 2, "datastores": 1}, 2),
        ("socks.yaml", {"clients": 1, "services": 4, "datastores": 3, "brokers": 1}, 2),
        ("one-broker.yaml", {"brokers": 1}, 0),
        ("columns.yaml", {"services": 2, "datastores": 1, "jobs": 1}, 4),
    ],
)
def test_numbers_of_components_and_edges(path: str, counted: dict[str, int], number_of_edges: int) -> None:
    data = imported_from(FIXTURES, path).finished.data
    assert sizes(data) == counted
    assert len(edges(data)) == number_of_edges


def test_no_secret_is_shown() -> None:
    """Neither in the draft, nor in remarks, nor in what excerpts are taken from."""
    imported = imported_from(FIXTURES, "bookshop")
    shown = [imported.text(), *map(str, imported.remarks), *(file.shown for file in imported.files)]
    assert len(imported.files) == 6
    assert not any("hunter2" in text for text in shown)


def test_secrets_are_concealed_wherever_they_stand(tmp_path: Path) -> None:
    written(
        tmp_path,
        compose_yaml="""
x-password: &password hunter2
x-env: &env {DB_PASSWORD: hunter2, API_TOKEN: hunter2}
services:
  web:
    image: web
    build: {context: ., args: {NPM_TOKEN: hunter2}}
    environment: {<<: *env, PASSWORD: *password, OTHER: "hunter2"}
    labels: {traefik.auth.secret: hunter2}
    command: [web, --api-key, hunter2]
    healthcheck: {test: "mysqladmin ping --password=hunter2"}
  list: {image: web, environment: ["A=hunter2", 'B=hunter2', "C=http://me:hunter2@web:80/"]}
configs: {file: {content: "password = hunter2"}}
""",
    )
    imported = imported_from(tmp_path)
    assert edges(imported.finished.data) == ["list -> web"]
    assert "hunter2" not in imported.text() + "".join(file.shown for file in imported.files)


def test_findings_on_a_draft_are_for_information() -> None:
    for path in ("bookshop", "variables.yaml"):
        text = imported_from(FIXTURES, path).text()
        report = run(Request(today=datetime.date(2026, 11, 15), paths=("-",), stdin=text.encode()))
        assert report.summary.error == 0
        assert "LAW120" in {finding.code for finding in report.findings}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A:-b}", "b"),
        ("${A-b}", "b"),
        ("${EMPTY-b}", ""),
        ("${EMPTY:-b}", "b"),
        ("${SET:-b}", "set"),
        ("$SET/${SET}", "set/set"),
        ("$$SET $${SET}", "$SET ${SET}"),
        ("${A:-${B:-${SET}}}", "set"),
        ("${A:-http://${SET}:80}/x", "http://set:80/x"),
        ("${SET:+there}", "there"),
        ("${A:+there}", ""),
        ("${A}", UNKNOWN),
        ("${A:?say it}", UNKNOWN),
        ("${EMPTY:?say it}", UNKNOWN),
        ("${EMPTY?say it}", ""),
        ("${A", UNKNOWN),
        ("${A:-b", "b"),
        ("100$", "100$"),
        ("${1}", "${1}"),
    ],
)
def test_variables_are_filled_in(text: str, value: str) -> None:
    assert interpolate(text, {"SET": "set", "EMPTY": ""}).value == value


def test_what_has_no_value_is_told() -> None:
    text = interpolate("${A}-${B:-x}-${A}-$C", {})
    assert text.missing == ("A", "C")
    assert text.known is None


def test_variables_that_grow_without_end_are_not_filled_in() -> None:
    assert interpolate("${A}" * 200, {"A": "a" * 10_000}).value == UNKNOWN
    deep = "${A:-" * 5_000 + "}" * 5_000
    assert interpolate(deep, {}).missing == ("A",)
    assert interpolate("${" * 50_000, {}).missing == ()


def test_layers_are_laid_over_each_other_in_the_order_given(tmp_path: Path) -> None:
    written(
        tmp_path,
        a_yaml="services: {web: {image: w, deploy: {replicas: 2}, environment: {A_URL: 'http://a'}}, a: {image: a}}",
        b_yaml="services: {web: {deploy: {replicas: 5}, environment: [B_URL=http://b]}, b: {image: b}}",
        c_yaml="# nothing yet\n",
    )
    data = imported_from(tmp_path, "a.yaml", "b.yaml").finished.data
    assert data["services"]["web"]["replicas"] == 5
    assert edges(data) == ["web -> a", "web -> b"]
    assert imported_from(tmp_path, "b.yaml", "a.yaml").finished.data["services"]["web"]["replicas"] == 2


def test_an_empty_layer_is_none(tmp_path: Path) -> None:
    written(tmp_path, compose_yaml="services: {web: {image: web}}", compose__extras_yaml="")
    (tmp_path / "compose.extras.yaml").write_text("# only a comment\n")
    imported = imported_from(tmp_path, "compose.yaml", "compose.extras.yaml")
    assert sizes(imported.finished.data) == {"services": 1}
    assert imported.errors == ()


def test_a_folder_is_its_default_file_and_the_override(tmp_path: Path) -> None:
    written(tmp_path, compose_yaml="services: {web: {image: web}}", other_yaml="services: {other: {image: other}}")
    (tmp_path / "compose.override.yaml").write_text("services: {web: {scale: 3}}")
    assert imported_from(tmp_path).finished.data["services"] == {"web": {"replicas": 3}}


def test_a_folder_without_a_file_of_its_own_is_the_projects_below(tmp_path: Path) -> None:
    for name in ("one", "two"):
        written(
            tmp_path, **{f"{name}__compose_yaml": "services: {web: {image: web, links: [db]}, db: {image: mysql:8}}"}
        )
    data = imported_from(tmp_path).finished.data
    assert edges(data) == ["two-web -> two-db", "web -> db"]


def test_the_files_that_dotenv_asks_for(tmp_path: Path) -> None:
    written(
        tmp_path,
        compose_yaml="services: {web: {image: web}}",
        more_yaml="services: {worker: {image: w}, tools: {image: t, profiles: [dev]}, x: {image: x, profiles: [y]}}",
        dot_env="COMPOSE_FILE=compose.yaml:more.yaml\nCOMPOSE_PROFILES=dev,test\n",
    )
    imported = imported_from(tmp_path)
    assert list(imported.finished.data["services"]) == ["tools", "web", "worker"]
    assert messages(imported, "note")[0] == "x starts only with a profile (y); left out"


def test_where_everything_has_a_profile_all_of_it_is_drafted(tmp_path: Path) -> None:
    data = drafted(tmp_path, "services: {a: {image: a, profiles: [x]}, b: {image: b, profiles: [y]}}")
    assert list(data["services"]) == ["a", "b"]


def test_what_is_depended_on_starts_whatever_its_profile(tmp_path: Path) -> None:
    text = "services: {a: {image: a, depends_on: [b]}, b: {image: b, profiles: [y]}, c: {image: c, profiles: [y]}}"
    assert list(drafted(tmp_path, text)["services"]) == ["a", "b"]


def test_services_that_share_no_network_do_not_reach_each_other(tmp_path: Path) -> None:
    written(
        tmp_path,
        compose_yaml="""
services:
  web: {image: web, networks: [front], environment: {DB_HOST: db, API_HOST: api}}
  api: {image: api, networks: [front, back], environment: {DB_HOST: db}}
  db: {image: postgres:16, networks: {back: }}
""",
    )
    imported = imported_from(tmp_path)
    assert edges(imported.finished.data) == ["api -> db", "web -> api"]
    assert messages(imported, "note") == ["web names `db`, but they share no network; left out"]


def test_what_lives_in_the_network_of_another_has_its_networks(tmp_path: Path) -> None:
    text = """
services:
  vpn: {image: vpn, networks: [out]}
  crawler: {image: crawler, network_mode: "service:vpn", environment: {QUEUE_HOST: queue}}
  queue: {image: "rabbitmq:4", networks: [out]}
  host: {image: host, network_mode: host, environment: {QUEUE_HOST: queue}}
  alone: {image: alone, network_mode: none, environment: {QUEUE_HOST: queue}}
"""
    assert edges(drafted(tmp_path, text)) == ["crawler -> queue", "crawler -> vpn", "host -> queue"]


def test_every_name_of_a_service_leads_to_it(tmp_path: Path) -> None:
    text = """
services:
  a: {image: a, container_name: first, hostname: first.local}
  b: {image: b, networks: {default: {aliases: [second]}}}
  c: {image: c}
  user:
    image: user
    links: ["c:third"]
    command: [run, --upstream=http://first:80, "second:81"]
    entrypoint: ["/wait-for", "third:82", "--"]
  other: {image: other, environment: {X_URL: "http://first.local/"}}
"""
    assert edges(drafted(tmp_path, text)) == ["other -> a", "user -> a", "user -> b", "user -> c"]


def test_one_of_several_that_share_an_alias(tmp_path: Path) -> None:
    """Compose spreads calls over all of them."""
    shared = "{image: a, networks: {default: {aliases: [api]}}}"
    text = f"services: {{a: {shared}, b: {shared}, c: {{image: c, environment: [API_HOST=api]}}}}"
    assert edges(drafted(tmp_path, text)) == ["c -> a", "c -> b"]


def test_instances(tmp_path: Path) -> None:
    text = """
services:
  unsaid: {image: a}
  replicas: {image: a, deploy: {replicas: 3}}
  none: {image: a, deploy: {replicas: 0}}
  scale: {image: a, scale: "4"}
  everywhere: {image: a, deploy: {mode: global}}
  variable: {image: a, deploy: {replicas: "${N}"}}
"""
    stated = {name: service.get("replicas") for name, service in drafted(tmp_path, text)["services"].items()}
    assert stated == {"everywhere": None, "none": 0, "replicas": 3, "scale": 4, "unsaid": 1, "variable": None}


def test_what_runs_once_is_a_job(tmp_path: Path) -> None:
    text = """
services:
  web: {image: web, depends_on: {prepare: {condition: service_completed_successfully}}}
  prepare: {image: web}
  db-migrations: {image: web, depends_on: [db]}
  init: {image: web, restart: always}
  topics:
    image: confluentinc/cp-kafka:7.6.0
    command: bash -c "kafka-topics --create --bootstrap-server kafka:9092 --topic x"
  kafka: {image: "confluentinc/cp-kafka:7.6.0"}
  db: {image: "postgres:16"}
  once: {image: web, deploy: {mode: replicated-job}}
"""
    data = drafted(tmp_path, text)
    assert sorted(data["jobs"]) == ["db-migrations", "once", "prepare", "topics"]
    assert sorted(data["services"]) == ["init", "web"]
    assert data["services"]["web"]["depends_on"] == [{"on": "prepare", "phase": "startup"}]
    assert data["brokers"]["kafka"]["technology"] == "kafka@3.6"
    assert "topics -> kafka" in edges(data)


def test_health_checks(tmp_path: Path) -> None:
    text = """
services:
  off: {image: a, healthcheck: {disable: true, interval: 5s}}
  none: {image: a, healthcheck: {test: [NONE]}}
  unsaid: {image: a}
  some: {image: a, healthcheck: {test: x, interval: 1m30s, timeout: 0s, retries: 0, start_period: wrong}}
"""
    stated = {name: service.get("health_check") for name, service in drafted(tmp_path, text)["services"].items()}
    assert stated == {"none": "none", "off": "none", "some": {"interval": "90s"}, "unsaid": None}


@pytest.mark.parametrize(
    ("text", "limit"),
    [("300M", "300MiB"), ("1gb", "1GiB"), ("1.5g", "1536MiB"), ("536870912", "512MiB"), ("64kb", "64KiB"), ("x", None)],
)
def test_memory_is_counted_in_powers_of_two(tmp_path: Path, text: str, limit: str | None) -> None:
    for stated in (f"mem_limit: {text}", f"deploy: {{resources: {{limits: {{memory: {text}}}}}}}"):
        service = drafted(tmp_path, f"services: {{a: {{image: a, {stated}}}}}")["services"]["a"]
        assert service.get("memory", {}).get("limit") == limit


@pytest.mark.parametrize(
    ("service", "section", "technology"),
    [
        (
            "x: {image: 'registry.example.org:5000/team/postgres:16.2-alpine@sha256:00'}",
            "datastores",
            "postgresql@16.2",
        ),
        ("x: {image: '${REDIS_IMAGE}'}", "caches", "redis"),
        ("x: {image: '${IMAGE}', environment: [KAFKA_PROCESS_ROLES=broker]}", "brokers", "kafka"),
        ("elasticsearch: {build: ./es}", "datastores", "elasticsearch"),
        ("redis-exporter: {image: oliver006/redis_exporter}", "services", None),
        ("kafka: {image: acme/kafka-proxy}", "services", None),
        ("shop-db: {image: acme/shop-db, environment: [MYSQL_ROOT_PASSWORD]}", "datastores", "mysql"),
        ("phpmyadmin: {image: phpmyadmin, environment: [MYSQL_ROOT_PASSWORD]}", "services", None),
        ("db: {build: ./db}", "datastores", None),
        ("x: {build: ., healthcheck: {test: [CMD, redis-cli, ping]}}", "caches", "redis"),
        ("x: {build: ., healthcheck: {test: redis-cli -h cache ping}}", "services", None),
        ("x: {build: ., command: mongod --bind_ip_all}", "datastores", "mongodb"),
        ("x: {image: 'redis:7', command: redis-sentinel /etc/sentinel.conf}", "services", None),
        ("x: {image: acme/web}", "services", None),
    ],
)
def test_what_a_service_is(tmp_path: Path, service: str, section: str, technology: str | None) -> None:
    data = drafted(tmp_path, f"services: {{{service}}}")
    (component,) = data[section].values()
    assert component.get("technology") == technology


def test_extends_in_a_circle_names_the_services(tmp_path: Path) -> None:
    written(
        tmp_path,
        compose_yaml="services: {a: {image: x, extends: b}, b: {extends: {service: c, file: more.yaml}}}",
        more_yaml="services: {c: {extends: d}, d: {extends: {service: b, file: compose.yaml}}}",
    )
    imported = imported_from(tmp_path)
    assert set(messages(imported, "error")) == {
        "extends: services extend one another without an end: a -> b -> c -> d -> b",
        "extends: services extend one another without an end: b -> c -> d -> b",
    }
    assert sizes(imported.finished.data) == {"services": 2}


def test_extends_that_leads_nowhere(tmp_path: Path) -> None:
    written(
        tmp_path,
        in__compose_yaml="""
services:
  a: {image: x, extends: no}
  b: {image: x, extends: {service: b, file: ../out.yaml}}
  c: {image: x, extends: {service: b, file: gone.yaml}}
  d: {image: x, extends: {file: gone.yaml}}
  e: {image: x, extends: {service: e, file: "${WHERE}"}}
""",
        out_yaml="services: {b: {image: secret}}",
    )
    errors = messages(imported_from(tmp_path / "in"), "error")
    assert errors == [
        "extends: a extends `no`, which is not there",
        "extends: `../out.yaml`: `../out.yaml` lies outside the folder; give the folder that holds both",
        "extends: `gone.yaml`: cannot be read: No such file or directory",
        "extends: `extends` does not say which service",
        "extends: the file that `extends` names depends on a variable without a value",
    ]


def test_a_long_chain_of_extends_is_refused(tmp_path: Path) -> None:
    chain = "\n".join(f"  s{at}: {{image: x, extends: s{at + 1}}}" for at in range(300)) + "\n  s300: {image: x}"
    written(tmp_path, compose_yaml=f"services:\n{chain}")
    imported = imported_from(tmp_path)
    assert len(messages(imported, "error")) == 200
    assert sizes(imported.finished.data) == {"services": 301}


def test_includes(tmp_path: Path) -> None:
    written(
        tmp_path,
        in__compose_yaml="include: [parts/a.yaml, {path: [b.yaml], env_file: b.env}, ../out.yaml, gone.yaml,"
        " 'https://example.org/c.yaml', '${X}/d.yaml']\nservices: {web: {image: web}}",
        in__parts__a_yaml="include: [../compose.yaml]\nservices: {a: {image: a, deploy: {replicas: '${N:-1}'}}}",
        in__parts__dot_env="N=7",
        in__b_yaml="services: {b: {image: b, environment: {X: 'http://${TARGET}:80'}}}",
        out_yaml="services: {out: {image: out}}",
    )
    (tmp_path / "in" / "b.env").write_text("TARGET=a")
    imported = imported_from(tmp_path / "in")
    assert sorted(imported.finished.data["services"]) == ["a", "b", "web"]
    assert imported.finished.data["services"]["a"]["replicas"] == 7
    assert edges(imported.finished.data) == ["b -> a"]
    circle, outside, gone = messages(imported, "error")
    assert circle.startswith("include `../compose.yaml`: files include one another without an end: ")
    assert "lies outside the folder" in outside
    assert gone == "include `gone.yaml`: cannot be read: No such file or directory"


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    lines = ["x-0: &a0 [" + ",".join(["x"] * 10) + "]"]
    lines += [f"x-{at}: &a{at} [" + ",".join([f"*a{at - 1}"] * 10) + "]" for at in range(1, 9)]
    written(tmp_path, compose_yaml="\n".join([*lines, "services: {web: {image: web, command: *a8}}"]))
    (error,) = messages(imported_from(tmp_path, "compose.yaml"), "error")
    assert error == "aliases stand for more than 100000 nodes"


@pytest.mark.parametrize(
    "text",
    [
        "services: {web: }",
        "services: {web: 5}",
        "services: {web: [a, b]}",
        "services: {web: {image: [a], depends_on: 7, environment: text, networks: 3, healthcheck: [], deploy: x}}",
        "services: {web: {image: {a: b}, depends_on: {db: [1]}, environment: [[a]], command: {a: b}, links: {a: b}}}",
        "services: {web: {image: a, deploy: {replicas: -1}, scale: 1e400, env_file: {path: 5}, profiles: {a: b}}}",
        "services: {web: {image: a, configs: [x, {source: y}], extends: 3}, '': {image: b}, '---': {image: c}}",
        "services: {web: {image: '', command: \"'unbalanced\", entrypoint: null, hostname: [a], network_mode: {a: b}}}",
        "name: [a]\nservices: {web: {image: a}}\nconfigs: 3\nnetworks: []",
        "services: {web: !override {image: a}, b: !reset [], c: {image: !reset null, depends_on: !override [web]}}",
        "include: [[a], {path: {}}, 5]\nservices: {}",
    ],
)
def test_no_shape_is_trusted(tmp_path: Path, text: str) -> None:
    written(tmp_path, compose_yaml=text)
    imported_from(tmp_path, "compose.yaml")


def test_two_thousand_services_do_not_take_long(tmp_path: Path) -> None:
    services = "\n".join(
        f"  pg{at}:\n    image: postgres:16\n    environment: {{PEER_HOST: pg{at + 1}, X: 'http://pg{at // 2}:80'}}\n"
        f"    depends_on: [pg{at // 2}]"
        for at in range(1, 2_000)
    )
    written(tmp_path, compose_yaml=f"services:\n{services}\n  s0: {{image: web}}\n  s2000: {{image: web}}")
    data = imported_from(tmp_path).finished.data
    assert data["datastores"]["pg"]["nodes"] == 1_999


def test_files_of_other_kinds_are_not_taken_for_compose(tmp_path: Path) -> None:
    written(
        tmp_path,
        manifest_yaml="archlint: 1\nsystem: {name: x}\nservices: {web: {replicas: 1}}",
        k8s_yaml="apiVersion: v1\nkind: Service\nmetadata: {name: x}",
        list_yaml="- services: {}",
        gitlab_yaml="services: [postgres]\nbuild: {script: [x]}",
        values_yaml="services: {web: {image: web, replicaCount: 2, ingress: {}}}",
        ports_yaml="services: {web: {port: 80}}",
    )
    names = ("manifest.yaml", "k8s.yaml", "list.yaml", "gitlab.yaml", "values.yaml", "ports.yaml")
    assert len(messages(imported_from(tmp_path, *names), "error")) == 6
