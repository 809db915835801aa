"""The page of a check for a reader: as text, as markdown, as json. All from its docstring and its decorator."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archlint.engine.documentation import page_of
from archlint.records import dataclass

if TYPE_CHECKING:
    from archlint.engine.registry import ManifestError
    from archlint.plugin import Check

FORMATS = ("text", "markdown", "json")


@dataclass(frozen=True, slots=True)
class Explanation:
    """`properties` are short facts by their label, `sections` the prose by its heading, none of them empty."""

    code: str
    name: str
    summary: str
    properties: dict[str, Any]
    sections: dict[str, str]
    examples: dict[str, str]


def explanation_of(check: Check) -> Explanation:
    page = page_of(check)
    return Explanation(
        code=check.code,
        name=check.name,
        summary=page.summary,
        properties={
            "severity": check.severity.label,
            "subject": check.subject,
            "needs": list(check.needs),
            "subsumes": list(check.subsumes),
            "options": {option.name: option.default for option in dataclasses.fields(check.options)},
            "since": check.since,
            "status": check.status,
            "default": check.default,
        },
        sections={heading: text for heading, text in page.sections.items() if text},
        examples={heading: text for heading, text in (("Risky", page.risky), ("Safe", page.safe)) if text},
    )


def explanation_of_error(error: ManifestError) -> Explanation:
    """Of MAN001 to MAN006, which are no checks: reading and linking make them, nothing turns them off."""
    page = page_of(error)
    return Explanation(
        code=error.code,
        name=error.name,
        summary=page.summary,
        properties={"severity": error.severity.label, "subject": "Manifest", "default": True},
        sections={heading: text for heading, text in page.sections.items() if text},
        examples={heading: text for heading, text in (("Risky", page.risky), ("Safe", page.safe)) if text},
    )


def render_explanation(explanation: Explanation, format: str) -> str:
    """In one of FORMATS, ending with a newline."""
    if format == "json":
        return _json(explanation)
    return "\n".join(_markdown(explanation) if format == "markdown" else _text(explanation)) + "\n"


def _json(explanation: Explanation) -> str:
    item = {
        "id": explanation.code,
        "name": explanation.name,
        "summary": explanation.summary,
        **explanation.properties,
        "sections": explanation.sections,
        "examples": explanation.examples,
    }
    return json.dumps({"version": 1, "kind": "check", "item": item}, ensure_ascii=False, indent=1) + "\n"


def _text(explanation: Explanation) -> Iterator[str]:
    yield f"{explanation.code} {explanation.name}"
    yield ""
    yield explanation.summary
    yield ""
    facts = list(_facts(explanation))
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
    yield f"# {explanation.code} {explanation.name}"
    yield ""
    yield explanation.summary
    yield ""
    yield from (f"- **{label}**: {text}" for label, text in _facts(explanation))
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
