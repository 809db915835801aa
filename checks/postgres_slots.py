"""PostgreSQL: replication slots, which keep the log for as long as their reader is away."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.analysis.analyses import Analyses
from archlint.analysis.configuration import setting, size, time
from archlint.analysis.member_measures import change_readers
from archlint.analysis.technology import is_postgresql, release_of
from archlint.analysis.thresholds import at_most, exceeds
from archlint.plugin import (
    WARNING,
    Clear,
    Datastore,
    Evidence,
    Finding,
    NotApplicable,
    Unknown,
    check,
    show,
    stated,
)

KEPT = "max_slot_wal_keep_size"
KEPT_SINCE = 13
"""The release that first has it."""

FORGOTTEN = "idle_replication_slot_timeout"

MINUTE, MEBIBYTE = 60.0, 2.0**20
"""Units of bare numbers in the server's configuration."""


@check("LIM121", "postgres-slots", severity=WARNING, applies=is_postgresql)
def postgres_slots(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """A replication slot may keep the log of a PostgreSQL server until its disk is full.

    What it finds: stores with a slot, where nothing bounds what it keeps. A slot is shown by a service that publishes
    changes of the store `via: cdc`, a caller that runs on Debezium, a projection built from the store, or standbys
    whose `settings` name a slot (`primary_slot_name`). Bounds are `max_slot_wal_keep_size` (-1, for no bound, unless
    set) and `idle_replication_slot_timeout`. A bound that is larger than the free disk is none.

    Why it matters: the server keeps each byte of its log until the slot's reader has confirmed it. A connector that was
    stopped, renamed or forgotten confirms nothing, and the primary fills its disk, hours or weeks later, in a place
    that nobody connects with it. A full log directory stops the server.

    At 3 AM: "PANIC: could not write to file pg_wal: No space left on device". Look for `active = false` in
    pg_replication_slots and drop that slot; never delete files of pg_wal. The reader then needs a new snapshot.

    How to fix: set `max_slot_wal_keep_size` to what the disk can spare and the reader's longest outage needs, and alert
    on wal_status and on safe_wal_size.

    When it is wrong: an operator or a job drops slots that fall behind. State the size at which it does so.

    Sources: PostgreSQL Global Development Group, PostgreSQL Documentation, section 19.6.1, "Sending Servers"
    (max_slot_wal_keep_size, idle_replication_slot_timeout), 2025,
    https://www.postgresql.org/docs/current/runtime-config-replication.html; section 26.2.6, "Replication Slots",
    https://www.postgresql.org/docs/current/warm-standby.html; Debezium, "PostgreSQL connector" (WAL disk space
    consumption), 2025, https://debezium.io/documentation/reference/stable/connectors/postgresql.html.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          capture: {technology: debezium, calls: [{to: orders, access: read}]}
        datastores:
          orders: {technology: postgresql@16, settings: {max_slot_wal_keep_size: -1}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          capture: {technology: debezium, calls: [{to: orders, access: read}]}
        datastores:
          orders: {technology: postgresql@16, settings: {max_slot_wal_keep_size: 100GB}}
    """
    subject = analyses.measures.subject(store)
    found = next(iter(analyses.measures.of(store, "replication_slots")), None)
    if subject is None or found is None or isinstance(found, Unknown) or not (found.value or found.missing):
        raise NotApplicable
    if not found.value:
        raise Unknown(*found.missing)
    idle = setting(store, FORGOTTEN)
    if idle is not None and (time(idle.value, MINUTE) or 0) > 0:
        return
    kept = setting(store, KEPT)
    bound = None if kept is None else size(kept.value, MEBIBYTE)
    if kept is not None and bound is None:
        raise Unknown(kept.field)
    free = _free(store)
    if bound is not None and bound >= 0 and not (free is not None and exceeds(bound, free)):
        return
    readers = change_readers(subject)
    yield _slot_finding(store, int(found.value), readers, bound, free)


def _free(store: Datastore) -> float | None:
    """Bytes of one node's disk that the data leaves; None where that is not stated."""
    disk, data = stated(store.spec, "disk.size"), stated(store.spec, "size")
    return None if disk is None or data is None else max(0.0, disk - data / max(1, stated(store.spec, "shards") or 1))


def _slot_finding(store: Datastore, slots: int, readers: list[str], bound: float | None, free: float | None) -> Finding:
    old = (release_of(store) or (KEPT_SINCE,))[0] < KEPT_SINCE
    bounded = bound is not None and bound >= 0
    who = f"a slot of {' and of '.join(readers)} keeps" if readers else "slots of its standbys keep"
    rows = [Evidence("slots", slots)]
    if free is not None:
        rows.append(Evidence("free on disk", free, "B"))
    if bounded:
        rows.append(Evidence("a slot may keep", bound or 0.0, "B"))
    limit = f"up to {show(bound or 0.0, 'B')}" if bounded else "without a bound"
    disk = f", of {show(free, 'B')} that are free" if free is not None else ""
    field = "technology" if old else f"settings.{KEPT}"
    safe = at_most(free, "B") if bounded and free else None
    return Finding(
        at=store,
        field=field,
        message=f"{who} the log of {store.label} {limit}{disk}: a reader that is gone fills the disk",
        exposure=bound / free if bounded and bound and free else None,
        evidence=tuple(rows),
        formula="a slot may keep > free on disk" if bounded else "",
        clears=(Clear(field, safe.value, str(int(safe.value / MEBIBYTE)) + "MB", WARNING),) if safe else (),
        remedy=(
            f"Upgrade to {KEPT_SINCE} or later, which has `{KEPT}`, and until then drop slots that fall behind."
            if old
            else f"Set `{KEPT}` to less than the disk can spare, and alert on slots that are not active."
        ),
        unstated="" if bound is not None or old else field,
    )
