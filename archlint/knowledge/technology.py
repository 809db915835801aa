"""A technology and its documented limits, as data.

Light on purpose: a manifest that uses three technologies pays for three small files and nothing else. Named tuples,
because a start pays for the making of each class, and a dataclass takes several times as long to make.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from archlint.knowledge.measures import MEASURES, UNITS, Measure

LimitKind = Literal["hard", "quota", "default", "recommended", "tested", "sla", "price"]
Confidence = Literal["high", "medium", "low"]
Provenance = Literal["source", "framework"]
Direction = Literal["max", "min"]
TechnologyKind = Literal["datastore", "cache", "broker", "service", "network", "external", "runtime"]
Zero = Literal["default", "unlimited"]
Carrier = Literal["store", "cache", "broker", "topic", "publish", "consume", "service", "call"]

LIMIT_KINDS: tuple[str, ...] = get_args(LimitKind)
CONFIDENCES: tuple[str, ...] = get_args(Confidence)
PROVENANCES: tuple[str, ...] = get_args(Provenance)
DIRECTIONS: tuple[str, ...] = get_args(Direction)
TECHNOLOGY_KINDS: tuple[TechnologyKind, ...] = get_args(TechnologyKind)
CARRIERS: tuple[str, ...] = get_args(Carrier)
ZEROS: tuple[str, ...] = get_args(Zero)

_BOUND = re.compile(r"(>=|<=|>|<|==)?(\d+(?:\.\d+)*)")
_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)")
_PARTS = 4


class Source(NamedTuple):
    title: str
    year: int
    url: str | None = None
    author: str | None = None
    place: str | None = None  # page or section


class VersionRange(NamedTuple):
    """Conditions that all hold, such as `>=1.1 <4.0`."""

    text: str

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Raises ValueError when a part is not an operator and a dotted number."""
        parts = text.split()
        if not parts or not all(_BOUND.fullmatch(part) for part in parts):
            raise ValueError(f"`{text}` is not a version range; write, for example, `>=1.1 <4.0`")
        return cls(text)

    @property
    def bounds(self) -> tuple[str, ...]:
        """The versions that it names."""
        return tuple(match[2] for part in self.text.split() if (match := _BOUND.fullmatch(part)))

    def admits(self, version: str | None) -> bool | None:
        """Whether the range holds `version`; None where that is not decided.

        A version names a whole line of releases: `16` is inside `>=14` and undecided against `>=16.3`.
        """
        line = _release_line(version)
        if line is None:
            return None
        return _all_of([_inside(bound, line) for bound in self.text.split()])


class Setting(NamedTuple):
    """What a manifest states about how a technology is run."""

    mode: str | None = None
    version: str | None = None
    tier: str | None = None


class Condition(NamedTuple):
    """When a limit holds; all that is stated must hold, an empty condition always does."""

    mode: str | None = None
    versions: VersionRange | None = None
    tier: str | None = None

    def holds(self, setting: Setting) -> bool | None:
        """None where the setting leaves out what would decide."""
        return _all_of([verdict for _, verdict in self._verdicts(setting)])

    def undecided(self, setting: Setting) -> tuple[str, ...]:
        """Names among mode, version, tier that would decide; empty when the condition is decided."""
        if self.holds(setting) is not None:
            return ()
        return tuple(name for name, verdict in self._verdicts(setting) if verdict is None)

    def _verdicts(self, setting: Setting) -> list[tuple[str, bool | None]]:
        return [
            ("mode", _equal(self.mode, setting.mode)),
            ("version", True if self.versions is None else self.versions.admits(setting.version)),
            ("tier", _equal(self.tier, setting.tier)),
        ]

    def __str__(self) -> str:
        versions = self.versions and f"version {self.versions.text}"
        stated = (self.mode and f"mode {self.mode}", versions, self.tier and f"tier {self.tier}")
        return ", ".join(part for part in stated if part)


class Limit(NamedTuple):
    """One documented figure. `value` is in `unit`, as its source writes it; `amount` is canonical.

    `key` and the keys in `also` set it in the technology's configuration. A bare number there is in `key_unit`
    (canonical where None), and the limit is `per_key` times it: 0.5 where two of what is set make one. A zero there
    means what `zero` says, nought where it is None; the text `lifted_by` takes the limit away.
    """

    technology: str
    id: str
    value: float
    unit: str
    scope: str
    kind: LimitKind
    breaks: str
    source: Source
    confidence: Confidence
    provenance: Provenance = "source"
    direction: Direction = "max"
    measure: str | None = None
    key: str | None = None
    condition: Condition = Condition()
    error: str | None = None
    note: str | None = None
    also: tuple[str, ...] = ()
    key_unit: str | None = None
    per_key: float | None = None
    zero: Zero | None = None
    lifted_by: str | None = None

    @property
    def name(self) -> str:
        return f"{self.technology}/{self.id}"

    @property
    def amount(self) -> float:
        """In the canonical unit of its dimension (bytes, seconds, per second, fraction, plain count)."""
        return self.value * UNITS[self.unit].factor

    @property
    def bounds(self) -> Measure | None:
        return None if self.measure is None else MEASURES[self.measure]

    @property
    def raisable(self) -> bool:
        """Whether a setting or a raised quota may replace the value."""
        return self.kind in ("quota", "default")

    @property
    def can_err(self) -> bool:
        """Whether a finding on it may be an error; a figure that could not be verified never is."""
        return self.confidence != "low" and self.provenance == "source" and self.kind in ("hard", "quota", "default")

    def exposure(self, measured: float) -> float:
        """Demand over limit, 1 at the limit, larger is worse; `measured` in the canonical unit."""
        demand, supply = (measured, self.amount) if self.direction == "max" else (self.amount, measured)
        if supply == 0:
            return float("inf") if demand > 0 else 0.0
        return demand / supply


class Default(NamedTuple):
    """What the technology does where nothing is configured. Quantities are canonical, and were written in `unit`."""

    key: str
    of: Carrier
    value: float | str | bool
    source: Source
    field: str | None = None  # the manifest's field that states it, below the carrier
    condition: Condition = Condition()
    note: str | None = None
    unit: str | None = None


class Applicable(NamedTuple):
    """`decided` bind in the setting; `undecided` might: each with the names of what would decide."""

    decided: tuple[Limit, ...]
    undecided: tuple[tuple[Limit, tuple[str, ...]], ...]


class Technology(NamedTuple):
    slug: str
    name: str
    kinds: tuple[TechnologyKind, ...]
    limits: tuple[Limit, ...]
    aliases: tuple[str, ...] = ()
    modes: Mapping[str, VersionRange] = MappingProxyType({})
    defaults: tuple[Default, ...] = ()

    def limits_named(self, limit_id: str) -> tuple[Limit, ...]:
        """All entries of one id, whatever their condition and provenance."""
        return tuple(limit for limit in self.limits if limit.id == limit_id)

    def applicable(self, setting: Setting) -> Applicable:
        """The limits that bind, entries of provenance `framework` only where no source speaks."""
        setting = self.completed(setting)
        verdicts = [(limit, limit.condition.holds(setting)) for limit in self._deciding()]
        return Applicable(
            tuple(limit for limit, holds in verdicts if holds),
            tuple((limit, limit.condition.undecided(setting)) for limit, holds in verdicts if holds is None),
        )

    def completed(self, setting: Setting) -> Setting:
        """The setting with the mode that its version leaves as the only one."""
        if setting.mode is not None or setting.version is None:
            return setting
        possible = [m for m, versions in self.modes.items() if versions.admits(setting.version) is not False]
        return Setting(possible[0], setting.version, setting.tier) if len(possible) == 1 else setting

    def ways(self, setting: Setting) -> tuple[Setting, ...]:
        """All that the setting leaves open, as far as the limits and defaults tell modes, tiers and versions apart."""
        setting = self.completed(setting)
        conditions = [limit.condition for limit in self.limits if limit.kind not in ("sla", "price")]
        conditions += [default.condition for default in self.defaults]
        tiers = sorted({condition.tier for condition in conditions if condition.tier is not None})
        named = _versions_of([condition.versions for condition in conditions if condition.versions is not None])
        return tuple(
            Setting(mode, version, tier)
            for mode in _one_or_any(setting.mode, list(self.modes))
            for version in _one_or_any(setting.version, named)
            if mode is None or mode not in self.modes or self.modes[mode].admits(version) is not False
            for tier in _one_or_any(setting.tier, tiers)
        )

    def defaults_in(self, setting: Setting) -> tuple[Default, ...]:
        setting = self.completed(setting)
        return tuple(default for default in self.defaults if default.condition.holds(setting))

    def _deciding(self) -> tuple[Limit, ...]:
        sourced = {limit.id for limit in self.limits if limit.provenance == "source"}
        return tuple(x for x in self.limits if x.provenance == "source" or x.id not in sourced)


def _one_or_any(stated: str | None, known: list[str]) -> list[str | None]:
    return [stated] if stated is not None else [*known] or [None]


def _versions_of(ranges: list[VersionRange]) -> list[str]:
    """One of each group of versions that the ranges tell apart, oldest first.

    The oldest that is named stands for all before it, unless something is said of these alone.
    """
    named = sorted({bound for found in ranges for bound in found.bounds}, key=_first_release)
    if not named:
        return []
    before = any(found.admits("0") and found.admits(named[0]) is False for found in ranges)
    return [*(["0"] if before else []), *named, "999999"]


def _first_release(version: str) -> tuple[int, ...]:
    line = _release_line(version)
    return line[0] if line is not None else ()


def _equal(wanted: str | None, stated: str | None) -> bool | None:
    if wanted is None:
        return True
    return None if stated is None else wanted == stated


def _all_of(verdicts: list[bool | None]) -> bool | None:
    """Conjunction of three-valued verdicts: one False decides, else one None leaves it open."""
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _release_line(version: str | None) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """First release of the line that `version` names, and the first one after it."""
    match = _VERSION.match(version) if version else None
    if match is None:
        return None
    parts = [int(part) for part in match[1].split(".")][:_PARTS]
    return _padded(parts), _padded([*parts[:-1], parts[-1] + 1])


def _padded(parts: list[int]) -> tuple[int, ...]:
    return tuple(parts + [0] * (_PARTS - len(parts)))


def _inside(bound: str, line: tuple[tuple[int, ...], tuple[int, ...]]) -> bool | None:
    match = _BOUND.fullmatch(bound)
    if match is None:
        raise ValueError(f"`{bound}` is not a bound on a version")
    operator, (first, after) = match[1] or "==", line
    named = _release_line(match[2])
    if named is None:
        raise ValueError(f"`{bound}` names no version")
    low, high = named  # `<=3` and `>3` speak of the whole line 3
    at_least = {">=": low, ">": high, "==": low}.get(operator)
    below = {"<": low, "<=": high, "==": high}.get(operator)
    return _all_of(
        [
            _decided(at_least is None or first >= at_least, at_least is not None and after <= at_least),
            _decided(below is None or after <= below, below is not None and first >= below),
        ]
    )


def _decided(holds: bool, fails: bool) -> bool | None:
    return True if holds else False if fails else None
