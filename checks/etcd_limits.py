"""etcd: how many members vote, and how much the database may hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from archlint.analysis.analyses import Analyses
from archlint.analysis.configuration import setting, size
from archlint.analysis.quorum import crashes_survived, majority
from archlint.analysis.technology import runs_on_one_of
from archlint.analysis.thresholds import exceeds
from archlint.analysis.values import Unknown
from archlint.plugin import ERROR, WARNING, Clear, Component, Datastore, Evidence, Finding, NotApplicable, check, show
from archlint.records import replace

if TYPE_CHECKING:
    from archlint.analysis.limits import Breach
    from archlint.analysis.raised import Bound

NAMES = frozenset({"etcd", "etcd3"})

FEWEST, MOST = 3, 7
"""Members with which one may be lost, and beyond which the project advises against more."""

QUOTA_KEY = "quota-backend-bytes"
LARGEST_QUOTA = 8 * 2**30
"""Bytes; etcd warns at its start where the quota is set above it."""


def is_etcd(component: Component) -> bool:
    return runs_on_one_of(component, NAMES)


@check("LIM110", "etcd-members", severity=WARNING, applies=is_etcd, subsumes=("LAW151", "LIM004"))
def etcd_members(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """An etcd cluster has a number of members that survives less, or costs more, than its neighbour.

    What it finds: members that vote (`replication.voters`, the `replication.members` that vote, else `nodes`): one
    or two, an even number, or more than seven. Learners do not vote. It stands in place of LAW151 and of LIM004 on
    the same members.

    Why it matters: one member is down with its machine, and of two both must be up, which is worse than one. A fourth
    member survives what three survive and adds something that can fail. Beyond seven, each write waits for five
    disks and links or more, the slowest of which decide.

    At 3 AM: half of an even cluster is cut off and neither side has a majority: everything that stores its state there
    is read-only. Bring the link or a member back; `--force-new-cluster` on a member that is behind loses writes.

    How to fix: run three members, or five where two may be lost at once, in as many failure domains. Remove the
    even member rather than add one that shares a domain.

    When it is wrong: a member is being replaced just now, or the cluster is for tests.

    Sources: etcd authors, "Frequently asked questions" (why an odd number of members; what is the maximum cluster
    size), etcd 3.7 documentation, 2026, https://etcd.io/docs/v3.7/faq/.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          config: {technology: etcd@3.5, nodes: 4, size: 90MiB}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 90MiB}
    """
    found = next(iter(analyses.measures.of(store, "voters")), None)
    if found is None:
        raise NotApplicable
    if isinstance(found, Unknown):
        raise found
    members = int(found.value)
    better, why, exposure = _better(members)
    if better == members:
        return
    field = str(found.field)
    advice = _advice(store, analyses) if members > MOST else None
    yield Finding(
        at=store,
        field=field,
        message=f"{show(members, 'members')} of {store.label} vote: {why}{_named(advice)}"
        if members != 1
        else f"one member of {store.label} votes: {why}",
        exposure=exposure,
        evidence=(
            Evidence("members that vote", members),
            Evidence("majority", majority(members)),
            Evidence("losses survived", crashes_survived(members)),
            Evidence(f"losses survived by {better}", crashes_survived(better)),
            *(() if advice is None else (Evidence("source", str(advice.limit.source.url)),)),
        ),
        formula="majority = floor(n / 2) + 1; survived = n - majority",
        clears=() if field == "replication.members" else (Clear(field, better, str(better), WARNING),),
        remedy=f"Let {show(better)} members vote, in as many failure domains.",
        explains=("etcd/members", "etcd/members_minimum"),
    )


def _advice(store: Datastore, analyses: Analyses) -> Bound | None:
    """What the catalogue tells of many members."""
    bounds = analyses.measures.limits_on(store, "voters")
    return next((bound for bound in bounds if bound.limit.id == "members"), None)


def _named(advice: Bound | None) -> str:
    from archlint.checks.limit_findings import source_of

    return "" if advice is None else f" ({source_of(advice)})"


def _better(members: int) -> tuple[int, str, float | None]:
    """A sound number of members, what is wrong with this one, and how far it is from sound."""
    survived = show(crashes_survived(members))
    if members < FEWEST:
        return FEWEST, "the loss of any one ends all writes, where three go on", FEWEST / max(members, 1)
    if members > MOST:
        wait = f"each write waits for {show(majority(members))} of them, and at most {MOST} are advised"
        return MOST, wait, members / MOST
    if members % 2 == 0:
        fewer = members - 1
        return fewer, f"they survive the loss of {survived}, as {show(fewer)} do, and halves have no majority", None
    return members, "", None


@check("LIM111", "etcd-database-size", severity=ERROR, applies=is_etcd, subsumes=("LIM002", "LIM004"))
def etcd_database_size(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """An etcd database is larger than its quota, or than a cluster can be expected to recover.

    What it finds: `size` beyond the quota, which is 2 GiB unless `settings: {quota-backend-bytes}` or `limits` say
    otherwise: an error, since etcd then refuses all writes. A `size`, or a quota, above the 8 GiB that the project
    suggests at most is a warning. It stands in place of LIM002 and LIM004 on the same size; LIM003 and LIM005 tell of
    a quota that is near.

    Why it matters: the first member over its quota raises an alarm that puts the whole cluster into a mode that takes
    only reads and deletes. What runs on it (a Kubernetes control plane, a leader election) can change nothing. With
    many gigabytes, snapshots and the start of a member take so long that members fall behind while they catch up.

    At 3 AM: "mvcc: database space exceeded". Compact the history, defragment one member after the other, disarm the
    alarm (`etcdctl alarm disarm`); only then are writes taken. Deleting keys alone frees nothing.

    How to fix: set `auto-compaction-retention`, defragment regularly, and keep what is large or frequent (events,
    leases by the thousand) in a cluster of its own. Raise the quota to 8 GiB at most, with as much memory.

    When it is wrong: the stated size is that of a file that was never defragmented.

    Sources: etcd authors, "System limits" and "Maintenance" (space quota), etcd 3.7 documentation, 2026,
    https://etcd.io/docs/v3.7/dev-guide/limit/, https://etcd.io/docs/v3.7/op-guide/maintenance/.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 3GiB}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 3GiB, settings: {quota-backend-bytes: 6GiB}}
    """
    judged = analyses.measures.judge(store)
    if judged is None:
        raise NotApplicable
    breaches = [found for found in judged.breaches if found.bound.limit.measure == "database_size"]
    for breach in breaches:
        if breach.level != "near":
            yield _too_large(breach, analyses)
    if not any(breach.level == "beyond" for breach in breaches):
        yield from _large_quota(store)
    if store.spec.size is None:
        raise Unknown("size")


def _too_large(breach: Breach, analyses: Analyses) -> Finding:
    """As LIM002 and LIM004 tell it, with what etcd needs to take writes again."""
    from archlint.checks.limit_findings import finding_of

    refused = breach.level == "quota"
    found = finding_of(breach, analyses.today)
    return replace(
        found,
        key="",
        clears=found.clears if refused else (),  # a smaller database leaves the large quota
        explains=("etcd/database_size", "etcd/database_size_maximum"),
        remedy=(
            "Compact the history and defragment each member, and move what is large or frequent elsewhere"
            + (f"; a larger `{QUOTA_KEY}`, stated under `settings`, buys time up to 8 GiB." if refused else ".")
        ),
    )


def _large_quota(store: Datastore) -> Iterator[Finding]:
    stated = setting(store, QUOTA_KEY)
    quota = None if stated is None else size(stated.value)
    if stated is None or quota is None or not exceeds(quota, LARGEST_QUOTA):
        return
    yield Finding(
        at=store,
        field=stated.field,
        severity=WARNING,
        message=(
            f"{store.label} may grow to {show(quota, 'B')}: etcd suggests {show(LARGEST_QUOTA, 'B')} at most "
            "and warns at its start"
        ),
        exposure=quota / LARGEST_QUOTA,
        evidence=(Evidence("quota", quota, "B"), Evidence("largest quota suggested", LARGEST_QUOTA, "B")),
        formula="quota / largest quota suggested",
        clears=(Clear(stated.field, LARGEST_QUOTA, "8GiB", WARNING),),
        remedy="Lower the quota to 8 GiB, and split what the cluster holds over two.",
        key="quota",
    )
