"""Places, distances and transfers against hand-made figures and by following each request."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.analysis.gravity import (
    GB,
    MONTH,
    Geography,
    commit_time,
    sequential_time,
    transfer_cost,
)
from archlint.analysis.load import Load
from archlint.analysis.transfer import Transfers
from archlint.analysis.values import Known, Unknown
from archlint.knowledge.catalogue import Catalogue
from archlint.manifest.loading import load
from archlint.system.elements import System
from archlint.system.workspace import link

WORLD = """
topology:
  regions: {eu: {zones: [eu-a, eu-b]}, us: {zones: [us-a]}, asia: {zones: [asia-a]}}
  links:
    - {between: [eu, us], rtt: 75ms, price: 0.02 USD/GB}
    - {between: [eu, asia], rtt: 180ms, price: 0.08 USD/GB}
    - {between: [us, asia], rtt: 150ms}
    - {between: [eu-a, eu-b], price: 0.01 USD/GB}
"""
RTT = {frozenset(("eu", "us")): 0.075, frozenset(("eu", "asia")): 0.18, frozenset(("us", "asia")): 0.15}
REGIONS = ("eu", "us", "asia")


def system_of(text: str) -> System:
    loaded = load(f"archlint: 1\nsystem: {{name: shop}}{WORLD}{text}".encode(), "shop.archlint.yaml")
    assert [problem.message for problem in loaded.problems] == []
    return next(iter(link([loaded]).systems.values()))


def geography_of(system: System) -> Geography:
    return Geography({system.name: system})


def transfers_of(system: System) -> Transfers:
    systems = {system.name: system}
    return Transfers(systems, Geography(systems), Load(systems), Catalogue())


def test_a_terabyte_a_month_costs_what_the_price_says() -> None:
    # Gray's kind of sum: 1 TB in a month at 0.02 USD/GB is 20 USD.
    assert transfer_cost(1e12 / 1e6 / MONTH, 1e6, 0.02) == pytest.approx(20)
    assert transfer_cost(0, 1e9, 1) == transfer_cost(1, 0, 1) == transfer_cost(1, 1, 0) == 0


@given(st.floats(0, 1e6), st.floats(0, 1e9), st.floats(0, 1), st.floats(1, 100))
def test_cost_does_not_depend_on_how_bytes_are_cut(rate: float, size: float, price: float, pieces: float) -> None:
    assert transfer_cost(rate * pieces, size / pieces, price) == pytest.approx(transfer_cost(rate, size, price))


@given(st.integers(0, 500), st.integers(1, 50), st.floats(0.001, 1))
def test_sequential_time_counts_the_rounds(calls: int, parallel: int, rtt: float) -> None:
    rounds = len(list(itertools.batched(range(calls), parallel))) if hasattr(itertools, "batched") else None
    expected = -(-calls // parallel) if rounds is None else rounds
    assert sequential_time(calls, parallel, rtt) == pytest.approx(expected * rtt)
    assert sequential_time(calls, parallel + 1, rtt) <= sequential_time(calls, parallel, rtt) + 1e-12


def test_a_fraction_of_a_call_is_a_whole_round_trip() -> None:
    assert sequential_time(0.2, 1, 0.1) == pytest.approx(0.1)
    assert sequential_time(2.5, 0, 0.1) == pytest.approx(0.3)


@settings(deadline=None)
@given(st.lists(st.sampled_from(REGIONS), min_size=1, max_size=7), st.sampled_from(REGIONS), st.integers(1, 7))
def test_a_commit_waits_for_the_slowest_of_the_best_quorum(places: list[str], leader: str, quorum: int) -> None:
    geography = geography_of(system_of(""))
    held = {region: places.count(region) for region in dict.fromkeys(places)}
    found = commit_time(geography, leader, held, quorum)

    def rtt(region: str) -> float:
        return 0.0 if region == leader else RTT[frozenset((leader, region))]

    subsets = itertools.combinations(places, min(quorum, len(places)))
    assert found == pytest.approx(min(max(map(rtt, subset)) for subset in subsets))


def test_a_link_that_is_not_stated_is_not_guessed() -> None:
    geography = geography_of(system_of(""))
    assert geography.price("us", "asia") is None
    assert geography.rtt("us", "mars") is None
    assert geography.rtt("us", "us") == geography.price("us", "us") == 0
    assert geography.nearest("us", ["mars"]) is None
    assert geography.nearest("us", ["mars", "us"]) == 0
    assert geography.nearest("us", []) is None
    assert commit_time(geography, "us", {"mars": 1}, 1) is None


def test_components_stand_where_their_instances_do() -> None:
    system = system_of(
        """
services:
  even: {replicas: 3, zones: [eu-a, eu-b, us-a]}
  uneven: {zones: {eu-a: 3, us-a: 1}}
  nowhere: {replicas: 3}
datastores:
  members: {replication: {members: [{zone: eu-a, count: 2}, {zone: us-a}, {zone: asia-a, count: 1}]}}
brokers:
  bus: {zones: [eu-a], topics: {orders: {}}}
externals:
  psp: {region: us}
"""
    )
    geography = geography_of(system)

    def regions(name: str) -> dict[str, float]:
        return dict(geography.regions(system.components[name]))

    assert regions("even") == pytest.approx({"eu": 2 / 3, "us": 1 / 3})
    assert regions("uneven") == {"eu": 0.75, "us": 0.25}
    assert regions("nowhere") == {}
    assert regions("members") == {"eu": 0.5, "us": 0.25, "asia": 0.25}
    assert regions("bus/orders") == {"eu": 1.0}
    assert regions("psp") == {"us": 1.0}


def test_the_strictest_flow_binds_what_it_waits_for() -> None:
    system = system_of(
        """
services:
  web: {calls: [{to: basket}, {to: mail, async: true}, {to: rare, share: 1%}, {to: spare, fallback: {use: default}}]}
  basket: {slo: {latency_p99: 50ms}, calls: [{to: prices}]}
  prices: {calls: [{to: web, share: 5%}]}
  mail: {}
  rare: {}
  spare: {}
flows:
  slow: {entry: web, slo: {latency_p99: 2s}}
  fast: {entry: web, slo: {latency_p99: 300ms}}
  prices-alone: {entry: prices, slo: {latency_p99: 100ms}}
"""
    )
    bound = {part.name: (found.seconds, found.by.name) for part, found in geography_of(system).objectives.items()}
    assert bound == {
        "prices": (0.1, "prices-alone"),
        "web": (0.1, "prices-alone"),
        "basket": (0.05, "basket"),
    }


def test_a_flow_binds_what_only_its_requests_wait_for() -> None:
    system = system_of(
        """
services:
  gateway: {calls: [{to: tracking, in: [track]}, {to: booking, in: [book]}, {to: login}]}
  tracking: {}
  booking: {calls: [{to: login}]}
  login: {}
flows:
  track: {entry: gateway, slo: {latency_p99: 400ms}}
  book: {entry: gateway, slo: {latency_p99: 1500ms}}
"""
    )
    bound = {part.name: found.by.name for part, found in geography_of(system).objectives.items()}
    assert bound == {"gateway": "track", "tracking": "track", "login": "track", "booking": "book"}


@pytest.mark.parametrize(
    ("caller", "target", "cost"),
    [
        ("[eu-a]", "[us-a]", 0.02),
        ("[eu-a]", "[us-a, asia-a]", 0.02),
        ("[eu-a, us-a]", "[eu-b]", 0.01),
        ("[eu-a]", "[eu-a, us-a]", 0.0),
        ("[eu-a]", "[eu-b]", 0.0),
    ],
)
def test_what_leaves_a_region_costs_and_the_rest_does_not(caller: str, target: str, cost: float) -> None:
    """`cost`: USD per GB of what the caller sends, on average; half of its instances may stand at home."""
    system = system_of(
        f"""
services:
  web: {{zones: {caller}, load: {{mean: 100/s}}, calls: [{{to: api, share: 50%, payload: 1kB, response: 3kB}}]}}
  api: {{zones: {target}}}
"""
    )
    moved = transfers_of(system).of(system, "region")
    assert moved.missing == ()
    assert moved.cost == pytest.approx(50 * 4000 / GB * cost * MONTH)


def test_sizes_and_means_that_are_not_stated_are_named_and_the_rest_is_a_lower_bound() -> None:
    system = system_of(
        """
services:
  web: {zones: [eu-a], load: {mean: 100/s}, calls: [{to: api, payload: 1kB}, {to: far}]}
  api: {zones: [us-a], calls: [{to: web, payload: 1kB, response: 1kB}]}
  far: {zones: [asia-a]}
"""
    )
    moved = transfers_of(system).of(system, "region")
    assert moved.missing == ("response", "payload", "load.mean")
    assert moved.cost == pytest.approx(transfer_cost(100, 1000, 0.02))


def test_a_write_is_replicated_once_to_every_other_region() -> None:
    system = system_of(
        """
services:
  orders: {zones: [eu-a], load: {mean: 10/s}, calls: [{to: ledger, access: write, payload: 2kB, response: 0B}]}
datastores:
  ledger: {zones: [eu-a, eu-b, us-a, asia-a], primary: eu-a, replication: {mode: async, factor: 4}}
"""
    )
    moved = transfers_of(system).of(system, "region")
    assert moved.cost == pytest.approx(transfer_cost(10, 2000, 0.02) + transfer_cost(10, 2000, 0.08))
    assert [transfer.ends for transfer in moved.transfers] == [("eu", "asia"), ("eu", "us")]
    inside = transfers_of(system).of(system, "zone")
    assert inside.cost == pytest.approx(transfer_cost(10, 2000, 0.01))


def test_half_of_all_requests_cross_between_two_zones() -> None:
    system = system_of(
        """
services:
  web: {replicas: 2, zones: [eu-a, eu-b], load: {mean: 100/s}, calls: [{to: api, payload: 1kB, response: 1kB}]}
  api: {replicas: 4, zones: [eu-a, eu-b]}
"""
    )
    moved = transfers_of(system).of(system, "zone")
    crossing = sum(a * b for a, b in ((0.5, 0.5), (0.5, 0.5)))
    assert moved.cost == pytest.approx(transfer_cost(100 * crossing, 2000, 0.01))


def test_messages_cross_where_their_consumers_stand() -> None:
    system = system_of(
        """
services:
  orders: {zones: [eu-a], publishes: [{to: bus/orders, mean: 10/s, size: 1kB}]}
  billing: {replicas: 2, zones: [eu-a, us-a], consumes: [{from: bus/orders}]}
  audit: {zones: [eu-b], consumes: [{from: bus/orders}]}
brokers:
  bus: {zones: [eu-a], topics: {orders: {}}}
"""
    )
    moved = transfers_of(system).of(system, "region")
    assert moved.cost == pytest.approx(transfer_cost(5, 1000, 0.02))
    assert [transfer.what for transfer in moved.transfers] == ["bus/orders -> billing"]


def test_the_mean_of_flows_stands_in_for_that_of_their_entry() -> None:
    system = system_of(
        """
services:
  web: {zones: [eu-a], calls: [{to: api, per_request: 3}]}
  api: {zones: [us-a]}
flows:
  buy: {entry: web, mean: 5/s}
  look: {entry: web, mean: 20/s}
"""
    )
    transfers = transfers_of(system)
    (call,) = system.calls
    assert transfers.mean_of_call(call) == Known(75.0, "derived")
    assert isinstance(transfers.mean_of(system.components["api"]), Unknown)


def test_the_month_is_that_of_the_units() -> None:
    assert math.isclose(MONTH, 365.25 / 12 * 86400)


def test_a_list_price_stands_in_where_no_link_states_one() -> None:
    text = (
        "archlint: 1\nsystem: {name: s}\ntopology: {regions: {eu: {zones: [eu-a, eu-b]}}}\n"
        "services: {a: {zones: [eu-a, eu-b], replicas: 2, load: {mean: 100/s},"
        " calls: [{to: d, access: read, payload: 1kB, response: 9kB}]}}\n"
        "datastores: {d: {technology: %s, mode: postgresql, nodes: 2, zones: [eu-a, eu-b], reads_from: any}}\n"
    )
    for technology, price, source in (("rds", 0.02, "list price of Amazon RDS, 2026"), ("postgresql", 0.0, "")):
        loaded = load((text % technology).encode(), "s.archlint.yaml")
        systems = link([loaded]).systems
        found = Transfers(systems, Geography(systems), Load(systems), Catalogue()).of(systems["s"], "zone")
        assert {transfer.source for transfer in found.transfers} == ({source} if source else set())
        assert found.cost == pytest.approx(50 * 1e4 * 2_629_800 / 1e9 * price)
        assert found.missing == (() if source else ("topology.links",))
