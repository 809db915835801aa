"""What a component costs, in a block of one's own: `x-cost`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archlint.analysis.analyses import Analyses
from archlint.plugin import (
    WARNING,
    Evidence,
    Extension,
    Finding,
    Options,
    Service,
    Unknown,
    check,
    need,
    quantity,
    show,
)

api_version = "1.0"

COST = Extension(
    "x-cost",
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["centre"],
        "properties": {
            "centre": {"type": "string", "pattern": "^CC[0-9]+$"},
            "monthly": {"type": "string", "pattern": "^[0-9.]+k? USD/month$"},
        },
    },
)


@dataclass(frozen=True, slots=True)
class CostOptions(Options):
    """`highest`: what a million requests may cost, in USD."""

    highest: float = 50.0


@check("EXM001", "requests-cost-too-much", severity=WARNING, needs=("load.mean",), options=CostOptions)
def requests_cost_too_much(service: Service, analyses: Analyses, options: CostOptions) -> Iterator[Finding]:
    """A service costs more for each million requests than is allowed.

    What it finds: services whose `x-cost.monthly`, over the requests of a month of 30.4375 days at `load.mean`, is
    above the option `highest`, 50 USD for a million requests unless configured otherwise.

    Why it matters: what is provisioned for a peak that never comes is paid for in every other hour.

    At 3 AM: nothing; this is a check for the planning of the next quarter.

    How to fix: let the number of replicas follow the load, or pay for requests instead of instances.

    When it is wrong: the service keeps data warm for others, and its own requests are not what it is paid for.

    Sources: arithmetic.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          reports: {load: {mean: 1/s}, x-cost: {centre: CC7, monthly: 300 USD/month}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          reports: {load: {mean: 10/s}, x-cost: {centre: CC7, monthly: 300 USD/month}}
    """
    block = COST.of(service)
    if block is None or "monthly" not in block:
        raise Unknown("x-cost.monthly")
    monthly, mean = quantity(block["monthly"]), need(service, "load.mean")
    if not mean:
        return
    price = monthly / (mean * quantity("30.4375d") / 1e6)
    if price <= options.highest:
        return
    yield Finding(
        at=service,
        field="x-cost.monthly",
        message=f"{service.name} costs {price:,.0f} USD for a million requests, {options.highest:,.0f} are allowed",
        exposure=price / options.highest,
        evidence=(
            Evidence("cost", monthly, "USD/month"),
            Evidence("mean load", mean, "/s"),
            Evidence("price", price, "USD"),
        ),
        formula=f"monthly / (mean x 30.4375 d / 1M) <= {show(options.highest)}",
        remedy="Let the number of replicas follow the load, or pay for requests instead of instances.",
    )
