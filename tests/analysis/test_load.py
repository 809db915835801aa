"""Derived load against independent methods: all paths of a graph, and a linear system in fractions."""

from __future__ import annotations

import gc
import time
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.analysis.load import Load
from archlint.analysis.values import Known, Unknown
from archlint.manifest.loading import load
from archlint.system.elements import Component, System
from archlint.system.workspace import link


def system_of(text: str) -> System:
    loaded = load(f"archlint: 1\nsystem: {{name: shop}}\n{text}".encode(), "shop.archlint.yaml")
    assert [problem.message for problem in loaded.problems] == []
    workspace = link([loaded])
    return next(iter(workspace.systems.values()))


def load_of(system: System) -> Load:
    return Load({system.name: system})


def derived(text: str, name: str) -> float | None:
    """The derived load of a component; None where it is unknown."""
    system = system_of(text)
    found = load_of(system).derived(system.components[name])
    return found.value if isinstance(found, Known) else None


def named(index: int) -> str:
    return f"s{index}"


def call(target: int, share: Fraction, per_request: int) -> str:
    return f"{{to: {named(target)}, share: {float(share * 100)}%, per_request: {per_request}}}"


Edge = tuple[int, int, Fraction, int]

SHARES = st.sampled_from([Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1)])


@st.composite
def acyclic(draw: st.DrawFn) -> tuple[int, list[Edge], dict[int, int]]:
    """Services whose calls lead to higher numbers only, and the peaks of the flows that enter some of them."""
    size = draw(st.integers(2, 7))
    pairs = [(a, b) for a in range(size) for b in range(a + 1, size)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=10))
    edges = [(a, b, draw(SHARES), draw(st.integers(1, 3))) for a, b in chosen]
    entries = draw(st.dictionaries(st.integers(0, size - 1), st.integers(1, 1000), min_size=1))
    return size, edges, entries


def manifest(size: int, edges: list[Edge], entries: dict[int, int], stated: dict[int, int] | None = None) -> str:
    lines = ["services:"]
    for index in range(size):
        calls = ", ".join(call(b, share, each) for a, b, share, each in edges if a == index)
        own = f", load: {{peak: {stated[index]}/s}}" if stated and index in stated else ""
        lines.append(f"  {named(index)}: {{calls: [{calls}]{own}}}")
    lines.append("flows:")
    lines.extend(f"  f{index}: {{entry: {named(index)}, peak: {peak}/s}}" for index, peak in entries.items())
    return "\n".join(lines)


def over_all_paths(size: int, edges: list[Edge], entries: dict[int, int]) -> list[Fraction]:
    """Sums the product of the factors along every path from every entry, path by path."""
    sums = [Fraction(0)] * size

    def walk(node: int, rate: Fraction) -> None:
        sums[node] += rate
        for a, b, share, each in edges:
            if a == node:
                walk(b, rate * share * each)

    for entry, peak in entries.items():
        walk(entry, Fraction(peak))
    return sums


def reached_from(size: int, edges: list[Edge], starts: set[int]) -> set[int]:
    reached = set(starts)
    for _ in range(size):
        reached |= {b for a, b, *_ in edges if a in reached}
    return reached


@given(acyclic())
@settings(max_examples=60, deadline=None)
def test_load_is_the_sum_over_all_paths(graph: tuple[int, list[Edge], dict[int, int]]) -> None:
    size, edges, entries = graph
    system = system_of(manifest(size, edges, entries))
    loads, expected = load_of(system), over_all_paths(size, edges, entries)
    silent = {node for node in range(size) if node not in reached_from(size, edges, set(entries))}
    unknown = reached_from(size, edges, silent)  # what a component of unknown load calls is unknown as well
    for node in range(size):
        component, found = system.components[named(node)], loads.derived(system.components[named(node)])
        assert loads.at_least(component) == pytest.approx(float(expected[node]))
        assert isinstance(found, Unknown) == (node in unknown)
        if isinstance(found, Known):
            assert found.value == pytest.approx(float(expected[node]))


@given(acyclic(), st.integers(0, 6), st.integers(0, 5000))
@settings(max_examples=60, deadline=None)
def test_a_stated_load_cuts(graph: tuple[int, list[Edge], dict[int, int]], node: int, peak: int) -> None:
    """Downstream it counts as an entry of that rate to which no call leads."""
    size, edges, entries = graph
    node %= size
    system = system_of(manifest(size, edges, entries, {node: peak}))
    loads = load_of(system)
    cut = [edge for edge in edges if edge[1] != node]
    expected = over_all_paths(size, cut, {**{e: p for e, p in entries.items() if e != node}, node: peak})
    for index in range(size):
        assert loads.at_least(system.components[named(index)]) == pytest.approx(float(expected[index]))
    arriving = over_all_paths(size, edges, entries)[node]
    found = loads.derived(system.components[named(node)])
    assert isinstance(found, Unknown) or found.value == pytest.approx(float(arriving))


@given(acyclic(), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_more_load_on_a_source_never_lowers_any(graph: tuple[int, list[Edge], dict[int, int]], more: int) -> None:
    size, edges, entries = graph
    entry = min(entries)
    before, after = (
        system_of(manifest(size, edges, peaks)) for peaks in (entries, {**entries, entry: entries[entry] + more})
    )
    loads, higher = load_of(before), load_of(after)
    for name, component in before.components.items():
        assert higher.at_least(after.components[name]) >= loads.at_least(component) - 1e-9


def solved(size: int, edges: list[Edge], entries: dict[int, int]) -> list[Fraction] | None:
    """load = entries + factors x load by elimination in fractions; None if some load would be negative."""
    rows = [
        [
            Fraction(int(i == j)) - sum((s * n for a, b, s, n in edges if (a, b) == (j, i)), Fraction(0))
            for j in range(size)
        ]
        + [Fraction(entries.get(i, 0))]
        for i in range(size)
    ]
    for i in range(size):
        if rows[i][i] <= 0:  # the pivots of I - A are positive if and only if the cycle settles
            return None
        for k in range(size):
            if k != i:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [x - factor * y for x, y in zip(rows[k], rows[i], strict=True)]
    return [rows[i][size] / rows[i][i] for i in range(size)]


@st.composite
def cyclic(draw: st.DrawFn) -> tuple[int, list[Edge], dict[int, int]]:
    """A ring, so that all depend on all, with chords."""
    size = draw(st.integers(2, 5))
    shares = st.sampled_from([Fraction(1, 10), Fraction(1, 4), Fraction(1, 2), Fraction(9, 10), Fraction(1)])
    ring = [(i, (i + 1) % size, draw(shares), draw(st.integers(1, 2))) for i in range(size)]
    nodes = st.integers(0, size - 1)
    chords = draw(st.lists(st.tuples(nodes, nodes, shares, st.just(1)), max_size=3))
    return size, ring + chords, {draw(nodes): draw(st.integers(1, 1000))}


@given(cyclic())
@settings(max_examples=80, deadline=None)
def test_a_cycle_settles_where_the_linear_system_has_a_solution(graph: tuple[int, list[Edge], dict[int, int]]) -> None:
    size, edges, entries = graph
    system = system_of(manifest(size, edges, entries))
    loads, expected = load_of(system), solved(size, edges, entries)
    for node in range(size):
        found = loads.derived(system.components[named(node)])
        if expected is None:
            assert isinstance(found, Unknown)
        elif isinstance(found, Known):
            assert found.value == pytest.approx(float(expected[node]), rel=1e-6)
        else:
            assert max(map(float, expected)) > 20 * next(iter(entries.values()))  # so near to 1 that it never ends


RING = """
services:
  a: {{calls: [{{to: b}}]}}
  b: {{calls: [{{to: a, share: {share}}}]}}
flows:
  buy: {{entry: a, peak: 100/s}}
"""


def test_a_ring_of_half_doubles() -> None:
    assert derived(RING.format(share="50%"), "b") == pytest.approx(200)


def test_a_ring_that_returns_nearly_all_still_settles() -> None:
    assert derived(RING.format(share="97%"), "a") == pytest.approx(100 / 0.03, rel=1e-6)


def test_a_ring_that_returns_everything_is_unknown_with_all_it_calls() -> None:
    text = RING.format(share="100%").replace("b: {calls: [", "c: {}\n  b: {calls: [{to: c}, ")
    assert [derived(text, name) for name in "abc"] == [None, None, None]


def test_a_ring_that_nothing_enters_is_unknown() -> None:
    assert derived("services: {a: {calls: [{to: b}]}, b: {calls: [{to: a, share: 50%}]}}", "a") is None


def test_an_unknown_part_runs_round_a_whole_ring() -> None:
    text = RING.format(share="50%").replace("services:", "services:\n  x: {calls: [{to: b}]}")
    assert [derived(text, name) for name in "ab"] == [None, None]


def test_a_service_that_calls_itself() -> None:
    text = "services: {a: {calls: [{to: a, share: 20%}]}}\nflows: {f: {entry: a, peak: 80/s}}"
    assert derived(text, "a") == pytest.approx(100)


CASES: dict[str, tuple[str, str, float | None]] = {
    "a client counts where no flow enters its target": (
        "clients: {app: {calls: [{to: a, rate: 50/s}]}}\nservices: {a: {}}",
        "a",
        50,
    ),
    "a client does not count where a flow enters its target": (
        "clients: {app: {calls: [{to: a, rate: 50/s}]}}\nservices: {a: {}}\nflows: {f: {entry: a, peak: 40/s}}",
        "a",
        40,
    ),
    "a client counts in the place of a flow without a peak": (
        "clients: {app: {calls: [{to: a, rate: 50/s}]}}\nservices: {a: {}}\nflows: {f: {entry: a}}",
        "a",
        50,
    ),
    "a flow without a peak and without clients is unknown": (
        "services: {a: {}}\nflows: {f: {entry: a}, g: {entry: a, peak: 10/s}}",
        "a",
        None,
    ),
    "a client counts at the network before the entry of a flow": (
        "clients: {app: {calls: [{to: a, rate: 50/s, through: [edge]}]}}\nservices: {a: {}}\n"
        "networks: {edge: {}}\nflows: {f: {entry: a, peak: 40/s}}",
        "edge",
        50,
    ),
    "alternatives share a call": (
        "services: {a: {load: {peak: 90/s}, calls: [{any_of: [b, c, d]}]}, b: {}, c: {}, d: {}}",
        "c",
        30,
    ),
    "a network carries a call to alternatives once": (
        "services: {a: {load: {peak: 90/s}, calls: [{any_of: [b, c], through: [n]}]}, b: {}, c: {}}\nnetworks: {n: {}}",
        "n",
        90,
    ),
    "an asynchronous and an optional call count": (
        "services: {a: {load: {peak: 90/s}, calls: [{to: b, async: true}, {to: b, required: false}]}, b: {}}",
        "b",
        180,
    ),
    "retries and fallbacks do not count": (
        "services: {a: {load: {peak: 90/s}, calls: [{to: b, retries: {attempts: 3}, "
        "fallback: {use: alternate, to: c}}]}, b: {}, c: {}}",
        "b",
        90,
    ),
    "a fallback is unknown, not zero": (
        "services: {a: {load: {peak: 90/s}, calls: [{to: b, fallback: {use: alternate, to: c}}]}, b: {}, c: {}}",
        "c",
        None,
    ),
    "a share of nothing is nothing, even of an unknown load": (
        "services: {x: {calls: [{to: b, share: 0%}]}, a: {load: {peak: 9/s}, calls: [{to: b}]}, b: {}}",
        "b",
        9,
    ),
    "rate is of the whole caller": (
        "services: {a: {replicas: 4, calls: [{to: b, rate: 5/s, per_request: 2}]}, b: {}}",
        "b",
        10,
    ),
    "every is of each instance, at most": (
        "services: {a: {replicas: {min: 2, max: 6}, calls: [{to: b, every: 2s}]}, b: {}}",
        "b",
        3,
    ),
    "every of a population is of each client": (
        "clients: {app: {concurrent: 200, calls: [{to: b, every: 10s}]}}\nservices: {b: {}}",
        "b",
        20,
    ),
    "every of an unknown number of instances is unknown": (
        "services: {a: {calls: [{to: b, every: 2s}]}, b: {}}",
        "b",
        None,
    ),
    "a job spreads its calls over its period": (
        "jobs: {nightly: {every: 100s, replicas: 2, calls: [{to: b, per_request: 50}]}}\nservices: {b: {}}",
        "b",
        1,
    ),
    "a job by the clock is unknown": ('jobs: {nightly: {at: "02:00", calls: [{to: b}]}}\nservices: {b: {}}', "b", None),
    "a call at start-up is none at peak": (
        "services: {a: {load: {peak: 90/s}, calls: [{to: b, phase: startup}, {to: b, share: 10%}]}, b: {}}",
        "b",
        9,
    ),
    "a control call has an interval that nobody wrote down": (
        "services: {a: {load: {peak: 90/s}, calls: [{to: b, phase: control}]}, b: {}}",
        "b",
        None,
    ),
    "a control call counts with its interval": (
        "services: {a: {replicas: 3, calls: [{to: b, phase: control, every: 1s}]}, b: {}}",
        "b",
        3,
    ),
    "operations by their shares": (
        "services: {a: {load: {peak: 100/s}, operations: {buy: {share: 20%, calls: [{to: b, per_request: 2}]}, "
        "look: {share: 80%}}, calls: [{to: b, in: [look], share: 50%}]}, b: {}}",
        "b",
        80,
    ),
    "operations without shares are unknown": (
        "services: {a: {load: {peak: 100/s}, operations: {buy: {calls: [{to: b}]}, look: {}}}, b: {}}",
        "b",
        None,
    ),
    "operations without shares by the flows that use them": (
        "services: {a: {operations: {buy: {calls: [{to: b}]}, look: {}}}, b: {}}\n"
        "flows: {f: {entry: a, operation: buy, peak: 30/s}, g: {entry: a, operation: look, peak: 70/s}}",
        "b",
        30,
    ),
    "operations are unknown where others call too": (
        "services: {x: {load: {peak: 5/s}, calls: [{to: a}]}, "
        "a: {operations: {buy: {calls: [{to: b}]}, look: {}}}, b: {}}\n"
        "flows: {f: {entry: a, operation: buy, peak: 30/s}}",
        "b",
        None,
    ),
    "a call in a flow has the flow's rate": (
        "services: {a: {load: {peak: 500/s}, calls: [{to: b, in: [f], share: 50%}]}, b: {}}\n"
        "flows: {f: {entry: a, peak: 30/s}, g: {entry: a, peak: 70/s}}",
        "b",
        15,
    ),
    "a call in a flow that enters elsewhere is unknown": (
        "services: {a: {calls: [{to: b}]}, b: {calls: [{to: c, in: [f]}]}, c: {}}\nflows: {f: {entry: a, peak: 30/s}}",
        "c",
        None,
    ),
    "misses reach what backs a cache": (
        "services: {a: {load: {peak: 100/s}, calls: [{to: c, access: read}]}}\n"
        "caches: {c: {hit_ratio: 90%, backed_by: d}}\ndatastores: {d: {}}",
        "d",
        10,
    ),
    "writes pass a cache that writes through": (
        "services: {a: {load: {peak: 100/s}, calls: [{to: c, access: read}, {to: c, access: write, share: 5%}]}}\n"
        "caches: {c: {hit_ratio: 90%, strategy: write-through, backed_by: d}}\ndatastores: {d: {}}",
        "d",
        15,
    ),
    "misses of an unknown hit ratio are unknown": (
        "services: {a: {load: {peak: 100/s}, calls: [{to: c, access: read}]}}\n"
        "caches: {c: {backed_by: d}}\ndatastores: {d: {}}",
        "d",
        None,
    ),
    "a stated load of a cache counts for its misses": (
        "services: {a: {load: {peak: 100/s}, calls: [{to: c, access: read}]}}\n"
        "caches: {c: {hit_ratio: 90%, load: {reads: 400/s}, backed_by: d}}\ndatastores: {d: {}}",
        "d",
        40,
    ),
    "who only consumes handles what its topics take in": (
        "services: {a: {publishes: [{to: e/t, rate: 70/s}]}, b: {consumes: [{from: e/t}, {from: e/u}]}, "
        "c: {load: {peak: 60/s}, publishes: [{to: e/u, share: 50%}]}}\nbrokers: {e: {topics: {t: {}, u: {}}}}",
        "b",
        100,
    ),
    "who is called as well does not": (
        "services: {a: {load: {peak: 5/s}, publishes: [{to: e/t, rate: 70/s}], calls: [{to: b}]}, "
        "b: {consumes: [{from: e/t}]}}\nbrokers: {e: {topics: {t: {}}}}",
        "b",
        5,
    ),
    "messages follow a derived load through two topics": (
        "services: {a: {publishes: [{to: e/t, share: 50%}]}, b: {consumes: [{from: e/t}], "
        "publishes: [{to: e/u, per_request: 3}], calls: [{to: c}]}, c: {}}\nbrokers: {e: {topics: {t: {}, u: {}}}}\n"
        "flows: {f: {entry: a, peak: 40/s}}",
        "e/u",
        60,
    ),
    "a publish that states neither rate nor share is unknown": (
        "services: {a: {load: {peak: 5/s}, publishes: [{to: e/t}]}}\nbrokers: {e: {topics: {t: {}}}}",
        "e/t",
        None,
    ),
    "a publish of an operation": (
        "services: {a: {load: {peak: 50/s}, operations: {buy: {share: 20%, publishes: [{to: e/t, per_request: 2}]}}}}\n"
        "brokers: {e: {topics: {t: {}}}}",
        "e/t",
        20,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_terms_of_the_derived_load(case: str) -> None:
    text, name, expected = CASES[case]
    assert derived(text, name) == (None if expected is None else pytest.approx(expected))


STORE = """
services:
  a: {load: {peak: 100/s}, calls: [{to: d, access: read}, {to: d, access: write, share: 20%}]}
datastores: {d: {load: {reads: 300/s}}}
"""


def value(found: Any) -> float | None:
    return found.value if isinstance(found, Known) else None


def test_a_part_that_a_store_states_wins_and_the_rest_is_derived() -> None:
    system = system_of(STORE)
    loads, store = load_of(system), system.components["d"]
    assert (value(loads.reads(store)), value(loads.writes(store))) == (300, 20)
    assert value(loads.requests(store)) == 320
    assert value(loads.derived(store)) == 120
    assert value(loads.derived_part(store, "reads")) == 100
    assert loads.access_at_least(store, "writes") == 20


def test_access_that_is_not_stated_leaves_reads_and_writes_unknown() -> None:
    system = system_of(STORE.replace("access: read", "payload: 1KiB").replace("{load: {reads: 300/s}}", "{}"))
    loads, store = load_of(system), system.components["d"]
    assert (value(loads.reads(store)), value(loads.writes(store)), value(loads.requests(store))) == (None, None, 120)
    assert loads.access_at_least(store, "writes") == 20


def test_a_lower_bound_is_the_known_part() -> None:
    system = system_of("services: {a: {load: {peak: 7/s}, calls: [{to: c}]}, b: {calls: [{to: c}]}, c: {}}")
    loads, component = load_of(system), system.components["c"]
    assert loads.at_least(component) == 7
    assert loads.requests(component) == Unknown("load.peak")


def test_the_rate_of_each_call() -> None:
    system = system_of(
        "services: {a: {load: {peak: 500/s}, calls: [{to: b, in: [f], share: 50%}, "
        "{to: b, share: 10%, per_request: 2}]}, b: {}, c: {calls: [{to: b}]}}\nflows: {f: {entry: a, peak: 30/s}}"
    )
    loads = load_of(system)
    assert [value(loads.of_call(call)) for call in system.calls] == [15, 100, None]


def test_means_of_a_topic() -> None:
    text = (
        "services: {{a: {{load: {{mean: 20/s}}, publishes: [{{to: e/t, per_request: 2}}]}}, "
        "b: {{publishes: [{{to: e/t{mean}}}]}}}}\nbrokers: {{e: {{topics: {{t: {{{own}}}}}}}}}"
    )
    known = system_of(text.format(mean=", mean: 5/s", own=""))
    assert value(load_of(known).mean_of_topic(known.topics["e/t"])) == 45
    partly = system_of(text.format(mean="", own=""))
    assert load_of(partly).mean_of_topic(partly.topics["e/t"]) == Unknown("publishes.mean")
    assert load_of(partly).mean_of_topic_at_least(partly.topics["e/t"]) == 40
    stated = system_of(text.format(mean="", own="load: {mean: 9/s, peak: 12/s}"))
    assert value(load_of(stated).mean_of_topic(stated.topics["e/t"])) == 9
    assert value(load_of(stated).of_topic(stated.topics["e/t"])) == 12


def seconds(systems: dict[str, System]) -> float:
    """The best of three. The collector is off, as the command line has it: its passes grow with all that is alive."""
    gc.disable()
    times = []
    for _ in range(3):
        start = time.process_time()
        loads = Load(systems)
        component: Component = next(iter(next(iter(systems.values())).components.values()))
        loads.derived(component)
        times.append(time.process_time() - start)
    gc.enable()
    return min(times)


def layered(size: int) -> dict[str, System]:
    last = size - 1
    services = "\n".join(
        f"  s{i}: {{calls: [{{to: s{min(last, i + 1)}, share: 40%}}, {{to: s{min(last, i + 100)}, share: 30%}}]}}"
        for i in range(last)
    )
    system = system_of(f"services:\n{services}\n  s{last}: {{}}\nflows: {{f: {{entry: s0, peak: 1000/s}}}}")
    return {system.name: system}


@pytest.mark.slow
def test_time_grows_with_size_and_not_faster() -> None:
    small, large = seconds(layered(1000)), seconds(layered(10_000))
    assert large < 15 * small
