"""Single losses against brute force over the manifest's own figures, and what must never make things worse."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.analysis import cuts
from archlint.analysis.analyses import Analyses
from archlint.analysis.cuts import SingleFailures
from archlint.analysis.domains import Domain
from archlint.analysis.losses import Instance
from archlint.analysis.values import Unknown
from archlint.knowledge.catalogue import Catalogue
from archlint.manifest.loading import load
from archlint.system.workspace import link

KNOWLEDGE = Catalogue()
ZONES = ["a", "b", "c"]
Data = dict[str, Any]


def failures_of(data: Data) -> SingleFailures:
    text = json.dumps({"archlint": 1, "system": {"name": "shop"}, **data})
    loaded = load(text.encode(), "shop.archlint.yaml")
    assert loaded.problems == ()
    workspace = link([loaded])
    assert workspace.problems == {"shop.archlint.yaml": []}
    return Analyses(workspace.systems, KNOWLEDGE, datetime.date(2026, 11, 15)).single_failures


def promised(data: Data, *entries: str, availability: str = "99.9%") -> Data:
    flows = {
        f"flow-{name}": {"entry": name, "slo": {"availability": availability, "window": "30d"}} for name in entries
    }
    return {**data, "flows": flows}


def elements(data: Data) -> set[tuple[str, str]]:
    found = set()
    for element in failures_of(data).elements:
        if isinstance(element, Instance):
            found.add(("instance", element.of.name))
        elif element.kind == "zone":
            found.add(("zone", element.name))
    return found


@st.composite
def systems(draw: st.DrawFn) -> Data:
    """Services that call services and stores in any direction, with alternatives, fallbacks and optional calls."""
    count, stores = draw(st.integers(1, 5)), draw(st.integers(0, 2))
    names = [f"s{i}" for i in range(count)]
    targets = names + [f"d{i}" for i in range(stores)]
    services = {}
    for name in names:
        calls = draw(st.lists(_calls([t for t in targets if t != name]), max_size=3)) if len(targets) > 1 else []
        services[name] = {**draw(_places("replicas")), "calls": calls}
    datastores = {}
    for name in targets[count:]:
        mode = draw(st.sampled_from(["quorum", "none", "multi-leader"]))
        datastores[name] = {**draw(_places("nodes")), "replication": {"mode": mode}}
    entries = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    return promised({"services": services, "datastores": datastores}, *entries)


@st.composite
def _calls(draw: st.DrawFn, targets: list[str]) -> Data:
    kind = draw(st.sampled_from(["plain", "plain", "optional", "any_of", "fallback", "async", "cached"]))
    if kind == "any_of":
        return {"any_of": draw(st.lists(st.sampled_from(targets), min_size=1, max_size=3, unique=True))}
    call: Data = {"to": draw(st.sampled_from(targets))}
    if kind == "optional":
        call["required"] = False
    elif kind == "async":
        call["async"] = True
    elif kind == "fallback":
        call["fallback"] = {"use": "alternate", "to": draw(st.sampled_from(targets))}
    elif kind == "cached":
        call["fallback"] = {"use": "cached"}
    return call


@st.composite
def _places(draw: st.DrawFn, field: str) -> Data:
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True))
    return {field: draw(st.integers(1, 4)), "zones": zones}


def standing(component: Data) -> list[str | None]:
    """The zone of each instance; None for a single one that several zones may hold."""
    count: int = component["replicas"] if "replicas" in component else component["nodes"]
    zones = component["zones"]
    if count == 1 and len(zones) > 1:
        return [None]
    return [zones[i % len(zones)] for i in range(count)]


def works(component: Data, left: int, total: int) -> bool:
    mode = component.get("replication", {}).get("mode")
    if mode == "quorum":
        return left > total // 2
    return left == total if mode == "none" else left >= 1


def stopped(data: Data, kind: str, name: str) -> bool:
    """By definition: take the loss away, then whatever cannot work, until nothing changes."""
    components = {**data["services"], **data["datastores"]}
    up = set()
    for other, spec in components.items():
        places = standing(spec)
        lost = 1 if (kind, name) == ("instance", other) else places.count(name) if kind == "zone" else 0
        if works(spec, len(places) - lost, len(places)):
            up.add(other)
    while fallen := {
        other for other in up if not all(_served(call, up) for call in components[other].get("calls", ()))
    }:
        up -= fallen
    return any(flow["entry"] not in up for flow in data["flows"].values())


def _served(call: Data, up: set[str]) -> bool:
    fallback = call.get("fallback", {})
    if call.get("required") is False or call.get("async") or fallback.get("use") == "cached":
        return True
    return bool(up & {*call.get("any_of", [call.get("to")]), fallback.get("to")})


def by_brute_force(data: Data) -> set[tuple[str, str]]:
    losses = [("instance", name) for name in (*data["services"], *data["datastores"])]
    losses += [("zone", zone) for zone in ZONES]
    return {loss for loss in losses if stopped(data, *loss)}


@given(systems())
@settings(max_examples=300, deadline=None)
def test_elements_are_the_losses_that_stop_a_flow(data: Data) -> None:
    assert elements(data) == by_brute_force(data)


@given(systems(), st.data())
@settings(max_examples=100, deadline=None)
def test_more_replicas_never_add_a_single_point(data: Data, draw: st.DataObject) -> None:
    name = draw.draw(st.sampled_from(sorted(data["services"])))
    before = {element for element in elements(data) if element[0] == "instance"}
    data["services"][name]["replicas"] += 1
    after = {element for element in elements(data) if element[0] == "instance"}
    assert after <= before


@given(systems(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_fallback_never_adds_an_element(data: Data, draw: st.DataObject) -> None:
    plain = [call for spec in data["services"].values() for call in spec["calls"] if set(call) == {"to"}]
    if not plain:
        return
    before = elements(data)
    others = sorted({*data["services"], *data["datastores"]})
    draw.draw(st.sampled_from(plain))["fallback"] = {"use": "alternate", "to": draw.draw(st.sampled_from(others))}
    assert elements(data) <= before


@given(systems())
@settings(max_examples=100, deadline=None)
def test_entries_followed_as_one_give_the_same_elements(data: Data) -> None:
    each = elements(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "PATIENCE", -1)
        assert elements(data) == each


def of(data: Data, name: str, scope: str) -> Any:
    failures = failures_of(data)
    (system,) = failures.systems.values()
    return getattr(failures, scope)(system.components[name])


@pytest.mark.parametrize(
    ("component", "scope", "fields"),
    [
        ({"zones": ["a", "b"]}, "instance", {"replicas"}),
        ({"replicas": 2}, "zones", {"zones"}),
        ({}, "instance", {"replicas"}),
    ],
)
def test_what_would_decide_is_named(component: Data, scope: str, fields: set[str]) -> None:
    found = of(promised({"services": {"web": component}}, "web"), "web", scope)
    assert isinstance(found, Unknown)
    assert set(found.fields) == fields


@pytest.mark.parametrize(
    ("store", "scope", "fields"),
    [
        ({"nodes": 3}, "instance", {"replication.mode"}),
        ({"nodes": 2, "replication": {"mode": "async"}}, "instance", {"failover"}),
        (
            {"nodes": 2, "zones": ["a", "b"], "replication": {"mode": "sync"}, "failover": {"automatic": True}},
            "zones",
            {"failover.scope"},
        ),
    ],
)
def test_what_would_decide_of_a_store_is_named(store: Data, scope: str, fields: set[str]) -> None:
    services = {"web": {"replicas": 2, "calls": [{"to": "ledger"}]}}
    found = of(promised({"services": services, "datastores": {"ledger": store}}, "web"), "ledger", scope)
    assert isinstance(found, Unknown)
    assert set(found.fields) == fields


def test_what_a_flow_can_do_without_needs_no_figures() -> None:
    services = {"web": {"replicas": 2, "calls": [{"to": "ads", "required": False}]}, "ads": {}}
    failures = failures_of(promised({"services": services}, "web"))
    (system,) = failures.systems.values()
    assert not failures.carries(system.components["ads"])
    assert failures.instance(system.components["ads"]) is None


def test_the_least_that_autoscaling_leaves_counts() -> None:
    def single(least: int) -> Any:
        return of(promised({"services": {"web": {"replicas": {"min": least, "max": 9}}}}, "web"), "web", "instance")

    assert single(1) is not None
    assert single(2) is None


def test_a_single_zone_stops_a_component_of_unknown_size() -> None:
    data = promised({"services": {"web": {"zones": ["a"]}}}, "web")
    assert [point.element for point in of(data, "web", "zones")] == [Domain("zone", "a")]


def test_a_standby_elsewhere_takes_over_and_one_in_the_same_zone_does_not() -> None:
    def points(zone: str) -> Any:
        ledger = {"nodes": 2, "zones": ["a"], "replication": {"mode": "quorum"}, "failover": {"to": "standby"}}
        data = {
            "services": {"web": {"replicas": 2, "zones": ["a", "b"], "calls": [{"to": "ledger"}]}},
            "datastores": {"ledger": ledger, "standby": {"nodes": 1, "zones": [zone]}},
        }
        return failures_of(promised(data, "web")).points

    assert points("b") == ()
    assert [point.cause for point in points("a")] == ["rescuer"]


def test_a_share_of_the_requests_spends_a_share_of_the_budget() -> None:
    def exposure(share: str) -> float:
        services = {"web": {"replicas": 2, "calls": [{"to": "gifts", "share": share}]}, "gifts": {"replicas": 1}}
        point = of(promised({"services": services}, "web"), "gifts", "instance")
        assert point.exposure is not None
        return float(point.exposure)

    assert exposure("10%") == pytest.approx(exposure("100%") / 10)


def test_a_workspace_draft_beside_a_promise_keeps_its_own_entries() -> None:
    shop = {"archlint": 1, "system": {"name": "shop"}, **promised({"services": {"web": {"replicas": 1}}}, "web")}
    draft = {"archlint": 1, "system": {"name": "draft"}, "services": {"api": {"replicas": 1}}}
    workspace = link([load(json.dumps(d).encode(), f"{i}.yaml") for i, d in enumerate((shop, draft))])
    failures = Analyses(workspace.systems, KNOWLEDGE, datetime.date(2026, 11, 15)).single_failures
    assert [(p.place.name, p.draft) for p in failures.points] == [("web", False), ("api", True)]
