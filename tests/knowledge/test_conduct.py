"""What technologies do by themselves: the table is well-formed, and each row is found again."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from archlint.knowledge.catalogue import SLUG, Catalogue
from archlint.knowledge.conduct import Conduct, does, rows_of_table

ROWS = rows_of_table()


@pytest.mark.parametrize(("conduct", "name", "source"), ROWS)
def test_a_row_names_a_conduct_a_technology_and_its_source(conduct: Conduct, name: str, source: str) -> None:
    assert conduct in get_args(Conduct)
    assert SLUG.fullmatch(name)
    assert source == "-" or re.fullmatch(r"https://\S+", source)
    assert does(name, conduct)


def test_rows_are_grouped_sorted_and_there_once() -> None:
    order = [(get_args(Conduct).index(conduct), name) for conduct, name, _ in ROWS]
    assert order == sorted(set(order))


def test_what_no_row_says_is_not_so() -> None:
    assert not does("postgresql", "spreads-over-zones")
    assert not does("etcd", "delivers-again")
    assert not Catalogue().delivers_again("etcd")
    assert Catalogue().delivers_again("kafka")
