"""Parameters that several commands share, and how their values are read."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any, TypeVar

import click

from archlint.records import dataclass
from archlint.report import FORMATS

COLOR_CHOICES = ("auto", "always", "never")

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Output:
    """A file to write; `format` is None where it is that of --format."""

    file: str
    format: str | None = None


def output_of(text: str) -> Output:
    """Read `FILE` or `FORMAT=FILE`."""
    format, equals, file = text.partition("=")
    if not equals or not format.replace("-", "").isalpha():
        return Output(text)
    if format not in FORMATS:
        known = ", ".join(FORMATS)
        raise click.BadParameter(f"`{format}` is no format ({known}); for a file of that name write ./{text}")
    if not file:
        raise click.BadParameter(f"`{text}` names no file")
    return Output(file, format)


def date_of(text: str) -> datetime.date:
    from archlint.manifest.readings import day

    try:
        return day(text)
    except ValueError as error:
        raise click.BadParameter(f"`{text}` is no date; write one as 2026-11-15") from error


def output_option() -> Callable[[F], F]:
    return click.option("--output", "-o", metavar="FILE", help="Write to FILE instead of standard output.")


def color_option() -> Callable[[F], F]:
    return click.option(
        "--color",
        type=click.Choice(COLOR_CHOICES),
        default="auto",
        help="Colour text. auto: on a terminal; NO_COLOR and FORCE_COLOR are honoured.",
    )


def format_option(*formats: str) -> Callable[[F], F]:
    return click.option("--format", "format", type=click.Choice(formats), default=formats[0], show_default=True)


def rules_option() -> Callable[[F], F]:
    return click.option(
        "--rules", multiple=True, metavar="FILE", help="Know the rules of this file as checks too (repeatable)."
    )
