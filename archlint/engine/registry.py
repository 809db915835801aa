"""The registry: the checks that a run chooses from, by code and by slug, and who brought them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archlint.engine.manifest_errors import MANIFEST_ERRORS, ManifestError
from archlint.engine.plugins import EntryPoint
from archlint.engine.results import Fault, Rule
from archlint.extension import Extension
from archlint.plugin import Check
from archlint.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Registry:
    """The checks of a run, sorted by code, and the plug-ins that failed to bring theirs.

    `extensions` are the `x-` blocks that plug-ins have a schema for, sorted by name. `owners` are the plug-ins
    that brought all these, by code, by slug and by the name of the block.
    """

    checks: tuple[Check, ...]
    faults: tuple[Fault, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()
    _by_key: dict[str, Check] = field(default_factory=dict)
    owners: Mapping[str, EntryPoint] = field(default_factory=dict)
    extensions: tuple[Extension, ...] = ()

    def find(self, key: str) -> Check | None:
        """The check of a code or a slug."""
        return self._by_key.get(key)

    @property
    def distributions(self) -> dict[str, str]:
        """By the code of each check, the plug-in that brought it, as messages name it."""
        return {check.code: self.owners[check.code].label for check in self.checks if check.code in self.owners}

    def rules(self, checks: Iterable[Check]) -> tuple[Rule, ...]:
        """What findings of a run of `checks` may be about, by code; the errors of manifests are always part."""
        rules = [Rule(error) for error in MANIFEST_ERRORS.values()]
        for check in checks:
            owner = self.owners.get(check.code)
            rules.append(Rule(check, owner.distribution, owner.version) if owner else Rule(check))
        return tuple(sorted(rules, key=lambda rule: rule.definition.code))

    def extended(self, checks: Iterable[Check], owner: EntryPoint) -> Registry:
        """With further checks, none of which clashes."""
        added = tuple(checks)
        keys = {key: check for check in added for key in (check.code, check.name)}
        return replace(
            self,
            checks=tuple(sorted((*self.checks, *added), key=lambda check: check.code)),
            _by_key=self._by_key | keys,
            owners={**self.owners, **dict.fromkeys(keys, owner)},
        )

    def suggest(self, key: str) -> str | None:
        """The code or slug nearest to `key`, None where none is near."""
        from difflib import get_close_matches  # only for a suggestion: its import is slow

        names = [*self._by_key, *_RESERVED]
        near = get_close_matches(key, names, n=1) or get_close_matches(key.upper(), names, n=1)
        return near[0] if near else None


def reserved(key: str) -> bool:
    """Whether a code or a slug is one of the errors of manifests."""
    return key in _RESERVED


_RESERVED = tuple(key for error in MANIFEST_ERRORS.values() for key in (error.code, error.name))


__all__ = ["MANIFEST_ERRORS", "ManifestError", "Registry", "reserved"]
