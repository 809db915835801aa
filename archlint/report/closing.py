"""How text reports end: assumptions, faults, counts, and what could not be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from archlint.report.style import paint, visible

if TYPE_CHECKING:
    from archlint.engine.results import Fault, NotEvaluated, Report, Summary
    from archlint.report import RenderOptions

FIELDS_NAMED = 3


def closing(report: Report, options: RenderOptions) -> str:
    lines = [
        *(f"assumed: {visible(assumption)}" for assumption in report.assumptions),
        *(paint(fault_line(fault), "error", options.color) for fault in report.faults),
        counts(report.summary, options.color),
        coverage(report),
        *_unknown(report.not_evaluated, options),
    ]
    return "\n".join(lines) + "\n"


def fault_line(fault: Fault) -> str:
    origin = f" of {fault.distribution}" if fault.distribution else ""
    return visible(f"fault: {fault.kind} {fault.name}{origin} failed: {fault.message}")


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun if count == 1 else noun + 's'}"


def counts(summary: Summary, color: bool = False) -> str:
    stated = (
        ("error", summary.error, counted(summary.error, "error")),
        ("warning", summary.warning, counted(summary.warning, "warning")),
        ("info", summary.info, f"{summary.info:,} info"),
    )
    found = ", ".join(paint(text, name, color) for name, count, text in stated if count) or "no findings"
    return f"{found} in {counted(summary.files, 'file')}, {counted(summary.components, 'component')}"


def coverage(report: Report) -> str:
    summary = report.summary
    judged = summary.clear + summary.fired
    total = judged + summary.not_evaluated
    # Rounded down: 100% says that nothing was left out.
    share = f" ({judged * 100 // total}%)" if total else ""
    suppressed = f", {summary.suppressed:,} suppressed" if summary.suppressed else ""
    checks = counted(summary.checks, "check")
    return (
        f"checked {judged:,} of {total:,} check-component pairs{share} with {checks}{suppressed}, "
        f"dated {report.today.isoformat()}"
    )


def _unknown(groups: tuple[NotEvaluated, ...], options: RenderOptions) -> Iterator[str]:
    if not groups:
        return
    if options.show_unknown:
        yield "not evaluated:"
        for group in groups:
            yield from _group(group, options.width)
        return
    yield f"not evaluated: {unknown(groups)}; --show-unknown lists all"


def unknown(groups: tuple[NotEvaluated, ...]) -> str:
    """How much could not be judged, and the fields that would decide most of it."""
    pairs = counted(sum(group.count for group in groups), "pair")
    checks = counted(len({group.code for group in groups}), "check")
    fields = ", ".join(f"{name} ({count:,})" for name, count in wanted_fields(groups)[:FIELDS_NAMED])
    return f"{pairs} of {checks}; most wanted: {fields}"


def wanted_fields(groups: Iterable[NotEvaluated]) -> list[tuple[str, int]]:
    """Each missing field with the number of check-component pairs that wait for it, the most wanted first."""
    wanted: Counter[str] = Counter()
    for group in groups:
        wanted.update(dict.fromkeys(group.needs, group.count))
    return sorted(wanted.items(), key=lambda item: (-item[1], item[0]))


def _group(group: NotEvaluated, width: int) -> Iterator[str]:
    from textwrap import wrap

    where = counted(group.count, "component")
    yield f"  {group.code}[{group.name}] needs {', '.join(group.needs)} on {where}"
    names = ", ".join(visible(component) for component in group.components)
    margin = " " * 4
    yield from wrap(
        names,
        width,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )
