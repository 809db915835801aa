"""How the system is watched and repaired."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import (
    Count,
    Date,
    Duration,
    DurationFloor,
    Flag,
    Label,
    Name,
    OrNone,
    Reference,
)
from archlint.manifest.models.base import Control, Spec, needed, stated
from archlint.manifest.models.changes import ChangeScope
from archlint.manifest.models.common import Domains


class MonitoringSpec(Control):
    """How trouble is seen."""

    signals: list[Name] | None = stated("What is watched: latency, traffic, errors, saturation, or other names.")
    runs_on: list[Reference] | None = stated("Components of the system that the monitoring itself needs.")
    domains: Domains | None = stated("Failure domains of the monitoring, by kind.")
    out_of_band: Flag | None = stated("Whether it works when the system, its network and its login do not.")
    detection: Duration | None = stated("Time from the trouble to the alert.")


class IndependenceSpec(Spec):
    """What the tools of an incident themselves need; an empty list says nothing of this system."""

    paging: list[Reference] | None = stated("Components that paging needs.")
    status_page: list[Reference] | None = stated("Components that the status page needs.")
    admin_access: list[Reference] | None = stated("Components that access for repair needs.")
    deploy: list[Reference] | None = stated("Components that a deploy needs.")
    rollback: list[Reference] | None = stated("Components that a rollback needs.")
    failover_controller: list[Reference] | None = stated("Components that a failover needs to be carried out.")


class ResponseSpec(Spec):
    """How fast people act."""

    acknowledge: Duration | None = stated("Time from the alert until somebody is at work.")
    mitigate: Duration | None = stated("Time from then until users no longer notice.")


class AlertsSpec(Spec):
    """What wakes people."""

    slo_burn: Flag | None = stated("Whether alerts follow how fast the error budget is spent.")
    runbooks: Flag | None = stated("Whether each alert names what to do.")


class DnsSpec(Spec):
    """Names of the system in the DNS."""

    providers: Count | None = stated("Independent providers that serve the names.")
    ttl: Duration | None = stated("Time that resolvers keep an answer.")


class CertificateSpec(Spec):
    """A certificate that can expire."""

    name: Label = needed("Which certificate.")
    scope: ChangeScope | None = stated("How much fails when it expires.")
    expires: Date | None = stated("Last day on which it is valid.")
    renewal: Literal["automatic", "manual", "none"] | None = stated("How it is renewed.")
    alert_before: OrNone[DurationFloor] | None = stated("How long before its end somebody is told.")
    on: list[Reference] | None = stated("Components that present it.")


class AccessSpec(Control):
    """How people get in when the usual way is broken."""

    break_glass: Flag | None = stated("Whether there is a way in that does not need the usual login.")
    depends_on: list[Reference] | None = stated("Components that this way needs.")


class OperationsSpec(Spec):
    """How the system is watched and repaired."""

    monitoring: OrNone[MonitoringSpec] | None = stated("How trouble is seen.")
    independence: IndependenceSpec | None = stated("What the tools of an incident themselves need.")
    response: ResponseSpec | None = stated("How fast people act.")
    alerts: OrNone[AlertsSpec] | None = stated("What wakes people.")
    dns: OrNone[DnsSpec] | None = stated("Names of the system in the DNS.")
    certificates: list[CertificateSpec] | None = stated("Certificates that can expire.")
    access: OrNone[AccessSpec] | None = stated("How people get in when the usual way is broken.")
    cost_per_transaction: Literal["tracked", "none"] | None = stated("Whether the cost of a transaction is known.")
