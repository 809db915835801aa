"""The public API of checks: everything that a check may import, beside `archlint.analysis`.

A check is one decorated function. The annotation of its first parameter names what it visits, its
docstring is its documentation, and it yields findings:

    @check("ACM001", "service-without-runbook", severity=WARNING)
    def service_without_runbook(service: Service, analyses: Analyses) -> Iterator[Finding]:
        '''A service states no runbook. ...'''
        if "runbook" not in service.spec.tags:
            yield Finding(at=service, field="tags", message=f"{service.name} names no runbook")

The decorator only attaches a frozen `Check` to the function; the engine collects the checks of the modules
that the entry points of the group `archlint.checks` name.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from archlint.analysis.values import Known, Unknown
from archlint.extension import Extension
from archlint.manifest.units import Dimension, UnitError, format_quantity, parse_quantity
from archlint.records import dataclass, field
from archlint.system.elements import (
    NONE,
    Broker,
    Cache,
    Call,
    Caller,
    Client,
    Component,
    Consume,
    Datastore,
    Dependency,
    Element,
    External,
    Flow,
    Item,
    Job,
    Lock,
    Network,
    Publish,
    Service,
    System,
    Topic,
    Transaction,
    stated,
)
from archlint.system.suppressions import Ignore, Waiver
from archlint.version import PLUGIN_API as API_VERSION

__all__ = [
    "API_VERSION",
    "ERROR",
    "INFO",
    "NONE",
    "WARNING",
    "Broker",
    "Cache",
    "Call",
    "Caller",
    "Check",
    "Clear",
    "Client",
    "Component",
    "Consume",
    "Datastore",
    "Dependency",
    "Element",
    "Evaluation",
    "Evidence",
    "Extension",
    "External",
    "Finding",
    "Flow",
    "Ignore",
    "Item",
    "Iterator",
    "Job",
    "Known",
    "Lock",
    "Network",
    "NotApplicable",
    "Options",
    "Publish",
    "Related",
    "Service",
    "Severity",
    "System",
    "Topic",
    "Transaction",
    "Unknown",
    "Waiver",
    "check",
    "need",
    "quantity",
    "show",
    "stated",
]


class Severity(enum.IntEnum):
    """How sure and how bad: error (will fail at the declared load, promise or limit), warning, info."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        return self.name.lower()


INFO, WARNING, ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR


_DIMENSIONS: dict[str, Dimension] = {
    "s": "duration",
    "/s": "rate",
    "B": "bytes",
    "B/s": "throughput",
    "fraction": "fraction",
    "x": "multiple",
    "USD/month": "money",
}


def show(value: float, unit: str = "") -> str:
    """A figure as messages write it: `show(0.45, "s")` is 450ms, `show(1200, "slots")` is 1,200 slots.

    `unit` is canonical ("s", "/s", "B", "B/s", "fraction", "x", "USD/month"), a noun for counts, or empty.
    """
    if value != value or value in (math.inf, -math.inf):
        return "unbounded" if value > 0 else "unknown"
    dimension = _DIMENSIONS.get(unit)
    if dimension is not None:
        return format_quantity(value, dimension)
    number = f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:,.3g}"
    return f"{number} {unit}" if unit else number


def quantity(text: object) -> float:
    """What a manifest writes as a quantity, in the canonical unit of its dimension: `quantity("450ms")` is 0.45.

    For fields of one's own; a range counts with its high end. Raises ValueError for what is none.
    """
    # An amount may be of anything (`50k users`), and so of a misspelt unit.
    counts = not isinstance(text, str) or _COUNT.fullmatch(text)
    for dimension in ("amount",) if counts else _READABLE:
        try:
            return parse_quantity(text, dimension)
        except UnitError:
            continue
    raise ValueError(f"{text!r} is no quantity; write one such as 450ms, 1.2k/s, 4KiB, 99.9% or 300 USD/month")


_READABLE: tuple[Dimension, ...] = ("duration", "rate", "bytes", "throughput", "fraction", "multiple", "money")
_COUNT = re.compile(r"[0-9.]+[kMGT]?")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One named figure of the arithmetic, in a canonical unit of `show`."""

    name: str
    value: float | str
    unit: str = ""

    @property
    def text(self) -> str:
        return self.value if isinstance(self.value, str) else show(self.value, self.unit)


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to the finding: an element, a field of it, and what it has to do with it."""

    at: Element
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Clear:
    """One value that alone takes the finding away, or down to below `severity`.

    `at` and `field` name the input (a field of `at`, the finding's own element where None), `value` is in
    the canonical unit and `text` as a person writes it in the manifest.
    """

    field: str
    value: float | str
    text: str
    severity: Severity
    at: Element | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check yields. A finding without a place cannot be built.

    `field` is the field, relative to `at`, that the first remedy changes, stated or not. `severity` is the
    check's own where None. `exposure` is demand over limit, larger is worse. `unstated` names the absent
    control that the finding is about (never for an explicit `none`): profiles weigh such findings.
    `concerns` are the elements whose findings a subsuming check replaces (`at` where empty), `explains` the keys
    of those that it replaces (all where empty; one without a key always). `key` tells apart several findings of
    one check at one field; it enters the fingerprint. `cause` groups identical absences for folding in text reports.
    """

    at: Element
    message: str
    field: str = ""
    severity: Severity | None = None
    exposure: float | None = None
    evidence: tuple[Evidence, ...] = ()
    formula: str = ""
    clears: tuple[Clear, ...] = ()
    remedy: str = ""
    related: tuple[Related, ...] = ()
    unstated: str = ""
    concerns: tuple[Element, ...] = ()
    explains: tuple[str, ...] = ()
    key: str = ""
    replaces: tuple[str, ...] = ()
    cause: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.at, Element):
            raise TypeError(f"a finding needs a place: `at` is {type(self.at).__name__}, not an element")


class Evaluation(Element):
    """How much of a system the other checks could judge: what the checks that run last visit.

    `share` is of the pairs of a check and a subject that apply, `missing` the fields that are not stated with
    the number of pairs that each would help to decide, most first.
    """

    __slots__ = ("missing", "share")
    kind = "evaluation"

    def __init__(self, system: System, share: float, missing: tuple[tuple[str, int], ...]) -> None:
        super().__init__(system, system.name, ("system",), system.spec)
        self.share = share
        self.missing = missing


class NotApplicable(Exception):  # noqa: N818 - an outcome, no error
    """Raised by a check that finds, on a closer look, that its subject is none of its business."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a check: subclass as a frozen dataclass; every field has a type and a default."""


CheckFunction = Callable[..., Iterable[Finding]]
F = TypeVar("F", bound=CheckFunction)


@dataclass(frozen=True, slots=True)
class Check:
    """A check as the registry holds it: what its decorator said, and the function."""

    code: str
    name: str
    severity: Severity
    subject: str
    function: CheckFunction
    needs: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    applies: Callable[[Any], bool] | None = None
    subsumes: tuple[str, ...] = ()
    options: type[Options] = Options
    status: str = "stable"
    since: str = "0.1"
    default: bool = True
    absence: bool = False
    module: str = field(default="", compare=False)

    @property
    def documentation(self) -> str:
        return self.function.__doc__ or ""

    @property
    def summary(self) -> str:
        """The first sentence of the documentation."""
        return self.documentation.strip().split("\n\n", 1)[0].replace("\n    ", " ")


_CODE = re.compile(r"[A-Z]{3}[0-9]{3}\Z")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")


def check(
    code: str,
    name: str,
    *,
    severity: Severity,
    needs: tuple[str, ...] = (),
    states: tuple[str, ...] = (),
    applies: Callable[[Any], bool] | None = None,
    subsumes: tuple[str, ...] = (),
    options: type[Options] = Options,
    status: str = "stable",
    since: str = "0.1",
    default: bool = True,
) -> Callable[[F], F]:
    """Declare a check.

    `severity` is the highest that the check gives; a finding may state a lower one. `needs` are the fields
    of the subject without which the check can never say anything: the runner decides them before calling.
    `states` are fields of the subject (first steps, without dots) of which one has to be stated, and `applies` tells
    in a cheap look, whether the subject is any of the check's business (else the outcome is *not applicable*).
    `subsumes` names the codes whose findings on the same element this one replaces.

    Raises ValueError for a malformed code, name or function: a defect of the plug-in, found at import.
    """
    if not _CODE.match(code):
        raise ValueError(f"{code!r} is not a code: three capital letters and three digits, such as ACM001")
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is not the name of a check: lower-case words joined by hyphens")

    def attach(function: F) -> F:
        subject = _subject_of(function)
        if not (function.__doc__ or "").strip():
            raise ValueError(f"{code} has no documentation: its docstring is its page")
        function.check = Check(  # type: ignore[attr-defined]
            code=code,
            name=name,
            severity=severity,
            subject=subject,
            function=function,
            needs=needs,
            states=states,
            applies=applies,
            subsumes=subsumes,
            options=options,
            status=status,
            since=since,
            default=default,
            module=function.__module__,
        )
        return function

    return attach


def _subject_of(function: CheckFunction) -> str:
    """The name of the kind that the first parameter's annotation names ("Service", "Call", ...)."""
    for parameter, annotation in function.__annotations__.items():
        if parameter != "return":
            return annotation if isinstance(annotation, str) else annotation.__name__
    raise ValueError(f"{function.__name__} says with no annotation what it visits")


def need(subject: Element, *inputs: str | Known[Any] | Unknown) -> Any:
    """The values of `inputs`, or one `Unknown` that names all that are missing.

    An input is a field of the subject ("capacity.concurrency") or a derived value. One input gives its
    value, several give a tuple. An explicit `none` counts as stated and comes back as the text "none".
    """
    values: list[Any] = []
    missing: list[str] = []
    for given in inputs:
        if isinstance(given, Known):
            values.append(given.value)
        elif isinstance(given, Unknown):
            missing.extend(given.fields)
        else:
            value = stated(subject.spec, given)
            values.append(value)
            if value is None:
                missing.append(given)
    if missing:
        raise Unknown(*missing)
    return values[0] if len(values) == 1 else tuple(values)
