"""Partitions of managed stores and queues: what one key, one shard or one queue takes at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archlint.analysis.analyses import Analyses
from archlint.analysis.partitioned_logs import keeps_partitions
from archlint.analysis.technology import may_have_limits
from archlint.plugin import ERROR, Broker, Component, Datastore, Finding, Iterator, NotApplicable, Topic, Unknown, check
from archlint.records import replace

if TYPE_CHECKING:  # what computes is imported where a manifest names a technology
    from archlint.analysis.limits import Breach

OF_ONE_KEY = frozenset(
    {
        "hottest_key_rate", "hottest_key_read_rate", "hottest_key_read_units", "hottest_key_request_units",
        "hottest_key_write_rate", "hottest_key_write_units", "key_message_rate", "key_write_throughput",
    }
)  # fmt: skip
OF_ONE_PARTITION = frozenset({"partition_message_rate", "partition_read_throughput", "partition_write_throughput"})
OF_ONE_QUEUE = frozenset({"topic_call_rate", "topic_message_rate", "topic_write_throughput"})
BOUGHT = frozenset({"throughput_unit_events", "throughput_unit_ingress"})
"""Limits of a whole broker that grow with the units that are bought for it."""


def may_have_partitions(component: Component) -> bool:
    """Whether a technology may put its keys or messages into partitions of a fixed rate."""
    return isinstance(component, Datastore | Topic | Broker) and may_have_limits(component)


@check(
    "LIM170",
    "partition-rate",
    severity=ERROR,
    applies=may_have_partitions,
    subsumes=("LAW080", "LIM001", "LIM002", "LIM004"),
)
def partition_rate(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """More is asked of one partition, key or queue than its provider serves from one.

    What it finds: for stores and queues of providers, what falls on one partition at peak against what it takes:
    DynamoDB's 1,000 write and 3,000 read units a second under one key, Cosmos DB's 10,000 request units, a Kinesis
    shard's 1 MiB or 1,000 records a second, SQS FIFO's 300 calls a second (3,000 messages in batches of ten), Event
    Hubs' throughput units, and what the catalogue knows of others. The hottest key has its stated share
    (`partition_key.hottest`), that of its Zipf distribution, or at least an even one of `cardinality` keys; large
    items take several units. Certain breaches of verified limits are errors; where only batching that is not stated
    would help, and for advice, a warning. Silent where a pattern splits the key (`write-sharding`, `key-salting`,
    `sharded-counter`), and where even all load together fits. Kafka's partitions are LIM106's.

    Why it matters: the provider scales the number of partitions, not the partition. A hot key is throttled while the
    table, stream or namespace has capacity to spare, and buying more changes nothing.

    At 3 AM: throttling errors at a third of the provisioned capacity, all from one tenant. Slow that one down, or
    cache its reads; retries make it worse.

    How to fix: split the hottest key over a few suffixes, added up on reading; more shards where load is even; larger
    batches; a queue or table of its own for the largest tenant.

    When it is wrong: a cache before the store answers the hottest key, and `hottest` was measured before it.

    Sources: Amazon Web Services, "Best practices for designing and using partition keys effectively in DynamoDB", 2026,
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html; "Amazon SQS FIFO
    queue quotas", 2026,
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-fifo.html; and the documents that
    `archlint explain TECHNOLOGY` names for each limit.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          orders:
            technology: dynamodb
            load: {reads: 1k/s, writes: 8k/s}
            size: 40GB
            records: 80M
            partition_key: {name: tenant, hottest: 20%}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          orders:
            technology: dynamodb
            load: {reads: 1k/s, writes: 8k/s}
            size: 40GB
            records: 80M
            partition_key: {name: order, hottest: 1%}
    """
    judged = None if keeps_partitions(component, analyses) else analyses.measures.judge(component)
    if judged is None:
        raise NotApplicable
    held = [breach for breach in judged.held if _is_of_a_part(breach.bound.limit.measure, breach.bound.limit.id)]
    lacking = {name for measure, fields in judged.lacking.items() if _is_of_a_part(measure, "") for name in fields}
    if not held and not lacking:
        raise NotApplicable
    groups: dict[str, list[Breach]] = {}
    for breach in judged.breaches:
        if breach.level != "near" and _is_of_a_part(breach.bound.limit.measure, breach.bound.limit.id):
            groups.setdefault(_cause(breach), []).append(breach)
    for same in groups.values():
        yield _finding(same, analyses)
    if lacking:
        raise Unknown(*sorted(lacking))


def _is_of_a_part(measure: str | None, limit: str) -> bool:
    return measure in OF_ONE_KEY | OF_ONE_PARTITION | OF_ONE_QUEUE or limit in BOUGHT


def _cause(breach: Breach) -> str:
    """What one remedy changes: bytes and records of a shard are one cause, and so are calls and messages of a queue."""
    limit = breach.bound.limit
    if limit.id in BOUGHT:
        return "units"
    return "queue" if limit.measure in OF_ONE_QUEUE else str(breach.measured.field)


def _finding(same: list[Breach], analyses: Analyses) -> Finding:
    """Of several breaches of one cause the gravest; more calls than messages allow are no cause of their own."""
    from archlint.checks.limit_findings import finding_of

    told = [(finding_of(breach, analyses.today), breach) for breach in same]
    gravest, breach = max(
        told,
        key=lambda pair: (
            pair[0].severity or ERROR,
            pair[1].bound.limit.measure != "topic_call_rate",
            pair[1].exposure,
        ),
    )
    return replace(
        gravest,
        remedy=_remedy(breach),
        concerns=tuple(dict.fromkeys(one.measured.at for one in same)),
        explains=tuple(one.bound.limit.name for one in same),
    )


def _remedy(breach: Breach) -> str:
    limit, field = breach.bound.limit, breach.measured.field
    if limit.id in BOUGHT:
        return f"Buy more units, and state them: `settings: {{{limit.key}: ...}}`."
    if limit.measure == "topic_call_rate":
        return "Send several messages in a call, use the mode of high throughput, or spread them over several queues."
    if limit.measure in OF_ONE_QUEUE:
        return "Spread the messages over several queues, or use a mode that takes more."
    if field == "partitions":
        return "Give it more partitions: the load is even, so each takes over a part."
    return "Split the hottest key over several, added up on reading, or give the largest tenant a place of its own."
