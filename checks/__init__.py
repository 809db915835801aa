"""The built-in checks: one module per law or topic. They use nothing that a plug-in could not use."""

from __future__ import annotations

MODULES: tuple[str, ...] = (
    "archlint.checks.caching",
    "archlint.checks.contradictions",
    "archlint.checks.dual_writes",
    "archlint.checks.idempotency",
    "archlint.checks.littles_law",
    "archlint.checks.manifest",
    "archlint.checks.retries",
    "archlint.checks.timeouts",
)
