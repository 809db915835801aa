"""From a rule to a check: its function, its page, its options."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from archlint.engine.rule_files.expressions import Expression, RuleFailed, StatedAbsent
from archlint.engine.rule_files.fields import ITEM, Plans, unit_of
from archlint.engine.rule_files.schema import SECTION_KEYS
from archlint.engine.rule_files.values import Environment
from archlint.plugin import Check, Element, Evidence, Finding, NotApplicable, Options, Severity, Unknown, show
from archlint.records import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """A message: texts, and between them the expressions whose figures it shows."""

    parts: tuple[str | Expression, ...]
    variables: Mapping[str, Plans]

    @property
    def expressions(self) -> Iterator[Expression]:
        return (part for part in self.parts if isinstance(part, Expression))

    def filled(self, environment: Environment, subject: str) -> tuple[str, tuple[Evidence, ...]]:
        """The text, and its figures as evidence."""
        text = ""
        evidence: dict[str, Evidence] = {}
        for part in self.parts:
            if isinstance(part, str):
                text += part
                continue
            figure = self._figure(part, environment, subject)
            text += figure if isinstance(figure, str) else figure.text
            if isinstance(figure, Evidence):
                evidence[figure.name] = figure
        return " ".join(text.split()), tuple(evidence.values())

    def _figure(self, expression: Expression, environment: Environment, subject: str) -> Evidence | str:
        try:
            value = expression.value(environment, subject)
        except Unknown:
            return "not stated"
        except StatedAbsent:
            return "none"
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Evidence(expression.source.strip(), value, self._unit(expression))
        return _shown(value)

    def _unit(self, expression: Expression) -> str:
        """That of the field, where the expression is nothing but one."""
        for chain in expression.chains:
            if expression.source.strip() == ".".join((chain.root, *chain.parts)):
                return unit_of(self.variables[chain.root], chain.parts)
        return ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "nothing"
    if isinstance(value, int | float) and not math.isnan(value):
        return show(value)
    return str(value)


def check_of(
    rule: Mapping[str, Any], where: Expression | None, condition: Expression, message: Template, place: str
) -> Check:
    """`place` is where the condition stands, for messages of its own failures."""
    select = str(rule["select"])
    subject = select.lower()
    wanted = {root for part in (where, condition, *message.expressions) if part for root in part.roots}
    field = rule.get("field", _first_field(condition, subject))

    def run(element: Element, analyses: Any, options: Any) -> Iterator[Finding]:
        environment = Environment(element, select, sorted(wanted), analyses, options)
        try:
            absent = _broken_by(where, condition, environment, subject)
            text, evidence = message.filled(environment, subject)
        except RuleFailed as failure:
            raise RuleFailed(f"{place}: {failure}") from None
        if absent is None:
            return
        if absent:
            text += f" ({', '.join(f'`{name}`' for name in absent)} is none)"
        remedy = rule.get("remedy", "")
        yield Finding(
            at=element, field=field, message=text, evidence=evidence, formula=_flat(condition.source), remedy=remedy
        )

    run.__doc__ = _page(rule, where, condition)
    return Check(
        code=rule["code"],
        name=rule["name"],
        severity=Severity[rule.get("severity", "warning").upper()],
        subject=select,
        function=run,
        options=_options(rule.get("options", {})),
        default=rule.get("default", True),
        module=__name__,
    )


def _broken_by(
    where: Expression | None, condition: Expression, environment: Environment, subject: str
) -> tuple[str, ...] | None:
    """None where the condition holds; else the fields that are stated to be absent and so break it, often none.

    What is stated to be absent cannot be selected by `where`, and cannot meet a condition that counts with it.
    Raises NotApplicable where the rule does not apply.
    """
    try:
        if where is not None and not where.holds(environment, subject):
            raise NotApplicable
    except StatedAbsent:
        raise NotApplicable from None
    try:
        return None if condition.holds(environment, subject) else ()
    except StatedAbsent as absent:
        return absent.fields


def _first_field(condition: Expression, subject: str) -> str:
    """The first field of the element itself that the condition names, as far as its path has no list in it."""
    for chain in condition.chains:
        if chain.root == subject and chain.parts:
            parts = chain.parts[: chain.parts.index(ITEM)] if ITEM in chain.parts else chain.parts
            if (
                parts != ("name",)
                and parts != ("kind",)
                and all(part.replace("-", "_").isidentifier() for part in parts)
            ):
                return ".".join(parts)
        elif chain.root == "zones":
            return "zones"
    return ""


def _is_key(part: str) -> bool:
    return part.replace("-", "_").isidentifier()


def _page(rule: Mapping[str, Any], where: Expression | None, condition: Expression) -> str:
    """The documentation as the docstring of a check: what is not written is told from the rule itself."""
    written = dict(rule.get("documentation", {}))
    of = f" where `{_flat(where.source)}`" if where else ""
    written.setdefault(
        "what_it_finds", f"each {rule['select'].lower()}{of} for which this does not hold: `{_flat(condition.source)}`."
    )
    if "remedy" in rule:
        written.setdefault("how_to_fix", rule["remedy"])
    summary = rule.get("summary", f"{rule['name'].replace('-', ' ').capitalize()}.")
    blocks = [_flat(summary)]
    for key, heading in SECTION_KEYS.items():
        if key in written:
            blocks.append(_section(heading, written[key]))
    return "\n\n".join(blocks) + "\n"


def _section(heading: str, text: str) -> str:
    if heading in ("Risky", "Safe"):
        return f"{heading}:\n" + "".join(f"    {line}\n" for line in text.splitlines())
    return f"{heading}: {text.strip()}"


def _flat(text: str) -> str:
    return " ".join(text.split())


_KINDS: Mapping[type, str] = {bool: "bool", int: "int", float: "float", str: "str"}


def _options(defaults: Mapping[str, Any]) -> type[Options]:
    """The options of a rule as any check declares them."""
    if not defaults:
        return Options
    annotations = {name: _KINDS[type(value)] for name, value in defaults.items()}
    namespace = {"__annotations__": annotations, "__module__": __name__, **defaults}
    return dataclass(frozen=True, slots=True)(type("RuleOptions", (Options,), namespace))
