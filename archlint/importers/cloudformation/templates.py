"""All templates of an import: which nest which, and what they export to each other."""

from __future__ import annotations

from typing import Any

from archlint.importers.cloud.values import Link
from archlint.importers.cloudformation.intrinsics import UNKNOWN
from archlint.importers.cloudformation.template import Template, is_template
from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources
from archlint.importers.reading.files import SourceError
from archlint.importers.reading.tree import Part

_NESTED = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}


class Exports:
    """What templates give each other by name."""

    def __init__(self) -> None:
        self._outputs: dict[str, tuple[Template, str]] = {}

    def collect(self, template: Template) -> None:
        for name, output in template.exported():
            self._outputs.setdefault(name, (template, output))

    def value(self, name: str) -> Any:
        found = self._outputs.get(name)
        return UNKNOWN if found is None else found[0].output(found[1])


def templates_of(sources: Sources, draft: Draft) -> list[Template]:
    """Each template once; those that others nest know what these give them."""
    exports = Exports()
    found = [
        Template(part, str(at), exports)
        for at, part in enumerate(part for file in sources.files for part in file.documents if is_template(part))
    ]
    for parent in found:
        _nest(parent, found, exports, sources, draft)
    for template in found:
        exports.collect(template)
    return found


def _nest(parent: Template, found: list[Template], exports: Exports, sources: Sources, draft: Draft) -> None:
    lost: list[Part] = []
    for name, resource in parent.resources():
        property = _NESTED.get(resource["Type"].text() or "")
        location = resource["Properties"][property or ""]
        path = location.text() if property else None
        if property is None:
            continue
        uploaded = _uploaded(location, parent, found)
        if uploaded is not None:
            _give(parent, name, resource, uploaded)
            continue
        if path is None or "://" in path:
            lost.append(resource)
            continue
        try:
            file = sources.beside(path, parent.file)
            documents = [part for part in file.documents if is_template(part)]
        except SourceError as error:
            draft.note(f"the nested template of {name} cannot be read: {error}", location.origin)
            continue
        for part in documents:
            child = next((one for one in found if one.file is file), None) or _further(part, found, exports)
            _give(parent, name, resource, child)
    if lost:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        draft.note(f"the nested template {lost[0].name}{more} is no file beside this one; left out", lost[0].origin)


def _give(parent: Template, name: str, resource: Part, child: Template) -> None:
    if child is not parent and name not in parent.children:
        parent.children[name] = child
        child.nested_as.append(name)
        child.given |= parent.parameters_for(resource["Properties"]["Parameters"])


def _uploaded(location: Part, parent: Template, found: list[Template]) -> Template | None:
    """The template whose path an address ends with, where templates are uploaded under their own paths."""
    value = parent.resolved(location).value
    text = value.text if isinstance(value, Link) else value
    if not isinstance(text, str) or "://" not in text:
        return None
    words = text.replace(UNKNOWN.text, "-").partition("?")[0].split("/")
    for count in (3, 2, 1):
        ending = "/".join(words[-count:])
        fitting = [one for one in found if f"/{one.file.name}".endswith(f"/{ending}") and one is not parent]
        if len(fitting) == 1:
            return fitting[0]
    return None


def _further(part: Part, found: list[Template], exports: Exports) -> Template:
    template = Template(part, str(len(found)), exports)
    found.append(template)
    return template
