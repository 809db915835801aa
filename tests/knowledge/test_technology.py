from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.knowledge.catalogue import Catalogue
from archlint.knowledge.technology import Condition, Limit, Setting, Source, Technology, VersionRange


def kafka() -> Technology:
    technology = Catalogue().technology("kafka")
    assert technology is not None
    return technology


def values(setting: Setting, limit_id: str) -> list[float]:
    return [limit.amount for limit in kafka().applicable(setting).decided if limit.id == limit_id]


@pytest.mark.parametrize(
    ("bounds", "version", "holds"),
    [
        (">=14", "16", True),
        (">=14", "13.4", False),
        (">=16.3", "16", None),  # the line 16 has releases on both sides
        (">=16.3", "16.3.1", True),
        ("<4.0", "3.9", True),
        ("<4.0", "4", False),
        (">3", "3.9", False),
        (">3", "4.0", True),
        ("<=3", "3.9", True),
        ("==3", "3.9", True),
        ("==3.9", "3", None),
        (">=1.1 <4.0", "0.11", False),
        (">=1.1 <4.0", "2.8", True),
        (">=1.1", "v2.8-rc1", True),
        (">=1.1", None, None),
        (">=1.1", "latest", None),
    ],
)
def test_a_range_of_versions_admits(bounds: str, version: str | None, holds: bool | None) -> None:
    assert VersionRange.parse(bounds).admits(version) is holds


@pytest.mark.parametrize("text", ["", "new", ">= 4", "4.x", "~4.0"])
def test_what_is_not_a_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version range"):
        VersionRange.parse(text)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=4), st.lists(st.integers(0, 99), min_size=1, max_size=4))
def test_below_and_at_least_are_never_both_true_or_both_false(bound: list[int], version: list[int]) -> None:
    below = VersionRange.parse("<" + ".".join(map(str, bound))).admits(".".join(map(str, version)))
    at_least = VersionRange.parse(">=" + ".".join(map(str, bound))).admits(".".join(map(str, version)))
    assert (below is None) == (at_least is None)
    assert below is None or below is not at_least


def test_a_condition_names_what_would_decide_it() -> None:
    condition = Condition(mode="kraft", versions=VersionRange(">=3.3"))
    assert condition.undecided(Setting()) == ("mode", "version")
    assert condition.undecided(Setting(mode="kraft")) == ("version",)
    assert condition.undecided(Setting(mode="zookeeper")) == ()
    assert condition.holds(Setting(mode="zookeeper")) is False


def test_kafka_has_its_figures_by_mode() -> None:
    assert values(Setting(mode="zookeeper"), "partitions_per_cluster") == [200_000]
    assert values(Setting(mode="kraft"), "partitions_per_cluster") == [2_000_000]


def test_a_version_with_one_mode_decides_the_mode() -> None:
    assert values(Setting(version="4.1"), "partitions_per_cluster") == [2_000_000]
    assert values(Setting(version="2.4"), "partitions_per_cluster") == [200_000]


def test_a_version_with_two_modes_leaves_the_limit_undecided() -> None:
    applicable = kafka().applicable(Setting(version="3.9"))
    open_limits = {(limit.id, limit.amount): missing for limit, missing in applicable.undecided}
    assert open_limits["partitions_per_cluster", 200_000] == ("mode",)
    assert open_limits["partitions_per_cluster", 2_000_000] == ("mode",)


def test_the_figure_of_the_framework_stands_beside_the_source_and_does_not_bind() -> None:
    entries = kafka().limits_named("partitions_per_cluster")
    assert [entry.provenance for entry in entries] == ["source", "source", "framework"]
    bound = kafka().applicable(Setting(mode="kraft")).decided
    assert all(limit.provenance == "source" for limit in bound)


def test_defaults_follow_the_version() -> None:
    of_3 = {default.key: default.value for default in kafka().defaults_in(Setting(version="3.9"))}
    of_2 = {default.key: default.value for default in kafka().defaults_in(Setting(version="2.4"))}
    assert of_3["acks"] == "all"
    assert "acks" not in of_2
    assert of_3["log.retention.hours"] == 7 * 86400


@pytest.mark.parametrize(
    ("limit_id", "slug", "amount"),
    [
        ("members", "etcd", 7),
        ("database_size", "etcd", 2 * 2**30),
        ("database_size_maximum", "etcd", 8 * 2**30),
        ("request_size", "etcd", 1.5 * 2**20),
        ("message_size", "kafka", 1_048_588),
        ("poll_interval", "kafka", 300),
        ("max_connections", "postgresql", 100),
        ("field_size", "postgresql", 2**30),
        ("table_size", "postgresql", 32 * 2**40),
        ("transaction_id_horizon", "postgresql", 2**31),
    ],
)
def test_a_figure_in_canonical_units(limit_id: str, slug: str, amount: float) -> None:
    decisive = [x for x in Catalogue().limits(f"{slug}/{limit_id}") if x.provenance == "source"]
    assert [limit.amount for limit in decisive] == [amount]


def limit(**changes: object) -> Limit:
    fields: dict[str, object] = {
        "technology": "mailer",
        "id": "topics",
        "value": 10.0,
        "unit": "topics",
        "scope": "cluster",
        "kind": "hard",
        "breaks": "x",
        "source": Source("Manual", 2025),
        "confidence": "high",
    }
    return Limit(**{**fields, **changes})  # type: ignore[arg-type]


def test_exposure_is_demand_over_limit_and_turns_round_for_a_least_value() -> None:
    assert limit().exposure(12) == 1.2
    assert limit(direction="min").exposure(5) == 2
    assert limit(value=0.0).exposure(1) == float("inf")
    assert limit(value=0.0).exposure(0) == 0


@pytest.mark.parametrize("kind", ["recommended", "tested", "sla", "price"])
def test_only_binding_kinds_may_be_errors(kind: str) -> None:
    assert not limit(kind=kind).can_err


def test_a_figure_that_could_not_be_verified_is_never_an_error() -> None:
    assert limit().can_err
    assert not limit(confidence="low").can_err
    assert not limit(provenance="framework").can_err


def test_the_ways_to_run_a_technology_are_those_that_its_limits_tell_apart() -> None:
    source = Source("Manual", 2025, "https://example.org")
    limit = Limit("abacus", "size", 1, "GiB", "store", "hard", "writes are refused", source, "high")
    technology = Technology(
        "abacus",
        "Abacus",
        ("datastore",),
        (
            limit._replace(condition=Condition(mode="beads", versions=VersionRange.parse("<4"))),
            limit._replace(condition=Condition(mode="rods", versions=VersionRange.parse(">=4"), tier="small")),
            limit._replace(kind="sla", condition=Condition(tier="gold")),
        ),
        modes={"beads": VersionRange.parse("<4"), "rods": VersionRange.parse(">=1")},
    )
    assert set(technology.ways(Setting())) == {
        Setting("beads", "0", "small"),
        Setting("rods", "4", "small"),
        Setting("rods", "999999", "small"),
    }
    assert technology.ways(Setting("rods", "5", "large")) == (Setting("rods", "5", "large"),)
