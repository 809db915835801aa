"""OpenAPI documents, versions 2 (Swagger) and 3: a service and the interface that it offers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from archlint.importers.addresses import named_hosts
from archlint.importers.contracts import application
from archlint.importers.draft import Component, Draft
from archlint.importers.gathering import Sources
from archlint.importers.reading.files import SourceFile
from archlint.importers.reading.tree import Part

TITLE = "an OpenAPI document"
IS_PARTIAL = True

_VERSION = re.compile(r"3\.\d+(\.\d+)?\S*")
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_SHOWN = 5


def recognises(file: SourceFile) -> bool:
    return any(map(_is_document, file.documents))


def _is_document(part: Part) -> bool:
    says = _VERSION.fullmatch(part["openapi"].text() or "") or part["swagger"].text() == "2.0"
    return bool(says) and any(
        part[key].is_mapping for key in ("paths", "webhooks", "components", "definitions", "info")
    )


def draft_from(sources: Sources, draft: Draft) -> None:
    for file in sources.files:
        for document in filter(_is_document, file.documents):
            _document(document, draft)


def _document(document: Part, draft: Draft) -> None:
    stem = os.path.splitext(os.path.basename(document.file.name))[0]
    component = application(draft, document, stem, tuple(_hosts(document)))
    _remark_on_deprecated(document, component, draft)
    _remark_on_calls_out(document, component, draft)


def _hosts(document: Part) -> Iterator[str]:
    """Where the service is reached, without the host names that only documentation has."""
    for text in (document["host"].text(), *(server["url"].text() for server in document["servers"].each())):
        yield from (address.host for address in named_hosts(text or ""))


def _operations(document: Part) -> Iterator[tuple[str, Part]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if item[method].is_mapping:
                yield f"{method.upper()} {path}", item[method]


def _remark_on_deprecated(document: Part, component: Component, draft: Draft) -> None:
    """How long the notice is, no document says."""
    deprecated = [(name, part) for name, part in _operations(document) if part["deprecated"].flag()]
    if deprecated:
        names = ", ".join(name for name, _ in deprecated[:_SHOWN])
        more = f" and {len(deprecated) - _SHOWN} more" if len(deprecated) > _SHOWN else ""
        draft.note(
            f"{component.name} has deprecated operations, {names}{more}: "
            "until when they stay, the document does not say (api.deprecation_window)",
            deprecated[0][1]["deprecated"].origin,
        )


def _remark_on_calls_out(document: Part, component: Component, draft: Draft) -> None:
    """Callbacks and webhooks go to addresses that the callers give."""
    out = [part["callbacks"] for _, part in _operations(document) if any(part["callbacks"].items())]
    out += [document[key] for key in ("webhooks", "x-webhooks") if any(document[key].items())]
    if out:
        draft.note(
            f"{component.name} calls addresses that its callers give (callbacks or webhooks); they are left out",
            out[0].origin,
        )
