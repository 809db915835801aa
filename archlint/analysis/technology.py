"""Which technology a component runs on, and which protocols it speaks."""

from __future__ import annotations

from archlint.system.elements import Caller, Component, Topic


def technology_of(component: Component) -> str | None:
    """As stated, with its version; a topic has that of its broker."""
    keeper = component.broker if isinstance(component, Topic) else component
    return getattr(keeper.spec, "technology", None)


def protocols_of(component: Component) -> tuple[str, ...]:
    """Of the calls that a component makes, each once."""
    if not isinstance(component, Caller):
        return ()
    return tuple(dict.fromkeys(call.spec.protocol for call in component.calls if call.spec.protocol))


def may_have_limits(component: Component) -> bool:
    """Whether it names something that the catalogue may know limits of."""
    if technology_of(component) is not None:
        return True
    return isinstance(component, Caller) and any(call.spec.protocol for call in component.calls)


def runs_on_one_of(component: Component, names: frozenset[str]) -> bool:
    """Whether its technology, without a version, has one of these names: a slug and its aliases."""
    named = technology_of(component)
    return named is not None and named.partition("@")[0].lower() in names


POSTGRESQL = frozenset({"postgresql", "postgres", "pg", "psql"})
"""As it is run by oneself: managed services (`rds`, `aurora`, `cloud-sql`) have defaults and limits of their own."""


def is_postgresql(component: Component) -> bool:
    return runs_on_one_of(component, POSTGRESQL)


def release_of(component: Component) -> tuple[int, ...] | None:
    """The numbers of the version that is stated: (16,) of `postgresql@16`; None where none is."""
    version = (technology_of(component) or "").partition("@")[2]
    numbers = version.lstrip("vV").split(".")
    return tuple(map(int, numbers)) if version and all(number.isdigit() for number in numbers) else None
