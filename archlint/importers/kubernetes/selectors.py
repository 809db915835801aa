"""Label selectors, and an index of what they select from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from archlint.importers.kubernetes.objects import texts_of
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

Labels = Mapping[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One of `matchExpressions`."""

    key: str
    operator: str
    values: frozenset[str]

    def holds(self, labels: Labels) -> bool:
        if self.operator == "Exists":
            return self.key in labels
        if self.operator == "DoesNotExist":
            return self.key not in labels
        if self.operator == "NotIn":
            return labels.get(self.key) not in self.values
        return self.operator == "In" and labels.get(self.key) in self.values


@dataclass(frozen=True, slots=True)
class Selector:
    """Labels that must be there, and further requirements. Without any it selects everything."""

    labels: Labels
    requirements: tuple[Requirement, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.labels and not self.requirements

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for selectors that say the same."""
        return (tuple(sorted(self.labels.items())), self.requirements)

    def selects(self, labels: Labels) -> bool:
        return all(labels.get(key) == value for key, value in self.labels.items()) and all(
            requirement.holds(labels) for requirement in self.requirements
        )


def selector_of(part: Part) -> Selector | None:
    """A `labelSelector`; None for one that is not there, which selects nothing."""
    if not part.is_mapping:
        return None
    requirements = []
    for item in part["matchExpressions"].each():
        values = frozenset(text for value in item["values"].each() if (text := value.text()) is not None)
        requirements.append(Requirement(item["key"].text() or "", item["operator"].text() or "", values))
    return Selector(texts_of(part["matchLabels"]), tuple(requirements))


class Labelled(Generic[T]):
    """Things with labels, found by selectors without looking at all of them."""

    def __init__(self, things: Iterable[tuple[str, Labels, T]]) -> None:
        """Of each its namespace, its labels and itself."""
        self._all: dict[str, list[tuple[Labels, T]]] = {}
        self._by_label: dict[tuple[str, str, str], list[tuple[Labels, T]]] = {}
        self._found: dict[tuple[object, ...], list[T]] = {}
        for namespace, labels, thing in things:
            entry = labels, thing
            self._all.setdefault(namespace, []).append(entry)
            for key, value in labels.items():
                self._by_label.setdefault((namespace, key, value), []).append(entry)

    def selected(self, namespace: str, selector: Selector) -> list[T]:
        """The same list for the same selector, not to be changed."""
        key = namespace, selector.key
        if key not in self._found:
            self._found[key] = self._select(namespace, selector)
        return self._found[key]

    def _select(self, namespace: str, selector: Selector) -> list[T]:
        among = self._all.get(namespace, [])
        for key, value in selector.labels.items():
            with_label = self._by_label.get((namespace, key, value), [])
            if len(with_label) <= len(among):
                among = with_label
        return [thing for labels, thing in among if selector.selects(labels)]
