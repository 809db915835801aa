"""Services of others that are called."""

from __future__ import annotations

from archlint.manifest.fields import Flag, Label, Name, OrNone, RateFloor
from archlint.manifest.models.base import Spec, stated
from archlint.manifest.models.common import ComponentSpec, LatencySpec, LoadSpec, RateLimit, SloSpec


class ExternalCapacitySpec(Spec):
    """What the external service can carry."""

    rate: RateFloor | None = stated("Requests that it serves, for this system.")


class ExternalSpec(ComponentSpec):
    """A service that somebody else runs."""

    provider: Label | None = stated("Who runs it.")
    region: Name | None = stated("Region that it is called in.")
    contract: Flag | None = stated("Whether a contract binds its provider.")
    rate_limit: RateLimit | None = stated("Rate that it admits from this system.")
    latency: LatencySpec | None = stated("What callers see of it.")
    load: LoadSpec | None = stated("Demand of this system on it.")
    capacity: ExternalCapacitySpec | None = stated("What it can carry, where it states no rate limit.")
    slo: OrNone[SloSpec] | None = stated("What its provider aims at, without a contract.")
