"""How busy something is at peak, and how long requests wait for it (design.md 3.1)."""

from __future__ import annotations

import math

from archlint.analysis.queueing import MMc
from archlint.analysis.thresholds import exceeds, fewest
from archlint.records import dataclass

BUSY = 0.7
"""Utilisation from which waits grow fast, where nothing tells how long they may be: M/M/1 waits 2.3 service times."""

TAIL = 0.99


@dataclass(frozen=True, slots=True)
class Station:
    """Instances that share a load evenly, each with a queue of its own.

    `rate_of_one` is the highest rate of an instance; `servers` and `service_time` (seconds) are those of one
    for queueing, `slack` the longest wait, in seconds, that the p99 objective leaves: None where not known.
    """

    load: float
    rate_of_one: float
    servers: int | None = None
    service_time: float | None = None
    slack: float | None = None

    def utilisation(self, instances: int) -> float:
        capacity = instances * self.rate_of_one
        return self.load / capacity if capacity else math.inf

    @property
    def knows_waits(self) -> bool:
        """Whether waits can be held against an objective."""
        return self.servers is not None and bool(self.service_time) and self.slack is not None

    def wait(self, instances: int) -> float | None:
        """The p99 wait at one instance, in seconds, where arrivals spread at random (M/M/c); None if unknown."""
        if self.servers is None or not self.service_time:
            return None
        return MMc(self.load / instances, self.service_time, self.servers).wait_quantile(TAIL)

    def is_strained(self, instances: int) -> bool:
        """Whether waits break the objective; where either is not known, whether utilisation is high."""
        if instances < 1 or self.utilisation(instances) >= 1:
            return True
        wait = None if self.slack is None else self.wait(instances)
        if wait is None or self.slack is None:
            return exceeds(self.utilisation(instances), BUSY)
        return exceeds(wait, self.slack)

    def instances_needed(self) -> int | None:
        """The fewest that are not strained; None where no number is enough."""
        return fewest(lambda instances: not self.is_strained(instances), 1)
