"""`--scale-load 1.9x`: every load that a manifest declares, multiplied on the tree."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext

from archlint.manifest.routes import RouteError, parse_route, resolve_all
from archlint.manifest.tree import TreeCopy, value_at

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_RATE = re.compile(r"[0-9][^/]*/[a-z]+")

_SERVICES = ("services.*", "defaults.service")
_LOADED = (*_SERVICES, "externals.*", "networks.*")
_STORES = ("datastores.*", "caches.*", "defaults.store")
_WORKERS = (*_SERVICES, *(f"{service}.operations.*" for service in _SERVICES), "jobs.*")

LOADS = (
    *(f"{of}.load.{load}" for of in _LOADED for load in ("peak", "mean", "burst")),
    *("brokers.*.topics.*.load.peak", "brokers.*.topics.*.load.mean"),
    *(f"{of}.load.{load}" for of in _STORES for load in ("reads", "writes", "reads_mean", "writes_mean")),
    *(f"{of}.calls[*].rate" for of in (*_WORKERS, "clients.*")),
    *(f"{of}.publishes[*].{load}" for of in _WORKERS for load in ("rate", "mean")),
    *(f"flows.*.{load}" for load in ("peak", "mean", "burst")),
    *(f"{of}.counters[*].rate" for of in ("datastores.*", "defaults.store")),
    *("caches.*.hottest_key", "defaults.call.rate"),
    *(f"{section}.*.rate" for section in ("locks", "reservations", "transactions")),
)
"""Demand, as teams declare it. Capacities, limits, what was tested, and how often work repeats are none."""


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
