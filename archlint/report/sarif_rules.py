"""The rules of a SARIF report: what GitHub shows beside an alert, and how results refer to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from archlint.engine.documentation import page_of
from archlint.engine.plugins import BUILT_IN
from archlint.plugin import Check, Severity
from archlint.records import dataclass
from archlint.report.explanation import explanation_of, explanation_of_error, render_explanation
from archlint.version import VERSION

if TYPE_CHECKING:
    from archlint.engine.manifest_errors import ManifestError
    from archlint.engine.results import Report, ReportedFinding, Rule

Object = dict[str, Any]

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEM_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
_LONGEST_DESCRIPTION = 1024
_DESCRIBING = ("What it finds", "Why it matters")
_FAMILIES = {
    "MAN": "manifest",
    "LAW": "laws",
    "CAP": "capabilities",
    "PRM": "primitives",
    "PAT": "micro-patterns",
    "SYS": "system-patterns",
    "LIM": "limits",
    "DEC": "decisions",
    "OPS": "operations",
    "PRF": "proof-obligations",
}


@dataclass(frozen=True, slots=True)
class Components:
    """What brings rules: the driver first, then each distribution of plug-ins; and which rule stands where in it."""

    parts: tuple[Object, ...]
    places: dict[str, tuple[int, int]]

    @property
    def tool(self) -> Object:
        driver, *extensions = self.parts
        return {"driver": driver, "extensions": extensions} if extensions else {"driver": driver}

    def rule_of(self, code: str) -> Object:
        """How a result names its rule."""
        part, index = self.places[code]
        return {"ruleId": code, "ruleIndex": index} if part == 0 else {"ruleId": code, "rule": self.reference(code)}

    def reference(self, code: str) -> Object:
        """The reference to a rule; by its code alone where the report does not have it."""
        if code not in self.places:
            return {"id": code}
        part, index = self.places[code]
        where: Object = {} if part == 0 else {"toolComponent": {"name": self.parts[part]["name"], "index": part - 1}}
        return {"id": code, "index": index, **where}


def components_of(report: Report) -> Components:
    """Every rule that ran, and those of findings that no rule explains."""
    known = {rule.definition.code for rule in report.rules}
    others = {finding.code: finding for finding in reversed(report.findings) if finding.code not in known}
    built_in = [
        *(_described(rule) for rule in report.rules if rule.distribution == BUILT_IN),
        *map(_named, others.values()),
    ]
    driver = {"name": "archlint", "version": VERSION, "semanticVersion": VERSION, "rules": _by_id(built_in)}
    origins = sorted({(rule.distribution, rule.version) for rule in report.rules if rule.distribution != BUILT_IN})
    parts = (driver, *(_extension(name, version, report.rules) for name, version in origins))
    places = {rule["id"]: (part, index) for part, own in enumerate(parts) for index, rule in enumerate(own["rules"])}
    return Components(parts, places)


def _extension(name: str, version: str, rules: Iterable[Rule]) -> Object:
    own = [_described(rule) for rule in rules if (rule.distribution, rule.version) == (name, version)]
    return {"name": name, **({"version": version} if version else {}), "rules": _by_id(own)}


def _by_id(rules: list[Object]) -> list[Object]:
    return sorted(rules, key=lambda rule: str(rule["id"]))


def _described(rule: Rule) -> Object:
    definition = rule.definition
    page = page_of(definition)
    parts = (f"{heading}: {page.sections[heading]}" for heading in _DESCRIBING if page.sections[heading])
    return {
        "id": definition.code,
        "name": definition.name,
        "shortDescription": {"text": _brief(page.summary)},
        "fullDescription": {"text": _brief(" ".join([page.summary, *parts]))},
        "help": _help(definition),
        "defaultConfiguration": _configuration(definition),
        "properties": _properties(definition.code, definition.severity, _precision(definition)),
    }


def _help(definition: Check | ManifestError) -> Object:
    explanation = explanation_of(definition) if isinstance(definition, Check) else explanation_of_error(definition)
    return {
        "text": render_explanation(explanation, "text"),
        "markdown": render_explanation(explanation, "markdown"),
    }


def _configuration(definition: Check | ManifestError) -> Object:
    level = {"level": LEVELS[definition.severity]}
    return level if not isinstance(definition, Check) or definition.default else {**level, "enabled": False}


def _named(finding: ReportedFinding) -> Object:
    """A rule that only its name describes."""
    text = f"{finding.name.replace('-', ' ').capitalize()}."
    return {
        "id": finding.code,
        "name": finding.name,
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": _properties(finding.code, finding.severity, "high"),
    }


def _properties(code: str, severity: Severity, precision: str) -> Object:
    family = _FAMILIES.get(code[:3])
    return {
        "tags": ["architecture", *([family] if family else [])],
        "precision": precision,
        "problem.severity": _PROBLEM_SEVERITIES[severity],
    }


def _precision(definition: Check | ManifestError) -> str:
    """GitHub shows what is precise first: a malformed manifest is certain, a check in preview may err."""
    if not isinstance(definition, Check):
        return "very-high"
    return "medium" if definition.status == "preview" else "high"


def _brief(text: str) -> str:
    """On one line, cut at a word where it is longer than GitHub takes."""
    line = " ".join(text.split())
    if len(line) <= _LONGEST_DESCRIPTION:
        return line
    return line[: _LONGEST_DESCRIPTION - 1].rsplit(" ", 1)[0] + "…"
