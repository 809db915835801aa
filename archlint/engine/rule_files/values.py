"""What expressions see of an element: plain values under the names that a manifest uses, in canonical units."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from archlint.analysis.instances import fewest, greatest, zones
from archlint.analysis.values import Known, Unknown
from archlint.manifest.compiled import MODELS
from archlint.system.elements import Call, Component, Consume, Element, Flow, Outside, Publish, Topic

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses
    from archlint.plugin import Options

Values = dict[str, Any]

LINKS = ("calls", "publishes", "consumes", "depends_on")
"""Fields that are empty where they are not stated: the graph has no other edges either."""


def values_of(element: Element) -> Values:
    """Of one element: its name, its kind, what is stated of it and the `x-` blocks. Made anew: nobody else holds it."""
    below: Values = {"name": element.name, "kind": element.kind}
    if element.spec is not None and not isinstance(element, Outside):
        below |= {name: [] for name in LINKS if hasattr(element.spec, name)}
        below |= plain(element.spec)
        length = len(element.path)
        for path, block in element.system.document.extensions.items():
            if len(path) == length + 1 and path[:length] == element.path:
                below[str(path[-1])] = _copied(block)
    return below


def plain(value: Any) -> Any:
    """A value of the manifest as an expression takes it: dates as text, figures as plain numbers."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, datetime.date):
        return value.isoformat()
    fields = MODELS[type(value).__name__][0]
    stated = ((key, getattr(value, attribute)) for key, attribute, _ in fields)
    return {key: plain(item) for key, item in stated if item is not None}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


class Environment:
    """The variables of a rule at one element, and why some of them have no value.

    `missing` has for a variable that could not be made the fields that are not stated. `context` is what the library
    of CEL makes of the values.
    """

    def __init__(
        self, element: Element, select: str, wanted: Iterable[str], analyses: Analyses, options: Options | None
    ) -> None:
        self.context: Any = None
        self.values: Values = {}
        self.missing: dict[str, tuple[str, ...]] = {}
        for name in wanted:
            if name == select.lower():
                self.values[name] = values_of(element)
            elif name == "today":
                self.values[name] = analyses.today.isoformat()
            elif name == "options":
                self.values[name] = {} if options is None else _options(options)
            elif name == "system":
                self.values[name] = values_of(element.system)
            elif name in _COMPUTED and isinstance(element, Component):
                self._compute(name, element, analyses)
            else:
                self._relate(name, element)

    def _compute(self, name: str, component: Component, analyses: Analyses) -> None:
        try:
            self.values[name] = _COMPUTED[name](component, analyses)
        except Unknown as unknown:
            self.missing[name] = unknown.fields

    def _relate(self, name: str, element: Element) -> None:
        related = _related(name, element)
        if isinstance(related, tuple) and related:
            self.values[name] = [values_of(item) for item in related]
        elif isinstance(related, Element):
            self.values[name] = values_of(related)
        else:  # a reference that leads nowhere, which is reported where it stands
            self.missing[name] = (name,)


def _options(options: Options) -> Values:
    return {name: plain(getattr(options, name)) for name in type(options).__record__.fields}  # type: ignore[attr-defined]


def _related(name: str, element: Element) -> Element | tuple[Component, ...] | None:
    if isinstance(element, Call):
        return element.caller if name == "caller" else element.targets
    if isinstance(element, Publish):
        return element.publisher if name == "publisher" else element.topic
    if isinstance(element, Consume):
        return element.consumer if name == "consumer" else element.topic
    if isinstance(element, Topic):
        return element.broker
    return element.entry if isinstance(element, Flow) else None


def _known(value: Known[Any] | Unknown) -> Any:
    if isinstance(value, Unknown):
        raise value
    return value.value


def _instances(component: Component, analyses: Analyses) -> Values:
    return {"least": int(_known(fewest(component))), "most": int(_known(greatest(component)))}


def _zones(component: Component, analyses: Analyses) -> list[str]:
    found = zones(component)
    if not found:
        raise Unknown("zones")
    return list(found)


def _peak(component: Component, analyses: Analyses) -> float:
    return float(_known(analyses.load.requests(component)))


_COMPUTED: dict[str, Callable[[Component, Analyses], Any]] = {
    "instances": _instances,
    "zones": _zones,
    "peak": _peak,
}
