"""Output formats, each made from a Report alone and imported only when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archlint.engine.results import Report

FORMATS: dict[str, str] = {
    "text": "archlint.report.full",
    "full": "archlint.report.full",
    "concise": "archlint.report.concise",
    "grouped": "archlint.report.grouped",
    "json": "archlint.report.json_report",
}
"""The public name of each format and the module whose `render(report, options)` writes it."""

TEXT_FORMATS = ("text", "full", "concise", "grouped")


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """`ascii`: the output carries ASCII only; `width`: columns that an excerpt of the source may take."""

    show_unknown: bool = False
    color: bool = False
    ascii: bool = False
    width: int = 100


def render(report: Report, format: str, options: RenderOptions) -> str:
    """The whole report, ending with a newline. Raises KeyError for an unknown format."""
    text: str = import_module(FORMATS[format]).render(report, options)
    return text
