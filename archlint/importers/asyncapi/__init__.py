"""AsyncAPI documents: an application, the brokers that it uses, and the topics that it publishes to and consumes from.

Several documents of one system share brokers by their hosts, and topics by their addresses.
"""

from __future__ import annotations

import re

from archlint.importers.asyncapi.documents import read_document
from archlint.importers.asyncapi.drafting import Drafting
from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources
from archlint.importers.reading.files import SourceFile
from archlint.importers.reading.tree import Part
from archlint.importers.references import References

TITLE = "an AsyncAPI document"
IS_PARTIAL = True

_VERSION = re.compile(r"\d+\.\d+(\.\d+)?\S*")
_UNDERSTOOD = ("2.", "3.")


def recognises(file: SourceFile) -> bool:
    return any(map(_is_document, file.documents))


def _is_document(part: Part) -> bool:
    version = part["asyncapi"].text() or ""
    return bool(_VERSION.fullmatch(version)) and any(part[key].is_mapping for key in ("info", "channels", "topics"))


def draft_from(sources: Sources, draft: Draft) -> None:
    references = References(sources, draft)
    drafting = Drafting(draft, references)
    for file in sources.files:
        for part in filter(_is_document, file.documents):
            version = part["asyncapi"]
            if (version.text() or "").startswith(_UNDERSTOOD):
                drafting.add(read_document(part, references))
            else:
                draft.error(f"version {version.text()} of AsyncAPI is not understood: 2 or 3 is", version.origin)
    drafting.draft()
