"""The edges that a request takes are the same, however they are found."""

from __future__ import annotations

import json
from typing import Any

from archlint.analysis.paths import FEW, Ways, is_on_path, reach
from archlint.manifest.loading import load
from archlint.system.elements import System
from archlint.system.workspace import link


def gateway(edges: int) -> System:
    """Calls for one flow, for two, for all, and for an operation, in turn."""
    scopes: list[dict[str, Any]] = [{"in": ["f0"]}, {"in": ["f1", "f2"]}, {}, {"in": ["pay"]}, {"in": ["f1", "pay"]}]
    calls = [{"to": f"s{i}", **scopes[i % len(scopes)]} for i in range(edges)]
    services = {"gateway": {"operations": {"pay": {}}, "calls": calls}, **{f"s{i}": {} for i in range(edges)}}
    flows = {"f0": {"entry": "gateway", "operation": "pay"}, "f1": {"entry": "gateway"}, "f2": {"entry": "s0"}}
    text = json.dumps({"archlint": 1, "system": {"name": "shop"}, "services": services, "flows": flows})
    return link([load(text.encode(), "shop.archlint.yaml")]).systems["shop"]


def test_edges_found_by_their_flow_are_those_on_its_path_in_order() -> None:
    system = gateway(3 * FEW)
    source, ways = system.services["gateway"], Ways()
    for flow in (None, *system.flows.values()):
        for entered in (False, True):
            expected = [edge for edge in source.outgoing if is_on_path(edge, flow, entered=entered)]
            assert list(ways.out_of(source, flow, entered=entered)) == expected
            assert expected


def test_a_flow_reaches_what_is_called_for_it_and_for_all() -> None:
    system = gateway(5 * FEW)
    reached = reach([(system.services["gateway"], system.flows["f2"])], Ways())
    assert [component.name for component in reached][:5] == ["gateway", "s1", "s2", "s3", "s4"]
    assert system.services["s0"] not in reached
