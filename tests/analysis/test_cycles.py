"""Circles at run time: which are found, how they are spelt out, and which never end."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

from archlint.analysis.cycles import Cycle, dependency_cycles
from archlint.manifest.loading import load
from archlint.system.workspace import link


def cycles_of(services: dict[str, Any], **sections: Any) -> list[Cycle]:
    text = json.dumps({"archlint": 1, "system": {"name": "shop"}, "services": services, **sections})
    loaded = load(text.encode(), "shop.archlint.yaml")
    assert loaded.problems == ()
    return dependency_cycles(link([loaded]).systems)


def names(cycle: Cycle) -> list[str]:
    return [member.name for member in cycle.members]


def test_a_circle_is_closed_by_the_call_that_the_fewest_make_whatever_the_order_of_the_manifest() -> None:
    services = {
        "c": {"calls": [{"to": "b"}]},
        "a": {"calls": [{"to": "c"}]},
        "b": {"calls": [{"to": "a"}]},
    }
    for order in permutations(services):
        (cycle,) = cycles_of({name: services[name] for name in order})
        assert names(cycle) == ["a", "c", "b"]
    services["a"]["calls"][0]["share"] = "50%"
    for order in permutations(services):
        (cycle,) = cycles_of({name: services[name] for name in order})
        assert (names(cycle), cycle.closing.path) == (["c", "b", "a"], ("services", "a", "calls", 0))


def test_the_shortest_circle_of_a_group_begins_with_the_first_by_name() -> None:
    (cycle,) = cycles_of(
        {
            "a": {"calls": [{"to": "b"}]},
            "b": {"calls": [{"to": "c"}]},
            "c": {"calls": [{"to": "a"}, {"to": "b"}]},
        }
    )
    assert names(cycle) == ["b", "c"]
    assert [other.name for other in cycle.others] == ["a"]
    assert cycle.closing.path == ("services", "c", "calls", 1)
    assert cycle.endless


def test_a_component_that_calls_itself_is_a_circle() -> None:
    (cycle,) = cycles_of({"a": {"calls": [{"to": "a"}]}})
    assert (names(cycle), cycle.endless) == (["a"], True)


def test_a_circle_ends_when_less_than_one_call_comes_of_a_round() -> None:
    def endless(share: str, per_request: int) -> bool:
        back = {"to": "a", "share": share, "per_request": per_request}
        (cycle,) = cycles_of({"a": {"calls": [{"to": "b"}]}, "b": {"calls": [back]}})
        return cycle.endless

    assert not endless("10%", 1)
    assert not endless("10%", 9)
    assert endless("10%", 10)


def test_an_operation_that_is_the_only_one_is_every_request() -> None:
    def endless(*operations: str) -> bool:
        called = {name: {"calls": [{"to": "b"}]} if name == "pay" else {} for name in operations}
        (cycle,) = cycles_of({"a": {"operations": called}, "b": {"calls": [{"to": "a"}]}})
        return cycle.endless

    assert endless("pay")
    assert not endless("pay", "show")


def test_periodic_and_asynchronous_calls_make_a_circle_that_ends() -> None:
    for back in ({"to": "a", "every": "10s"}, {"to": "a", "async": True}, {"to": "a", "fallback": {"use": "cached"}}):
        (cycle,) = cycles_of({"a": {"calls": [{"to": "b"}]}, "b": {"calls": [back]}})
        assert (cycle.endless, cycle.synchronous) == (False, False)


def test_other_phases_and_shared_topics_make_no_circle() -> None:
    brokers: dict[str, Any] = {"events": {"topics": {"t": {}}}}
    both = {"publishes": [{"to": "events/t"}]}
    assert cycles_of({"a": {"calls": [{"to": "b"}]}, "b": {"depends_on": [{"on": "a", "phase": "startup"}]}}) == []
    assert cycles_of({"a": both, "b": both, "c": {"consumes": [{"from": "events/t"}]}}, brokers=brokers) == []


def test_a_waiting_circle_inside_a_larger_group_makes_the_one_finding() -> None:
    (cycle,) = cycles_of(
        {
            "a": {"calls": [{"to": "b", "async": True}]},
            "b": {"calls": [{"to": "c"}, {"to": "a", "async": True}]},
            "c": {"calls": [{"to": "b"}]},
        }
    )
    assert names(cycle) == ["b", "c"]
