"""Which checks run: layers of selectors, the longest matching selector decides (contracts.md, Selection)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archlint.engine.errors import UsageError
from archlint.engine.registry import MANIFEST_ERRORS, Registry
from archlint.plugin import Check
from archlint.records import dataclass

ALL = "ALL"
_PREFIX = re.compile(r"[A-Z]{1,3}[0-9]{0,2}\Z")
_EXACT = 100
"""The weight of a full code or a slug: more than any prefix can be long."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The selectors of one source. `select` (where not None) replaces what lower layers selected."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


def split(values: Iterable[str]) -> tuple[str, ...]:
    """Selectors from options that may be repeated and may hold comma lists."""
    return tuple(part for value in values for part in (piece.strip() for piece in value.split(",")) if part)


def selected(registry: Registry, layers: Iterable[Layer]) -> tuple[Check, ...]:
    """The checks that the layers (lowest first) leave selected.

    Raises UsageError for a selector that matches no check, with a suggestion.
    """
    layers = tuple(layers)
    for layer in layers:
        for selector in (*(layer.select or ()), *layer.extend_select, *layer.ignore):
            problem = unknown_selector(selector, registry)
            if problem:
                raise UsageError(problem)
    return tuple(check for check in registry.checks if is_selected(check, layers))


def is_selected(check: Check, layers: Iterable[Layer]) -> bool:
    """The verdict of the highest layer that has an opinion; the check's own default where none has."""
    verdict = check.default
    for layer in layers:
        chosen = weight(check, (*(layer.select or ()), *layer.extend_select))
        ignored = weight(check, layer.ignore)
        if chosen is None and ignored is None:
            if layer.select is not None:
                verdict = False
        elif ignored is None:
            verdict = True
        else:
            verdict = chosen is not None and chosen > ignored
    return verdict


def weight(check: Check, selectors: Iterable[str]) -> int | None:
    """The length of the longest selector that matches the check, None where none does."""
    best: int | None = None
    for selector in selectors:
        found = _match(check, selector)
        if found is not None and (best is None or found > best):
            best = found
    return best


def _match(check: Check, selector: str) -> int | None:
    if selector == ALL:
        return 0
    if selector in (check.code, check.name):
        return _EXACT
    if _PREFIX.match(selector) and check.code.startswith(selector):
        return len(selector)
    return None


def unknown_selector(selector: str, registry: Registry) -> str | None:
    """What is wrong with a selector that matches no check, with a suggestion; None where it matches one."""
    if selector == ALL or registry.find(selector) is not None:
        return None
    codes = (*(check.code for check in registry.checks), *MANIFEST_ERRORS)
    if _PREFIX.match(selector) and any(code.startswith(selector) for code in codes):
        return None
    if any(selector in (error.code, error.name) for error in MANIFEST_ERRORS.values()):
        return None  # known, and always on whatever is selected or ignored
    near = registry.suggest(selector)
    hint = f"; did you mean `{near}`?" if near else ""
    return f"no check matches the selector `{selector}`{hint}"
