"""Where a finding is: from an element and a field to a route and a span."""

from __future__ import annotations

from archlint.engine.results import RelatedPlace
from archlint.manifest.defaults import default_path
from archlint.manifest.problems import Place
from archlint.manifest.routes import RouteError, format_route, parse_route, resolve
from archlint.manifest.tree import value_at
from archlint.records import dataclass
from archlint.system.elements import Element, Outside, Path, System
from archlint.system.suppressions import Ignore


@dataclass(frozen=True, slots=True)
class Located:
    """A place in a file, the route that names it, and the places that explain it."""

    file: str
    path: str
    place: Place
    related: tuple[RelatedPlace, ...] = ()


def locate(element: Element, field: str = "") -> Located:
    """The place of a field of an element: the key of the last stated part, never none.

    Where `defaults:` supplied the field, the component is the place and the default is related; through an
    alias or a merge key, the alias is the place and the anchor is related. An ignore is its comment, with the route
    of what it stands beside.
    """
    document = element.system.document
    if isinstance(element, Ignore):
        return Located(document.name, route_of(element), element.place)
    path = concrete_path(element, field)
    return Located(
        file=document.name,
        path=route_of(element, field),
        place=document.spans.nearest(path)[1],
        related=tuple(_explanations(element.system, path)),
    )


def route_of(element: Element, field: str = "") -> str:
    """The route of a field of an element, items of lists by their names."""
    system = element.system
    return format_route(concrete_path(element, field), system.document.data, system.ordinals)


def concrete_path(element: Element, field: str) -> Path:
    """The path of a field below an element; a component outside the run has none but the system's.

    A field is a route below the element: keys joined by dots, `settings["log.retention"]` for other keys,
    `zones[0]` or `steps[charge]` for items of lists.
    """
    if isinstance(element, Outside) or not field:
        return element.path
    if "[" not in field:
        return (*element.path, *field.split("."))
    stated = value_at(element.system.document.data, element.path)
    try:
        return (*element.path, *resolve(parse_route(field), stated, absent=True))
    except RouteError:  # an item that defaults or an assumption gave: its list is the place
        return (*element.path, field.partition("[")[0])


def _explanations(system: System, path: Path) -> list[RelatedPlace]:
    document = system.document
    found: list[RelatedPlace] = []
    default = default_path(document, path)
    if default is not None:
        found.append(RelatedPlace(document.name, document.spans.nearest(default)[1], "the default that says so"))
    anchor = document.spans.anchor_of(path)
    if anchor is not None:
        found.append(RelatedPlace(document.name, anchor, "the anchor that it comes from"))
    return found
