"""The page of a topic for a reader: as text, as markdown, as json. That of a check is all from its own declaration."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from archlint.engine.documentation import Page, page_of
from archlint.records import dataclass

if TYPE_CHECKING:
    from archlint.engine.registry import ManifestError
    from archlint.knowledge.facts import Law
    from archlint.plugin import Check

FORMATS = ("text", "markdown", "json")


@dataclass(frozen=True, slots=True)
class Explanation:
    """`properties` are short facts by their label, `sections` the prose by its heading, none of them empty.

    `item` is all of it as json has it, in fields of its own for each kind.
    """

    kind: str
    title: str
    summary: str
    properties: dict[str, Any]
    sections: dict[str, str]
    examples: dict[str, str]
    item: dict[str, Any]


def explanation_of(check: Check, laws: Iterable[Law] = ()) -> Explanation:
    """`laws` are those that the check stands on."""
    properties = {
        "severity": check.severity.label,
        "subject": check.subject,
        "needs": list(check.needs),
        "subsumes": list(check.subsumes),
        "options": {option.name: option.default for option in dataclasses.fields(check.options)},
        "since": check.since,
        "status": check.status,
        "default": check.default,
    }
    named = {law.id: law.name for law in laws}
    shown = {"stands on": [f"{name} ({law_id})" for law_id, name in named.items()]}
    return _explanation(check, page_of(check), properties | shown, properties | {"laws": list(named)})


def explanation_of_error(error: ManifestError) -> Explanation:
    """Of MAN001 to MAN006, which are no checks: reading and linking make them, nothing turns them off."""
    properties = {"severity": error.severity.label, "subject": "Manifest", "default": True}
    return _explanation(error, page_of(error), properties, properties)


def _explanation(
    topic: Check | ManifestError, page: Page, shown: dict[str, Any], properties: dict[str, Any]
) -> Explanation:
    sections = {heading: text for heading, text in page.sections.items() if text}
    examples = {heading: text for heading, text in (("Risky", page.risky), ("Safe", page.safe)) if text}
    item = {"id": topic.code, "name": topic.name, "summary": page.summary, **properties}
    item |= {"sections": sections, "examples": examples}
    return Explanation("check", f"{topic.code} {topic.name}", page.summary, shown, sections, examples, item)


def render_explanation(explanation: Explanation, format: str) -> str:
    """In one of FORMATS, ending with a newline."""
    if format == "json":
        document = {"version": 1, "kind": explanation.kind, "item": explanation.item}
        return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    return "\n".join(_markdown(explanation) if format == "markdown" else _text(explanation)) + "\n"


def _text(explanation: Explanation) -> Iterator[str]:
    yield explanation.title
    yield ""
    yield explanation.summary
    if facts := list(_facts(explanation)):
        yield ""
        widest = max(len(label) for label, _ in facts)
        yield from (f"{label:<{widest}}  {text}" for label, text in facts)
    for heading, text in explanation.sections.items():
        yield ""
        yield heading
        yield from _indented(text, "  ")
    for heading, manifest in explanation.examples.items():
        yield ""
        yield f"Example: {heading.lower()}"
        yield from _indented(manifest, "    ")


def _markdown(explanation: Explanation) -> Iterator[str]:
    yield f"# {explanation.title}"
    yield ""
    yield explanation.summary
    if facts := list(_facts(explanation)):
        yield ""
        yield from (f"- **{label}**: {text}" for label, text in facts)
    for heading, text in explanation.sections.items():
        yield ""
        yield f"## {heading}"
        yield ""
        yield text
    for heading, manifest in explanation.examples.items():
        yield ""
        yield f"## Example: {heading.lower()}"
        yield ""
        yield "```yaml"
        yield manifest
        yield "```"


def _facts(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """The properties that say something, in words."""
    for label, value in explanation.properties.items():
        if isinstance(value, bool):
            yield label, "on" if value else "off; select it by its code"
        elif isinstance(value, dict):
            if value:
                yield label, ", ".join(f"{name} = {default}" for name, default in value.items())
        elif isinstance(value, list):
            if value:
                yield label, ", ".join(value)
        else:
            yield label, str(value)


def _indented(text: str, margin: str) -> Iterator[str]:
    yield from ((margin + line).rstrip() for line in text.splitlines())
