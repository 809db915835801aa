"""The built-in checks: one module per law or topic. They use nothing that a plug-in could not use."""

from __future__ import annotations

MODULES: tuple[str, ...] = (
    "archlint.checks.backups",
    "archlint.checks.caching",
    "archlint.checks.cap",
    "archlint.checks.contradictions",
    "archlint.checks.cycles",
    "archlint.checks.dual_writes",
    "archlint.checks.end_to_end",
    "archlint.checks.error_budgets",
    "archlint.checks.failover_loss",
    "archlint.checks.hygiene",
    "archlint.checks.idempotency",
    "archlint.checks.limits",
    "archlint.checks.littles_law",
    "archlint.checks.manifest",
    "archlint.checks.monitoring",
    "archlint.checks.pools",
    "archlint.checks.queueing",
    "archlint.checks.queues",
    "archlint.checks.retries",
    "archlint.checks.scalability",
    "archlint.checks.serial_work",
    "archlint.checks.single_failures",
    "archlint.checks.skew",
    "archlint.checks.strong_consistency",
    "archlint.checks.tiers",
    "archlint.checks.timeouts",
    "archlint.checks.zone_loss",
)
