"""Output formats, each made from a Report alone and imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from archlint.records import dataclass

if TYPE_CHECKING:
    from archlint.engine.results import Report

FORMATS: dict[str, str] = {
    "text": "archlint.report.full",
    "full": "archlint.report.full",
    "concise": "archlint.report.concise",
    "grouped": "archlint.report.grouped",
    "json": "archlint.report.json_report",
    "sarif": "archlint.report.sarif",
    "junit": "archlint.report.junit",
    "github": "archlint.report.github",
    "gitlab": "archlint.report.gitlab",
    "markdown": "archlint.report.markdown",
}
"""The public name of each format and the module whose `render(report, options)` writes it."""

TEXT_FORMATS = ("text", "full", "concise", "grouped")
STATISTICS = "archlint.report.statistics"


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """`ascii`: the output carries ASCII only; `width`: columns that an excerpt of the source may take.

    `statistics`: text formats count the findings of each check instead of listing them.
    """

    show_unknown: bool = False
    color: bool = False
    ascii: bool = False
    width: int = 100
    statistics: bool = False


def render(report: Report, format: str, options: RenderOptions) -> str:
    """The whole report; what is not empty ends with a newline. Raises KeyError for an unknown format."""
    module = STATISTICS if options.statistics and format in TEXT_FORMATS else FORMATS[format]
    text: str = import_module(module).render(report, options)
    return text
