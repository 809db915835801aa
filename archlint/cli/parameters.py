"""Parameters that several commands share, and the types of their values."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import click

from archlint.report import FORMATS

COLOR_CHOICES = ("auto", "always", "never")


@dataclass(frozen=True, slots=True)
class Output:
    """A file to write; `format` is None where it is that of --format."""

    file: str
    format: str | None = None


class OutputParameter(click.ParamType):
    """`FILE` or `FORMAT=FILE`."""

    name = "[format=]file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Output:
        if isinstance(value, Output):
            return value
        format, equals, file = str(value).partition("=")
        if not equals or not format.replace("-", "").isalpha():
            return Output(str(value))
        if format not in FORMATS:
            known = ", ".join(FORMATS)
            self.fail(f"`{format}` is no format ({known}); for a file of that name write ./{value}", param, ctx)
        if not file:
            self.fail(f"`{value}` names no file", param, ctx)
        return Output(file, format)


class DateParameter(click.ParamType):
    """A date as in 2026-11-15."""

    name = "yyyy-mm-dd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime.date:
        if isinstance(value, datetime.date):
            return value
        try:
            return datetime.datetime.strptime(str(value), "%Y-%m-%d").date()
        except ValueError:
            self.fail(f"`{value}` is no date; write one as 2026-11-15", param, ctx)


def output_option(help: str = "Write to FILE instead of standard output.") -> Any:
    return click.option("--output", "-o", type=click.Path(dir_okay=False), metavar="FILE", help=help)


color_option = click.option(
    "--color",
    type=click.Choice(COLOR_CHOICES),
    default="auto",
    help="Colour text. auto: on a terminal; NO_COLOR and FORCE_COLOR are honoured.",
)


def format_option(*formats: str) -> Any:
    return click.option("--format", "format", type=click.Choice(formats), default=formats[0], show_default=True)
