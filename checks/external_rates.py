"""What others allow this system: the rates at which their services may be called."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.thresholds import at_least, exceeds
from archlint.plugin import (
    ERROR,
    NONE,
    WARNING,
    Clear,
    Evidence,
    External,
    Finding,
    Iterator,
    Known,
    NotApplicable,
    Unknown,
    check,
    show,
    stated,
)

NEAR = 0.8
"""Share of the allowed rate from which on a peak above the measured ones is refused."""

OF_US = frozenset({"account", "api-key", "caller", "contract", "customer", "organisation", "system"})
"""What a rate is counted by where that is the whole system."""


def _is_limited(external: External) -> bool:
    return stated(external.spec, "rate_limit") is not None or stated(external.spec, "capacity.rate") is not None


@check("LIM009", "external-rate-limit-below-demand", severity=ERROR, applies=_is_limited)
def external_rate_limit_below_demand(external: External, analyses: Analyses) -> Iterator[Finding]:
    """The system asks more of somebody else's service than it may.

    What it finds: the requests to an external at peak (stated, or added up over its callers) against its `rate_limit`,
    or `capacity.rate` where it states none. Beyond it is an error while a request that fails fails its caller; a
    warning where every call waits outside the request or has a fallback, and from 80%. Silent for a rate that is
    counted by something smaller than this system (`per: client`).

    Why it matters: the limit is a contract: no deploy, no failover and no on-call engineer of yours raises it tonight.
    Retries of refused requests count against it too.

    At 3 AM: 429 from outside, on exactly the busiest hour, for a part of all users. Switch off what is optional, and
    stop the retries.

    How to fix: have the limit raised before the peak, cache or batch what is asked, or put a queue with a rate of its
    own in front.

    When it is wrong: the limit was raised. State it.

    Sources: B. Beyer, C. Jones, J. Petoff, N. R. Murphy (eds.), Site Reliability Engineering, 2016, chapter 21,
    "Handling Overload", https://sre.google/sre-book/handling-overload/; M. Nygard, Release It!, 2nd edition, 2018,
    chapter 4, "Integration Points".

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            load: {peak: 800/s}
            calls: [{to: card-network, access: write, timeout: 1s}]
        externals:
          card-network: {rate_limit: 500/s}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            load: {peak: 800/s}
            calls: [{to: card-network, access: write, share: 40%, timeout: 1s}]
        externals:
          card-network: {rate_limit: 500/s}
    """
    room, field = _allowed(external)
    demand, least = analyses.load.requests(external), analyses.load.at_least(external)
    rate = demand.value if isinstance(demand, Known) else least
    if exceeds(rate, NEAR * room):
        yield _finding(external, rate, room, field, partly=isinstance(demand, Unknown))
        return
    if isinstance(demand, Unknown):
        raise Unknown(*demand.fields)


def _allowed(external: External) -> tuple[float, str]:
    limit = stated(external.spec, "rate_limit")
    if limit == NONE:
        raise NotApplicable
    if limit is None:
        return float(stated(external.spec, "capacity.rate")), "capacity.rate"
    if isinstance(limit, int | float):
        return float(limit), "rate_limit"
    if limit.per is not None and limit.per.lower() not in OF_US:
        raise NotApplicable
    return float(limit.rate), "rate_limit.rate"


def _finding(external: External, rate: float, room: float, field: str, *, partly: bool) -> Finding:
    hard = any(edge.hard for edge in external.incoming if edge.kind == "call")
    beyond = exceeds(rate, room)
    enough = at_least(rate / NEAR, "/s")
    least = "at least " if partly else ""
    return Finding(
        at=external,
        field=field,
        severity=ERROR if beyond and hard else WARNING,
        message=f"{external.label} is asked {least}{show(rate, '/s')} at peak, and allows {show(room, '/s')}",
        exposure=rate / room if room else None,
        evidence=(Evidence("requests at peak", rate, "/s"), Evidence("allowed", room, "/s")),
        formula="sum of rate x share x per_request over callers, against what is allowed",
        clears=() if partly else (Clear(field, enough.value, enough.text, WARNING),),
        remedy=(
            f"Have the limit raised to {enough.text} before the peak, or ask less: cache, batch, or queue in front."
        ),
    )
