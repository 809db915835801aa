"""The sections of a manifest and where their models stand; a model is imported when its section is there."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import GenericAlias, MappingProxyType
from typing import Any, Literal, NamedTuple

Shape = Literal["one", "named", "list"]


class Section(NamedTuple):
    """A top-level key of the manifest: its model, and whether it holds one, a mapping of names, or a list."""

    module: str
    model: str
    shape: Shape
    description: str
    required: bool = False


SECTIONS: Mapping[str, Section] = MappingProxyType(
    {
        "archlint": Section("system", "LanguageVersion", "one", "Version of the manifest's language.", True),
        "as_of": Section("system", "AsOf", "one", "Date on which the figures were true."),
        "system": Section("system", "SystemSpec", "one", "What the manifest describes.", True),
        "teams": Section("teams", "TeamSpec", "named", "Teams that own components."),
        "topology": Section("topology", "TopologySpec", "one", "Regions, zones and the links between them."),
        "defaults": Section("defaults", "DefaultsSpec", "one", "Values for every call, service, store."),
        "clients": Section("clients", "ClientSpec", "named", "Populations outside that call in."),
        "services": Section("services", "ServiceSpec", "named", "Programs that serve requests or messages."),
        "datastores": Section("datastores", "DatastoreSpec", "named", "Stores of record."),
        "caches": Section("caches", "CacheSpec", "named", "Copies that may be lost."),
        "brokers": Section("brokers", "BrokerSpec", "named", "Message brokers and logs with their topics."),
        "externals": Section("externals", "ExternalSpec", "named", "Services of others that are called."),
        "networks": Section("networks", "NetworkSpec", "named", "Balancers, gateways, resolvers, links."),
        "jobs": Section("jobs", "JobSpec", "named", "Work that a clock starts."),
        "transactions": Section("transactions", "TransactionSpec", "named", "Work over several stores."),
        "locks": Section("locks", "LockSpec", "named", "Locks and leases that work waits for."),
        "guards": Section("guards", "GuardSpec", "list", "Limits on destructive actions."),
        "flows": Section("flows", "FlowSpec", "named", "User journeys and what is promised for each."),
        "changes": Section("changes", "ChangeSpec", "named", "Classes of change and their way to production."),
        "operations": Section("operations", "OperationsSpec", "one", "How it is watched and repaired."),
        "verification": Section("verification", "VerificationSpec", "one", "What has been shown by test."),
        "reservations": Section("patterns", "ReservationSpec", "named", "Things held for a while."),
        "projections": Section("patterns", "ProjectionSpec", "named", "Read models built from events."),
        "snapshots": Section("patterns", "SnapshotSpec", "named", "Checkpoints that shorten a replay."),
        "shadow": Section("patterns", "ShadowSpec", "named", "Copies of traffic sent to another version."),
        "filters": Section("patterns", "FilterSpec", "named", "Bloom filters and their like."),
        "waivers": Section("waivers", "WaiverSpec", "list", "Findings accepted for a while, and why."),
    }
)


def load(key: str) -> Any:
    """The type that validates a whole section: a model, `dict[Name, model]` or `list[model]`."""
    section = SECTIONS[key]
    model: Any = getattr(import_module(f"{__name__}.{section.module}"), section.model)
    if section.shape == "list":
        return GenericAlias(list, model)
    if section.shape == "named":
        from archlint.manifest.fields import Name

        return GenericAlias(dict, (Name, model))
    return model
