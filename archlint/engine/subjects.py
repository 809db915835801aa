"""What checks visit: from the annotation of a check's first parameter to the elements of a system."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from archlint.manifest.comments import speaks_to_archlint
from archlint.system.elements import Element, System

SUBJECTS: dict[str, Callable[[System], Iterable[Element]]] = {
    "System": lambda system: (system,),
    "Component": lambda system: system.components.values(),
    "Service": lambda system: system.services.values(),
    "Datastore": lambda system: system.datastores.values(),
    "Cache": lambda system: system.caches.values(),
    "Broker": lambda system: system.brokers.values(),
    "Topic": lambda system: system.topics.values(),
    "External": lambda system: system.externals.values(),
    "Network": lambda system: system.networks.values(),
    "Client": lambda system: system.clients.values(),
    "Job": lambda system: system.jobs.values(),
    "Call": lambda system: system.calls,
    "Publish": lambda system: system.publishes,
    "Consume": lambda system: system.consumes,
    "Flow": lambda system: system.flows.values(),
    "Transaction": lambda system: system.transactions.values(),
    "Lock": lambda system: system.locks.values(),
    "Ignore": lambda system: system.ignores,
    "Waiver": lambda system: system.waivers,
}

ACCEPTANCES = ("Ignore", "Waiver")
"""What the checks visit that run last of all, on what the manifest accepts: no ignore and no waiver concerns them."""


def accepts_anything(system: System) -> bool:
    """Whether the manifest may hold an ignore or a waiver."""
    return bool(system.manifest.waivers) or speaks_to_archlint(system.document.text)


def subjects_of(system: System, kind: str) -> Iterable[Element]:
    """The elements of one kind, in the order of the manifest. Raises KeyError for a kind that is none."""
    return SUBJECTS[kind](system)
