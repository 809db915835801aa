"""Laws and failure rates, as data."""

from __future__ import annotations

from typing import Literal, get_args

from archlint.knowledge.technology import Confidence, Provenance, Source
from archlint.records import dataclass

Element = Literal[
    "instance", "host", "disk", "rack", "power", "cooling", "building", "zone", "region", "provider",
    "network-device", "network-path", "partition", "load-balancer", "dns", "leader", "external",
]  # fmt: skip

ELEMENTS: tuple[str, ...] = get_args(Element)


@dataclass(frozen=True, slots=True)
class Law:
    id: str
    name: str
    statement: str
    formula: str
    example: str
    detect: str
    mitigate: tuple[str, ...]
    costs: str
    sources: tuple[Source, ...]
    symbols: tuple[tuple[str, str], ...] = ()
    corrections: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()

    def carries(self, code: str) -> bool:
        """Whether the check of this code stands on the law; `checks` are codes and beginnings of codes."""
        return code.startswith(self.checks)

    def is_called(self, name: str) -> bool:
        """By its id, its name or an alias, in any case, with or without apostrophes, hyphens for blanks."""
        return _key(name) in map(_key, (self.id, self.name, *self.aliases))


def _key(name: str) -> str:
    return "-".join(name.lower().replace("'", "").replace("\u2019", "").split())


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the range that its sources span; recovery in seconds, failures per year."""

    low: float
    typical: float
    high: float
    source: Source
    confidence: Confidence
    provenance: Provenance = "source"
    note: str | None = None


@dataclass(frozen=True, slots=True)
class FailureRate:
    """How often one element of a kind fails in a year and how long one failure lasts."""

    element: Element
    name: str
    covers: str
    failures_per_year: Estimate
    recovery: Estimate | None = None

    @property
    def unavailability(self) -> float | None:
        """Expected share of time down, from the typical figures; None where no recovery is known."""
        if self.recovery is None:
            return None
        mean_between = _YEAR / self.failures_per_year.typical
        return self.recovery.typical / (mean_between + self.recovery.typical)


_YEAR = 365.25 * 86400
