"""All that can be computed of what limits bound: one measurer for each measure of the catalogue's table."""

from __future__ import annotations

from archlint.analysis.broker_measures import BROKER_MEASURES
from archlint.analysis.call_measures import CALL_MEASURES
from archlint.analysis.consume_measures import CONSUME_MEASURES
from archlint.analysis.measured import Measurers
from archlint.analysis.member_measures import MEMBER_MEASURES
from archlint.analysis.network_measures import NETWORK_MEASURES
from archlint.analysis.platform_measures import PLATFORM_MEASURES
from archlint.analysis.service_measures import SERVICE_MEASURES
from archlint.analysis.store_measures import STORE_MEASURES
from archlint.analysis.topic_measures import TOPIC_MEASURES
from archlint.analysis.transaction_measures import TRANSACTION_MEASURES
from archlint.analysis.unit_measures import UNIT_MEASURES

MEASURERS: Measurers = {
    **BROKER_MEASURES,
    **CALL_MEASURES,
    **CONSUME_MEASURES,
    **MEMBER_MEASURES,
    **NETWORK_MEASURES,
    **PLATFORM_MEASURES,
    **SERVICE_MEASURES,
    **STORE_MEASURES,
    **TOPIC_MEASURES,
    **TRANSACTION_MEASURES,
    **UNIT_MEASURES,
}
"""By name: the components that have the measure, and what computes it for one of them."""
