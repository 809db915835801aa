"""Topics that hold what could not be handled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from archlint.system.elements import System, Topic


class DeadLetters:
    """The topics that a consumer or another topic names as its dead letters."""

    def __init__(self, systems: Mapping[str, System]) -> None:
        self.systems = systems

    @cached_property
    def topics(self) -> frozenset[Topic]:
        return frozenset(topic for system in self.systems.values() for topic in _named(system))


def _named(system: System) -> Iterator[Topic]:
    for consume in system.consumes:
        if consume.dead_letter is not None:
            yield consume.dead_letter
    for topic in system.topics.values():
        found = system.topics.get(str(topic.spec.dead_letter))
        if found is not None:
            yield found
