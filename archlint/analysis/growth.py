"""How measures grow with the data and the load of a system, and when they meet a limit."""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, NamedTuple

from archlint.analysis.values import Unknown
from archlint.system.elements import NONE, Component, Datastore, Topic, stated

if TYPE_CHECKING:
    pass

MONTH = 30.4375 * 86400
"""Seconds."""

FIXED = frozenset(
    (
        "backup_retention", "batch_size", "call_attempts", "call_timeout", "connection_idle_time", "connection_limit",
        "deliveries", "dns_ttl", "drain_time", "election_timeout", "entry_ttl", "failover_time", "in_sync_replicas",
        "instance_concurrency", "instance_cpu", "instance_memory", "lease_time", "member_round_trip",
        "network_idle_timeout", "network_timeout", "pool_size", "prepared_transactions", "queue_age", "queue_length",
        "replicas_per_shard", "replication_factor", "server_connections", "topic_name_length", "topic_retention",
        "transaction_duration", "transaction_participants", "transaction_steps", "voters",
    )
)  # fmt: skip
"""Measures that do not grow, because somebody has chosen them: near their limit is as good as far from it."""

WITH_LOAD = frozenset(
    (
        "account_concurrent_executions", "account_message_rate", "account_request_rate", "account_write_throughput",
        "broker_data_per_node", "broker_message_rate", "broker_write_throughput", "broker_write_throughput_per_node",
        "concurrent_executions", "hottest_key_rate", "hottest_key_read_rate", "hottest_key_write_rate",
        "instance_request_rate", "key_message_rate", "key_write_throughput", "messages_in_flight",
        "network_throughput", "partition_message_rate", "partition_read_throughput", "partition_write_throughput",
        "read_rate", "read_rate_per_node", "read_rate_per_shard", "request_rate", "request_rate_per_node",
        "requests_in_flight", "requests_in_flight_per_node", "service_request_rate", "topic_message_rate",
        "topic_size", "topic_write_throughput", "write_rate", "write_rate_per_node", "write_rate_per_shard",
        "write_throughput",
    )
)  # fmt: skip
"""Measures in proportion to the load, which grows by `system.growth` a month, compounded."""

WITH_DATA = frozenset(
    ("database_size", "records", "records_per_shard", "size_per_node", "stored_per_node", "total_size")
)
"""Measures in proportion to a store's `size`, to which `growth` adds as much each month."""

GROWING = WITH_LOAD | WITH_DATA


class Growth(NamedTuple):
    """`rate` is a share a month: of what was there the month before where `compound`, else of today's value."""

    rate: float
    compound: bool
    field: str

    def months_to(self, factor: float) -> float:
        """Months until a measure has grown to `factor` of today's value; infinite where it never does."""
        if factor <= 1:
            return 0.0
        if self.rate <= 0:
            return math.inf
        return math.log(factor) / math.log1p(self.rate) if self.compound else (factor - 1) / self.rate

    def factor_after(self, months: float) -> float:
        return (1 + self.rate) ** months if self.compound else 1 + self.rate * months


def growth_of(component: Component, measure: str) -> Growth | Unknown | None:
    """How a measure of the component grows; None for one that follows neither data nor load."""
    if measure in WITH_LOAD:
        rate = component.system.spec.growth
        return Unknown("system.growth") if rate is None else Growth(float(rate), True, "system.growth")
    if measure not in WITH_DATA or not isinstance(component, Datastore):
        return None
    added, size = component.spec.growth, component.spec.size
    if added is None or not size:
        return Unknown("growth" if added is None else "size")
    return Growth(float(added) * MONTH / float(size), False, "growth")


def figures_date(component: Component, today: datetime.date) -> datetime.date:
    """The day on which a component's figures were true."""
    keeper = component.broker if isinstance(component, Topic) else component
    own = stated(keeper.spec, "as_of")
    whole = component.system.manifest.as_of
    date = own if own is not None and own != NONE else whole
    return date if isinstance(date, datetime.date) else today


def after(date: datetime.date, months: float) -> datetime.date | None:
    """None beyond the calendar."""
    try:
        return date + datetime.timedelta(seconds=months * MONTH)
    except OverflowError:
        return None


def month_name(date: datetime.date) -> str:
    """Such as 2027-04."""
    return f"{date.year}-{date.month:02d}"
