"""Brooks: people who must agree talk in pairs, and what has several owners has none."""

from __future__ import annotations

import re
from functools import lru_cache

from archlint.analysis.analyses import Analyses
from archlint.analysis.mesh import pairs
from archlint.plugin import (
    INFO,
    WARNING,
    Clear,
    Client,
    Component,
    Evidence,
    External,
    Finding,
    Iterator,
    NotApplicable,
    Options,
    System,
    Unknown,
    check,
    show,
    stated,
)
from archlint.records import dataclass

_LISTED = re.compile(r"\s*[,;|]\s*")
_JOINED = re.compile(r"\s*(?:[&+/]|\band\b)\s*")


@dataclass(frozen=True, slots=True)
class TeamSize(Options):
    """`most`: people that two pizzas feed."""

    most: int = 10


@check("LAW140", "team-larger-than-two-pizzas", severity=INFO, options=TeamSize)
def team_larger_than_two_pizzas(system: System, analyses: Analyses, options: TeamSize) -> Iterator[Finding]:
    """A team has more people than can keep each other informed.

    What it finds: teams of more than 10 (the option `most`). Channels between n people are n (n - 1) / 2: 45 for ten,
    91 for fourteen.

    Why it matters: in a large team nobody knows the whole of what it runs, and agreeing takes the time of building. At
    night the one on call does not know half of the services.

    At 3 AM: the person who was paged has never seen the component that fails, though their team owns it. Page the one
    who changed it last.

    How to fix: split the team along an interface that is already there, with the components that belong to each side.

    When it is wrong: the team is several in all but name, each with its own components and rota.

    Sources: F. P. Brooks, "The Mythical Man-Month", 1975, chapter 2; Amazon Web Services, "Two-pizza teams", in
    "Introduction to DevOps on AWS", 2020.

    Risky:
        archlint: 1
        system: {name: shop}
        teams: {platform: {size: 14}}

    Safe:
        archlint: 1
        system: {name: shop}
        teams: {platform: {size: 8}}
    """
    if not system.teams:
        raise NotApplicable
    unknown = False
    for team in system.teams.values():
        size = stated(team.spec, "size")
        unknown = unknown or size is None
        if size is not None and size > options.most:
            yield Finding(
                at=team,
                field="size",
                message=f"team {team.name} has {show(size, 'people')}: {show(pairs(size), 'pairs')} to keep informed",
                exposure=size / options.most,
                evidence=(
                    Evidence("people", size),
                    Evidence("channels", pairs(size)),
                    Evidence("most people", options.most),
                ),
                formula="channels = n (n - 1) / 2",
                clears=(Clear("size", options.most, str(options.most), INFO),),
                remedy=f"Split {team.name} along an interface that is already there.",
            )
    if unknown:
        raise Unknown("teams.*.size")


@check("LAW141", "component-owned-by-several-teams", severity=WARNING)
def component_owned_by_several_teams(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """Several teams own one component.

    What it finds: an `owner` that lists several teams: names separated by a comma, a semicolon or a bar; joined by
    "and", "&", "+" or "/" where each of the names is a team of the manifest or owns another component.

    Why it matters: each of the owners waits for the others to repair, to patch and to say no. Changes need the
    agreement of all, and an alert is everybody's and nobody's.

    At 3 AM: two teams were paged and each assumes that the other is on it. Name one person in charge, at once.

    How to fix: give it to one team, with an interface for the others; or split it, a part for each.

    When it is wrong: the text names one team whose name holds several words.

    Sources: F. P. Brooks, "The Mythical Man-Month", 1975, chapter 2; M. Skelton and M. Pais, "Team Topologies", 2019,
    chapter 3.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {owner: "team-shop, team-pay"}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {owner: team-shop}
    """
    owner = stated(component.spec, "owner")
    if owner is None or isinstance(component, External | Client):
        raise NotApplicable
    teams = _listed(owner, component, analyses)
    if len(teams) < 2:
        return
    yield Finding(
        at=component,
        field="owner",
        message=f"{component.label} is owned by {show(len(teams), 'teams')}: {', '.join(teams)}",
        evidence=(Evidence("owners", ", ".join(teams)), Evidence("teams", len(teams))),
        clears=tuple(Clear("owner", team, team, WARNING) for team in teams[:1]),
        remedy="Give it to one team, with an interface for the others, or split it.",
    )


@lru_cache
def _split(separators: re.Pattern[str], owner: str) -> tuple[str, ...]:
    return tuple(name for name in separators.split(owner.strip()) if name)


def _listed(owner: str, component: Component, analyses: Analyses) -> list[str]:
    """The teams that an owner names, in its order."""
    listed = _split(_LISTED, owner)
    if len(set(listed)) > 1:
        return list(dict.fromkeys(listed))
    joined = _split(_JOINED, owner)
    known = analyses.ownership.names(component.system)
    several = len(set(joined)) > 1 and owner not in component.system.teams and all(name in known for name in joined)
    return list(dict.fromkeys(joined)) if several else [owner]
