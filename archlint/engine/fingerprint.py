"""The identity of a finding across edits: no file name, line, figure, severity or message in it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

VERSION = "v1"


def fingerprint(code: str, system: str, route: str, key: str, ordinal: int = 1) -> str:
    """`v1:` and 16 hex digits over code, system, route and the check's own key; twins by their ordinal."""
    parts = [code, system, route, key]
    if ordinal > 1:
        parts.append(str(ordinal))
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"{VERSION}:{digest[:16]}"


def fingerprints(identities: Iterable[tuple[str, str, str, str]]) -> list[str]:
    """Fingerprints of findings in file order; equal identities are numbered in that order."""
    seen: Counter[tuple[str, str, str, str]] = Counter()
    result: list[str] = []
    for identity in identities:
        seen[identity] += 1
        result.append(fingerprint(*identity, ordinal=seen[identity]))
    return result
