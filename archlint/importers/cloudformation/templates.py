"""All templates of an import: which nest which, and what they export to each other."""

from __future__ import annotations

from typing import Any

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
    for name, resource in parent.resources():
        property = _NESTED.get(resource["Type"].text() or "")
        location = resource["Properties"][property or ""]
        path = location.text() if property else None
        if path is None or "://" in path or path.startswith("s3:"):
            if property:
                draft.note(f"the nested template of {name} is not a file beside this one; left out", resource.origin)
            continue
        try:
            file = sources.beside(path, parent.file)
            documents = [part for part in file.documents if is_template(part)]
        except SourceError as error:
            draft.note(f"the nested template of {name} cannot be read: {error}", location.origin)
            continue
        for part in documents:
            child = next((one for one in found if one.file is file), None) or _further(part, found, exports)
            if child is not parent and name not in parent.children:
                parent.children[name] = child
                child.given |= parent.parameters_for(resource["Properties"]["Parameters"])


def _further(part: Part, found: list[Template], exports: Exports) -> Template:
    template = Template(part, str(len(found)), exports)
    found.append(template)
    return template
