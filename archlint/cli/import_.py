"""`archlint import`."""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF8
from typing import TYPE_CHECKING

import click

from archlint.cli.output import to_file, to_stdout
from archlint.cli.parameters import format_option, output_option
from archlint.cli.sources import STANDARD_INPUT, asked_of, questions_about, tell, with_option
from archlint.engine import exit_codes
from archlint.engine.errors import UsageError
from archlint.importers import SOURCES

if TYPE_CHECKING:
    from archlint.importers.importing import Imported


_EPILOG = "Sources: auto (whatever is recognised), " + ", ".join(
    f"{name} ({title})" for name, (_, title) in SOURCES.items()
)


@click.command("import", epilog=_EPILOG)
@click.argument("source", metavar="SOURCE")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@with_option
@click.option("--into", metavar="MANIFEST", help="Show what would be added to a manifest that exists.")
@click.option("--write", "is_written", is_flag=True, help="With --into, add it: nothing that stands there changes.")
@click.option("--name", help="Name of the system, where it is not the source's or the folder's.")
@format_option("text", "json")
@output_option()
def command(
    source: str,
    paths: tuple[str, ...],
    further: tuple[str, ...],
    into: str | None,
    is_written: bool,
    name: str | None,
    format: str,
    output: str | None,
) -> int:
    """Draft a manifest from the files that a team has.

    Every field says where it came from; what the files do not say is left out, and asked for. Exit codes: 0 drafted,
    1 something could not be read, 2 wrong usage.
    """
    from archlint.importers.importing import import_sources

    if is_written and into is None:
        raise UsageError("--write adds to a manifest: name it with --into")
    if into is not None and (format != "text" or output is not None):
        raise UsageError("--into shows a difference, on standard output: leave --format and --output out")
    stdin = sys.stdin.buffer.read() if STANDARD_INPUT in paths else None
    imported = import_sources(asked_of(source, paths, further), name, stdin)
    tell(imported)
    if into is not None:
        return _merge(imported, into, is_written)
    text = _as_json(imported) if format == "json" else _as_text(imported)
    if output is not None:
        to_file(output, text)
    else:
        to_stdout(text, "utf-8")
    return exit_codes.FINDINGS if imported.errors else exit_codes.CLEAN


def _merge(imported: Imported, into: str, is_written: bool) -> int:
    """Show the difference, and write it where that is asked for."""
    from pathlib import Path

    from archlint.engine.sources.discovery import read_source
    from archlint.importers.drift.finding import contradictions
    from archlint.importers.merging import MergeError, difference, merge
    from archlint.manifest.loading import load
    from archlint.report.style import visible

    source = read_source(Path(into))
    loaded = load(source.content, source.name)
    if loaded.manifest is None:
        raise UsageError(f"{source.name} is not a valid manifest: {loaded.problems[0].message}; see archlint check")
    try:
        merged = merge(loaded.document, imported.finished, {})
    except MergeError as error:
        raise UsageError(str(error)) from error
    to_stdout(difference(loaded.document, merged))
    if merged.left_out:
        routes = ", ".join(merged.left_out)
        click.echo(visible(f"note: left out, because an alias of {source.name} shares the place: {routes}"), err=True)
    for line in contradictions(loaded, imported):
        click.echo(visible(line), err=True)
    if is_written and merged.added:
        to_file(into, merged.text, mark=source.content.startswith(BOM_UTF8))
    elif merged.added:
        click.echo(f"nothing is written; --write adds this to {source.name}", err=True)
    return exit_codes.FINDINGS if imported.errors else exit_codes.CLEAN


def _as_text(imported: Imported) -> str:
    from archlint.importers.questions import as_lines

    return imported.text(as_lines(questions_about(imported)))


def _as_json(imported: Imported) -> str:
    from archlint.manifest.routes import format_route

    data = imported.finished.data
    fields = [
        {"path": format_route(path, data), "file": origin.file.name, "line": origin.place.line, "note": origin.note}
        for path, origin in imported.finished.origins.items()
        if origin.file.name
    ]
    questions = [
        {
            "route": q.route,
            "field": q.field,
            "unlocks": q.unlocks,
            "checks": list(q.checks),
            "components": list(q.components),
        }
        for q in questions_about(imported)
    ]
    remarks = [
        {"level": remark.level, "message": remark.message, "file": str(remark.origin or remark.file)}
        for remark in imported.remarks
    ]
    report = {"version": 1, "manifest": data, "origins": fields, "questions": questions, "remarks": remarks}
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
