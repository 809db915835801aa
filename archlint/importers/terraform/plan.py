"""One plan or state: its resources, what they refer to, and which of them are instances of the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from archlint.importers.cloud.kinds import KINDS, canonical
from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.values import Link, LinkedFields, LinkedItems, Value
from archlint.importers.reading.tree import Fields, Items, Part
from archlint.importers.terraform.instances import Instance, of_modules, of_state
from archlint.importers.terraform.references import Configuration, Reference
from archlint.importers.terraform.secrets import conceal_around, conceal_marked, conceal_named

_DATA = frozenset({"aws_iam_policy_document"})
"""Data sources that say something of what is managed."""
_ALIKE_BY = ("instance_type", "ami", "machine_type", "size", "vm_size", "image")
_NAMES = (
    "function_name", "queue_name", "bucket", "identifier", "cluster_identifier", "replication_group_id", "cluster_id",
    "domain_name", "name",
)  # fmt: skip
MAX_DEPTH = 40


class Plan:
    """The resources of one document, which take ids with its `prefix`."""

    def __init__(self, document: Part, kind: str, prefix: str, cloud: Cloud) -> None:
        self._document, self._kind, self._prefix, self._cloud = document, kind, prefix, cloud
        self._configuration = Configuration(document["configuration"]["root_module"])
        self._ids: dict[str, list[tuple[Instance, str]]] = {}

    def add(self) -> None:
        conceal_around(self._document, frozenset({self._kind, "configuration", "format_version"}))
        conceal_named(self._document["configuration"])
        instances = list(self._instances())
        for instance in instances:
            self._ids.setdefault(instance.configured, []).append((instance, self._id(instance)))
        for group in _grouped(instances):
            self._add(group)

    def _instances(self) -> Iterator[Instance]:
        found = list(self._listed())
        yield from found
        known = {instance.configured for instance in found}
        for address, resource in self._configuration.resources.items():
            type = resource["type"].text() or ""
            if type in _DATA and address not in known:  # one that is read once what it names is there
                modules = tuple(address.split(".")[1 : 2 * address.count("module.") : 2])
                keys = ("",) * len(modules)
                nothing = resource["none"]
                name = resource["name"].text() or ""
                yield Instance(type, name, "data", None, "", modules, keys, nothing, nothing, resource)

    def _listed(self) -> Iterator[Instance]:
        if self._kind == "resources":
            yield from of_state(self._document)
            return
        held = self._document[self._kind]
        yield from of_modules((held["values"] if self._kind == "prior_state" else held)["root_module"])

    def _id(self, instance: Instance) -> str:
        number = "" if instance.index is None else str(instance.index)
        keys = "/".join([*instance.module_keys, instance.key, number])
        return f"{self._prefix}:{instance.configured}[{keys}]".replace("}", ")")

    def _add(self, group: list[Instance]) -> None:
        first = group[0]
        if first.mode == "data" and first.type not in _DATA:
            return
        type = canonical(first.type)
        resource = Resource(
            self._id(first), type, first.name, ".".join(first.modules), self._value(first), first.origin.origin
        )
        resource.key = _key(first)
        resource.physical = next((text for name in _NAMES if (text := first.values[name].text())), None)
        self._cloud.add(resource)
        for instance in group[1:]:
            self._cloud.also(resource, self._value(instance))
            self._cloud.stand_for(self._id(instance), resource.id)
        resource.count = len(group)

    def _value(self, instance: Instance) -> Value:
        values, part = instance.values, instance.origin
        conceal_marked(values, instance.marks)
        conceal_named(values)
        expressions = self._configuration.resources.get(instance.configured)
        given = expressions["expressions"] if expressions is not None else part["none"]
        value = self._linked(values, given, instance, 0)
        span, own = _spans(values if values else part)
        return Value(Part(part.file, value if isinstance(value, Fields) else Fields(), span, own), self._cloud)

    def _linked(self, values: Part, expressions: Part, instance: Instance, depth: int) -> Any:
        """Values with what their expressions refer to; what is not known yet is only that."""
        if depth > MAX_DEPTH or not expressions.is_mapping or not (values.is_mapping or values.value is None):
            return values.value
        linked = LinkedFields()
        linked.targets = ()
        for key, part in values.items():
            linked[key] = self._one(part, expressions[key], instance, depth + 1)
            linked.keys_at[key], linked.values_at[key] = _spans(part)
        for key, expression in expressions.items():
            if linked.get(key) is None:
                known = self._unknown(expression, instance, depth + 1)
                if known is not None:
                    linked[key] = known
                    linked.keys_at[key], linked.values_at[key] = _spans(values)
        return linked

    def _one(self, part: Part, expression: Part, instance: Instance, depth: int) -> Any:
        if expression.is_list:
            return self._blocks(part, list(expression.each()), instance, depth)
        if not expression.is_mapping:
            return part.value
        if not expression["references"].is_list:
            return (
                part.value if "constant_value" in expression.value else self._linked(part, expression, instance, depth)
            )
        link = self._link(expression, instance)
        value = part.value
        if not link.targets or value is None:
            return link if value is None and link.targets else value
        if isinstance(value, str):
            return Link(value, link.targets)
        linked: LinkedFields | LinkedItems
        if isinstance(value, Fields):
            linked = LinkedFields()
            linked.update(value)
            linked.keys_at, linked.values_at = value.keys_at, value.values_at
        elif isinstance(value, Items):
            linked = LinkedItems()
            linked.extend(value)
            linked.values_at = value.values_at
        else:
            return value
        linked.targets = link.targets
        return linked

    def _blocks(self, part: Part, expressions: list[Part], instance: Instance, depth: int) -> Any:
        values = list(part.each())
        if len(values) != len(expressions):
            return part.value
        items = Items()
        for value, expression in zip(values, expressions, strict=True):
            items.append(self._linked(value, expression, instance, depth + 1))
            items.values_at.append(_spans(value)[1])
        return items

    def _unknown(self, expression: Part, instance: Instance, depth: int) -> Any:
        """What stands for a value that is not known before it is applied."""
        if expression.is_list:
            items = Items()
            for one in expression.each():
                items.append(self._linked(one["\0"], one, instance, depth + 1))
                items.values_at.append(_spans(one)[1])
            return items if items else None
        if expression["references"].is_list:
            link = self._link(expression, instance)
            return link if link.targets else None
        if "constant_value" in (expression.value or {}):
            return None if instance.values else expression["constant_value"].value
        linked = self._linked(expression["\0"], expression, instance, depth + 1)
        return linked if isinstance(linked, Fields) and linked else None

    def _link(self, expression: Part, instance: Instance) -> Link:
        texts, targets = [], []
        for reference in self._configuration.references(expression, instance.modules):
            for id in self._meant(reference, instance):
                targets.append(id)
                texts.append(f"${{{id}.{reference.attribute}}}" if reference.attribute else f"${{{id}}}")
        return Link(" ".join(texts), tuple(dict.fromkeys(targets)))

    def _meant(self, reference: Reference, by: Instance) -> list[str]:
        """The instances that a reference stands for: of the same module, of the key that is named, or one's own."""
        found = self._ids.get(reference.address, [])
        if len(found) > 1:
            found = _preferred(found, lambda one: one.module_keys[: len(by.module_keys)] == by.module_keys)
        if len(found) > 1 and reference.key is not None:
            found = _preferred(found, lambda one: one.key == reference.key)
        elif len(found) > 1 and (by.key or by.index is not None):
            found = _preferred(found, lambda one: (one.key, one.index) == (by.key, by.index))
        return [id for _, id in found]


def _preferred(found: list[tuple[Instance, str]], fits: Any) -> list[tuple[Instance, str]]:
    return [pair for pair in found if fits(pair[0])] or found


def _spans(part: Part) -> tuple[tuple[int, int], tuple[int, int]]:
    origin, own = part.origin, part.value_origin
    return (origin.start, origin.end), (own.start, own.end)


def _grouped(instances: Iterable[Instance]) -> Iterator[list[Instance]]:
    """Instances that are alike and hold nothing of their own are one component; all others are one each.

    `count` and `for_each` over virtual machines make copies that stand in for each other. Over queues, tables or
    functions they make different things of one form, each with its own content.
    """
    groups: dict[tuple[Any, ...], list[Instance]] = {}
    for at, instance in enumerate(instances):
        kind = KINDS.get(canonical(instance.type))
        is_member = canonical(instance.type).endswith(("_cluster_instance",))
        if instance.mode == "managed" and ((kind is not None and kind.are_alike) or is_member):
            modules = tuple(key for key in instance.module_keys if not key.isdigit())
            like = tuple(instance.values[name].text() for name in _ALIKE_BY)
            groups.setdefault((instance.configured, modules, like), []).append(instance)
        else:
            groups[at,] = [instance]
    yield from groups.values()


def _key(instance: Instance) -> str:
    kind = KINDS.get(canonical(instance.type))
    if kind is not None and kind.are_alike:
        return ""
    keys = [key for key in (*instance.module_keys, instance.key) if key]
    if instance.index:
        keys.append(str(instance.index))
    return "-".join(keys)
