"""Production limits: what the technologies that a system uses can take, as their own documents say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archlint.analysis.analyses import Analyses
from archlint.analysis.technology import may_have_limits
from archlint.plugin import ERROR, WARNING, Component, Finding, Iterator, NotApplicable, Unknown, check

if TYPE_CHECKING:  # what computes is imported where a manifest names a technology
    from archlint.analysis.terms import Level


@check("LIM001", "hard-limit-exceeded", severity=ERROR, applies=may_have_limits)
def hard_limit_exceeded(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The system asks more of a technology than it can ever do.

    What it finds: a figure of the manifest beyond a hard limit of the component's technology, one that no setting
    raises. A figure of the catalogue that could not be verified gives a warning.

    Why it matters: there is nothing to tune. The request, message or object is refused, or the component stops.

    At 3 AM: one kind of request fails, always and at once, with the same error from the technology itself;
    retries only repeat it. Refuse or split the input at the edge.

    How to fix: change the design: split the payload, shard the data, keep large objects elsewhere and pass a
    reference.

    When it is wrong: the version in use differs from the one that the source speaks of, or what is stated never
    reaches the technology in one piece.

    Sources: the documents that `archlint explain TECHNOLOGY` names for each limit; for the example: PostgreSQL
    Global Development Group, PostgreSQL Documentation, Appendix K, "PostgreSQL Limits", 2025,
    https://www.postgresql.org/docs/current/limits.html.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          reports:
            calls: [{to: archive, access: write, payload: 1.4GiB}]
        datastores:
          archive: {technology: postgresql@16}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          reports:
            calls: [{to: archive, access: write, payload: 8MiB}]
        datastores:
          archive: {technology: postgresql@16}
    """
    yield from _findings(component, analyses, "hard")


@check("LIM002", "quota-or-default-exceeded", severity=ERROR, applies=may_have_limits)
def quota_or_default_exceeded(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The system needs more than a quota or a default setting allows, and does not say that it was raised.

    What it finds: a figure of the manifest beyond a quota of the provider or a default of the technology. The value
    that the manifest states under `limits`, under `settings`, or in a field of its own (`connections.max`) counts
    in its place. It is an error for a quota, for a value that the manifest itself states, and for a default beyond
    which the technology is documented to refuse what is certain to come; else, where only a maximum that may
    never be reached is beyond it (pools at their largest, a full batch), a warning. Connections of a store that
    states `connections.max` are LAW022's.

    Why it matters: defaults are made for a first try. The one that was never raised is found by the first peak.

    At 3 AM: "too many clients", "message too large", "database space exceeded": errors that no deploy explains,
    because growth caused them. Raise the setting if it takes no restart; else reduce what asks.

    How to fix: raise the setting in the configuration, with the memory and disk that it takes, and state it in the
    manifest; or ask the provider to raise the quota, which takes days.

    When it is wrong: the setting was raised long ago and the manifest does not say so. State it.

    Sources: the documents that `archlint explain TECHNOLOGY` names for each limit; for the example: "etcd
    documentation: System limits", 2026, https://etcd.io/docs/v3.7/dev-guide/limit/.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          console:
            calls: [{to: config, access: write, payload: 2MiB}]
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 90MiB}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          console:
            calls: [{to: config, access: write, payload: 2MiB}]
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 90MiB, settings: {max-request-bytes: 4MiB}}
    """
    yield from _findings(component, analyses, "quota")


@check("LIM003", "near-limit", severity=WARNING, applies=may_have_limits)
def near_limit(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The system is close to a limit: above 80% of it.

    What it finds: a figure of the manifest above 80% of a hard limit, a quota or a default setting, and not beyond
    it. Raised values count as in LIM002. Silent for what cannot grow, such as the length of a name.

    Why it matters: the last fifth is gone sooner than a raise, a migration or a new shard is ready, and the
    peak of the year comes in between.

    At 3 AM: nothing yet. This is the finding that spares the night.

    How to fix: raise the setting now, or plan the change that lowers the figure, and alert at 80%.

    When it is wrong: the figure does not grow and has no peaks.

    Sources: the documents that `archlint explain TECHNOLOGY` names for each limit; for the margin: B. Beyer, C.
    Jones, J. Petoff, N. R. Murphy (eds.), Site Reliability Engineering, 2016, chapter 18, "Software Engineering in
    SRE" (capacity planning), https://sre.google/sre-book/software-engineering-in-sre/.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 1.8GiB}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 600MiB}
    """
    yield from _findings(component, analyses, "near")


@check("LIM004", "beyond-recommended", severity=WARNING, applies=may_have_limits)
def beyond_recommended(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The system goes beyond what is advised for a technology, or beyond all that was ever tested.

    What it finds: a figure of the manifest beyond a limit that the technology's makers recommend, or beyond the
    largest published test. Where a limit depends on a mode, plan or version that the manifest does not state, only a
    figure beyond those of all of them fires; a limit of one plan alone says nothing until the plan is stated.

    Why it matters: nothing refuses the next one. The cost shows later, and all at once: in a failover, a restart, a
    rebalance, an election.

    At 3 AM: a routine restart takes an hour instead of a minute, or a failover does not end.

    How to fix: come back below the figure (more nodes, fewer partitions, another shard), or measure failover and
    recovery at your own size.

    When it is wrong: you have tested recovery at this size, on this version and hardware. Waive it with the
    date of the test.

    Sources: the documents that `archlint explain TECHNOLOGY` names for each limit; for the example: "KIP-578: Add
    configuration to limit number of partitions", Apache Kafka, 2020,
    https://cwiki.apache.org/confluence/spaces/KAFKA/pages/148641509/.

    Risky:
        archlint: 1
        system: {name: shop}
        brokers:
          events:
            technology: kafka@3.6
            mode: zookeeper
            nodes: 6
            topics: {orders: {partitions: 9600, replication_factor: 3}}

    Safe:
        archlint: 1
        system: {name: shop}
        brokers:
          events:
            technology: kafka@3.6
            mode: zookeeper
            nodes: 8
            topics: {orders: {partitions: 9600, replication_factor: 3}}
    """
    yield from _findings(component, analyses, "beyond")


def _findings(component: Component, analyses: Analyses, level: Level) -> Iterator[Finding]:
    judged = analyses.measures.judge(component)
    if judged is None or level not in judged.levels:
        raise NotApplicable
    from archlint.checks.limit_findings import finding_of

    for breach in judged.breaches:
        if breach.level == level:
            yield finding_of(breach, analyses.today)
    if judged.unknown[level]:
        raise Unknown(*judged.unknown[level])
