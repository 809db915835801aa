"""Conway: the shape of the system against the shape of the teams."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.ownership import acts_for_a_team
from archlint.plugin import (
    INFO,
    WARNING,
    Broker,
    Cache,
    Call,
    Component,
    Datastore,
    Dependency,
    Evidence,
    Finding,
    Iterator,
    NotApplicable,
    Options,
    Related,
    Service,
    System,
    Unknown,
    check,
    show,
    stated,
)
from archlint.records import dataclass

NAMED = 5
"""Places that a finding names as related; the rest are counted."""


def needs_an_owner(component: Component) -> bool:
    return isinstance(component, Service | Datastore | Cache | Broker)


@check("LAW050", "component-without-owner", severity=WARNING, applies=needs_an_owner)
def component_without_owner(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """No team answers for a component.

    What it finds: services, stores, caches and brokers without an `owner`. Where the components of a system name no
    other team than `system.owner`, that team owns them all; where several teams own components, it is nobody's until
    it says whose. A manifest that names no team anywhere keeps ownership elsewhere: then it is not evaluated.

    Why it matters: what nobody owns nobody patches, scales or wakes up for, and its interfaces grow by who needs them.

    At 3 AM: the component that fails is in no rota. Page the owner of what calls it, and write down who repaired it:
    that is the owner until somebody else is.

    How to fix: name one team as `owner`, the one that would be called anyway. If there is none, switch it off.

    When it is wrong: ownership is kept elsewhere, such as in a service catalogue; import it.

    Sources: M. E. Conway, "How do committees invent?", Datamation 14(5), 1968; M. Skelton and M. Pais, "Team
    Topologies", 2019, chapter 3.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {tier: critical}
          prices: {owner: team-shop}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {tier: critical, owner: team-shop}
          prices: {owner: team-shop}
    """
    ownership = analyses.ownership
    if ownership.team(component) is not None:
        return
    if not ownership.is_told(component.system):
        if analyses.promises.concern(component):
            raise Unknown("owner")
        raise NotApplicable
    yield Finding(
        at=component,
        field="owner",
        message=f"no team owns {component.label}",
        remedy="Name one team as its owner, the one that would be called anyway.",
        unstated="owner",
        cause="owner",
    )


@check("LAW051", "store-written-by-several-teams", severity=WARNING)
def store_written_by_several_teams(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """Programs of several teams write to one store.

    What it finds: stores to which services or jobs of two teams or more make calls with `access: write`. One finding a
    store, at the first call of a team that does not own it.

    Why it matters: the schema is then an interface that nobody designed. A migration needs the agreement of all
    writers, an invariant is kept by none of them, and who broke a record cannot be told.

    At 3 AM: rows are wrong and each team's own code is right. Find out by the audit log or the connection's user who
    wrote them; stop that writer, not the store.

    How to fix: let the owning team's service do the writes and give the others an interface or a topic; or split the
    store by owner.

    When it is wrong: the teams write to schemas of their own in one server. Then state them as stores of their own that
    run on it (`runs_on`).

    Sources: M. E. Conway, "How do committees invent?", Datamation 14(5), 1968; S. Newman, "Building Microservices", 2nd
    edition, 2021, chapter 4 (shared databases).

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {owner: team-shop, calls: [{to: ledger, access: write}]}
          refunds: {owner: team-pay, calls: [{to: ledger, access: write}]}
        datastores:
          ledger: {owner: team-pay}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {owner: team-shop, calls: [{to: refunds, access: write}]}
          refunds: {owner: team-pay, calls: [{to: ledger, access: write}]}
        datastores:
          ledger: {owner: team-pay}
    """
    calls = [edge.item for edge in store.incoming if edge.kind == "call" and isinstance(edge.item, Call)]
    calls = [call for call in calls if acts_for_a_team(call.caller) and call.spec.access != "read"]
    if len({call.caller for call in calls}) < 2 or not analyses.ownership.is_told(store.system):
        raise NotApplicable
    writes = {call: analyses.ownership.team(call.caller) for call in calls if call.spec.access == "write"}
    teams = sorted({team for team in writes.values() if team is not None})
    if len(teams) < 2:
        missing = ["access"] * any(call.spec.access is None for call in calls) + ["owner"] * (None in writes.values())
        if missing:
            raise Unknown(*missing)
        return
    home = analyses.ownership.team(store) or teams[0]
    foreign = sorted((call for call, team in writes.items() if team not in (None, home)), key=_by_name)
    yield Finding(
        at=foreign[0],
        field="to",
        key=store.name,
        message=f"{store.label} is written by {show(len(teams), 'teams')}: {', '.join(teams)}",
        evidence=(
            Evidence("teams that write", ", ".join(teams)),
            Evidence("owner of the store", home),
            Evidence("calls that write", len(writes)),
        ),
        clears=(),
        remedy=f"Let {home} do the writes, and give the others an interface or a topic.",
        related=(
            Related(store, f"is owned by {home}", "owner"),
            *(Related(call, f"{writes[call]} writes too", "to") for call in foreign[1:NAMED]),
        ),
    )


@check("LAW052", "synchronous-cycle-across-teams", severity=WARNING)
def synchronous_cycle_across_teams(system: System, analyses: Analyses) -> Iterator[Finding]:
    """Components of several teams wait for each other in a circle.

    What it finds: circles of calls that wait for their answer, whose members belong to two teams or more. LAW126 says
    what such a circle does to requests; this, what it does to the teams.

    Why it matters: neither side can be released, tested, scaled or restored before the other, so that two teams work as
    one without having planned it. The circle is where their interface is in the wrong place.

    At 3 AM: both teams are paged for the same outage, and each waits for the other's service to come up. Let one person
    lead, and start the side that can run with a default answer.

    How to fix: move what both need into a third component that one of them owns, turn one direction into messages, or
    give both components to one team.

    When it is wrong: the two operations that call each other never meet in one request and are released apart.

    Sources: M. E. Conway, "How do committees invent?", Datamation 14(5), 1968; R. C. Martin, "Agile Software
    Development", 2002, chapter 20 (acyclic dependencies principle).

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          orders: {owner: team-shop, calls: [{to: customers}]}
          customers: {owner: team-crm, calls: [{to: orders}]}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          orders: {owner: team-shop, calls: [{to: customers}]}
          customers: {owner: team-crm, calls: [{to: orders, async: true}]}
    """
    if not analyses.ownership.is_told(system):
        raise NotApplicable
    unknown = False
    for cycle in analyses.single_failures.cycles:
        if not cycle.synchronous or cycle.closing.system is not system:
            continue
        owners = [analyses.ownership.team(member) for member in cycle.members]
        teams = sorted({owner for owner in owners if owner is not None})
        unknown = unknown or (None in owners and len(teams) < 2)
        if len(teams) < 2:
            continue
        path = " -> ".join(member.label for member in (*cycle.members, cycle.members[0]))
        at = _crossing(cycle.edges, analyses) or cycle.closing
        yield Finding(
            at=at,
            key="teams",
            message=f"{path} is a circle of {show(len(teams), 'teams')} ({', '.join(teams)}) that wait for each other",
            evidence=(Evidence("circle", path), Evidence("teams", ", ".join(teams))),
            remedy="Make this call a message, or move what both need into a component that one of the teams owns.",
            related=tuple(Related(edge.item, "waits too") for edge in cycle.edges[:NAMED] if edge.item is not at),
        )
    if unknown:
        raise Unknown("owner")


def _crossing(edges: tuple[Dependency, ...], analyses: Analyses) -> Call | None:
    """The call of the circle that goes from one team to another; the first by name of several."""
    calls = [edge.item for edge in edges if isinstance(edge.item, Call) and analyses.ownership.crosses(edge.item)]
    return min(calls, key=_by_name, default=None)


def _by_name(call: Call) -> tuple[str, str]:
    """An order that does not follow the manifest's, so that moving a block moves no finding."""
    return call.caller.label, call.name


@dataclass(frozen=True, slots=True)
class Ratio(Options):
    """`most`: services that a person can know well."""

    most: float = 1.0


@check("LAW053", "too-many-services-for-the-team", severity=INFO, options=Ratio, default=False)
def too_many_services_for_the_team(system: System, analyses: Analyses, options: Ratio) -> Iterator[Finding]:
    """A team owns more services than it has people.

    What it finds: teams with more services than people x the option `most` (1). Off unless it is selected.

    Why it matters: a service that nobody has looked at for months is repaired by reading it first. The number that a
    person can know well is small, and it does not grow with tooling.

    At 3 AM: the one on call meets a service for the first time. Follow its runbook; if there is none, restart, fall
    back, and page who wrote it.

    How to fix: merge services that are always changed together, retire what has few users, or give some to another
    team.

    When it is wrong: the services are copies of one program with different settings.

    Sources: M. E. Conway, "How do committees invent?", Datamation 14(5), 1968; M. Skelton and M. Pais, "Team
    Topologies", 2019, chapter 3 (cognitive load).

    Risky:
        archlint: 1
        system: {name: shop}
        teams: {team-shop: {size: 1}}
        services:
          checkout: {owner: team-shop}
          prices: {owner: team-shop}

    Safe:
        archlint: 1
        system: {name: shop}
        teams: {team-shop: {size: 2}}
        services:
          checkout: {owner: team-shop}
          prices: {owner: team-shop}
    """
    if not system.teams or not system.services:
        raise NotApplicable
    owned: dict[str, int] = {}
    for service in system.services.values():
        team = analyses.ownership.team(service)
        if team is not None:
            owned[team] = owned.get(team, 0) + 1
    unknown = False
    for name, element in system.teams.items():
        size, count = stated(element.spec, "size"), owned.get(name, 0)
        unknown = unknown or (size is None and count > 0)
        if size is not None and count > size * options.most:
            yield Finding(
                at=element,
                field="size",
                message=f"team {name} owns {show(count, 'services')} and has {show(size, 'people')}",
                exposure=count / (size * options.most) if size * options.most else None,
                evidence=(Evidence("services", count), Evidence("people", size)),
                formula="services / people",
                remedy="Merge services that are changed together, retire some, or give some to another team.",
            )
    if unknown:
        raise Unknown("teams.*.size")


@check("LAW054", "synchronous-calls-cross-teams", severity=INFO, default=False)
def synchronous_calls_cross_teams(system: System, analyses: Analyses) -> Iterator[Finding]:
    """Requests of one team wait for another team's component.

    What it finds: for each pair of teams, the calls from one to the other that are required, wait for the answer and
    have no fallback. One finding a pair, at its first call. Off unless it is selected.

    Why it matters: each such call ties the availability and the releases of one team to another's. Some are what a
    company is made of; the list shows whether they are the ones that were meant.

    At 3 AM: your service is down and the cause is another team's. Page them with the failing call, and look for a
    switch that takes the call away.

    How to fix: a fallback, a message or a copy of the data where the answer may be old; else agree on an objective for
    the interface.

    When it is wrong: never in itself; it is a map.

    Sources: M. E. Conway, "How do committees invent?", Datamation 14(5), 1968; Treynor, Dahlin, Rau and Beyer, "The
    calculus of service availability", ACM Queue 15(2), 2017.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {owner: team-shop, calls: [{to: payments}]}
          payments: {owner: team-pay}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {owner: team-shop, calls: [{to: payments, async: true}]}
          payments: {owner: team-pay}
    """
    pairs: dict[tuple[str, str], list[Call]] = {}
    for edge in system.dependencies:
        call = edge.item
        if edge.kind != "call" or not edge.hard or not isinstance(call, Call) or call.target is None:
            continue
        ours, theirs = analyses.ownership.team(call.caller), analyses.ownership.team(call.target)
        if acts_for_a_team(call.caller) and ours is not None and theirs is not None and ours != theirs:
            pairs.setdefault((ours, theirs), []).append(call)
    for (ours, theirs), found in pairs.items():
        calls = sorted(found, key=_by_name)
        yield Finding(
            at=calls[0],
            key=f"{ours} {theirs}",
            message=f"{ours} waits for {theirs} in {show(len(calls), 'call' if len(calls) == 1 else 'calls')}",
            evidence=(Evidence("from", ours), Evidence("to", theirs), Evidence("calls", len(calls))),
            remedy="Where the answer may be old or late use a fallback or a message, else agree on an objective.",
            related=tuple(Related(call, f"waits for {theirs} too") for call in calls[1:NAMED]),
        )
