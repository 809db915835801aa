"""`--scale-load 1.9x`: every load that a manifest declares, multiplied on the tree."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext

from archlint.manifest.routes import RouteError, parse_route, resolve_all
from archlint.manifest.tree import TreeCopy, value_at

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_RATE = re.compile(r"[0-9][^/]*/[a-z]+")

_LOADED = ("services", "datastores", "caches", "brokers", "externals", "networks")
_CALLERS = ("clients.*", "services.*", "services.*.operations.*", "jobs.*")
_PUBLISHERS = ("services.*", "services.*.operations.*")

# Demand, as teams declare it. Capacities, limits, what was tested, and how often work repeats are none.
LOADS = (
    *("flows.*.peak", "flows.*.mean", "flows.*.burst"),
    *(f"{section}.*.load.*" for section in _LOADED),
    *(f"{caller}.calls[*].rate" for caller in _CALLERS),
    *(f"{publisher}.publishes[*].{rate}" for publisher in _PUBLISHERS for rate in ("rate", "mean")),
    "services.*.consumes[*].rate",
    "datastores.*.counters[*].rate",
    "caches.*.hottest_key",
    "locks.*.rate",
    *("defaults.service.load.*", "defaults.store.load.*", "defaults.call.rate"),
)


def scale_loads(tree: TreeCopy, factor: Decimal) -> None:
    """What is no rate (a bare 0, a multiple of the peak, what does not validate) stays as it is."""
    for route in LOADS:
        try:
            paths = resolve_all(parse_route(route), tree.data)
        except RouteError:
            continue
        for path in paths:
            stated = value_at(tree.data, path)
            if isinstance(stated, str) and _RATE.fullmatch(stated.strip()):
                tree.put(path, _times(stated, factor))


def _times(text: str, factor: Decimal) -> str:
    """A quantity times a factor, in its own unit: both ends of a range, not the unit's letters."""
    return _NUMBER.sub(lambda number: _written(Decimal(number[0]) * factor), text)


def _written(number: Decimal) -> str:
    with localcontext(prec=15):
        text = f"{+number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
