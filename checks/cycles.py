"""Murphy's law, circles: components that need each other at run time."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.cycles import Cycle
from archlint.plugin import ERROR, INFO, Evidence, Finding, Iterator, Related, System, check

NAMED = 5
"""Members that a message spells out."""


@check("LAW126", "dependency-cycle", severity=ERROR)
def dependency_cycle(system: System, analyses: Analyses) -> Iterator[Finding]:
    """Components need each other in a circle.

    What it finds: circles of calls, messages and run-time dependencies, one finding for each group of components
    that reach each other, with the shortest circle spelt out. It is an error where each step is a call that every
    request makes and waits for, on a promised path: as written, no request ever ends. It is for information where
    steps are taken by some requests only (`in`, `share`, `operations`), do not wait (`async`, messages), or where
    nothing is promised.

    Why it matters: a circle of waiting calls uses a slot in every member for each round. When all slots wait for
    each other nothing moves any more, and after a full stop none of the members can come up before the others.

    At 3 AM: two services are both slow, each blames the other, and restarting one brings it up broken. Cut the
    call that closes the circle (a flag, a default answer), then start them one by one.

    How to fix: move what both need into a third component, pass the data along with the first call, or make the
    call back asynchronous. If only some operations make the call, write so with `in`.

    When it is wrong: the call back asks for an operation that never calls on. State `in` or `operations` for both
    calls, and the finding is for information.

    Sources: Nygard, "Release It!", 2nd edition, 2018, chapter 4 (blocked threads, integration points); Fowler and
    Lewis, "Microservices", 2014, https://martinfowler.com/articles/microservices.html.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          orders: {tier: critical, calls: [{to: customers}]}
          customers: {calls: [{to: orders}]}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          orders: {tier: critical, calls: [{to: customers}]}
          customers: {calls: [{to: addresses}]}
          addresses: {}
    """
    for cycle in analyses.single_failures.cycles:
        if cycle.closing.system is system:
            yield _finding(cycle, analyses)


def _finding(cycle: Cycle, analyses: Analyses) -> Finding:
    promised = any(analyses.promises.concern(member) for member in cycle.members)
    around = [member.label for member in cycle.members]
    path = " -> ".join([*around, around[0]])
    what = "each request waits for another one without end" if cycle.endless else _mildly(cycle)
    more = f"; the group has {len(cycle.others)} more" if cycle.others else ""
    return Finding(
        at=cycle.closing,
        severity=ERROR if cycle.endless and promised else INFO,
        message=f"{path} is a circle of {len(around)}: {what}{more}",
        evidence=(Evidence("circle", path), Evidence("members", len(around) + len(cycle.others))),
        remedy="Cut the circle at this call: pass the data along, move what both need elsewhere, or do not wait.",
        related=tuple(
            Related(edge.item, f"{edge.source.label} needs {_next(cycle, position)}")
            for position, edge in enumerate(cycle.edges[:-1][:NAMED])
        ),
    )


def _next(cycle: Cycle, position: int) -> str:
    return cycle.members[(position + 1) % len(cycle.members)].label


def _mildly(cycle: Cycle) -> str:
    if cycle.synchronous:
        return "some requests wait for others of the same component, which holds slots on both sides"
    return "what fails or floods on one side comes back to it"
