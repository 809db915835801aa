"""Where the checks of a run could not judge: there, that a finding is absent says nothing of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Undecided:
    """Where checks could not judge: for many questions, each answered without going through all places."""

    def __init__(self, places: Iterable[tuple[str, str]]) -> None:
        """Of systems by name, and routes in them; the route of a system is empty."""
        self._at: set[tuple[str, str]] = set()
        self._above: set[tuple[str, str]] = set()
        for system, route in places:
            self._at.add((system, route))
            self._above.update((system, outer) for outer in _from_top(route))

    def touches(self, system: str, route: str) -> bool:
        """Whether one of the places is the route, lies in it, or holds it."""
        return (system, route) in self._above or any((system, outer) in self._at for outer in _from_top(route))


def _from_top(route: str) -> Iterator[str]:
    """The routes that hold a route, and itself; the empty one is that of the whole system."""
    yield ""
    yield from (route[:at] for at, character in enumerate(route) if at and character in ".[")
    yield route
