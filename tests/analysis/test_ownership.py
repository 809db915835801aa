"""Whose a component is, where the manifest does not say it of the component itself."""

from __future__ import annotations

import pytest

from archlint.analysis.ownership import Ownership
from archlint.manifest.loading import load
from archlint.system.elements import System
from archlint.system.workspace import link

ONE_TEAM = "services: {web: {}, api: {owner: a}}"
TWO_TEAMS = "services: {web: {}, api: {owner: a}, crm: {owner: b}}"


def system_of(owner: str, text: str) -> System:
    stated = f", owner: {owner}" if owner else ""
    loaded = load(f"archlint: 1\nsystem: {{name: shop{stated}}}\n{text}\n".encode(), "shop.archlint.yaml")
    return next(iter(link([loaded]).systems.values()))


def team(system: System, name: str) -> str | None:
    return Ownership({"shop": system}).team(system.components[name])


@pytest.mark.parametrize(
    ("owner", "text", "expected"),
    [
        ("a", ONE_TEAM, "a"),
        ("b", ONE_TEAM, None),
        ("", ONE_TEAM, None),
        ("a", TWO_TEAMS, None),
        ("a", "services: {web: {}}", "a"),
    ],
)
def test_the_owner_of_the_system_owns_all_only_where_there_is_one_team(
    owner: str, text: str, expected: str | None
) -> None:
    assert team(system_of(owner, text), "web") == expected


def test_a_topic_is_its_brokers_unless_it_says_otherwise() -> None:
    system = system_of("", "brokers: {bus: {owner: a, topics: {orders: {}, visits: {owner: b}}}}")
    assert (team(system, "bus/orders"), team(system, "bus/visits")) == ("a", "b")


def test_a_call_crosses_only_between_known_teams() -> None:
    text = "services: {web: {owner: a, calls: [{to: api}, {to: own}, {to: nobody}]}, "
    system = system_of("", text + "api: {owner: b}, own: {owner: a}, nobody: {}}")
    ownership = Ownership({"shop": system})
    assert [ownership.crosses(call) for call in system.calls] == [True, False, None]


@pytest.mark.parametrize(
    ("owner", "text", "told"), [("a", "", True), ("", "services: {web: {}}", False), ("", ONE_TEAM, True)]
)
def test_a_manifest_tells_of_teams_or_not(owner: str, text: str, told: bool) -> None:
    system = system_of(owner, text)
    assert Ownership({"shop": system}).is_told(system) == told
