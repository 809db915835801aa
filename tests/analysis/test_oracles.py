"""Published figures of every model, one test a row: published_figures.yaml."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
import yaml

from archlint.analysis.amplification import Amplification
from archlint.analysis.capacity import Capacity
from archlint.analysis.downtime import Budget, Failure
from archlint.analysis.load import Load
from archlint.analysis.queueing import (
    MMc,
    erlang_b,
    littles_concurrency,
    mg1_mean_wait,
    offered_load_for_blocking,
    servers_for_blocking,
    servers_for_wait,
)
from archlint.analysis.quorum import byzantine_faults, byzantine_members, crashes_survived, majority, quorums_meet
from archlint.analysis.reliability import at_least_of, downtime, from_mean_times
from archlint.analysis.requirements import Group, all_of
from archlint.analysis.retries import Retries, longest_waits
from archlint.analysis.scalability import Usl, fit, greatest_speedup, speedup
from archlint.analysis.skew import hottest_share, share_of_top
from archlint.analysis.structure import StructureFunction
from archlint.analysis.tail import reduction, slow_share
from archlint.manifest.loading import load
from archlint.manifest.models.common import SloSpec
from archlint.system.workspace import link

ROWS = yaml.safe_load((Path(__file__).parent / "published_figures.yaml").read_text(encoding="utf-8"))
Inputs = Mapping[str, Any]
DAY = 86400.0
UNITS = {"d": DAY, "h": 3600.0, "min": 60.0, "s": 1.0}


def queue(given: Inputs) -> dict[str, float]:
    found = MMc(given["lam"], 1 / given["mu"], given["servers"])
    return {
        "rho": found.utilisation,
        "P0": found.empty_probability,
        "Lq": found.mean_queue,
        "L": found.mean_in_system,
        "Wq": found.mean_wait,
        "W": found.mean_response,
    }


def call_centre(given: Inputs) -> dict[str, float]:
    found = MMc(given["calls"] / given["interval"], given["aht"], given["servers"])
    return {
        "P_wait": found.wait_probability,
        "service_level": 1 - found.wait_exceeds(given["target"]),
        "occupancy": found.utilisation,
        "asa": found.mean_wait,
    }


def agents(given: Inputs) -> dict[str, float]:
    rate = given["calls"] / given["interval"]
    return {"servers": servers_for_wait(rate, given["aht"], given["target"], given["service_level"])}


def uplift(given: Inputs) -> dict[str, float]:
    base = littles_concurrency(given["calls"] / given["interval"], given["aht"])
    return {"base": base, "uplift": given["servers"] / base}


def carried(given: Inputs) -> float:
    load, servers = given["offered_load"], given["servers"]
    return float(load * (1 - erlang_b(servers, load)) / servers)


def amdahl(given: Inputs) -> float:
    serial = 1 - given["parallel_fraction"]
    if math.isinf(float(given["n"])):
        bound = greatest_speedup(serial)
        assert bound is not None
        return bound
    return speedup(serial, given["n"])


def fitted(given: Inputs) -> dict[str, Any]:
    sizes, rates = given["load"], given["throughput"]
    found = fit(zip(sizes, rates, strict=True))
    assert found is not None
    assert found.law.peak is not None
    peak = math.floor(found.law.peak)
    return {
        "alpha": found.law.alpha,
        "beta": found.law.beta,
        "gamma": found.rate_of_one,
        "limit": found.rate_of_one / found.law.alpha,
        "peak_load_floor": peak,
        "peak_throughput_at_floor": found.rate(peak),
        "fitted": [found.rate(n) for n in sizes],
        "efficiency": [x / n / found.rate_of_one for n, x in zip(sizes, rates, strict=True)],
    }


def predicted(given: Inputs) -> dict[str, Any]:
    law = Usl(given["alpha"], given["beta"])
    return {"peak_load": law.peak, "throughput": given.get("gamma", 1) * law.capacity(given.get("n", 1))}


def held(given: Inputs) -> float:
    """R(N) = N / X(N)."""
    return float(given["n"] / (given["gamma"] * Usl(given["alpha"], given["beta"]).capacity(given["n"])))


def down(given: Inputs) -> float:
    return downtime(given["availability"], given["period_days"] * DAY) / UNITS[given["unit"]]


def failed_requests(given: Inputs) -> dict[str, float]:
    found = at_least_of(given["n"], given["n"], given["a"])
    return {
        "availability": found,
        "failures": downtime(found, given["requests"]),
        "downtime_h_month": downtime(found, 30 * 24),
    }


def extra_nine(given: Inputs) -> dict[str, float]:
    year = 365 * 24 * 60
    budget, below = downtime(given["slo"], year), given["deps"] * downtime(given["dep_slo"], year)
    return {"budget_min": budget, "deps_min": below, "own_min": budget - below}


def error_budget(given: Inputs) -> Any:
    allowed = downtime(given["slo"], given["events"])
    return {"allowed": allowed, "spent_fraction": given["errors"] / allowed} if "errors" in given else allowed


def burnt(given: Inputs) -> dict[str, float]:
    """By an outage of everything, which burns a window's budget 1 / (1 - objective) times as fast as it may last."""
    window = given["window_days"] * DAY
    budget = Budget.of(SloSpec.model_construct(availability=given["slo"], window=window))
    assert budget is not None
    assert budget.in_window is not None
    outage = Failure(1.0, given.get("hours", 1) * 3600.0, "an outage")
    return {
        "burn_rate": window / budget.in_window,
        "minutes_to_exhaust": budget.in_window / 60,
        "seconds_to_exhaust": budget.in_window,
        "spend": budget.spent_at_once(outage),
    }


def retried(given: Inputs) -> float:
    """What the last of several layers gets while it fails."""
    call = {"access": "read", "timeout": "1s", "retries": {"attempts": given["attempts_per_layer"], "backoff": "none"}}
    services = {f"s{i}": {"calls": [{"to": f"s{i + 1}", **call}]} for i in range(given["layers"])}
    manifest = {"archlint": 1, "system": {"name": "x"}, "services": {**services, f"s{given['layers']}": {}}}
    systems = link([load(yaml.safe_dump(manifest).encode(), "x.archlint.yaml")]).systems
    found = Amplification(systems, Capacity(Load(systems)), Retries(systems))
    return found.storm(list(systems["x"].calls)[-1]).tries


def waits(given: Inputs) -> list[float]:
    """Each as the difference between the sums of the waits before it, and with it."""
    sums = [
        longest_waits(tries, "exponential", given["initial"], given["cap"]) for tries in range(1, given["count"] + 2)
    ]
    return [after - before for before, after in itertools.pairwise(sums)]


def majorities(given: Inputs) -> Any:
    if "rf" in given:
        return majority(sum(given["rf"]))
    return [[size, majority(size), crashes_survived(size)] for size in given["sizes"]]


def byzantine(given: Inputs) -> int:
    return byzantine_members(given["f"]) if "f" in given else byzantine_faults(given["n"])


def popularity(given: Inputs) -> dict[str, float]:
    return {
        "norm": hottest_share(given["n"], given["s"]),
        "hit_ratio": share_of_top(given.get("cached", 1), given["n"], given["s"]),
    }


class Structures:
    """Nodes of a structure function, each with its groups and the probability that it works by itself."""

    def __init__(self, works: Mapping[str, float] | None = None) -> None:
        self.groups: dict[str, list[Group[str]]] = {}
        self.works: dict[str, float] = {}
        for name, up in (works or {}).items():
            self.add([], up, name)

    def add(self, groups: Iterable[Group[str]], works: float = 1.0, name: str | None = None) -> str:
        name = name or f"node {len(self.groups)}"
        self.groups[name], self.works[name] = list(groups), works
        return name

    def probability(self, entry: str) -> float:
        function = StructureFunction(entry, self.groups.__getitem__, self.works.__contains__)
        found = function.probability([self.works[node] for node in function.variables])
        assert found.exact
        return found.low


def composed(given: Inputs) -> float:
    nodes = Structures()

    def build(part: Any) -> str:
        if isinstance(part, float):
            return nodes.add([], part)
        if "k_of_n" in part:
            rule = part["k_of_n"]
            return nodes.add([], at_least_of(rule["k"], rule["n"], rule["a"]))
        ((kind, parts),) = part.items()
        below = [build(one) for one in parts]
        return nodes.add([Group(tuple(below))] if kind == "parallel" else all_of(below))

    return nodes.probability(build(given["structure"]))


def fault_tree(given: Inputs) -> float:
    """Seen from the other side: what fails with any of its parts needs all, what fails with all needs any."""
    if "cut_sets" in given:
        names = {name for cut in given["cut_sets"] for name in cut}
        tree: Any = {"or": [{"and": cut} for cut in given["cut_sets"]]}
        nodes = Structures(dict.fromkeys(sorted(names), 1 - given["p"]))
    else:
        tree, nodes = given["top"], Structures({name: 1 - p for name, p in given["p"].items()})

    def build(gate: Any) -> str:
        if isinstance(gate, str):
            return gate
        ((kind, parts),) = gate.items()
        below = [build(part) for part in parts]
        return nodes.add(all_of(below) if kind == "or" else [Group(tuple(below))])

    return 1 - nodes.probability(build(tree))


def common_causes(given: Inputs) -> float:
    """Three trains of a pump and a valve each; what fails of each kind: one by itself, any two, or all three."""
    if given["factor_model"] == "beta":
        shares = {1: 1 - given["factors"][0], 2: 0.0, 3: given["factors"][0]}
    else:
        single, double, triple = given["factors"]
        shares = {1: single, 2: double, 3: triple}
    nodes = Structures()
    causes: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for kind, count in itertools.product(("pump", "valve"), (1, 2, 3)):
        for struck in itertools.combinations(range(3), count):
            cause = nodes.add([], 1 - shares[count] * given["Q"], f"{kind} {struck}")
            for train in struck:
                causes[train].append(cause)
    trains = tuple(nodes.add(all_of(found)) for found in causes.values())
    return 1 - nodes.probability(nodes.add([Group(trains)]))


def network(given: Inputs) -> float:
    """Any path between two terminals, or any spanning tree between all, is a way of working."""
    edges, p = [tuple(edge) for edge in given["edges"]], given["p"]
    works = dict(zip(map(str, edges), p if isinstance(p, list) else [p] * len(edges), strict=True))
    graph = nx.Graph(edges)
    if len(given["terminals"]) == 2:
        ways = [list(itertools.pairwise(path)) for path in nx.all_simple_paths(graph, *given["terminals"])]
    else:
        trees = itertools.combinations(edges, len(graph) - 1)
        ways = [list(tree) for tree in trees if nx.is_connected(nx.Graph(tree)) and len(nx.Graph(tree)) == len(graph)]
    named = {frozenset(edge): str(edge) for edge in edges}
    nodes = Structures(works)
    below = tuple(nodes.add(all_of(named[frozenset(edge)] for edge in way)) for way in ways)
    return nodes.probability(nodes.add([Group(below)]))


MODELS: dict[str, Callable[[Inputs], Any]] = {
    "queue.mmc": queue,
    "queue.mg1": lambda given: {"Wq": mg1_mean_wait(given["lam"], given["service"], given["scv"])},
    "queue.erlang_c": call_centre,
    "queue.erlang_c_agents": agents,
    "queue.uplift": uplift,
    "queue.erlang_b": lambda given: erlang_b(**given),
    "queue.erlang_b_servers": lambda given: servers_for_blocking(**given),
    "queue.erlang_b_occupancy": carried,
    "queue.erlang_b_capacity": lambda given: offered_load_for_blocking(**given),
    "little": lambda given: littles_concurrency(**given),
    "amdahl": amdahl,
    "usl.fit": fitted,
    "usl.predict": predicted,
    "usl.latency": held,
    "availability.downtime": down,
    "availability.structure": composed,
    "availability.mtbf": lambda given: from_mean_times(given["mtbf"], given["mttr"]),
    "availability.requests": failed_requests,
    "availability.extra_nine": extra_nine,
    "slo.error_budget": error_budget,
    "slo.burn": burnt,
    "tail.fanout": lambda given: slow_share(given["p_slow"], given["fanout"]),
    "tail.reduction": lambda given: reduction(**given),
    "retry.amplification": retried,
    "fault_tree": fault_tree,
    "fault_tree.ccf3": common_causes,
    "network.reliability": network,
    "quorum.majority": majorities,
    "quorum.overlap": lambda given: quorums_meet(given["n"], given["w"], given["r"]),
    "quorum.bft": byzantine,
    "cache.zipf": popularity,
    "backoff": waits,
}


def agrees(found: Any, expected: Any, tolerance: Mapping[str, Any]) -> bool:
    if tolerance.get("exact"):
        return bool(found == expected)
    return bool(found == pytest.approx(expected, rel=tolerance.get("rel", 0), abs=tolerance.get("abs", 0)))


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in ROWS])
def test_figures_are_as_published(row: dict[str, Any]) -> None:
    found, expected = MODELS[row["model"]](row["inputs"]), row["expected"]
    if isinstance(expected, dict):
        found = {name: found[name] for name in expected}
        assert all(agrees(found[name], value, row["tolerance"]) for name, value in expected.items()), found
    else:
        assert agrees(found, expected, row["tolerance"]), found


def test_every_model_has_a_figure_and_every_figure_a_source() -> None:
    assert {row["model"] for row in ROWS} == MODELS.keys()
    assert all(row["source"] for row in ROWS)
    assert len({row["id"] for row in ROWS}) == len(ROWS)
