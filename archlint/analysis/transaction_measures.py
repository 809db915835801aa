"""Measures of transactions, taken at whatever orchestrates them or takes part: archlint/knowledge/measures.py says
what each is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from archlint.analysis.measured import Found, Knob, Measured, Measurers, Subject, lacking
from archlint.analysis.values import Unknown
from archlint.system.elements import Broker, Cache, Component, Datastore, Service, System, Transaction


def prepared_transactions(subject: Subject) -> Found:
    found, used = 0.0, list[str]()
    for transaction in subject.analyses.measures.involved.taking_part(subject.component):
        if transaction.spec.protocol != "2pc":
            continue
        times = [step.timeout for step in transaction.spec.steps or []]
        rate = transaction.spec.rate
        held = sum(times) if all(isinstance(time, float | int) for time in times) else None
        found += max(1.0, math.ceil(rate * held)) if rate is not None and held is not None else 1.0
        used.append(transaction.name)
    if used:
        yield Measured(
            found, subject.component, None,
            f"{subject.component.label} takes part in two-phase commit ({', '.join(used)}), with {{}} prepared at once",
            formula="sum of rate x time in doubt, at least one",
        )  # fmt: skip


def transaction_participants(subject: Subject) -> Found:
    for transaction in _told_by(subject):
        count = len({step.on for step in transaction.spec.steps or () if step.on is not None})
        yield Measured(count, transaction, "steps", f"transaction {transaction.name} has {{}}",
                       owners=(subject.component,))  # fmt: skip


def transaction_steps(subject: Subject) -> Found:
    for transaction in _told_by(subject):
        yield Measured(len(transaction.spec.steps or ()), transaction, "steps",
                       f"transaction {transaction.name} has {{}}", owners=(subject.component,))  # fmt: skip


def transaction_duration(subject: Subject) -> Found:
    for transaction in _told_by(subject):
        times = [step.timeout for step in transaction.spec.steps or ()]
        known = [time for time in times if isinstance(time, int | float)]
        if not known:
            yield Unknown("transactions.*.steps.timeout")
            continue
        yield Measured(
            sum(known), transaction, "steps", f"transaction {transaction.name} takes up to {{}}",
            formula="sum of timeouts", missing=lacking(len(known) < len(times), "transactions.*.steps.timeout"),
            certain=False, knob=Knob(unit="s") if len(times) == 1 else None, owners=(subject.component,),
        )  # fmt: skip


def _told_by(subject: Subject) -> Iterator[Transaction]:
    """Those that concern the component, where it is the first of its technology in them: it tells for all."""
    analyses, slug = subject.analyses, subject.technology.slug
    involved = analyses.measures.involved
    for transaction in involved.concerning(subject.component):
        for component in involved.concerned(transaction):
            other = analyses.measures.subject(component)
            if other is not None and other.technology.slug == slug:
                if component is subject.component:
                    yield transaction
                break


class Involved:
    """The transactions of a run by the components that they concern."""

    def __init__(self, systems: Mapping[str, System]) -> None:
        self._systems = systems
        self._with_steps: dict[tuple[str, str], list[Transaction]] = {}
        self._all: dict[tuple[str, str], list[Transaction]] = {}
        for system in systems.values():
            for transaction in system.transactions.values():
                steps = [step.on for step in transaction.spec.steps or ()]
                self._add(self._with_steps, steps, transaction)
                self._add(self._all, _names_in(transaction), transaction)

    @staticmethod
    def _add(
        table: dict[tuple[str, str], list[Transaction]], names: Iterable[str | None], transaction: Transaction
    ) -> None:
        own = transaction.system.name
        for name in _whole_names(own, names):
            table.setdefault(name, []).append(transaction)

    def taking_part(self, component: Component) -> Sequence[Transaction]:
        """Those with a step on the component."""
        return self._with_steps.get((component.system.name, component.name), ())

    def concerning(self, component: Component) -> Sequence[Transaction]:
        """Those that the component drives, keeps the state of, or takes part in."""
        return self._all.get((component.system.name, component.name), ())

    def concerned(self, transaction: Transaction) -> Iterator[Component]:
        """What drives it, what keeps its state, and those with a step, in their order."""
        for system, name in _whole_names(transaction.system.name, _names_in(transaction)):
            if system in self._systems and name in self._systems[system].components:
                yield self._systems[system].components[name]


def _names_in(transaction: Transaction) -> tuple[str | None, ...]:
    spec = transaction.spec
    return (spec.orchestrator, spec.state, *(step.on for step in spec.steps or ()))


def _whole_names(system: str, names: Iterable[str | None]) -> Iterable[tuple[str, str]]:
    """Each once."""
    return dict.fromkeys(_whole_name(system, name) for name in names if name is not None)


def _whole_name(system: str, name: str) -> tuple[str, str]:
    """A reference as system and component; one without a system is to the manifest's own."""
    first, _, rest = name.rpartition("/")
    return (first, rest) if first else (system, rest)


_PARTS = (Datastore, Cache, Broker, Service)

TRANSACTION_MEASURES: Measurers = {
    "prepared_transactions": ((Datastore,), prepared_transactions),
    "transaction_duration": (_PARTS, transaction_duration),
    "transaction_participants": (_PARTS, transaction_participants),
    "transaction_steps": (_PARTS, transaction_steps),
}
"""By name: the components that have the measure, and what computes it for one of them."""
