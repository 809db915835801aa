"""What technologies do by themselves: the table of conduct.txt, which is read when somebody first asks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

Conduct = Literal["spreads-over-zones", "elects-by-majority", "delivers-again", "keeps-partitions", "passes-on"]


def does(name: str, conduct: Conduct) -> bool:
    """Whether the technology of that name, without a version, is one that does so."""
    return name in _names()[conduct]


@cache
def _names() -> Mapping[Conduct, frozenset[str]]:
    rows = rows_of_table()
    names = {each: frozenset(name for conduct, name, _ in rows if conduct == each) for each in get_args(Conduct)}
    return MappingProxyType(names)


def rows_of_table() -> list[tuple[str, str, str]]:
    """Conduct, name and source of each row, as written."""
    text = Path(__file__).with_name("conduct.txt").read_text(encoding="utf-8")
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return [(conduct, name, source) for conduct, name, source in lines]
