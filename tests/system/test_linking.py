"""Names become references: what each kind means, what means nothing, and which edges come of it."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from archlint.manifest.loading import load
from archlint.manifest.problems import Problem
from archlint.system.elements import Component, Dependency, Outside, System
from archlint.system.workspace import Workspace, link

SCHEMA = Path(__file__).parents[2] / "schemas" / "manifest.schema.json"


def workspace(*manifests: dict[str, Any] | str) -> Workspace:
    """Linked manifests; a mapping gets its head (`archlint`, and the system `shop` where it names none)."""
    files = []
    for number, manifest in enumerate(manifests):
        if isinstance(manifest, dict):
            manifest = yaml.safe_dump({"archlint": 1, "system": {"name": "shop"}, **manifest}, sort_keys=False)
        files.append(load(manifest.encode(), f"{number}.archlint.yaml"))
        assert files[-1].problems == (), manifest
    return link(files)


def linked(manifest: dict[str, Any]) -> tuple[System, list[Problem]]:
    run = workspace(manifest)
    return run.systems["shop"], run.problems["0.archlint.yaml"]


def messages(manifest: dict[str, Any]) -> list[str]:
    problems = linked(manifest)[1]
    assert {problem.code for problem in problems} <= {"MAN004"}
    return [problem.message for problem in problems]


def calls(reference: str, **more: Any) -> dict[str, Any]:
    return {"services": {"web": {"calls": [{"to": reference}]}, "api": {}}, **more}


PAY = {
    "system": {"name": "pay"},
    "services": {"ledger": {}, "web": {}},
    "brokers": {"log": {"topics": {"paid": {}}}},
}
EVENTS: dict[str, Any] = {"brokers": {"events": {"topics": {"orders": {}}}}}


@pytest.mark.parametrize(
    ("reference", "system", "name"),
    [
        ("api", "shop", "api"),
        ("events/orders", "shop", "events/orders"),
        ("events", "shop", "events"),
        ("shop/api", "shop", "api"),
        ("shop/events/orders", "shop", "events/orders"),
        ("pay/ledger", "pay", "ledger"),
        ("pay/log", "pay", "log"),
        ("pay/log/paid", "pay", "log/paid"),
    ],
)
def test_a_reference_of_each_kind(reference: str, system: str, name: str) -> None:
    run = workspace(calls(reference, **EVENTS), PAY)
    assert run.problems == {"0.archlint.yaml": [], "1.archlint.yaml": []}
    target = run.systems["shop"].services["web"].calls[0].target
    assert target is run.systems[system].components[name]


@pytest.mark.parametrize("order", [1, -1])
def test_the_local_reading_wins_whatever_the_order_of_files(order: int) -> None:
    shop = calls("pay/ledger", brokers={"pay": {"topics": {"ledger": {}}}})
    run = workspace(*[shop, PAY][::order])
    target = run.systems["shop"].services["web"].calls[0].target
    assert target is run.systems["shop"].topics["pay/ledger"]
    assert not any(run.problems.values())


def test_two_local_readings_are_ambiguous() -> None:
    both = calls("shop/api", brokers={"shop": {"topics": {"api": {}}}})
    assert messages(both) == ["`shop/api` is ambiguous: a topic and a service of this system can be meant"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("apj", "`apj` is not in the manifest; did you mean `api`?"),
        ("nothing-like-it", "`nothing-like-it` is not in the manifest"),
        ("events/order", "`events/order` is not in the manifest; did you mean `events/orders`?"),
        ("shop/apj", "`shop/apj` is not in the manifest"),
        ("pay/ledgr", "`pay/ledgr` is not in the manifest; did you mean `pay/ledger`?"),
        ("pay/log/pad", "`pay/log/pad` is not in the manifest; did you mean `pay/log/paid`?"),
    ],
)
def test_an_unknown_name_is_a_problem_with_a_suggestion(reference: str, message: str) -> None:
    run = workspace(calls(reference, **EVENTS), PAY)
    (problem,) = run.problems["0.archlint.yaml"]
    assert (problem.code, problem.path) == ("MAN004", ("services", "web", "calls", 0, "to"))
    assert problem.message.startswith(message)
    target = run.systems["shop"].services["web"].calls[0].target
    assert isinstance(target, Outside)
    assert target.spec is None


@pytest.mark.parametrize("reference", ["mail/smtp", "mail/queues/out"])
def test_a_system_outside_the_run_is_no_problem_and_unknown(reference: str) -> None:
    system, problems = linked(calls(reference))
    assert problems == []
    target = system.services["web"].calls[0].target
    assert isinstance(target, Outside)
    assert target.spec is None
    assert target not in system.components.values()


def test_calls_to_one_thing_outside_meet_there() -> None:
    system, _ = linked({"services": {"a": {"calls": [{"to": "pay/x"}]}, "b": {"calls": [{"to": "pay/x"}]}}})
    assert system.services["a"].calls[0].target is system.services["b"].calls[0].target


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("events/ordrs", "`events/ordrs` is not in the manifest; did you mean `events/orders`?"),
        ("evnts/orders", "`evnts/orders` is not in the manifest; did you mean `events/orders`?"),
        ("orders", "`orders` is not in the manifest"),
        ("api", "`api` is a service; a topic is named `broker/topic`"),
        ("events", "`events` is a broker; a topic is named `broker/topic`"),
        ("pay/log", "`pay/log` is a broker; a topic is named `broker/topic`"),
    ],
)
def test_what_is_no_topic(reference: str, message: str) -> None:
    manifest = {
        "services": {"web": {"publishes": [{"to": reference}], "consumes": [{"from": reference}]}, "api": {}},
        **EVENTS,
    }
    run = workspace(manifest, PAY)
    found = [problem.message for problem in run.problems["0.archlint.yaml"]]
    assert len(found) == 2
    assert all(text.startswith(message) for text in found)


def test_topics_of_other_systems() -> None:
    manifest = {"services": {"web": {"publishes": [{"to": "pay/log/paid"}], "consumes": [{"from": "pay/log/paid"}]}}}
    run = workspace(manifest, PAY)
    topic, web = run.systems["pay"].topics["log/paid"], run.systems["shop"].services["web"]
    assert (topic.publishers, topic.consumers) == (web.publishes, web.consumes)
    assert not any(run.problems.values())


def test_a_publish_to_a_topic_outside_the_run_is_an_edge_to_the_unknown() -> None:
    system, problems = linked({"services": {"web": {"publishes": [{"to": "pay/log/paid"}]}}})
    assert problems == []
    assert system.services["web"].publishes[0].topic is None
    (edge,) = system.dependencies
    assert isinstance(edge.targets[0], Outside)
    assert edge.hard


SECTIONS = ("services", "datastores", "caches", "brokers", "externals", "networks", "clients", "jobs")


@pytest.mark.parametrize(("first", "second"), [pair for pair in product(SECTIONS, SECTIONS) if pair[0] < pair[1]])
def test_all_sections_share_one_namespace(first: str, second: str) -> None:
    text = f"archlint: 1\nsystem: {{name: shop}}\n{first}: {{same: {{}}}}\n{second}: {{same: {{}}}}\n"
    run = workspace(text)
    (problem,) = run.problems["0.archlint.yaml"]
    assert (problem.code, problem.on) == ("MAN003", "key")
    assert problem.message.startswith("`same` is already the name of a ")
    assert problem.path[0] in (first, second)
    (related,) = problem.related
    assert related.place.line in (3, 4)
    assert run.systems == {}


def test_a_topic_and_a_component_do_not_clash() -> None:
    assert messages({"services": {"orders": {}}, **EVENTS}) == []


def test_a_clash_does_not_hide_unknown_references() -> None:
    run = workspace({"services": {"web": {"calls": [{"to": "nothing"}]}}, "caches": {"web": {}}})
    assert [problem.code for problem in run.problems["0.archlint.yaml"]] == ["MAN003", "MAN004"]


CLASH = {"system": {"name": "pay"}, "services": {"ledger": {"calls": [{"to": "shop/api"}]}}, "caches": {"ledger": {}}}


def test_components_of_an_unsound_file_are_present_and_unknown() -> None:
    run = workspace(calls("pay/ledger"), CLASH)
    assert list(run.systems) == ["shop"]
    assert run.problems["0.archlint.yaml"] == []
    assert [problem.code for problem in run.problems["1.archlint.yaml"]] == ["MAN003"]
    shop = run.systems["shop"]
    assert isinstance(shop.services["web"].calls[0].target, Outside)
    assert shop.services["api"].incoming == []


def test_what_an_unsound_file_does_not_name_is_unknown() -> None:
    run = workspace(calls("pay/ledgr"), CLASH)
    (problem,) = run.problems["0.archlint.yaml"]
    assert problem.code == "MAN004"


def test_two_systems_of_one_name() -> None:
    run = workspace(calls("api"), {"services": {"other": {}}})
    (problem,) = run.problems["1.archlint.yaml"]
    assert (problem.code, problem.path) == ("MAN003", ("system", "name"))
    assert problem.message == "a second system is named `shop`; the first stands in 0.archlint.yaml"
    (related,) = problem.related
    assert (related.file, related.place.line) == ("0.archlint.yaml", 3)
    assert list(run.systems["shop"].services) == ["web", "api"]


def test_a_second_system_is_told_even_where_the_first_is_unsound() -> None:
    run = workspace({"services": {"a": {}}, "caches": {"a": {}}}, calls("api"))
    assert [problem.code for problem in run.problems["1.archlint.yaml"]] == ["MAN003"]
    assert run.systems == {}


TEAMS: dict[str, Any] = {"teams": {"team-shop": {}}}
TOPOLOGY = {"topology": {"regions": {"eu": {"zones": ["eu-a", "eu-b"]}}}}


@pytest.mark.parametrize(
    "field",
    [
        {"system": {"name": "shop", "owner": "team-shp"}},
        {"services": {"web": {"owner": "team-shp"}}},
        {"flows": {"buy": {"entry": "web", "owner": "team-shp"}}, "services": {"web": {}}},
        {"locks": {"l": {"owner": "team-shp"}}},
        {"shadow": {"s": {"owner": "team-shp"}}},
    ],
)
def test_an_owner_is_a_reference_only_where_teams_are_stated(field: dict[str, Any]) -> None:
    assert messages(field) == []
    assert messages({**TEAMS, **field}) == ["`team-shp` is no team of the manifest; did you mean `team-shop`?"]


@pytest.mark.parametrize(
    ("field", "path", "on"),
    [
        ({"zones": ["eu-a", "eu-c"]}, ("zones", 1), "value"),
        ({"zones": {"eu-a": 1, "eu-c": 2}}, ("zones", "eu-c"), "key"),
        ({"primary": "eu-c"}, ("primary",), "value"),
    ],
)
def test_zones_are_references_only_where_a_topology_is_stated(
    field: dict[str, Any], path: tuple[str | int, ...], on: str
) -> None:
    store = {"datastores": {"db": field}}
    assert messages(store) == []
    (problem,) = linked({**TOPOLOGY, **store})[1]
    assert (problem.code, problem.path, problem.on) == ("MAN004", ("datastores", "db", *path), on)
    assert problem.message.startswith("`eu-c` is no zone of the manifest; did you mean `eu-")


def test_a_region_without_zones_stands_for_itself() -> None:
    topology = {"topology": {"regions": {"eu": {}, "us": {"zones": ["us-a"]}}}}
    assert messages({**topology, "datastores": {"db": {"zones": ["eu", "us-a"]}}}) == []


@pytest.mark.parametrize("item", ["calls", "publishes"])
def test_origins_are_operations_or_flows(item: str) -> None:
    entry = {"to": "db" if item == "calls" else "events/orders", "in": ["read", "buy", "buyy"]}
    manifest = {
        "services": {"web": {item: [entry], "operations": {"read": {}}}},
        "datastores": {"db": {}},
        "flows": {"buy": {"entry": "web"}},
        **EVENTS,
    }
    assert messages(manifest) == ["`buyy` is no operation or flow of the manifest; did you mean `buy`?"]


# Every field of the language that holds a reference, in a manifest where it names nothing.
REFERENCES: dict[str, dict[str, Any]] = {
    "caches.*.backed_by": {"caches": {"c": {"backed_by": "X"}}},
    "changes.*.consumers[]": {"changes": {"content": {"consumers": ["X"]}}},
    "datastores.*.reconciliation.against": {"datastores": {"d": {"reconciliation": {"against": "X"}}}},
    "datastores.*.replica_of": {"datastores": {"d": {"replica_of": "X"}}},
    "brokers.*.topics.*.dead_letter": {"brokers": {"b": {"topics": {"t": {"dead_letter": "X/X"}}}}},
    "filters.*.on": {"filters": {"f": {"on": "X"}}},
    "flows.*.entry": {"flows": {"f": {"entry": "X"}}},
    "guards[].on[]": {"guards": [{"action": "drop", "on": ["X"]}]},
    "locks.*.holders[]": {"locks": {"l": {"holders": ["X"]}}},
    "locks.*.store": {"locks": {"l": {"store": "X"}}},
    "projections.*.fallback": {"projections": {"p": {"fallback": "X"}}},
    "projections.*.from": {"projections": {"p": {"from": "X"}}},
    "projections.*.to": {"projections": {"p": {"to": "X"}}},
    "reservations.*.lock": {"reservations": {"r": {"lock": "X"}}},
    "reservations.*.store": {"reservations": {"r": {"store": "X"}}},
    "services.*.autoscaling.needs[]": {"services": {"s": {"autoscaling": {"needs": ["X"]}}}},
    "services.*.consumes[].dead_letter": {"services": {"s": {"consumes": [{"from": "e/t", "dead_letter": "X/X"}]}}},
    "services.*.consumes[].from": {"services": {"s": {"consumes": [{"from": "X/X"}]}}},
    "shadow.*.of": {"shadow": {"s": {"of": "X"}}},
    "shadow.*.to": {"shadow": {"s": {"to": "X"}}},
    "snapshots.*.of": {"snapshots": {"s": {"of": "X"}}},
    "transactions.*.orchestrator": {"transactions": {"t": {"orchestrator": "X"}}},
    "transactions.*.state": {"transactions": {"t": {"state": "X"}}},
    "transactions.*.steps[].on": {"transactions": {"t": {"steps": [{"do": "x", "on": "X"}]}}},
    "verification.chaos.targets[]": {"verification": {"chaos": {"targets": ["X"]}}},
    "verification.formal_spec.on[]": {"verification": {"formal_spec": {"on": ["X"]}}},
    "verification.invariants[].on[]": {"verification": {"invariants": [{"name": "x", "on": ["X"]}]}},
    "verification.linearizability.on[]": {"verification": {"linearizability": {"on": ["X"]}}},
    "verification.restore_test.on[]": {"verification": {"restore_test": {"on": ["X"]}}},
    "operations.access.depends_on[]": {"operations": {"access": {"depends_on": ["X"]}}},
    "operations.certificates[].on[]": {"operations": {"certificates": [{"name": "x", "on": ["X"]}]}},
    "operations.monitoring.runs_on[]": {"operations": {"monitoring": {"runs_on": ["X"]}}},
}
for _tool in ("admin_access", "deploy", "failover_controller", "paging", "rollback", "status_page"):
    REFERENCES[f"operations.independence.{_tool}[]"] = {"operations": {"independence": {_tool: ["X"]}}}
for _section in SECTIONS:
    if _section != "clients":
        depends: dict[str, Any] = {"on": "e", "fallback": {"use": "alternate", "to": "X"}}
        REFERENCES[f"{_section}.*.depends_on[].on"] = {_section: {"s": {"depends_on": [{"on": "X"}]}}}
        REFERENCES[f"{_section}.*.depends_on[].fallback.to"] = {_section: {"s": {"depends_on": [depends]}}}
        REFERENCES[f"{_section}.*.runs_on[]"] = {_section: {"s": {"runs_on": ["X"]}}}
for _section in ("datastores", "caches", "brokers"):
    REFERENCES[f"{_section}.*.disk.shared_with[]"] = {_section: {"s": {"disk": {"shared_with": ["X"]}}}}
    for _field in ("to", "controller"):
        REFERENCES[f"{_section}.*.failover.{_field}"] = {_section: {"s": {"failover": {_field: "X"}}}}
for _route, _wrap in (
    ("services.*", lambda item: {"services": {"s": item}}),
    ("services.*.operations.*", lambda item: {"services": {"s": {"operations": {"o": item}}}}),
    ("clients.*", lambda item: {"clients": {"s": item}}),
    ("jobs.*", lambda item: {"jobs": {"s": item}}),
):
    fallback = {"to": "e", "fallback": {"use": "alternate", "to": "X"}}
    REFERENCES[f"{_route}.calls[].to"] = _wrap({"calls": [{"to": "X"}]})
    REFERENCES[f"{_route}.calls[].to.any_of[]"] = _wrap({"calls": [{"to": {"any_of": ["X"]}}]})
    REFERENCES[f"{_route}.calls[].any_of[]"] = _wrap({"calls": [{"any_of": ["X"]}]})
    REFERENCES[f"{_route}.calls[].through[]"] = _wrap({"calls": [{"to": "e", "through": ["X"]}]})
    REFERENCES[f"{_route}.calls[].fallback.to"] = _wrap({"calls": [fallback]})
    if _route != "clients.*":
        against = {"to": "e/t", "reconciliation": {"against": "X"}}
        REFERENCES[f"{_route}.publishes[].to"] = _wrap({"publishes": [{"to": "X/X"}]})
        REFERENCES[f"{_route}.publishes[].reconciliation.against"] = _wrap({"publishes": [against]})


def references_of_the_schema() -> set[str]:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    found: set[str] = set()

    def walk(node: dict[str, Any], route: str, inside: frozenset[str]) -> None:
        name = node.get("$ref", "").rpartition("/")[2]
        if name:
            if name not in inside:
                walk(schema["$defs"][name], route, inside | {name})
            return
        if "._-]*(/" in node.get("pattern", ""):
            found.add(route)
        for key, value in node.get("properties", {}).items():
            walk(value, f"{route}.{key}" if route else key, inside)
        for value in (node.get("additionalProperties"), *node.get("patternProperties", {}).values()):
            if isinstance(value, dict):
                walk(value, f"{route}.*", inside)
        if isinstance(node.get("items"), dict):
            walk(node["items"], f"{route}[]", inside)
        for branch in (*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
            walk(branch, route, inside)

    walk(schema, "", frozenset())
    return {route for route in found if not route.startswith("defaults.")}


def test_the_table_holds_every_reference_of_the_language() -> None:
    # The lock of a reservation is written like a reference, and names one of `locks`.
    assert references_of_the_schema() == set(REFERENCES)


@pytest.mark.parametrize("route", REFERENCES)
def test_a_reference_to_nothing_is_a_problem_wherever_it_stands(route: str) -> None:
    manifest: dict[str, Any] = {"externals": {}, **yaml.safe_load(yaml.safe_dump(REFERENCES[route]))}
    manifest["externals"].setdefault("e", {})
    problems = [p for p in linked(manifest)[1] if "`X" in p.message]
    (problem,) = problems
    assert problem.code == "MAN004"
    value: Any = manifest
    for step in problem.path:
        value = value[step]
    assert value in ("X", "X/X")


def test_an_unknown_reference_leaves_the_rest_of_the_system_linked() -> None:
    system, problems = linked({"services": {"web": {"calls": [{"to": "nothing"}, {"to": "api"}]}, "api": {}}})
    assert len(problems) == 1
    assert [edge.source.name for edge in system.services["api"].incoming] == ["web"]


def test_very_many_unknown_references_are_told_without_comparing_for_ever() -> None:
    services = {f"store-{n}": {"calls": [{"to": f"stor-{n}"}]} for n in range(1500)}
    found = messages({"services": services})
    assert len(found) == 1500
    assert found[0] == "`stor-0` is not in the manifest; did you mean `store-0`?"
    assert found[-1] == "`stor-1499` is not in the manifest"


# Edges.


def edge_of(call: dict[str, Any], **more: Any) -> Dependency:
    system, problems = linked(
        {"services": {"web": {"calls": [{"to": "db", **call}]}}, "datastores": {"db": {}}, **more}
    )
    assert problems == []
    return next(edge for edge in system.dependencies if edge.kind == "call")


PHASES = (None, "startup", "runtime", "recovery", "deploy", "control")
FALLBACKS = (None, "none", "cached", "degrade", "use-none")


@pytest.mark.parametrize(
    ("required", "asynchronous", "phase", "fallback"),
    list(product((None, True, False), (None, True, False), PHASES, FALLBACKS)),
)
def test_a_call_is_hard(
    required: bool | None, asynchronous: bool | None, phase: str | None, fallback: str | None
) -> None:
    stated = {"required": required, "async": asynchronous, "phase": phase}
    call: dict[str, Any] = {key: value for key, value in stated.items() if value is not None}
    if fallback is not None:
        call["fallback"] = {"none": "none", "use-none": {"use": "none"}}.get(fallback, {"use": fallback})
    edge = edge_of(call)
    without_fallback = fallback in (None, "none", "use-none")
    expected = required is not False and asynchronous is not True and phase in (None, "runtime") and without_fallback
    assert edge.hard is expected
    assert edge.phase == (phase or "runtime")
    assert edge.fallback is None


@pytest.mark.parametrize(("required", "phase", "fallback"), list(product((None, True, False), PHASES, FALLBACKS)))
def test_a_stated_dependency_is_hard(required: bool | None, phase: str | None, fallback: str | None) -> None:
    stated = {"on": "db", "required": required, "phase": phase}
    depends: dict[str, Any] = {key: value for key, value in stated.items() if value is not None}
    if fallback is not None:
        depends["fallback"] = {"none": "none", "use-none": {"use": "none"}}.get(fallback, {"use": fallback})
    system, problems = linked({"services": {"web": {"depends_on": [depends]}}, "datastores": {"db": {}}})
    assert problems == []
    (edge,) = system.dependencies
    without_fallback = fallback in (None, "none", "use-none")
    assert edge.hard is (required is not False and phase in (None, "runtime") and without_fallback)


@pytest.mark.parametrize(
    ("via", "on_failure"),
    list(product((None, "direct", "outbox", "cdc", "transaction"), (None, "fail", "buffer", "drop"))),
)
def test_a_publish_is_hard(via: str | None, on_failure: str | None) -> None:
    stated = {"to": "events/orders", "via": via, "on_failure": on_failure}
    publish = {key: value for key, value in stated.items() if value is not None}
    system, _ = linked({"services": {"web": {"publishes": [publish]}}, **EVENTS})
    edge = next(edge for edge in system.dependencies if edge.kind == "publish")
    assert edge.hard is (via not in ("outbox", "cdc") and on_failure not in ("buffer", "drop"))
    (to_broker,) = edge.targets[0].outgoing
    assert (to_broker.kind, to_broker.hard, to_broker.targets[0].name) == ("topic", True, "events")


def test_a_consumer_does_not_need_its_topic_for_requests() -> None:
    consume = {"from": "events/orders", "dead_letter": "events/dead"}
    topics: dict[str, Any] = {"brokers": {"events": {"topics": {"orders": {}, "dead": {}}}}}
    system, _ = linked({"services": {"web": {"consumes": [consume]}}, **topics})
    edges = {edge.kind: edge for edge in system.services["web"].outgoing}
    assert {kind: edge.hard for kind, edge in edges.items()} == {"consume": False, "dead_letter": False}


def test_a_fallback_stands_in() -> None:
    stores: dict[str, Any] = {"datastores": {"db": {}, "copy": {}}}
    call = {"fallback": {"use": "alternate", "to": "copy"}}
    system, _ = linked({"services": {"web": {"calls": [{"to": "db", **call}]}}, **stores})
    (edge,) = system.dependencies
    copy = system.datastores["copy"]
    assert (edge.hard, edge.fallback, system.services["web"].calls[0].fallback) == (False, copy, copy)
    assert copy.incoming == [edge]


@pytest.mark.parametrize("softened", [{"required": False}, {"async": True}, {"phase": "startup"}])
def test_a_fallback_of_what_is_not_needed_stands_in_for_nothing(softened: dict[str, Any]) -> None:
    call = {**softened, "fallback": {"use": "alternate", "to": "copy"}}
    assert edge_of(call, externals={"copy": {}}).fallback is None


@pytest.mark.parametrize("call", [{}, {"required": False}, {"fallback": {"use": "cached"}}, {"phase": "deploy"}])
def test_networks_on_the_way_are_needed_as_hard_as_the_target(call: dict[str, Any]) -> None:
    manifest = {
        "services": {"web": {"calls": [{"to": "db", "through": ["mesh", "nat"], **call}]}},
        "datastores": {"db": {}},
        "networks": {"mesh": {}, "nat": {}},
    }
    system, _ = linked(manifest)
    target, *through = system.services["web"].outgoing
    assert [(edge.kind, edge.targets[0].name) for edge in through] == [("through", "mesh"), ("through", "nat")]
    assert {(edge.hard, edge.phase) for edge in through} == {(target.hard, target.phase)}


@pytest.mark.parametrize("call", [{"any_of": ["a", "b"]}, {"to": {"any_of": ["a", "b"]}}])
def test_alternatives_are_one_edge(call: dict[str, Any]) -> None:
    system, _ = linked({"services": {"web": {"calls": [call]}}, "externals": {"a": {}, "b": {}}})
    (edge,) = system.dependencies
    assert [target.name for target in edge.targets] == ["a", "b"]
    assert edge.hard
    assert system.services["web"].calls[0].target is None
    assert all(system.externals[name].incoming == [edge] for name in ("a", "b"))


def test_an_unknown_alternative_is_still_an_alternative() -> None:
    system, problems = linked({"services": {"web": {"calls": [{"any_of": ["a", "x"]}]}}, "externals": {"a": {}}})
    assert problems[0].path == ("services", "web", "calls", 0, "any_of", 1)
    assert len(system.services["web"].calls[0].targets) == 2


@pytest.mark.parametrize(
    ("component", "kind", "hard", "phase"),
    [
        ({"runs_on": ["db"]}, "runs_on", True, "runtime"),
        ({"backed_by": "db"}, "backed_by", True, "runtime"),
        ({"backed_by": "db", "on_error": "serve-stale"}, "backed_by", False, "runtime"),
        ({"failover": {"to": "db"}}, "failover_to", False, "recovery"),
        ({"failover": {"controller": "db"}}, "failover_controller", False, "recovery"),
    ],
)
def test_edges_of_a_components_fields(component: dict[str, Any], kind: str, hard: bool, phase: str) -> None:
    system, problems = linked({"caches": {"c": component}, "datastores": {"db": {}}})
    assert problems == []
    (edge,) = system.dependencies
    assert (edge.kind, edge.hard, edge.phase, edge.targets) == (kind, hard, phase, (system.datastores["db"],))
    assert system.caches["c"].backed_by is (system.datastores["db"] if kind == "backed_by" else None)


def test_a_failover_may_go_to_a_place() -> None:
    store = {"datastores": {"db": {"failover": {"to": "eu-b"}}}}
    assert linked({**TOPOLOGY, **store})[1] == []
    assert len(messages(store)) == 1


def test_an_edge_knows_both_its_ends() -> None:
    edge = edge_of({})
    source, target = edge.source, edge.targets[0]
    assert isinstance(target, Component)
    assert (source.outgoing, target.incoming) == ([edge], [edge])
    assert edge.item in source.calls  # type: ignore[attr-defined]
