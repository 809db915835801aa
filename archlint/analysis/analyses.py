"""All that is computed about the systems of a run, each analysis once, on first use."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archlint.analysis.amplification import Amplification
    from archlint.analysis.availability import Availability
    from archlint.analysis.budget_owners import BudgetOwners
    from archlint.analysis.capacity import Capacity
    from archlint.analysis.cuts import SingleFailures
    from archlint.analysis.dead_letters import DeadLetters
    from archlint.analysis.gravity import Geography
    from archlint.analysis.latency import Latencies
    from archlint.analysis.limits import Measures
    from archlint.analysis.load import Load
    from archlint.analysis.objectives import Objectives
    from archlint.analysis.ownership import Ownership
    from archlint.analysis.planes import DataPath
    from archlint.analysis.promises import Promises
    from archlint.analysis.recovery_cycles import RecoveryCycles
    from archlint.analysis.retries import Retries
    from archlint.analysis.surges import Surges
    from archlint.analysis.transfer import Transfers
    from archlint.knowledge.catalogue import Catalogue
    from archlint.system.elements import System


class Analyses:
    """Handed to every check. `knowledge` is the frozen catalogue, `today` the date that ages count from."""

    def __init__(self, systems: Mapping[str, System], knowledge: Catalogue, today: datetime.date) -> None:
        self.systems = systems
        self.knowledge = knowledge
        self.today = today

    @cached_property
    def load(self) -> Load:
        """Stated and derived load of every component (design.md 3.1)."""
        from archlint.analysis.load import Load

        return Load(self.systems)

    @cached_property
    def capacity(self) -> Capacity:
        """Instances at a load, where they stand, and what they can serve."""
        from archlint.analysis.capacity import Capacity

        return Capacity(self.load)

    @cached_property
    def promises(self) -> Promises:
        """Which components carry a flow with an objective, or are critical themselves."""
        from archlint.analysis.promises import Promises

        return Promises(self.systems)

    @cached_property
    def single_failures(self) -> SingleFailures:
        """Order-1 cut sets of every flow with an objective, over components and failure domains."""
        from archlint.analysis.cuts import SingleFailures

        return SingleFailures(self.systems, self.promises, self.knowledge)

    @cached_property
    def availability(self) -> Availability:
        """How available each flow can be expected to be, and what costs it most."""
        from archlint.analysis.availability import Availability

        return Availability(self.single_failures.losses, self.promises, self.knowledge)

    @cached_property
    def recovery_cycles(self) -> RecoveryCycles:
        """Circles of what components need to come back."""
        from archlint.analysis.recovery_cycles import RecoveryCycles

        return RecoveryCycles(self.single_failures.losses)

    @cached_property
    def data_path(self) -> DataPath:
        """Where requests ask what only changes the system."""
        from archlint.analysis.planes import DataPath

        return DataPath(self.systems, self.promises)

    @cached_property
    def budget_owners(self) -> BudgetOwners:
        """Dependencies, changes and single failures that spend most of an error budget by themselves."""
        from archlint.analysis.budget_owners import BudgetOwners

        return BudgetOwners(self.availability, self.single_failures)

    @cached_property
    def retries(self) -> Retries:
        """Horizons of retried calls and of the keys that make them safe."""
        from archlint.analysis.retries import Retries

        return Retries(self.systems)

    @cached_property
    def objectives(self) -> Objectives:
        """What flows promise of the components on their paths."""
        from archlint.analysis.objectives import Objectives

        return Objectives(self.promises)

    @cached_property
    def latencies(self) -> Latencies:
        """How long the calls of a flow take, healthy and while something is slow."""
        from archlint.analysis.latency import Latencies

        return Latencies(self.systems, self.retries)

    @cached_property
    def surges(self) -> Surges:
        """How much more than at peak must be survived."""
        from archlint.analysis.surges import Surges

        return Surges(self.load)

    @cached_property
    def amplification(self) -> Amplification:
        """What retries make of the load on a failing component, and whether it comes back."""
        from archlint.analysis.amplification import Amplification

        return Amplification(self.systems, self.capacity, self.retries)

    @cached_property
    def measures(self) -> Measures:
        """The figures of the manifest that limits of technologies bound."""
        from archlint.analysis.limits import Measures

        return Measures(self)

    @cached_property
    def geography(self) -> Geography:
        """Regions, zones, the links between them, and where components stand."""
        from archlint.analysis.gravity import Geography

        return Geography(self.systems)

    @cached_property
    def transfers(self) -> Transfers:
        """What each system moves between regions and zones, and what that costs."""
        from archlint.analysis.transfer import Transfers

        return Transfers(self.systems, self.geography, self.load, self.knowledge)

    @cached_property
    def ownership(self) -> Ownership:
        """Which team answers for what."""
        from archlint.analysis.ownership import Ownership

        return Ownership(self.systems)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """Topics that hold what could not be handled."""
        from archlint.analysis.dead_letters import DeadLetters

        return DeadLetters(self.systems)
