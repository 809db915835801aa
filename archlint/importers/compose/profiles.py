"""Which services start: those without a profile, those of a profile that is asked for, and what they depend on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archlint.importers.compose.service import Service


def started(
    services: Mapping[str, Service], profiles: Mapping[str, Sequence[str]], active: set[str]
) -> Mapping[str, object]:
    """The services that start, by name. Where none would, all: then each profile is a way to run the system."""
    first = [key for key, names in profiles.items() if not names or "*" in active or not active.isdisjoint(names)]
    if not first:
        return services
    waiting, kept = list(first), dict.fromkeys(first)
    while waiting:
        for name, stated in services[waiting.pop()].dependencies.items():
            if name in profiles and name not in kept and stated["required"].flag() is not False:
                kept[name] = None
                waiting.append(name)
    return kept
