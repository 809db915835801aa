"""Ignores and waivers. The engine notes what they suppressed; then checks visit them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archlint.system.elements import Element, Path, System

if TYPE_CHECKING:
    import datetime

    from archlint.manifest.models.waivers import WaiverSpec
    from archlint.manifest.problems import Place


class Mistake(NamedTuple):
    """Why an ignore or a waiver, or the name `text` in it, can suppress nothing. `field` is the waiver's."""

    message: str
    remedy: str = ""
    text: str = ""
    field: str = ""


class Ignore(Element):
    """A comment `# archlint: ignore[...]`; its `name` is what it says, `names` what it ignores.

    `place` is the comment's, `path` leads to what stands on `line`, where it acts (None: nothing follows it).
    `unused` are the names in it that suppressed no finding, though their checks ran.
    """

    __slots__ = ("line", "mistakes", "names", "place", "reason", "unused")
    kind = "ignore"

    def __init__(
        self,
        system: System,
        text: str,
        path: Path,
        place: Place,
        line: int | None,
        names: tuple[str, ...],
        reason: str,
        mistakes: tuple[Mistake, ...],
    ) -> None:
        super().__init__(system, text, path, None)
        self.place = place
        self.line = line
        self.names = names
        self.reason = reason
        self.mistakes = mistakes
        self.unused: tuple[str, ...] = ()


class Waiver(Element):
    """An entry of `waivers:`; its `name` is the check or limit that it waives.

    `missing` are the fields without which it suppresses nothing, `expired` tells whether its last day is past.
    `matches` counts the findings that it speaks of, suppressed or not. `unused` tells that there was none,
    though its check ran.
    """

    __slots__ = ("expired", "matches", "missing", "mistake", "unused")
    kind = "waiver"
    spec: WaiverSpec

    def __init__(self, system: System, path: Path, spec: WaiverSpec, today: datetime.date) -> None:
        super().__init__(system, spec.check, path, spec)
        self.missing = tuple(field for field in ("owner", "reason", "until") if not getattr(spec, field))
        self.expired = spec.until is not None and spec.until < today
        self.mistake: Mistake | None = None
        self.matches = 0
        self.unused = False

    @property
    def holds(self) -> bool:
        """Whether it may suppress anything."""
        return not (self.missing or self.expired or self.mistake)
