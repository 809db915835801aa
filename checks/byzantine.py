"""Quorums: how many members must agree, and what takes too many of them at once."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.quorum import (
    byzantine_faults,
    byzantine_members,
    copies_of,
    crashes_survived,
    majority,
    quorums_meet,
)
from archlint.plugin import (
    ERROR,
    WARNING,
    Broker,
    Cache,
    Clear,
    Component,
    Datastore,
    Evidence,
    Finding,
    Iterator,
    NotApplicable,
    check,
    need,
    show,
    stated,
)

STRONG = frozenset({"linearizable", "serializable"})


def holds_votes(component: Component) -> bool:
    return isinstance(component, Datastore | Cache | Broker)


def _voters(component: Component) -> tuple[int, str] | None:
    """Those that vote, and the field that says so; None where none does. Nodes do not vote by being nodes."""
    for field in ("voters", "replication.voters"):
        count = stated(component.spec, field)
        if isinstance(count, int):
            return count, field
    members = stated(component.spec, "replication.members")
    voting = [member for member in members if member.votes is not None] if isinstance(members, list) else []
    if not voting:
        return None
    return sum(1 if m.count is None else m.count for m in voting if m.votes), "replication.members"


@check("LAW150", "too-few-for-byzantine", severity=ERROR, applies=holds_votes)
def too_few_for_byzantine(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """A group is too small for the lying members that it must survive.

    What it finds: fewer than 3f + 1 members for the f that `consensus.faults` states. Members are the voters where
    these are stated, else the nodes.

    Why it matters: a member that crashes is silent, one that lies tells each of the others something else. With 3f
    members the honest ones cannot tell who is lying. Twice f and one, which is enough for crashes, is not.

    At 3 AM: members have committed different values and each can show a quorum for its own. Stop all of them, and find
    the history that f + 1 honest members share.

    How to fix: run 3f + 1 members under different administration, or state the smaller number that is survived.

    When it is wrong: only crashes must be survived; then state no `faults`.

    Sources: L. Lamport, R. Shostak and M. Pease, "The Byzantine generals problem", ACM TOPLAS 4(3), 1982; M. Castro and
    B. Liskov, "Practical Byzantine fault tolerance", OSDI 1999, https://pmg.csail.mit.edu/papers/osdi99.pdf.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger: {nodes: 5, consensus: {faults: 2}}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger: {nodes: 7, consensus: {faults: 2}}
    """
    faults = stated(component.spec, "consensus.faults")
    if not faults:
        raise NotApplicable
    voters = _voters(component)
    members, field = voters if voters is not None else (need(component, "nodes"), "nodes")
    needed = byzantine_members(faults)
    if members >= needed:
        return
    liars = show(faults, "liar" if faults == 1 else "liars")
    yield Finding(
        at=component,
        field=field,
        message=(
            f"{component.label} must survive {liars} and has {show(members)} in all: "
            f"that takes {show(needed)}, and {show(members)} survive {show(byzantine_faults(members))}"
        ),
        exposure=needed / members if members else None,
        evidence=(
            Evidence("members", members),
            Evidence("faults to survive", faults),
            Evidence("members needed", needed),
            Evidence("faults survived", byzantine_faults(members)),
        ),
        formula="n >= 3f + 1",
        clears=() if field == "replication.members" else (Clear(field, needed, str(needed), WARNING),),
        remedy=f"Run {show(needed, 'members')}, or state the number of faults that fewer survive.",
    )


@check("LAW151", "even-quorum", severity=WARNING, applies=holds_votes)
def even_quorum(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """An even number of members vote.

    What it finds: an even number of voters, by `voters`, `replication.voters` or the members that vote. Nodes count
    only where they vote.

    Why it matters: four need three to agree and survive one loss, as three do; the fourth only adds something that can
    fail. When a partition halves the group neither half has a majority, and all of it stops.

    At 3 AM: half of the voters cannot see the other half, no leader is elected, and everything is read-only though
    every node is up. Restore the link; taking a voter away by hand is the last resort.

    How to fix: take one voter away, or add one in another failure domain.

    When it is wrong: one voter has a casting vote, or is there only while another one is replaced.

    Sources: etcd, "FAQ: why an odd number of cluster members?", https://etcd.io/docs/v3.6/faq/; D. K. Gifford,
    "Weighted voting for replicated data", SOSP 1979.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger: {nodes: 4, replication: {mode: quorum, voters: 4}}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger: {nodes: 4, replication: {mode: quorum, voters: 3}}
    """
    found = _voters(component)
    if found is None or found[0] == 0:
        raise NotApplicable
    voters, field = found
    if voters % 2:
        return
    survived, fewer = crashes_survived(voters), voters - 1
    yield Finding(
        at=component,
        field=field,
        message=(
            f"{show(voters)} members of {component.label} vote: {show(majority(voters))} must agree, so that they "
            f"survive the loss of {show(survived)}, as {show(fewer)} do"
        ),
        evidence=(
            Evidence("voters", voters),
            Evidence("majority", majority(voters)),
            Evidence("losses survived", survived),
            Evidence("losses survived by one less", crashes_survived(fewer)),
        ),
        formula="majority = floor(n / 2) + 1; survived = n - majority",
        clears=() if field == "replication.members" else (Clear(field, fewer, str(fewer), WARNING),),
        remedy=f"Let {show(fewer)} vote, or {show(voters + 1)} over as many failure domains.",
    )


@check("LAW153", "replicas-cannot-form-quorum", severity=ERROR)
def replicas_cannot_form_quorum(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """Reads and writes of a leaderless store need not meet, and it promises that they do.

    What it finds: stores that state `write_quorum` and `read_quorum` and are linearizable or serializable, where R + W
    is not more than the copies, so that a read can miss the last write. Meeting quorums are needed, not enough: read
    repair and an order of writes come on top.

    Why it matters: the store answers fast and always, sometimes with the past. Nothing in it will report that.

    At 3 AM: a customer sees an old balance, reloads, and sees the new one. Read with a higher consistency level until
    the quorums are mended.

    How to fix: raise the read or write quorum until R + W > N, with three copies two and two; or state the
    consistency that one of each gives: eventual.

    When it is wrong: one node takes all reads and writes; then state `primary` and no quorums.

    Sources: D. K. Gifford, "Weighted voting for replicated data", SOSP 1979; DeCandia and others, "Dynamo: Amazon's
    highly available key-value store", SOSP 2007, section 4.5.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          carts: {consistency: linearizable, replication: {mode: quorum, factor: 3, write_quorum: 1, read_quorum: 1}}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          carts: {consistency: linearizable, replication: {mode: quorum, factor: 3, write_quorum: 2, read_quorum: 2}}
    """
    write, read = stated(store.spec, "replication.write_quorum"), stated(store.spec, "replication.read_quorum")
    if write is None and read is None:
        raise NotApplicable
    consistency = stated(store.spec, "consistency")
    if consistency is not None and consistency not in STRONG:
        return
    copies = need(store, copies_of(store))
    write, read = need(store, "replication.write_quorum", "replication.read_quorum")
    if quorums_meet(copies, write, read):
        return
    need(store, "consistency")
    yield Finding(
        at=store,
        field="replication.read_quorum",
        message=(
            f"{store.label} promises to be {consistency} and asks {show(write)} of {show(copies)} copies at writes and "
            f"{show(read)} at reads: a read need not meet the last write"
        ),
        exposure=(copies + 1) / (write + read) if write + read else None,
        evidence=(
            Evidence("copies", copies),
            Evidence("write quorum", write),
            Evidence("read quorum", read),
        ),
        formula="R + W > N",
        clears=tuple(_quorum_clears(copies, write, read)),
        remedy="Raise the quorums until R + W > N, or promise no more than what these give.",
    )


def _quorum_clears(copies: int, write: int, read: int) -> Iterator[Clear]:
    for field, other in (("replication.read_quorum", write), ("replication.write_quorum", read)):
        needed = copies - other + 1
        if needed <= copies:
            yield Clear(field, needed, str(needed), WARNING)
