"""Populations outside that call in."""

from __future__ import annotations

from archlint.manifest.fields import Amount, Date, DurationFloor, Label, Name, OrNone
from archlint.manifest.models.base import Spec, stated
from archlint.manifest.models.calls import CallSpec
from archlint.manifest.models.common import Domains


class ReconnectSpec(Spec):
    """How clients come back after they were all cut off."""

    within: DurationFloor | None = stated("Time within which all of them try again.")
    jitter: OrNone[DurationFloor] | None = stated("Time over which the tries are spread at random.")


class ClientSpec(Spec):
    """A population of clients."""

    description: Label | None = stated("Who the clients are.")
    owner: Label | None = stated("Team that answers for the client software.")
    tags: list[Label] | None = stated("Free words for your own use.")
    as_of: Date | None = stated("Date on which the figures were true, where it is not the manifest's.")
    region: Name | None = stated("Region that the clients are in or near.")
    domains: Domains | None = stated("Failure domains that all of them share, by kind.")
    concurrent: Amount | None = stated("Clients connected at once, at peak.")
    requests_per_start: Amount | None = stated("Requests that a client makes when it starts or reconnects.")
    reconnect: ReconnectSpec | None = stated("How they come back after they were all cut off.")
    calls: list[CallSpec] | None = stated("Calls that the clients make; `rate` is that of the whole population.")
