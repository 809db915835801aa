"""Backups: whether what is written to a store of record outlives the store."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.plugin import NONE, WARNING, Datastore, Evidence, Finding, Iterator, NotApplicable, check, stated


@check("OPS010", "no-backup", severity=WARNING)
def no_backup(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """A store of record has no backup.

    What it finds: a datastore whose `backup` is `none`, or not stated. Silent for a copy of another store
    (`replica_of`), and for a projection that is stated to be rebuildable from its source: their data can be
    had again. Replicas, quorums and failover count for nothing here.

    Why it matters: replication copies a bad write, a dropped table or a damaged page to every replica within
    its lag. Only a copy from before the mistake, kept apart from the store, brings the data back.

    At 3 AM: a migration or a person has deleted rows, all replicas agree that they are gone, and there is
    nothing to restore from. Stop the writers, keep the disks and the log files as they are, and look for
    copies elsewhere: exports, caches, events, the logs of callers.

    How to fix: take backups and keep the log, so that any moment can be restored (`backup.point_in_time`), in
    another region or account; then restore one, and write down the date (`backup.proven`).

    When it is wrong: the data may be lost, or can be derived from another store. State where it comes from
    (`replica_of`, or a projection with `rebuildable: true`), or waive the finding with the reason.

    Sources: B. Beyer, C. Jones, J. Petoff, N. R. Murphy (eds.), Site Reliability Engineering, 2016, chapter 26,
    "Data Integrity: What You Read Is What You Wrote", https://sre.google/sre-book/data-integrity/; GitLab,
    "Postmortem of database outage of January 31", 2017,
    https://about.gitlab.com/blog/2017/02/10/postmortem-of-database-outage-of-january-31/.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          orders:
            nodes: 3
            replication: {mode: sync, factor: 3}
            backup: none

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          orders:
            nodes: 3
            backup: {every: 1d, point_in_time: 5m, retention: 35d, location: other-region}
    """
    if store.spec.replica_of is not None:
        raise NotApplicable
    backup = store.spec.backup
    if (backup is not None and backup != NONE) or _can_be_rebuilt(store):
        return
    copies = stated(store.spec, "nodes")
    replicated = " (its copies repeat every mistake)" if isinstance(copies, int) and copies > 1 else ""
    verb = "states" if backup is None else "has"
    yield Finding(
        at=store,
        field="backup",
        message=f"{store.label} {verb} no backup: what is deleted or damaged in it is gone{replicated}",
        evidence=_evidence(store),
        remedy=(
            "Take backups and keep the log between them, away from the store (another region or account),"
            " and restore one to see that it works."
        ),
        unstated="backup" if backup is None else "",
        cause="no backup",
    )


def _can_be_rebuilt(store: Datastore) -> bool:
    """Whether the store holds a projection that is stated to be rebuildable."""
    names = {store.name, f"{store.system.name}/{store.name}"}
    projections = store.system.manifest.projections.values()
    return any(projection.to in names and projection.rebuildable is True for projection in projections)


def _evidence(store: Datastore) -> tuple[Evidence, ...]:
    size = stated(store.spec, "size")
    return () if size is None else (Evidence("data at stake", float(size), "B"),)
