"""The identity of a finding across edits: no file name, line, figure, severity or message in it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

VERSION = "v1"

_INDEX = re.compile(r'("(?:[^"\\]|\\.)*")|\[[0-9]+\]')
"""A quoted name, or an index: a name of digits only is quoted in routes."""


def fingerprint(code: str, system: str, route: str, key: str, ordinal: int = 1) -> str:
    """`v1:` and 16 hex digits over code, system, the names of the route and the check's own key.

    Twins are told apart by their ordinal.
    """
    parts = [code, system, route, key]
    if ordinal > 1:
        parts.append(str(ordinal))
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"{VERSION}:{digest[:16]}"


def fingerprints(identities: Iterable[tuple[str, str, str, str]]) -> list[str]:
    """Fingerprints of findings in file order; equal identities are numbered in that order."""
    seen: Counter[tuple[str, str, str, str]] = Counter()
    result: list[str] = []
    for code, system, route, key in identities:
        identity = code, system, without_indexes(route), key
        seen[identity] += 1
        result.append(fingerprint(*identity, ordinal=seen[identity]))
    return result


def without_indexes(route: str) -> str:
    """A route whose items without a name are `[]`: their indexes change when another item is put before them."""
    return _INDEX.sub(lambda found: found[1] or "[]", route) if "[" in route else route
