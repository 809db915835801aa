"""Murphy's law, the way back: components that need each other to come up again."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.recovery_cycles import ComponentNeed, RecoveryCycle
from archlint.plugin import (
    ERROR,
    INFO,
    WARNING,
    Component,
    Element,
    Evidence,
    Finding,
    Iterator,
    Related,
    Severity,
    System,
    Unknown,
    check,
    stated,
)

NAMED = 5
"""Steps of a circle that a message spells out."""

_STEPS = {
    "request": "{a} cannot serve without {b}",
    "host": "{a} runs on {b}",
    "domain": "{a} is lost with {b}",
    "startup": "{a} starts only with {b}",
    "scaling": "{a} adds instances only with {b}",
    "recovery": "{a} is recovered only with {b}",
    "control": "{a} is changed only through {b}",
    "controller": "{a} fails over only by {b}",
    "takeover": "{a} fails over only to {b}",
    "placed": "{a} is lost with {b}",
}
_REMEDIES = {
    "startup": "Let {a} start without {b}: from the last copy that it had, or trying again while it already serves.",
    "scaling": "Let {a} add instances without {b}: put what it asks for into the image, or keep a copy.",
    "recovery": "Recover {a} by something that needs none of them, or let {b} serve without it.",
    "control": "Keep a way to change {a} that needs none of them, and name what it needs in `operations.access`.",
    "controller": "Let {b} decide without {a}: with its own store, over its own network.",
    "takeover": "Let {b} serve without {a}.",
    "host": "Run {a} on something that does not need it.",
    "domain": "Take {a} out of what is lost with {b}, or let {b} serve without it.",
}


@check("LAW127", "recovery-cycle", severity=ERROR, subsumes=("LAW126",))
def recovery_cycle(system: System, analyses: Analyses) -> Iterator[Finding]:
    """Components need each other to come back.

    What it finds: circles of what components need to start, to be recovered and to be changed, of what they run on,
    and of what they cannot serve without. `depends_on` and calls with the phases startup, recovery and control count,
    as do `runs_on`, `autoscaling.needs`, `failover.controller` and `failover.to`, and a domain that bears the name of
    a component (`domains: {identity_provider: login}`). Two questions are asked. After a full stop, does everything
    come up again? And is a component mended only through what is lost with it: a control plane, a controller or a
    target of its failover that cannot serve without it, or, where `rto` promises to be back after the loss of a zone,
    region or other place, a recovery by something that stands there alone as well? Both are errors; a circle that
    needs the loss of several at once (each recovers the other; a control plane that starts with what it controls) is
    a warning, and so is one among components of which nothing is promised, while other flows have objectives or where
    calls are part of it. Where only some requests close it (`in`, `share`, `operations`), it is for information.

    Silent: a fallback (a cached copy, a default, another component), `required: false`, an alternative outside the
    circle, calls by which a control plane or a recovery does its work on others, and, for control, a way in that
    needs none of them: `operations.access` with `break_glass: true` and what it depends on. Circles of nothing but
    requests are LAW126.

    Why it matters: nobody notices such a circle while everything runs, and each restart, one at a time, succeeds. A
    full stop (a region without power, a bad change everywhere) makes it visible, and then nothing comes up by itself.

    At 3 AM: every component waits for another one, and the tool that should repair it is among them. Find the member
    that can be started by hand without the next: with an old configuration, a static list of addresses, a local login.

    How to fix: let each component start from the last copy that it had. Keep what repairs a thing off that thing:
    its network, its names, its login, its machines. Practise the start from nothing.

    When it is wrong: the member starts without the other and only lacks something for a while. Say so: state
    `required: false`, or the fallback.

    Sources: S. Janardhan, "More details about the October 4 outage", Meta, 2021,
    https://engineering.fb.com/2021/10/05/networking-traffic/outage-details/ (tools needed the names that the backbone
    carried); Buildkite, "Outage post-mortem for August 23rd", 2016,
    https://building.buildkite.com/outage-post-mortem-for-august-23rd-82b619a3679b (servers fetched their version from
    the site that was down); B. Beyer and others, "Site Reliability Engineering", 2016, chapter 22.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {calls: [{to: settings}]}
          settings: {depends_on: [{on: checkout, phase: startup}]}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {calls: [{to: settings}]}
          settings: {depends_on: [{on: checkout, phase: startup, fallback: {use: cached}}]}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
    """
    cycles = analyses.recovery_cycles
    endless = [{*cycle.members, *cycle.others} for cycle in analyses.single_failures.cycles if cycle.endless]
    missing: list[str] = []
    for cycle in cycles.found:
        if cycle.closing.why.item.system is not system or any(group.issuperset(cycle.members) for group in endless):
            continue
        if cycle.closing.why.kind == "control":
            way_in = _way_round(system, cycle)
            if way_in is True:
                continue
            if way_in is None:
                missing.append("operations.access.depends_on")
                continue
        yield _finding(cycle, analyses)
    if missing:
        raise Unknown(*missing)
    if not cycles.is_stated(system):
        raise Unknown("services.*.depends_on")


def _way_round(system: System, cycle: RecoveryCycle) -> bool | None:
    """Whether people have a way in that needs none of the members; None where what it needs is not stated."""
    access = getattr(system.manifest.operations, "access", None)
    if stated(access, "break_glass") is not True:
        return False
    needed = stated(access, "depends_on")
    if needed is None:
        return None
    names = {name for member in cycle.members for name in (member.name, f"{member.system.name}/{member.name}")}
    return names.isdisjoint(needed)


def _finding(cycle: RecoveryCycle, analyses: Analyses) -> Finding:
    closing, around = cycle.closing, [member.label for member in cycle.members]
    path = " -> ".join([*around, around[0]])
    steps = [_words(need, cycle, index) for index, need in enumerate(cycle.needs)]
    told = [steps[-1], *steps[:-1]]
    if len(told) > NAMED:
        told = [*told[: NAMED - 1], f"{len(told) - NAMED + 1} more steps lead back"]
    more = f"; {len(cycle.others)} more with them" if cycle.others else ""
    group = {*cycle.members, *cycle.others}
    return Finding(
        at=closing.why.item,
        field=closing.why.field,
        key=closing.alternatives[0].name,
        severity=_severity(cycle, analyses),
        message=f"{', '.join(told)}: {_outcome(cycle)}{more}",
        evidence=(Evidence("circle", path), Evidence("members", len(around) + len(cycle.others))),
        remedy=_remedy(cycle),
        related=tuple(
            Related(need.why.item, words, need.why.field)
            for need, words in list(zip(cycle.needs[:-1], steps, strict=False))[:NAMED]
        ),
        concerns=(closing.why.item, *_explained(group, analyses)),
    )


def _explained(group: set[Component], analyses: Analyses) -> tuple[Element, ...]:
    """Where circles of requests among the members are told of: one cause makes one finding."""
    return tuple(c.closing for c in analyses.single_failures.cycles if not c.endless and group.issuperset(c.members))


def _words(need: ComponentNeed, cycle: RecoveryCycle, index: int) -> str:
    a, b = cycle.members[index].label, cycle.members[(index + 1) % len(cycle.members)].label
    if need.why.kind == "placed":
        return f"{a} is lost with {cycle.place} as well"
    b = "itself" if len(cycle.members) == 1 else b
    return _STEPS[need.why.kind].format(a=a, b=b) + (" for some of its requests" if need.why.partly else "")


def _severity(cycle: RecoveryCycle, analyses: Analyses) -> Severity:
    """An error where it is certain, of what is promised; or, where nothing is promised, of what is written out."""
    if cycle.certainty == "partly":
        return INFO
    if cycle.certainty == "together":
        return WARNING
    if any(analyses.promises.concern(member) for member in cycle.members):
        return ERROR
    flows = any(flow.system is member.system for flow in analyses.promises.flows for member in cycle.members)
    # That a request cannot do without a call is what a draft has not thought of yet: it is so unless it says otherwise.
    return WARNING if flows or any(need.why.kind == "request" for need in cycle.needs) else ERROR


def _outcome(cycle: RecoveryCycle) -> str:
    kind, one, other = cycle.closing.why.kind, cycle.members[-1].label, cycle.members[0].label
    if cycle.certainty == "partly":
        return "after a full stop they may wait for each other"
    if cycle.place:
        return f"after the loss of {cycle.place} nothing recovers {one}"
    if kind in _MENDING:
        meanwhile = f" while {other} restarts" if cycle.certainty == "together" else ""
        return f"when {one} fails{meanwhile} {_MENDING[kind]}"
    if cycle.certainty == "together":
        return "once they are lost together none of them comes back by itself"
    return "after a full stop " + ("it never comes back" if len(cycle.members) == 1 else "none of them comes back")


_MENDING = {
    "scaling": "no instance is added in its place",
    "control": "nothing is left to change it with",
    "controller": "it has no failover",
    "takeover": "it has no failover",
}


def _remedy(cycle: RecoveryCycle) -> str:
    a, b = cycle.members[-1].label, cycle.members[0].label
    if cycle.place:
        return f"Run {b} outside {cycle.place}, or recover {a} by something that is."
    return _REMEDIES[cycle.closing.why.kind].format(a=a, b=b)
