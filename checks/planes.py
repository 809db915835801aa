"""Murphy's law, planes: requests that stop with what should only change the system."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.planes import Crossing, is_control, recovery_of
from archlint.plugin import (
    INFO,
    WARNING,
    Clear,
    Component,
    Evidence,
    Finding,
    Iterator,
    NotApplicable,
    Related,
    Unknown,
    check,
    show,
)

NAMED = 3
"""Components that a message names; the rest are counted."""


def _is_asked_for_control(component: Component) -> bool:
    return is_control(component) or any(edge.phase == "control" for edge in component.incoming)


@check("LAW128", "control-plane-on-the-data-path", severity=WARNING, applies=_is_asked_for_control)
def control_plane_on_the_data_path(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """Requests of users wait for a component of the control plane.

    What it finds: components with `plane: control` that requests cannot do without: a call, a publish or a run-time
    dependency on the path of a flow (or of a critical component) that is required, waits, and has no fallback; and
    calls of the phase control that requests make all the same (`in`, `share`, `per_request`). A cached answer is enough
    as long as it lasts: its `max_age` (of a cache in between: `max_stale`) is held against the time until the control
    plane is back, which is its automatic failover, else its `rto`, else detection, acknowledgement and mitigation. One
    finding a component of the control plane. For information where nothing is promised, and where an operation asks
    the control plane alone, since that may be what it is for.

    Silent: any other fallback, `async`, `required: false`, an alternative, calls that no request causes (`every`,
    `rate`), flows that enter at the control plane, and what a component runs on, which goes on without being changed.

    Why it matters: control planes are built to be right, not to be there: they change often, hold one consistent view,
    and have few instances. A data path that asks one for each request is as available as that, and a bad change in it
    stops the users at once instead of freezing what is in force.

    At 3 AM: nothing is wrong with the services, but none of them can look up, configure or authorise anything. Pin
    what they last knew: a file with the addresses, the last good configuration.

    How to fix: push configuration, addresses and permissions to where they are used, and go on with the last copy when
    no news comes (static stability); let the copy last longer than the longest recovery.

    When it is wrong: the flow itself changes the system. Give the component that it enters `plane: control`.

    Sources: B. Weiss and M. Furr, "Static stability using Availability Zones", Amazon Builders' Library, 2020,
    https://aws.amazon.com/builders-library/static-stability-using-availability-zones/; Roblox, "Roblox return to
    service 10/28-10/31 2021", 2022, https://blog.roblox.com/2022/01/roblox-return-to-service-10-28-10-31-2021/; Google
    Cloud, "Incident 19009", 2019, https://status.cloud.google.com/incident/cloud-networking/19009 (a static window
    shorter than the recovery).

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 4, calls: [{to: flags}]}
          flags: {replicas: 3, plane: control}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 4, calls: [{to: flags, fallback: {use: cached, max_age: 1d}}]}
          flags: {replicas: 3, plane: control}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
    """
    crossings = analyses.data_path.into(component)
    if not crossings:
        raise NotApplicable
    bare = [crossing for crossing in crossings if crossing.bridge == "nothing"]
    recovery = recovery_of(component)
    short = [] if recovery is None else [c for c in crossings if c.max_age is not None and c.max_age < recovery[0]]
    if bare:
        yield _needed(component, bare)
    elif recovery is not None and short:
        yield _too_old(component, short, *recovery)
    unknown = [_field_of(crossing) for crossing in crossings if crossing.bridge == "unknown"]
    if unknown:
        raise Unknown(*dict.fromkeys(unknown))


def _needed(component: Component, crossings: list[Crossing]) -> Finding:
    crossings = sorted(crossings, key=lambda crossing: (not crossing.promised, crossing.restricted))
    first, *others = crossings
    sources = list(dict.fromkeys(crossing.edge.source.label for crossing in crossings))
    flows = list(dict.fromkeys(crossing.flow.name for crossing in crossings if crossing.flow is not None))
    stops = f": {_listed(flows)} {'stops' if len(flows) == 1 else 'stop'} when it does" if flows else ""
    only = ", in operations that ask nothing else" if first.restricted else ""
    return Finding(
        at=first.edge.item,
        field=first.field,
        key=component.name,
        severity=WARNING if first.promised and not first.restricted else INFO,
        message=f"{_listed(sources)} cannot serve without {_what(component)}{only}{stops}",
        evidence=(Evidence("components that wait for it", len(sources)), *_flows(flows)),
        remedy=f"Serve on with the last that {component.label} said, for longer than it takes to bring it back.",
        related=(
            _place(component),
            *(Related(crossing.edge.item, "waits for it too", crossing.field) for crossing in others),
        ),
    )


def _too_old(component: Component, crossings: list[Crossing], recovery: float, basis: str) -> Finding:
    first, *others = sorted(crossings, key=lambda crossing: (not crossing.promised, crossing.max_age))
    age = float(first.max_age or 0.0)
    source = first.edge.source.label
    return Finding(
        at=first.edge.item,
        field=first.field,
        key=component.name,
        severity=WARNING if first.promised else INFO,
        message=(
            f"{source} goes on for {show(age, 's')} without {_what(component)}, "
            f"which takes {show(recovery, 's')} to come back"
        ),
        exposure=recovery / age if age else None,
        evidence=(
            Evidence("age of the copy", age, "s"),
            Evidence("recovery", recovery, "s"),
            Evidence("basis", basis),
        ),
        formula="exposure = recovery / age of the copy",
        clears=(Clear(first.field, recovery, show(recovery, "s"), WARNING),) if first.promised and not others else (),
        remedy=f"Let the copy of what {component.label} says last for {show(recovery, 's')} or more.",
        related=(
            _place(component),
            *(
                Related(crossing.edge.item, "has a copy that is too short as well", crossing.field)
                for crossing in others
            ),
        ),
    )


def _what(component: Component) -> str:
    return f"{component.label} ({'control plane' if is_control(component) else 'called for control'})"


def _listed(names: list[str]) -> str:
    """a, b and c; or the first few and how many more."""
    if len(names) > NAMED:
        names = [*names[: NAMED - 1], f"{len(names) - NAMED + 1} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _place(component: Component) -> Related:
    return Related(component, f"{component.label} only changes the system", "plane" if is_control(component) else "")


def _flows(names: list[str]) -> tuple[Evidence, ...]:
    return (Evidence("flows", _listed(names)),) if names else ()


def _field_of(crossing: Crossing) -> str:
    """As seen from the component of the control plane."""
    section = {"call": "services.*.calls.", "depends_on": "services.*.depends_on.", "backed_by": "caches.*."}
    return section.get(crossing.edge.kind, "") + crossing.field
