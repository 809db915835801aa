"""One template: its parameters, conditions and mappings, and its resources with their functions applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from archlint.importers.cloud.values import Link
from archlint.importers.cloudformation.intrinsics import NOTHING, UNKNOWN, decide, function_of, placed, resolve
from archlint.importers.reading.files import SourceFile
from archlint.importers.reading.tree import Fields, Part

if TYPE_CHECKING:
    from archlint.importers.cloudformation.templates import Exports

_PSEUDO = "AWS::"
_DEFAULTS = frozenset({"String", "Number", "List<Number>", "CommaDelimitedList"})


class Template:
    """A template, and what names mean in it.

    `given` are parameters that another template states, `nested_as` the names under which others nest this one.
    """

    def __init__(self, part: Part, prefix: str, exports: Exports) -> None:
        self.part, self.prefix, self._exports = part, prefix, exports
        self.given: dict[str, Any] = {}
        self.nested_as: list[str] = []
        self.children: dict[str, Template] = {}
        self._conditions: dict[str, bool | None] = {}
        self._open: set[str] = set()
        for parameter in part["Parameters"].values():
            if parameter["NoEcho"].flag() and parameter["Default"]:
                parameter["Default"].conceal()

    @property
    def file(self) -> SourceFile:
        return self.part.file

    def resources(self) -> Iterator[tuple[str, Part]]:
        """The resources that are made, by their logical ids, their functions not applied yet."""
        for name, resource in self.part["Resources"].items():
            if not resource["Type"].text():
                continue
            condition = resource["Condition"].text()
            if condition is None or self.condition(condition) is not False:
                yield name, resource

    def id(self, name: str) -> str:
        return f"{self.prefix}:{name}"

    def resolved(self, part: Part) -> Part:
        """The same place of the template with functions applied."""
        value = resolve(part.value, self)
        origin, own = part.origin, part.value_origin
        plain = None if value is NOTHING else value
        return Part(part.file, plain, (origin.start, origin.end), (own.start, own.end), part.name)

    def named(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        if name.startswith(_PSEUDO):
            return UNKNOWN
        if name in self.part["Parameters"].value if self.part["Parameters"].is_mapping else False:
            return self._parameter(name)
        return self._link(name)

    def _link(self, name: str, attribute: str = "") -> Any:
        resource = self.part["Resources"][name]
        if resource.value is None:
            return UNKNOWN
        condition = resource["Condition"].text()
        if condition is not None and self.condition(condition) is False:
            return UNKNOWN
        return Link(f"${{{self.id(name)}{'.' * bool(attribute)}{attribute}}}", (self.id(name),))

    def _parameter(self, name: str) -> Any:
        parameter = self.part["Parameters"][name]
        if name in self.given:
            return self.given[name]
        default, type = parameter["Default"], parameter["Type"].text() or ""
        if parameter["NoEcho"].flag():
            return UNKNOWN
        text = default.text()
        if text is None or type.startswith("AWS::SSM"):
            return UNKNOWN
        if type.startswith(("List<", "CommaDelimitedList")):
            origin = default.value_origin
            return placed([word.strip() for word in text.split(",")], (origin.start, origin.end))
        return default.value

    def attribute(self, name: str, attribute: str) -> Any:
        child = self.children.get(name)
        if child is not None and attribute.startswith("Outputs."):
            return child.output(attribute.removeprefix("Outputs."))
        return self._link(name, attribute)

    def output(self, name: str) -> Any:
        key = f"output {name}"
        if key in self._open:
            return UNKNOWN
        self._open.add(key)
        try:
            value = resolve(self.part["Outputs"][name]["Value"].value, self)
        finally:
            self._open.discard(key)
        return UNKNOWN if value is NOTHING or value is None else value

    def exported(self) -> Iterator[tuple[str, str]]:
        """The names under which other templates import outputs, and the outputs."""
        for name, output in self.part["Outputs"].items():
            export = resolve(output["Export"]["Name"].value, self)
            if isinstance(export, str):
                yield export, name

    def mapped(self, table: str, first: str, second: str) -> Any:
        value = self.part["Mappings"].at(table, first, second).value
        return UNKNOWN if value is None else value

    def condition(self, name: str) -> bool | None:
        if name not in self._conditions:
            self._conditions[name] = None  # one that stands on itself is not decided
            self._conditions[name] = decide(self.part["Conditions"][name].value, self)
        return self._conditions[name]

    def imported(self, name: str) -> Any:
        return self._exports.value(name)

    def parameters_for(self, given: Part) -> dict[str, Any]:
        """What a nested template is given, as far as it is known."""
        return {name: value for name, part in given.items() if (value := resolve(part.value, self)) is not NOTHING}


def merged(over: Part, under: Part) -> Part:
    """A mapping with what another one says of keys that it lacks, mappings inside likewise, as `Globals` are."""
    if not under.is_mapping:
        return over
    if not over.is_mapping or function_of(over.value) is not None or function_of(under.value) is not None:
        return over if over else under
    fields = Fields()
    for source in (over, under):
        for key, part in source.items():
            if key in fields and source is under:
                inner: Any = merged(over[key], part).value
                fields[key] = inner
            else:
                fields[key] = part.value
                fields.keys_at[key] = source.value.keys_at[key]
                fields.values_at[key] = source.value.values_at[key]
    origin, own = over.origin, over.value_origin
    return Part(over.file, fields, (origin.start, origin.end), (own.start, own.end), over.name)


def without(part: Part, name: str) -> Part:
    """A mapping without one of its keys."""
    if name not in (part.value if part.is_mapping else {}):
        return part
    fields = Fields()
    for key, inner in part.items():
        if key != name:
            fields[key] = inner.value
            fields.keys_at[key], fields.values_at[key] = part.value.keys_at[key], part.value.values_at[key]
    origin, own = part.origin, part.value_origin
    return Part(part.file, fields, (origin.start, origin.end), (own.start, own.end), part.name)


def is_template(part: Part) -> bool:
    resources: Mapping[str, Any] = part["Resources"].value if part["Resources"].is_mapping else {}
    types = [resource.get("Type") for resource in resources.values() if isinstance(resource, Fields)]
    known = [type for type in types if isinstance(type, str) and type.startswith(("AWS::", "Custom::", "Alexa::"))]
    return bool(known) or bool(part["AWSTemplateFormatVersion"] and part["Resources"].is_mapping)
