"""`archlint plugins`."""

from __future__ import annotations

import click

from archlint.cli.output import to_file, to_stdout
from archlint.cli.parameters import format_option, output_option
from archlint.engine import exit_codes


@click.command("plugins")
@format_option("text", "json")
@output_option()
def command(format: str, output: str | None) -> int:
    """List the installed distributions that bring checks: their versions, their checks, and what failed of them.

    Exit codes: 0 all of them load, 2 one does not.
    """
    from archlint.engine.registration import load_registry
    from archlint.report.plugin_list import plugins_as_json, plugins_as_text

    registry = load_registry()
    text = plugins_as_json(registry) if format == "json" else plugins_as_text(registry)
    if output is not None:
        to_file(output, text)
    else:
        to_stdout(text, "utf-8" if format == "json" else None)
    return exit_codes.USAGE if registry.faults else exit_codes.CLEAN
