"""The pages of a technology and of a limit: each figure with its kind, its condition and where it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from archlint.knowledge.measures import UNITS, singular
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
    bounded = f"It bounds `{bounds.name}`: {bounds.description}." if bounds else _UNHELD
    noun, what = _NOUNS.get(limits[0].kind, ("A limit", bounded))
    verdict = _verdict(limits)
    return Explanation(
        kind="limit",
        title=limits[0].name,
        summary=paragraph(f"{noun} of {technology.name}. {what}"),
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


_UNHELD = "No figure of a manifest is held against it."
_NOUNS = {
    "sla": ("A promise", "It is taken as the availability of what states none."),
    "price": ("A price", "It is the list price, before any discount."),
}


def _heading(limit: Limit) -> str:
    figure = _figure(limit)
    return f"{figure[:1].upper()}{figure[1:]} ({_standing(limit)})"


def _standing(limit: Limit) -> str:
    """The kind of the figure, when it holds, and that it is the framework's where it is."""
    condition = str(limit.condition)
    framework = "the framework's figure" if limit.provenance == "framework" else ""
    return ", ".join(filter(None, (limit.kind, condition, framework)))


def _figure(limit: Limit) -> str:
    amount = _amount(limit.value, limit.unit)
    if limit.kind in ("sla", "price"):
        return f"{amount} promised" if limit.kind == "sla" else amount
    return f"at {'most' if limit.direction == 'max' else 'least'} {amount}"


def _line(limit: Limit) -> str:
    source = f"{limit.source.title}, {limit.source.year}"
    key = f" of `{limit.key}`" if limit.kind == "default" and limit.key else ""
    standing = _standing(limit).replace(limit.kind, limit.kind + key, 1)
    return f"{limit.id}: {_figure(limit)} per {limit.scope} ({standing}); {source}; confidence {limit.confidence}"


def _facts(limit: Limit) -> Iterator[str]:
    yield f"per: {limit.scope}"
    if limit.key:
        zero = f"; 0 means {_ZEROS[limit.zero]}" if limit.zero else ""
        yield f"set by: {', '.join((limit.key, *limit.also))}{zero}"
    if limit.lifted_by:
        yield f"taken away by: {limit.key}: {limit.lifted_by}"
    yield f"beyond it: {limit.breaks}"
    if limit.error:
        yield f"error: {limit.error}"
    if limit.note:
        yield f"note: {limit.note}"
    yield f"confidence: {limit.confidence}"
    yield f"provenance: {_provenance(limit)}"
    yield f"source: {cited(limit.source)}"


_ZEROS = {"default": "the default", "unlimited": "no limit"}


def _provenance(limit: Limit) -> str:
    if limit.provenance == "framework":
        return "the framework says so and names no source"
    return "not verified, so no error rests on it" if limit.confidence == "low" else "the source says so"


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
    noun = singular(unit) if value == 1 else unit
    return f"{figure}{'' if unit in ('', '%') else ' '}{noun}"


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
