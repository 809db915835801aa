"""Where the system runs: regions, zones, and the links between them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from archlint.manifest.fields import (
    Duration,
    Either,
    FractionFloor,
    Label,
    Name,
    ThroughputFloor,
    TransferPrice,
)
from archlint.manifest.models.base import Spec, needed, stated
from archlint.manifest.models.common import Domains


class ZoneSpec(Spec):
    """A zone, where more is known than its name."""

    availability: FractionFloor | None = stated("Availability of the zone.")
    domains: Domains | None = stated("Failure domains that it lies in, by kind: building, power...")


class RegionSpec(Spec):
    """A region and its zones."""

    zones: Either[list[Name], dict[Name, ZoneSpec]] | None = stated(
        "Names of the zones, or what is known of each. Names are whole and matched literally."
    )
    provider: Label | None = stated("Who runs the region.")
    availability: FractionFloor | None = stated("Availability of the region.")
    domains: Domains | None = stated("Failure domains that it lies in, by kind.")


class LinkSpec(Spec):
    """A path between two regions or zones."""

    between: Annotated[list[Name], Field(min_length=2, max_length=2)] = needed("The two regions or zones at its ends.")
    rtt: Duration | None = stated("Round-trip time.")
    price: TransferPrice | None = stated("Price of what is transferred.")
    throughput: ThroughputFloor | None = stated("Bytes per time that it carries.")
    availability: FractionFloor | None = stated("Availability of the path.")


class TopologySpec(Spec):
    """Regions and links."""

    regions: dict[Name, RegionSpec] | None = stated("Regions by name.")
    links: list[LinkSpec] | None = stated("Paths between regions or zones.")
