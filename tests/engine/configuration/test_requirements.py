"""Versions and what is required of them."""

from __future__ import annotations

import pytest

from archlint.engine.configuration.requirements import RequirementError, missing_plugins, requirement_of, satisfies


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("0.1.0", ">=0.1", True),
        ("0.1", "==0.1.0", True),
        ("0.1.1", "==0.1", False),
        ("1.10", ">1.9", True),
        ("1.9", "<1.10", True),
        ("1.9", "<=1.9.0", True),
        ("1.9", ">1.9", False),
        ("1.9", "!=1.9.0", False),
        ("2.0", ">=1, <2", False),
        ("1.5", " >= 1 , < 2 ", True),
        ("1.2.5", "~=1.2.3", True),
        ("1.3", "~=1.2.3", False),
        ("1.2.2", "~=1.2.3", False),
        ("1.9", "~=1.2", True),
        ("2", "~=1.2", False),
        ("1", "~=1.0", True),
        ("1.2.3rc1", ">=1.2.3", True),
        ("unknown", ">=0.1", False),
    ],
)
def test_versions(version: str, wanted: str, expected: bool) -> None:
    assert satisfies(version, wanted) is expected


@pytest.mark.parametrize("wanted", ["", "1.2", "=1", ">=", ">=x", ">=1,", "~=1", ">=1.*"])
def test_no_condition(wanted: str) -> None:
    with pytest.raises(RequirementError):
        satisfies("1", wanted)


def test_names_are_those_of_indexes() -> None:
    assert requirement_of("Acme_Checks >= 1.2").name == "acme-checks"
    with pytest.raises(RequirementError, match="names no distribution"):
        requirement_of(">=1")


def test_missing_plugins() -> None:
    there = {"acme": "1.1", "other": "2"}
    assert list(missing_plugins(["acme", "ACME>=1.0", "other>=3", "none", "acme 1"], there)) == [
        (2, "requires `other` >=3; installed is 2"),
        (3, "the plug-in `none` is not installed"),
        (4, "`1` is no condition on a version; write one as `>=0.1` or `>=0.1, <2`"),
    ]
