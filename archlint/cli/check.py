"""`archlint check`."""

from __future__ import annotations

import datetime
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from archlint.cli.output import options_for_terminal, to_file, to_stdout
from archlint.cli.parameters import Output, color_option, date_of, output_of, rules_option
from archlint.cli.settings import RunSettings, configuration_options, settings_as_json, settings_as_text
from archlint.cli.sources import checked_sources, from_option, with_option
from archlint.engine import exit_codes
from archlint.engine.errors import UsageError
from archlint.report import FORMATS, TEXT_FORMATS, RenderOptions, render

if TYPE_CHECKING:
    from archlint.engine.results import Report
    from archlint.engine.session import Request

PROFILES = ("starter", "standard", "strict")
FAIL_LEVELS = ("error", "warning", "info", "never")
STANDARD_INPUT = "-"


@click.command("check")
@click.argument("paths", nargs=-1)
@click.option("--select", multiple=True, metavar="CHECKS", help="Run these checks only: codes, slugs, prefixes, ALL.")
@click.option("--extend-select", multiple=True, metavar="CHECKS", help="Run these checks too.")
@click.option("--ignore", multiple=True, metavar="CHECKS", help="Leave these checks out.")
@click.option(
    "--profile", type=click.Choice(PROFILES), default="standard", show_default=True,
    help="How hard to judge what is not stated.",
)  # fmt: skip
@click.option(
    "--fail-on", type=click.Choice(FAIL_LEVELS), default="error", show_default=True,
    help="Exit with 1 for findings of this severity and above.",
)  # fmt: skip
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found; the same as --fail-on never.")
@click.option(
    "--format", "format", type=click.Choice(tuple(FORMATS)), default="text", show_default=True,
    envvar="ARCHLINT_FORMAT", show_envvar=True, help="text is full.",
)  # fmt: skip
@click.option(
    "--output", "-o", "outputs", multiple=True, type=output_of, metavar="[FORMAT=]FILE",
    help="Write to FILE instead of standard output; as FORMAT=FILE, beside it (repeatable).",
)  # fmt: skip
@click.option(
    "--set", "overrides", multiple=True, metavar="ROUTE=VALUE",
    help="Ask what if: check as though the manifest said so (repeatable).",
)  # fmt: skip
@click.option("--scale-load", metavar="FACTOR", help="Check at a multiple of the declared load, such as 1.9x.")
@click.option(
    "--today", type=date_of, metavar="DATE", envvar="ARCHLINT_TODAY", show_envvar=True,
    help="The date that ages and horizons count from, such as 2026-11-15.",
)  # fmt: skip
@rules_option()
@click.option(
    "--check-timeout", type=click.FloatRange(min=0), default=30.0, show_default=True, metavar="SECONDS",
    help="Stop a check that takes longer for all that it visits; 0 lets it take any time.",
)  # fmt: skip
@click.option("--baseline", metavar="FILE", help="Leave out what this baseline accepts (archlint baseline write).")
@click.option(
    "--new-since", metavar="REV",
    help="Report only what is new or worse than where this branch left REV, a revision of git.",
)  # fmt: skip
@click.option("--show-unknown", is_flag=True, help="List every check that could not judge, and what it lacks.")
@click.option("--statistics", is_flag=True, help="In text formats, count the findings of each check instead.")
@click.option("--workspace", is_flag=True, help="Read all manifests of the repository.")
@from_option
@with_option
@click.option("--allow-empty", is_flag=True, help="Accept that there is no manifest.")
@click.option("--stdin-filename", metavar="NAME", help="What reports call standard input.")
@configuration_options
@click.option("--show-settings", is_flag=True, help="Print the settings and where each came from, and check nothing.")
@click.option("--show-files", is_flag=True, help="Print the manifests that would be read, and check nothing.")
@color_option()
@click.pass_context
def command(
    context: click.Context,
    /,
    paths: tuple[str, ...],
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    overrides: tuple[str, ...],
    scale_load: str | None,
    today: datetime.date | None,
    check_timeout: float,
    new_since: str | None,
    show_unknown: bool,
    statistics: bool,
    workspace: bool,
    source: str | None,
    further: tuple[str, ...],
    allow_empty: bool,
    stdin_filename: str | None,
    force_exclude: bool,
    show_settings: bool,
    show_files: bool,
    color: str,
    **configured: Any,
) -> int:
    """Lint manifests: the given files, those below the given folders, or those below the current folder.

    `-` reads standard input. Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage or no
    manifest, 3 a check failed, 130 interrupted. With --from, PATHS are files of that source.
    """
    settings = RunSettings(context)
    outputs = settings.outputs()
    _refuse_clashing(outputs)
    if stdin_filename is not None and STANDARD_INPUT not in paths:
        raise UsageError("--stdin-filename names what `-` reads; add `-`, or leave it out")
    # After the parameters are known to be right: importing the engine is most of a small run.
    from archlint.engine.session import Request, exit_code, run
    from archlint.engine.sources.discovery import READ_AT_MOST

    request = Request(
        paths=paths,
        select=select,
        extend_select=extend_select,
        ignore=ignore,
        profile=settings.given("profile"),
        overrides=overrides,
        scale_load=scale_load,
        today=today or datetime.date.today(),
        workspace=workspace,
        allow_empty=allow_empty,
        stdin=sys.stdin.buffer.read(READ_AT_MOST) if STANDARD_INPUT in paths else None,
        stdin_filename=stdin_filename,
        baseline=settings.baseline(),
        new_since=new_since,
        rules=settings.rules(),
        check_timeout=check_timeout,
        configurations=settings.configurations,
        exclude=settings.exclude(),
        force_exclude=force_exclude,
        technologies=settings.technologies(),
    )
    if show_settings or show_files:
        return _show(request, settings, show_settings)
    if source is not None or further:
        report, code = checked_sources(source, further, request)
    else:
        report, code = run(request), exit_codes.CLEAN
    options = RenderOptions(show_unknown=show_unknown, color=color == "always", statistics=statistics)
    _write(report, settings.format, outputs, options, color)
    return max(exit_code(report, settings.fail_on), code)


def _show(request: Request, settings: RunSettings, show_settings: bool) -> int:
    from archlint.engine.registration import load_registry
    from archlint.engine.session import names_of, settings_finder

    names = names_of(request)
    if not show_settings:
        to_stdout("".join(f"{name}\n" for name in names))
        return exit_codes.CLEAN
    from archlint.engine.configuration.shown import shown

    is_json = settings.given("format") == "json"
    write = settings_as_json if is_json else settings_as_text
    text = write(settings.shown(), shown(names, settings_finder(request, load_registry(rules=request.rules))))
    to_stdout(text, "utf-8" if is_json else None)
    return exit_codes.CLEAN


def _refuse_clashing(outputs: tuple[Output, ...]) -> None:
    files = [os.path.realpath(output.file) for output in outputs]
    if len(set(files)) < len(files):
        raise UsageError("--output names one file twice")
    if sum(output.format is None for output in outputs) > 1:
        raise UsageError("--output takes one FILE; write further ones as FORMAT=FILE")


def _write(report: Report, format: str, outputs: tuple[Output, ...], in_files: RenderOptions, color: str) -> None:
    for output in outputs:
        to_file(output.file, render(report, output.format or format, in_files))
    on_stdout = all(output.format is not None for output in outputs)
    if on_stdout and format in TEXT_FORMATS:
        to_stdout(render(report, format, options_for_terminal(color, in_files)))
        return
    if on_stdout:
        to_stdout(render(report, format, in_files), "utf-8")
    if report.faults:
        from archlint.report.closing import fault_line

        for fault in report.faults:
            click.echo(fault_line(fault), err=True)
