"""The built-in checks: one module per law or topic. They use nothing that a plug-in could not use."""

from __future__ import annotations

MODULES: tuple[str, ...] = (
    "archlint.checks.contradictions",
    "archlint.checks.littles_law",
    "archlint.checks.manifest",
)
