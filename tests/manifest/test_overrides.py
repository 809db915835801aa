from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_origin

import pytest

from archlint.manifest.fields import Quantity
from archlint.manifest.models import SECTIONS, load
from archlint.manifest.overrides import (
    Applied,
    OverrideError,
    Overrides,
    apply_overrides,
    parse_assignment,
    parse_overrides,
    parse_scale,
    raise_unmatched,
)
from archlint.manifest.scaling import LOADS
from archlint.manifest.shapes import Arm, arms, fields

DATA: dict[str, Any] = {
    "archlint": 1,
    "system": {"name": "shop"},
    "defaults": {"call": {"timeout": "500ms"}},
    "services": {
        "checkout": {
            "replicas": 12,
            "load": {"peak": "1.2k/s"},
            "capacity": {"per_replica": "250/s"},
            "calls": [
                {"to": "ledger", "retries": "none"},
                {"to": "card-network", "timeout": "900ms"},
            ],
        },
        "search": {"replicas": {"min": 2, "max": 4}},
    },
    "flows": {"buy": {"entry": "checkout", "peak": "800..1500/s"}},
}


def applied(*options: str, scale: str | None = None) -> Applied:
    result = apply_overrides(DATA, parse_overrides(options, scale))
    assert not result.unmatched
    return result


def unmatched(option: str) -> str:
    (error,) = apply_overrides(DATA, parse_overrides([option])).unmatched
    return str(error)


def refused(option: str) -> str:
    with pytest.raises(OverrideError) as caught:
        parse_assignment(option)
    return str(caught.value)


def test_a_stated_value_is_replaced_in_a_copy() -> None:
    result = applied("services.checkout.replicas=6")
    assert result.data["services"]["checkout"]["replicas"] == 6
    assert DATA["services"]["checkout"]["replicas"] == 12
    assert result.assumptions == ["services.checkout.replicas = 6 (was 12)"]
    assert result.changed == {("services", "checkout", "replicas"): "--set services.checkout.replicas=6"}


def test_what_does_not_change_is_shared() -> None:
    result = applied("services.checkout.replicas=6")
    assert result.data["services"]["search"] is DATA["services"]["search"]
    assert result.data["flows"] is DATA["flows"]


def test_values_are_yaml() -> None:
    result = applied("services.checkout.replicas={min: 3, max: 9}", "services.checkout.load.peak=5k/s")
    assert result.data["services"]["checkout"]["replicas"] == {"min": 3, "max": 9}
    assert result.assumptions == [
        "services.checkout.replicas = {min: 3, max: 9} (was 12)",
        "services.checkout.load.peak = 5k/s (was 1.2k/s)",
    ]


def test_an_absent_field_is_created_with_what_surrounds_it() -> None:
    result = applied("services.search.load.peak=5/s")
    assert result.data["services"]["search"]["load"] == {"peak": "5/s"}
    assert result.assumptions == ["services.search.load.peak = 5/s (was not stated)"]


def test_an_absent_section_of_one_is_created() -> None:
    result = applied("operations.response.mitigate=10m")
    assert result.data["operations"] == {"response": {"mitigate": "10m"}}


def test_a_stated_none_gives_way_to_a_mapping() -> None:
    result = applied("services.checkout.calls[ledger].retries.attempts=3")
    assert result.data["services"]["checkout"]["calls"][0]["retries"] == {"attempts": 3}


def test_the_value_before_may_come_from_a_default() -> None:
    result = applied("services.checkout.calls[ledger].timeout=1s")
    assert result.assumptions == ["services.checkout.calls[ledger].timeout = 1s (was 500ms)"]


def test_an_empty_value_removes() -> None:
    result = applied("services.checkout.load=")
    assert "load" not in result.data["services"]["checkout"]
    assert result.assumptions == ["services.checkout.load removed (was {peak: 1.2k/s})"]


def test_a_removed_item_moves_those_after_it_so_the_whole_list_counts_as_changed() -> None:
    result = applied("services.checkout.calls[ledger]=")
    assert [call["to"] for call in result.data["services"]["checkout"]["calls"]] == ["card-network"]
    assert list(result.changed) == [("services", "checkout", "calls")]


def test_a_star_matches_every_name() -> None:
    result = applied("services.*.replicas=3")
    assert [service["replicas"] for service in result.data["services"].values()] == [3, 3]
    assert result.assumptions == ["services.*.replicas = 3 (2 places)"]


def test_a_star_creates_the_field_where_it_is_absent() -> None:
    result = applied("services.*.load.peak=9/s")
    assert [service["load"]["peak"] for service in result.data["services"].values()] == ["9/s", "9/s"]


def test_a_star_removes_where_there_is_something() -> None:
    result = applied("services.*.load=")
    assert not any("load" in service for service in result.data["services"].values())


def test_a_system_may_be_named() -> None:
    result = applied("shop:services.checkout.replicas=6")
    assert result.assumptions == ["shop:services.checkout.replicas = 6 (was 12)"]


def test_an_option_for_another_system_changes_nothing_here() -> None:
    assert unmatched("bank:services.checkout.replicas=6") == (
        "--set bank:services.checkout.replicas=6: no system is named `bank`"
    )


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("services.chekout.replicas=6", "`services` has no `chekout`; did you mean `checkout`?"),
        ("servces.checkout.replicas=6", "`servces` is not a section of a manifest; did you mean `services`?"),
        ("datastores.ledger.size=6GB", "`datastores` has no `ledger`"),
        ("services.new={replicas: 3}", "`services` has no `new`"),
        (
            "services.checkout.replcas=6",
            "`replcas` is not a field of a service; did you mean `replicas`?",
        ),
        (
            "services.checkout.calls[ledgre].timeout=1s",
            "`services.checkout.calls` has no `[ledgre]`; did you mean `ledger`?",
        ),
        ("services.search.calls[ledger].timeout=1s", "`services.search.calls` has no `[ledger]`"),
        (
            "services.checkout.replicas.min=6",
            "`services.checkout.replicas` holds a single value, it has no `min`",
        ),
        ("services.search.load=", "nothing is stated there that could be removed"),
        (
            "services.checkout.calls[ledger].timeout=",
            "the value comes from `defaults.call.timeout`; set it to `none`",
        ),
    ],
)
def test_a_route_that_leads_nowhere_says_so(option: str, message: str) -> None:
    assert unmatched(option) == f"--set {option}: {message}"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            "services.checkout.replicas",
            "`=` is missing; write ROUTE=VALUE, or ROUTE= to remove what is there",
        ),
        ("=6", "the route before `=` is missing"),
        (
            "services.checkout.replicas=~",
            "a value cannot be null; write `none`, or nothing to remove what is there",
        ),
        (
            "services..replicas=6",
            '`.` cannot stand in a key; a key of other characters is written ["like this"]',
        ),
    ],
)
def test_an_option_that_cannot_be_read_says_so(option: str, message: str) -> None:
    assert refused(option) == f"--set {option}: {message}"


def test_a_value_that_is_not_yaml_is_refused() -> None:
    assert refused("a.b=[1").startswith("--set a.b=[1: `[1` is not one YAML value: ")
    assert refused("a.b=1\nc: 2").endswith("more than one value")


def test_the_first_equals_sign_outside_quotes_ends_the_route() -> None:
    assignment = parse_assignment('datastores.ledger.settings["a=b:c"]=x=y')
    assert [part.name for part in assignment.route] == ["datastores", "ledger", "settings", "a=b:c"]
    assert (assignment.value, assignment.system) == ("x=y", None)


def test_scaling_multiplies_what_is_demanded_and_no_capacity() -> None:
    result = applied(scale="1.9x")
    checkout = result.data["services"]["checkout"]
    assert checkout["load"] == {"peak": "2.28k/s"}
    assert checkout["capacity"] == {"per_replica": "250/s"}
    assert result.data["flows"]["buy"]["peak"] == "1520..2850/s"
    assert result.assumptions == ["every declared load x 1.9"]
    assert result.changed == {}


def test_what_is_set_is_not_scaled() -> None:
    result = applied("flows.buy.peak=10/s", scale="2x")
    assert result.data["flows"]["buy"]["peak"] == "10/s"
    assert result.assumptions == [
        "every declared load x 2",
        "flows.buy.peak = 10/s (was 1600..3000/s)",
    ]


def test_every_kind_of_demand_is_scaled() -> None:
    data: dict[str, Any] = {
        "clients": {"app": {"calls": [{"to": "a", "rate": "10/s"}]}},
        "services": {
            "a": {
                "calls": [{"to": "b", "rate": "1/s"}, {"to": "b", "every": "5s"}],
                "publishes": [{"to": "e/t", "rate": "3/s", "mean": "1/s"}],
                "rate_limit": "100/s",
            }
        },
        "datastores": {"b": {"load": {"reads": "1k/s", "writes": 0}, "growth": "20GB/month"}},
        "caches": {"c": {"hottest_key": "200/s", "load": {"reads": "5M/day"}}},
        "verification": {"load_test": {"peak": "2000/s"}},
    }
    scaled = apply_overrides(data, Overrides(scale_load=Decimal(2))).data
    assert scaled == {
        "clients": {"app": {"calls": [{"to": "a", "rate": "20/s"}]}},
        "services": {
            "a": {
                "calls": [{"to": "b", "rate": "2/s"}, {"to": "b", "every": "5s"}],
                "publishes": [{"to": "e/t", "rate": "6/s", "mean": "2/s"}],
                "rate_limit": "100/s",
            }
        },
        "datastores": {"b": {"load": {"reads": "2k/s", "writes": 0}, "growth": "20GB/month"}},
        "caches": {"c": {"hottest_key": "400/s", "load": {"reads": "10M/day"}}},
        "verification": {"load_test": {"peak": "2000/s"}},
    }


def test_the_scale_is_a_multiple() -> None:
    assert parse_scale("1.9x") == Decimal("1.9")
    with pytest.raises(OverrideError, match=r"^--scale-load 1\.9: write a multiple such as 1\.9x$"):
        parse_scale("1.9")


def test_an_option_counts_as_unmatched_only_when_no_manifest_knows_it() -> None:
    here = apply_overrides(DATA, parse_overrides(["services.gateway.replicas=3"])).unmatched
    raise_unmatched([here, []])
    with pytest.raises(OverrideError, match="`services` has no `gateway`"):
        raise_unmatched([here, here])


def test_of_several_reasons_the_more_telling_one_is_given() -> None:
    option = ["shop:services.gateway.replicas=3"]
    other = {**DATA, "system": {"name": "bank"}}
    errors = [apply_overrides(data, parse_overrides(option)).unmatched for data in (other, DATA)]
    with pytest.raises(OverrideError, match="`services` has no `gateway`"):
        raise_unmatched(errors)


def rates(arm: Arm, route: str, inside: tuple[type, ...] = ()) -> Iterator[str]:
    """The routes of all fields below that hold a rate of which more is worse."""
    if arm.model:
        for key, info in fields(arm.model).items() if arm.model not in inside else ():
            for part in arms(info.annotation, tuple(info.metadata)):
                yield from rates(part, f"{route}.{key}", (*inside, arm.model))
    elif arm.items:
        for part in arms(arm.items):
            yield from rates(part, f"{route}.*" if get_origin(arm.type) is dict else f"{route}[*]", inside)
    elif any(isinstance(mark, Quantity) and mark == Quantity(("rate",), "high") for mark in arm.metadata):
        yield route


def test_every_declared_rate_is_scaled_but_capacities_and_the_pace_of_changes() -> None:
    declared = {route for section in SECTIONS for arm in arms(load(section)) for route in rates(arm, section)}
    assert sorted(LOADS) == sorted(declared - {"changes.*.per"})
