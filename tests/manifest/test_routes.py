from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.manifest.problems import Path
from archlint.manifest.routes import Part, RouteError, format_route, parse_route, resolve, resolve_all

SYSTEM: dict[str, Any] = {
    "services": {
        "checkout": {
            "calls": [
                {"to": "ledger"},
                {"to": "ledger", "retries": {}},
                {"to": "12"},
                {"to": "card network"},
            ],
            "publishes": [{"to": "events/orders"}],
            "zones": ["eu-1", "eu-2"],
        },
        "ledger": {"calls": [{"any_of": ["a"], "name": "either"}, {"any_of": ["a"]}]},
    },
    "topics": {"orders.v1": {}, "12": {}, "*": {}, "": {}},
}


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ((), ""),
        (("services", "checkout"), "services.checkout"),
        (("services", "checkout", "calls", 0), "services.checkout.calls[ledger]"),
        (("services", "checkout", "calls", 1, "retries"), "services.checkout.calls[ledger#2].retries"),
        (("services", "checkout", "calls", 2), 'services.checkout.calls["12"]'),
        (("services", "checkout", "calls", 3, "to"), 'services.checkout.calls["card network"].to'),
        (("services", "checkout", "publishes", 0), "services.checkout.publishes[events/orders]"),
        (("services", "checkout", "zones", 1), "services.checkout.zones[1]"),
        (("services", "ledger", "calls", 0), "services.ledger.calls[either]"),
        (("services", "ledger", "calls", 1, "any_of", 0), "services.ledger.calls[1].any_of[0]"),
        (("topics", "orders.v1"), 'topics["orders.v1"]'),
        (("topics", "12"), "topics.12"),
        (("topics", "*"), 'topics["*"]'),
        (("topics", ""), 'topics[""]'),
    ],
)
def test_a_path_and_its_route(path: Path, route: str) -> None:
    assert format_route(path, SYSTEM) == route
    assert resolve(parse_route(route), SYSTEM) == path


def test_a_route_may_go_on_beyond_the_data() -> None:
    path = ("services", "ledger", "queue", "depth")
    assert format_route(path, SYSTEM) == "services.ledger.queue.depth"
    assert resolve(parse_route("services.ledger.queue.depth"), SYSTEM, absent=True) == path


def test_parts_say_what_was_written() -> None:
    assert parse_route('a.*[b#2]["c d"][0][*]') == (
        Part("a"),
        Part(),
        Part("b", bracketed=True, twin=2),
        Part("c d", bracketed=True, quoted=True),
        Part(index=0, bracketed=True),
        Part(bracketed=True),
    )


@pytest.mark.parametrize(
    ("route", "column"),
    [
        (".a", 1),
        ("a.", 3),
        ("a..b", 3),
        ("a b", 2),
        ("a[", 3),
        ("a[]", 3),
        ("a[b", 4),
        ("a[b#0]", 4),
        ('a["b', 3),
        ('a["\\q"]', 3),
        ("a[b]c", 5),
        ("a[99999999999]", 3),
        ("é", 1),
    ],
)
def test_what_is_no_route_is_refused_with_a_column(route: str, column: int) -> None:
    with pytest.raises(RouteError) as raised:
        parse_route(route)
    assert raised.value.column == column


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("service", "the top level has no `service`; did you mean `services`?"),
        ("services.chekout.calls", "`services` has no `chekout`; did you mean `checkout`?"),
        (
            "services.checkout.calls[leger]",
            "`services.checkout.calls` has no `[leger]`; did you mean `ledger`?",
        ),
        ("services.checkout.calls[ledger#3]", "`services.checkout.calls` has no `[ledger#3]`"),
        ("services.checkout.calls[9]", "`services.checkout.calls` has no `[9]`"),
        (
            "services.checkout.calls.ledger",
            "`services.checkout.calls` is a list; an item is written [ledger]",
        ),
        ("services.checkout.zones.a", "`services.checkout.zones` is a list; an item is written [0]"),
        ("services.checkout.zones[0].a", "`services.checkout.zones[0]` holds a single value, it has no `a`"),
        ("services.*.calls", "`*` stands for any name; one is needed after `services`"),
    ],
)
def test_what_leads_nowhere_is_refused_with_the_part(route: str, words: str) -> None:
    with pytest.raises(RouteError) as raised:
        resolve(parse_route(route), SYSTEM)
    assert raised.value.message == words


def test_any_name_matches_all() -> None:
    assert resolve_all(parse_route("services.*.calls[*].to"), SYSTEM) == [
        ("services", "checkout", "calls", at, "to") for at in range(4)
    ]
    assert resolve_all(parse_route("services.checkout.calls[ledger#2]"), SYSTEM) == [
        ("services", "checkout", "calls", 1)
    ]
    assert resolve_all(parse_route('topics["*"]'), SYSTEM) == [("topics", "*")]


def test_any_name_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(RouteError, match=r"`services\.\*` has no `cals`; did you mean `calls`\?"):
        resolve_all(parse_route("services.*.cals"), SYSTEM)


keys = st.text() | st.sampled_from(["to", "from", "name", "12", "a", "*", "a#2", "[", '"'])
trees: st.SearchStrategy[Any] = st.recursive(
    st.integers() | keys, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
)


def _paths(data: Any, path: Path = ()) -> list[Path]:
    children: list[tuple[str | int, Any]] = []
    if isinstance(data, dict):
        children = list(data.items())
    elif isinstance(data, list):
        children = list(enumerate(data))
    return [path, *(deeper for part, value in children for deeper in _paths(value, (*path, part)))]


@given(trees)
def test_every_route_leads_back_to_its_path(data: Any) -> None:
    for path in _paths(data):
        route = format_route(path, data)
        assert resolve(parse_route(route), data) == path
        assert format_route(resolve(parse_route(route), data), data) == route
        assert resolve_all(parse_route(route), data) == [path]


@given(st.lists(keys, max_size=4))
def test_every_key_can_be_written(path: list[str]) -> None:
    parts = parse_route(format_route(tuple(path), None))
    assert [part.name for part in parts] == path
