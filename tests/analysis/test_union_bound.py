"""The quick bound of what a flow loses: never below what it does lose, and no verdict is another for it."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.analysis.analyses import Analyses
from archlint.analysis.availability import FlowAvailability
from archlint.checks.end_to_end import availability_below_slo
from archlint.knowledge.catalogue import Catalogue
from archlint.manifest.loading import load
from archlint.plugin import Finding, Unknown
from archlint.system.workspace import link
from archlint.testing import TODAY

Data = dict[str, Any]
NAMES = ["a", "b", "c", "d"]
ROUNDING = 1e-12

zones = st.lists(st.sampled_from(["z1", "z2", "z3"]), unique=True, max_size=3)
figures = st.sampled_from(["95%", "99.5%", "99.97%", "99.9995%"])
maybe = st.booleans()


@st.composite
def calls(draw: st.DrawFn, names: list[str]) -> list[Data]:
    found: list[Data] = []
    for to in draw(st.lists(st.sampled_from(names), unique=True, max_size=3)):
        call: Data = {"to": to, "timeout": "1s"}
        if draw(maybe):
            call["share"] = draw(st.sampled_from(["10%", "60%"]))
        if draw(maybe):
            call["fallback"] = {"use": "alternate", "to": draw(st.sampled_from(names))}
        found.append(call)
    return found


@st.composite
def placed(draw: st.DrawFn, size: str) -> Data:
    spec: Data = {}
    if draw(st.integers(0, 4)):
        spec[size] = draw(st.integers(1, 4))
    if held := draw(zones):
        spec["zones"] = held
    if draw(maybe):
        spec["domains"] = {"rack": draw(st.sampled_from(["r1", "r2"]))}
    if draw(st.integers(0, 4)) == 0:
        spec["measured"] = {"availability": draw(figures)}
    return spec


@st.composite
def systems(draw: st.DrawFn) -> Data:
    names = [*NAMES, "store", "cache", "provider"]
    services = {
        name: draw(placed("replicas")) | ({"calls": found} if (found := draw(calls(names))) else {}) for name in NAMES
    }
    store = draw(placed("nodes")) | draw(
        st.sampled_from(
            [
                {},
                {"replication": {"mode": "async"}, "failover": {"automatic": True, "scope": "zone"}},
                {"replication": {"mode": "quorum", "factor": 3}},
                {"replication": {"mode": "sync"}, "failover": "none"},
                {"replication": {"mode": "sync"}, "failover": {"automatic": True, "to": "standby", "controller": "d"}},
            ]
        )
    )
    cache = draw(placed("nodes")) | {"backed_by": "store"} | draw(st.sampled_from([{}, {"on_error": "pass-through"}]))
    provider = draw(st.sampled_from([{}, {"sla": {"availability": "99.9%"}}, {"measured": {"availability": "99.99%"}}]))
    data: Data = {
        "archlint": 1,
        "system": {"name": "shop"},
        "topology": {"regions": {"r": {"zones": ["z1", "z2", "z3"]}}},
        "services": services,
        "datastores": {"store": store, "standby": draw(placed("nodes"))},
        "caches": {"cache": cache},
        "externals": {"provider": provider},
        "flows": {"buy": {"entry": "a", "slo": {"availability": draw(st.sampled_from(["90%", "99%", "99.9%"]))}}},
    }
    if draw(maybe):
        change: Data = {"per": "1/day", "failure_rate": "2%", "restore": "5m"}
        data["changes"] = {"code": change | draw(st.sampled_from([{}, {"steps": ["1%", "10%"], "bake": "10m"}]))}
    return data


def linked(data: Data) -> Analyses:
    loaded = load(json.dumps(data).encode(), "shop.archlint.yaml")
    assert loaded.problems == ()
    return Analyses(link([loaded]).systems, Catalogue(), TODAY)


def flow_of(data: Data) -> FlowAvailability:
    analyses = linked(data)
    return analyses.availability.of(analyses.promises.flows[0])


def verdict(analyses: Analyses) -> tuple[list[Finding], tuple[str, ...]]:
    """What LAW100 finds, and what it lacks to find more."""
    found: list[Finding] = []
    try:
        found.extend(availability_below_slo(analyses.promises.flows[0], analyses))
    except Unknown as unknown:
        return found, unknown.fields
    return found, ()


@settings(max_examples=100, deadline=None)
@given(systems())
def test_the_bound_is_never_below_what_is_lost(data: Data) -> None:
    flow = flow_of(data)
    assert flow.lost_at_most >= 1.0 - flow.at("doubtful").high - ROUNDING
    assert flow.lost_at_most >= 1.0 - flow.at("usual").high - ROUNDING


@settings(max_examples=100, deadline=None)
@given(systems())
def test_no_verdict_is_another_for_the_bound(data: Data) -> None:
    analyses = linked(data)
    quick = verdict(analyses)
    with patch("archlint.checks.end_to_end._surely_kept", lambda *_: False):
        assert quick == verdict(Analyses(analyses.systems, Catalogue(), TODAY))


@pytest.mark.parametrize("replicas", [1, 3])
def test_the_bound_is_close_where_losses_are_rare(replicas: int) -> None:
    web = {"replicas": replicas, "zones": ["z1"], "calls": [{"to": "provider", "timeout": "1s"}]}
    data: Data = {
        "archlint": 1,
        "system": {"name": "shop"},
        "topology": {"regions": {"r": {"zones": ["z1"]}}},
        "services": {"web": web},
        "externals": {"provider": {"measured": {"availability": "99.99%"}}},
        "flows": {"buy": {"entry": "web", "slo": {"availability": "99%"}}},
    }
    flow = flow_of(data)
    assert flow.lost_at_most == pytest.approx(1.0 - flow.at("doubtful").high, rel=0.01)
