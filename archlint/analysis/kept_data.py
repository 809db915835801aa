"""What topics keep on the disks of a broker, by time and by size, as their retention says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from archlint.analysis.partitioned_logs import Said, copies, setting
from archlint.analysis.topic_measures import Inflow
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import Topic

if TYPE_CHECKING:
    from archlint.analysis.measured import Subject

_TIMES: Mapping[str, float] = {
    "local.retention.ms": 1e-3, "retention.ms": 1e-3, "log.local.retention.ms": 1e-3, "log.retention.ms": 1e-3,
    "log_retention_ms": 1e-3, "log.retention.minutes": 60.0, "log.retention.hours": 3600.0,
}  # fmt: skip
"""Settings that keep messages for a time, the stronger first, each with its unit in seconds."""

_SIZES = ("local.retention.bytes", "retention.bytes", "log.local.retention.bytes", "log.retention.bytes")
"""Settings that keep bytes in a partition, the stronger first."""

_COMPRESSED = frozenset({"gzip", "snappy", "lz4", "zstd"})


class Kept(NamedTuple):
    """Bytes that a topic keeps in all, copies included, once its retention is reached.

    `mean` says that they rest on the mean rate; else on the peak, at which more is kept than there will be. `sized`
    is False where messages are smaller than the figure that stands for them. `missing` names what would only add.
    """

    topic: Topic
    bytes: float
    rate: float
    retention: Said | None
    copies: int
    mean: bool
    sized: bool
    missing: tuple[str, ...] = ()


def kept_by(subject: Subject) -> Kept | Unknown | None:
    """None for a topic that keeps one message a key, that gets nothing, or that nothing bounds."""
    topic = subject.component
    if not isinstance(topic, Topic) or topic.spec.cleanup in ("compact", "compact-delete"):
        return None
    retention, bound, held = _retention(subject), _bound(topic), copies(topic)
    inflow = Inflow(subject, topic)
    if not inflow.bytes or (retention is None and bound == math.inf):
        lacks = inflow.lacks_bytes if retention is not None else ("topics.*.retention",)
        return Unknown(*lacks) if lacks and topic.publishers else None
    mean = subject.analyses.load.mean_of_topic(topic)
    rate = inflow.bytes / inflow.messages * mean.value if isinstance(mean, Known) else inflow.bytes
    by_time = math.inf if retention is None else rate * retention.value
    factor = held.value if held is not None else 1
    lacks = (*inflow.lacks_bytes, *(() if held is not None else ("topics.*.replication_factor",)))
    kept = min(by_time, bound)
    sized = inflow.certain and not _is_compressed(topic)
    return Kept(topic, kept * factor, rate, retention, factor, isinstance(mean, Known), sized, lacks)


def _retention(subject: Subject) -> Said | None:
    """Seconds; None where messages are kept without end, or nobody knows for how long."""
    topic = subject.component
    own = topic.spec.retention
    said = next((said for key in _TIMES if (said := setting(topic, key)) is not None), None)
    if said is not None and (own is None or "local" in said.field):
        number = _number(said.value)
        if number is not None and number >= 0:
            return said._replace(value=number * _TIMES[said.field[10:-2]])
    if own is not None:
        return Said(float(own), topic, "retention") if isinstance(own, int | float) else None
    usual = subject.defaults.get("retention") if said is None else None
    return Said(float(usual), topic, "retention", by_default=True) if isinstance(usual, int | float) else None


def _bound(topic: Topic) -> float:
    """Bytes that all partitions may keep, one copy of them; infinite where nothing bounds them."""
    own: object = topic.spec.max_size
    partitions = topic.spec.partitions
    if own is None:
        said = next((said for key in _SIZES if (said := setting(topic, key)) is not None), None)
        own = _number(said.value) if said is not None else None
    if not isinstance(own, int | float) or own < 0 or not partitions:
        return math.inf
    return float(own) * int(partitions)


def _is_compressed(topic: Topic) -> bool:
    kinds = [setting(owner, "compression.type") for owner in (topic, *(p.publisher for p in topic.publishers))]
    return any(said is not None and str(said.value).lower() in _COMPRESSED for said in kinds)


def _number(value: object) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]  # text that is no number raises
    except (TypeError, ValueError):
        return None
