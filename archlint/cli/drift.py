"""`archlint drift`."""

from __future__ import annotations

import click

from archlint.cli.output import to_file, to_stdout
from archlint.cli.parameters import format_option, output_option
from archlint.cli.sources import asked_of, with_option
from archlint.engine import exit_codes
from archlint.engine.errors import UsageError


@click.command("drift")
@click.argument("manifest", metavar="MANIFEST")
@click.option("--against", "source", required=True, metavar="SOURCE", help="What PATHS are: compose, auto...")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@with_option
@click.option(
    "--map", "names", multiple=True, metavar="NAME=OTHER",
    help="The manifest's NAME is called OTHER in the source (repeatable).",
)  # fmt: skip
@click.option(
    "--ignore", "ignored", multiple=True, metavar="ROUTE",
    help="Let what matches differ, such as 'services.*.replicas' (repeatable).",
)  # fmt: skip
@format_option("text", "json")
@output_option()
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever differs.")
def command(
    manifest: str,
    source: str,
    paths: tuple[str, ...],
    further: tuple[str, ...],
    names: tuple[str, ...],
    ignored: tuple[str, ...],
    format: str,
    output: str | None,
    exit_zero: bool,
) -> int:
    """Hold MANIFEST against what exists: components, dependencies, and every field that both state.

    Exit codes: 0 no drift, 1 drift or something that could not be read, 2 wrong usage.
    """
    from archlint.importers.drift.finding import InvalidManifestError, find_drift
    from archlint.importers.drift.report import as_json, as_text
    from archlint.report.style import visible

    try:
        found = find_drift(manifest, asked_of(source, paths, further), _names(names), ignored)
    except InvalidManifestError as error:
        for line in error.lines:
            click.echo(visible(line), err=True)
        return exit_codes.FINDINGS
    for remark in found.imported.errors:
        click.echo(visible(str(remark)), err=True)
    if format == "json":
        text = as_json(found.manifest, found.drifts)
    else:
        text = "\n".join(map(visible, as_text(found.manifest, found.drifts).split("\n")))
    if output is not None:
        to_file(output, text)
    else:
        to_stdout(text, "utf-8" if format == "json" else None)
    failed = bool(found.drifts or found.imported.errors) and not exit_zero
    return exit_codes.FINDINGS if failed else exit_codes.CLEAN


def _names(pairs: tuple[str, ...]) -> dict[str, str]:
    names = {}
    for pair in pairs:
        name, equals, other = pair.partition("=")
        if not (name and equals and other):
            raise UsageError(f"--map {pair}: write NAME=OTHER, such as cart=cartservice")
        names[name] = other
    return names
