"""A validated manifest: one attribute per section, each holding the models of what the file states.

Importing this module imports no model; a section that is not there is {} where it would hold names, [] where
it would hold a list, None where it would hold one thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archlint.records import dataclass, field

if TYPE_CHECKING:
    from datetime import date

    from archlint.manifest.models.brokers import BrokerSpec
    from archlint.manifest.models.caches import CacheSpec
    from archlint.manifest.models.changes import ChangeSpec
    from archlint.manifest.models.clients import ClientSpec
    from archlint.manifest.models.datastores import DatastoreSpec
    from archlint.manifest.models.defaults import DefaultsSpec
    from archlint.manifest.models.externals import ExternalSpec
    from archlint.manifest.models.flows import FlowSpec
    from archlint.manifest.models.guards import GuardSpec
    from archlint.manifest.models.jobs import JobSpec
    from archlint.manifest.models.locks import LockSpec
    from archlint.manifest.models.networks import NetworkSpec
    from archlint.manifest.models.operations import OperationsSpec
    from archlint.manifest.models.patterns import (
        FilterSpec,
        ProjectionSpec,
        ReservationSpec,
        ShadowSpec,
        SnapshotSpec,
    )
    from archlint.manifest.models.services import ServiceSpec
    from archlint.manifest.models.system import SystemSpec
    from archlint.manifest.models.teams import TeamSpec
    from archlint.manifest.models.topology import TopologySpec
    from archlint.manifest.models.transactions import TransactionSpec
    from archlint.manifest.models.verification import VerificationSpec
    from archlint.manifest.models.waivers import WaiverSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What one file states, its defaults merged, in canonical units. Mappings keep the order of the file."""

    archlint: int
    system: SystemSpec
    as_of: date | None = None
    teams: dict[str, TeamSpec] = field(default_factory=dict)
    topology: TopologySpec | None = None
    defaults: DefaultsSpec | None = None
    clients: dict[str, ClientSpec] = field(default_factory=dict)
    services: dict[str, ServiceSpec] = field(default_factory=dict)
    datastores: dict[str, DatastoreSpec] = field(default_factory=dict)
    caches: dict[str, CacheSpec] = field(default_factory=dict)
    brokers: dict[str, BrokerSpec] = field(default_factory=dict)
    externals: dict[str, ExternalSpec] = field(default_factory=dict)
    networks: dict[str, NetworkSpec] = field(default_factory=dict)
    jobs: dict[str, JobSpec] = field(default_factory=dict)
    transactions: dict[str, TransactionSpec] = field(default_factory=dict)
    locks: dict[str, LockSpec] = field(default_factory=dict)
    guards: list[GuardSpec] = field(default_factory=list)
    flows: dict[str, FlowSpec] = field(default_factory=dict)
    changes: dict[str, ChangeSpec] = field(default_factory=dict)
    operations: OperationsSpec | None = None
    verification: VerificationSpec | None = None
    reservations: dict[str, ReservationSpec] = field(default_factory=dict)
    projections: dict[str, ProjectionSpec] = field(default_factory=dict)
    snapshots: dict[str, SnapshotSpec] = field(default_factory=dict)
    shadow: dict[str, ShadowSpec] = field(default_factory=dict)
    filters: dict[str, FilterSpec] = field(default_factory=dict)
    waivers: list[WaiverSpec] = field(default_factory=list)
