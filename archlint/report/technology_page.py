"""The pages of a technology and of a limit: each figure with its kind, its condition and where it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from archlint.knowledge.measures import UNITS
from archlint.report.explanation import Explanation
from archlint.report.json_report import number
from archlint.report.listing import limit_item
from archlint.report.prose import bullets, cited, paragraph

if TYPE_CHECKING:
    from archlint.knowledge.technology import Default, Limit, Technology


def explanation_of_technology(technology: Technology) -> Explanation:
    kinds, aliases = list(technology.kinds), list(technology.aliases)
    modes = {mode: versions.text for mode, versions in technology.modes.items()}
    sections = {
        "Limits": bullets(map(_line, technology.limits)),
        "Defaults": bullets(map(_default, technology.defaults)),
    }
    return Explanation(
        kind="technology",
        title=f"{technology.name} ({technology.slug})",
        summary=paragraph(
            f"What is known of {technology.name}. What breaks beyond a limit, and who says so, "
            f"tells `archlint explain {technology.slug}/LIMIT`."
        ),
        properties={
            "kinds": kinds,
            "also called": aliases,
            "modes": [f"{mode} in versions {versions}" for mode, versions in modes.items()],
        },
        sections={heading: text for heading, text in sections.items() if text},
        examples={},
        item={
            "id": technology.slug,
            "name": technology.name,
            "kinds": kinds,
            "aliases": aliases,
            "modes": modes,
            "limits": [limit_item(limit) for limit in technology.limits],
            "defaults": [_default_item(default) for default in technology.defaults],
        },
    )


def explanation_of_limit(technology: Technology, limits: Sequence[Limit]) -> Explanation:
    """`limits` are all entries of one id, at least one."""
    bounds = next((limit.bounds for limit in limits if limit.bounds), None)
    unheld = "No figure of a manifest is held against it."
    what = f"It bounds `{bounds.name}`: {bounds.description}." if bounds else unheld
    verdict = _verdict(limits)
    return Explanation(
        kind="limit",
        title=limits[0].name,
        summary=paragraph(f"A limit of {technology.name}. {what}"),
        properties={"technology": f"{technology.name} ({technology.slug})"},
        sections={
            **{_heading(limit): bullets(_facts(limit)) for limit in limits},
            **({"Which figure decides": paragraph(verdict)} if verdict else {}),
        },
        examples={},
        item={
            "id": limits[0].name,
            "technology": technology.slug,
            "measure": bounds and bounds.name,
            "entries": [limit_item(limit) for limit in limits],
        },
    )


def _heading(limit: Limit) -> str:
    figure = _figure(limit)
    return f"{figure[:1].upper()}{figure[1:]} ({_standing(limit)})"


def _standing(limit: Limit) -> str:
    """The kind of the figure, when it holds, and that it is the framework's where it is."""
    condition = str(limit.condition)
    framework = "the framework's figure" if limit.provenance == "framework" else ""
    return ", ".join(filter(None, (limit.kind, condition, framework)))


def _figure(limit: Limit) -> str:
    return f"at {'most' if limit.direction == 'max' else 'least'} {_amount(limit.value, limit.unit)}"


def _line(limit: Limit) -> str:
    source = f"{limit.source.title}, {limit.source.year}"
    return f"{limit.id}: {_figure(limit)} ({_standing(limit)}); {source}; confidence {limit.confidence}"


def _facts(limit: Limit) -> Iterator[str]:
    yield f"per: {limit.scope}"
    if limit.key:
        yield f"set by: {', '.join((limit.key, *limit.also))}"
    yield f"beyond it: {limit.breaks}"
    if limit.error:
        yield f"error: {limit.error}"
    if limit.note:
        yield f"note: {limit.note}"
    yield f"confidence: {limit.confidence}"
    yield f"provenance: {_PROVENANCES[limit.provenance]}"
    yield f"source: {cited(limit.source)}"


_PROVENANCES = {
    "source": "read in the source itself",
    "framework": "the framework says so and names no source",
}


def _verdict(limits: Sequence[Limit]) -> str:
    """What becomes of the framework's figure; empty where it has none."""
    told = [_figure(limit) for limit in limits if limit.provenance == "framework"]
    sourced = [f"{_figure(limit)} ({_standing(limit)})" for limit in limits if limit.provenance == "source"]
    if not told:
        return ""
    framework = f"The framework says {' and '.join(told)}"
    if sourced:
        return f"{framework}; the sources say {', '.join(sourced)}. The sources decide: no check uses the framework's."
    return f"{framework}, and no source was found for it: it makes no finding an error."


def _default(default: Default) -> str:
    field = f", the field `{default.field}`" if default.field else ""
    condition = f" ({default.condition})" if str(default.condition) else ""
    note = f"; {default.note}" if default.note else ""
    source = f"{default.source.title}, {default.source.year}"
    return f"{default.key} of a {default.of}{field}: {_value(default)}{condition}{note}; {source}"


def _value(default: Default) -> str:
    """As the catalogue writes it: canonical figures turned back into their unit."""
    if isinstance(default.value, bool):
        return "true" if default.value else "false"
    if isinstance(default.value, str):
        return default.value
    unit = default.unit or ""
    return _amount(default.value / UNITS[unit].factor if unit else default.value, unit)


def _amount(value: float, unit: str) -> str:
    figure = f"{number(value):,}"
    return f"{figure}{'' if unit in ('', '%') else ' '}{unit}"


def _default_item(default: Default) -> dict[str, Any]:
    value = default.value
    if not isinstance(value, bool | str):
        value = value / UNITS[default.unit].factor if default.unit else value
    return {
        "key": default.key,
        "of": default.of,
        "field": default.field,
        "value": value if isinstance(value, bool) else number(value),
        "unit": default.unit,
        "condition": str(default.condition),
        "note": default.note,
        "source": {"title": default.source.title, "url": default.source.url, "year": default.source.year},
    }
