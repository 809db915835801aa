"""`archlint baseline write|check|prune`."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archlint.cli.check import PROFILES, STANDARD_INPUT
from archlint.cli.output import to_file, to_stdout
from archlint.cli.parameters import date_of, format_option, output_option, rules_option
from archlint.cli.settings import RunSettings, configuration_options
from archlint.cli.sources import checked_sources, from_option, with_option
from archlint.engine import exit_codes
from archlint.engine.errors import UsageError
from archlint.engine.sources.discovery import repository_root
from archlint.records import dataclass

if TYPE_CHECKING:
    from archlint.engine.acceptance.baseline import Baseline, Comparison
    from archlint.engine.results import Report
    from archlint.engine.session import Request

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.argument("paths", nargs=-1),
    click.option("--baseline", metavar="FILE",
                 help="The baseline: that of the configuration, or .archlint-baseline.json, where not given."),
    click.option("--select", multiple=True, metavar="CHECKS", help="Run these checks only."),
    click.option("--extend-select", multiple=True, metavar="CHECKS", help="Run these checks too."),
    click.option("--ignore", multiple=True, metavar="CHECKS", help="Leave these checks out."),
    click.option("--profile", type=click.Choice(PROFILES), default="standard", show_default=True,
                 help="How hard to judge what is not stated."),
    click.option("--today", type=date_of, metavar="DATE", envvar="ARCHLINT_TODAY", show_envvar=True,
                 help="The date that ages and horizons count from, such as 2026-11-15."),
    rules_option(),
    click.option("--check-timeout", type=click.FloatRange(min=0), default=30.0, show_default=True, metavar="SECONDS",
                 help="Stop a check that takes longer for all that it visits; 0 lets it take any time."),
    click.option("--workspace", is_flag=True, help="Read all manifests of the repository."),
    from_option,
    with_option,
    click.option("--allow-empty", is_flag=True, help="Accept that there is no manifest."),
    click.option("--stdin-filename", metavar="NAME", help="What reports call standard input."),
    configuration_options,
    click.option("--set", "overrides", multiple=True, hidden=True),
    click.option("--scale-load", hidden=True),
    format_option("text", "json"),
    output_option(),
)  # fmt: skip


def _run_options(function: F) -> F:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.group("baseline")
def command() -> None:
    """Accept the findings that are there today, and hold on to that.

    An accepted finding is left out by `archlint check --baseline FILE`. It comes back when its exposure is more
    than 1.1 times what was accepted, or when its severity has risen.
    """


@command.command("write", short_help="Accept what is found now.")
@_run_options
@click.option("--reason", metavar="TEXT", help="Why; for the entries that state no reason.")
@click.pass_context
def write(context: click.Context, /, reason: str | None, **given: Any) -> int:
    """Accept what PATHS show: replaces the entries of the manifests and checks of this run, keeps the others.

    Exit codes: 0 written, 1 written but for manifest errors, 2 wrong usage, 3 a check failed and nothing is written.
    """
    from archlint.engine.acceptance.baseline import written

    held = _held(context, given, must_exist=False)
    return _put("written", held, lambda: written(held.baseline, held.report, held.compared, reason))


@command.command("prune", short_help="Remove what is no longer found.")
@_run_options
@click.pass_context
def prune(context: click.Context, /, **given: Any) -> int:
    """Remove entries whose findings are gone, and nothing else."""
    from archlint.engine.acceptance.baseline import pruned

    held = _held(context, given)
    return _put("pruned", held, lambda: pruned(held.baseline, held.compared))


@command.command("check", short_help="Compare, and fail where they differ.")
@_run_options
@click.pass_context
def check(context: click.Context, /, **given: Any) -> int:
    """Compare: 1 if a finding is missing in the baseline or has outgrown it, or if an entry is stale."""
    from archlint.report.comparison import as_text

    held = _held(context, given)
    _say(held, as_text(held.baseline, held.compared))
    if held.report.faults:
        return _faults(held.report)
    return exit_codes.CLEAN if held.compared.holds else exit_codes.FINDINGS


@dataclass(frozen=True, slots=True)
class _Held:
    """A baseline held against a run, and how to tell of it."""

    baseline: Baseline
    report: Report
    compared: Comparison
    format: str
    output: str | None


def _held(context: click.Context, given: dict[str, Any], must_exist: bool = True) -> _Held:
    for option, name in (("overrides", "--set"), ("scale_load", "--scale-load")):
        if given.pop(option):
            raise UsageError(f"a baseline accepts what the manifests say, not what {name} assumes; leave it out")
    settings = RunSettings(context)
    from archlint.engine.acceptance.baseline import DEFAULT_FILE, compare
    from archlint.engine.acceptance.baseline_file import read_baseline
    from archlint.engine.scope import covers

    file = settings.baseline() or DEFAULT_FILE
    baseline = read_baseline(file, must_exist)
    format, output = given.pop("format"), given.pop("output")
    source, further = given.pop("source"), given.pop("further")
    request = _request(settings, given)
    report = _report(request, source, further)
    # What --exclude leaves out this once is not gone.
    whole = settings.given("exclude") is None and covers(_roots(request), os.path.dirname(file))
    return _Held(baseline, report, compare(baseline, report, whole), format, output)


def _report(request: Request, source: str | None, further: tuple[str, ...]) -> Report:
    from archlint.engine.session import run

    if source is None and not further:
        return run(request)
    report, code = checked_sources(source, further, request)
    if code != exit_codes.CLEAN:
        raise UsageError("a baseline is of all that the sources say; mend what cannot be read")
    return report


def _request(settings: RunSettings, given: dict[str, Any]) -> Request:
    """The same as that of `archlint check`, without a baseline."""
    from archlint.engine.session import Request
    from archlint.engine.sources.discovery import READ_AT_MOST

    left = {name: value for name, value in given.items() if name not in ("baseline", "config", "isolated")}
    return Request(
        **left
        | {
            "profile": settings.given("profile"),
            "today": given["today"] or datetime.date.today(),
            "stdin": sys.stdin.buffer.read(READ_AT_MOST) if STANDARD_INPUT in given["paths"] else None,
            "configurations": settings.configurations,
            "exclude": settings.exclude(),
            "technologies": settings.technologies(),
            "rules": settings.rules(),
        }
    )


def _roots(request: Request) -> Iterator[str]:
    """Where the run looked for manifests."""
    for path in request.paths or (".",):
        if path != STANDARD_INPUT:
            yield path
            if request.workspace:
                yield str(repository_root(Path(path)))


def _put(action: str, held: _Held, change: Callable[[], Baseline]) -> int:
    """Write what `change` makes; nothing where a check or a plug-in failed, whose entries would be lost."""
    from archlint.engine.acceptance.baseline_file import render_baseline
    from archlint.report.comparison import as_change

    if held.report.faults:
        click.echo(f"{held.baseline.name} is not {action}, because not every check has run", err=True)
        return _faults(held.report)
    after = change()
    to_file(after.file, render_baseline(after))
    _say(held, as_change(action, held.baseline, after, held.compared))
    return exit_codes.FINDINGS if held.compared.errors else exit_codes.CLEAN


def _say(held: _Held, text: str) -> None:
    from archlint.report.comparison import as_json

    machine = held.format == "json"
    said = as_json(held.baseline, held.compared) if machine else text
    if held.output is not None:
        to_file(held.output, said)
    else:
        to_stdout(said, "utf-8" if machine else None)


def _faults(report: Report) -> int:
    from archlint.engine.session import exit_code
    from archlint.report.closing import fault_line

    for fault in report.faults:
        click.echo(fault_line(fault), err=True)
    return exit_code(report, "never")
