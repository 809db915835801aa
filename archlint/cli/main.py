"""The entry of the command line: commands are imported when they are called, errors become exit codes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

from archlint.cli.output import discard_stdout
from archlint.engine import exit_codes
from archlint.engine.errors import UsageError
from archlint.report.style import visible
from archlint.version import VERSION

COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("archlint.cli.check", "Lint manifests."),
    "baseline": ("archlint.cli.baseline", "Accept the findings that are there, and hold on to that."),
    "explain": ("archlint.cli.explain", "Explain a check."),
    "catalog": ("archlint.cli.catalog", "List what is known: checks, limits, laws, technologies."),
    "plugins": ("archlint.cli.plugins", "List the plug-ins that are installed."),
    "init": ("archlint.cli.init", "Write a first manifest."),
    "import": ("archlint.cli.import_", "Draft a manifest from what exists."),
    "drift": ("archlint.cli.drift", "Hold a manifest against what exists."),
    "schema": ("archlint.cli.schema", "Print a JSON Schema."),
}
"""Each command with the module that defines it as `command`, and its line in the help."""

COMPLETION = "_ARCHLINT_COMPLETE"
"""The variable that a shell sets when it asks how to complete a line."""


class LazyGroup(click.Group):
    """Knows its commands by name; `--help` and `--version` import none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no command `{args[0]}`{_suggestion(args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


def _suggestion(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    return f"; did you mean `{near[0]}`?" if near else f"; choose one of {', '.join(COMMANDS)}"


def _show_version(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    """Plug-ins are named without importing any."""
    if not wanted or context.resilient_parsing:
        return
    from archlint.engine.plugins import BUILT_IN, find_entry_points

    others = dict.fromkeys(entry.label for entry in find_entry_points() if entry.distribution != BUILT_IN)
    for label in (f"archlint {VERSION}", *others):
        click.echo(label)
    context.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version,
    help="Show the version, and those of plug-ins.",
)  # fmt: skip
def group() -> None:
    """A linter for architecture: reports what will break in a system, at which number, and what to do."""


def main(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; nothing that it raises leaves here."""
    try:
        return _dispatch(arguments)
    except (KeyboardInterrupt, click.Abort):
        return exit_codes.INTERRUPTED
    except BrokenPipeError:  # `archlint --help | head`; what a check found is never lost to this
        discard_stdout()
        return exit_codes.CLEAN
    except click.ClickException as error:
        error.show()
        return exit_codes.USAGE
    except UsageError as error:
        for line in error.lines:
            click.echo(visible(line), err=True)
        return exit_codes.USAGE
    except Exception as error:
        from archlint.cli.crash import crash_report

        click.echo(crash_report(error, arguments), err=True)
        return exit_codes.INTERNAL


def _dispatch(arguments: Sequence[str]) -> int:
    """Not through click's own `main`, which turns a broken pipe into exit code 1 before anyone can see it."""
    if instruction := os.environ.get(COMPLETION):
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, "archlint", COMPLETION, instruction)
    try:
        with group.make_context("archlint", list(arguments)) as context:
            code = group.invoke(context)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    return code if isinstance(code, int) else exit_codes.CLEAN


def run() -> NoReturn:
    """The installed command. It ends the process at once: to free a large heap takes longer than a check."""
    gc.disable()
    code = main(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # the reader is gone, or the disk is full and that has been said
            stream.flush()
    os._exit(code)
