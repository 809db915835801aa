"""`archlint init`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archlint.cli.output import to_file
from archlint.engine import exit_codes
from archlint.engine.errors import UsageError

if TYPE_CHECKING:
    from archlint.importers.starting import Detected

MANIFEST = "archlint.yaml"


@click.command("init")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
@click.option("--from", "sources", multiple=True, metavar="SOURCE", help="Draft from this source (repeatable).")
@click.option("--empty", is_flag=True, help="Write a starter to fill in, whatever files there are.")
@click.option("--name", help="Name of the system.")
def command(folder: str, sources: tuple[str, ...], empty: bool, name: str | None) -> int:
    """Write a first manifest to FOLDER: drafted from the files that are found there, else a starter with comments.

    On a terminal it asks first. A manifest that exists is never overwritten.
    """
    target = os.path.normpath(os.path.join(folder, MANIFEST))
    if os.path.lexists(target):
        raise UsageError(f"{target} exists; `archlint import SOURCE PATH --into {target}` adds to it")
    if empty and sources:
        raise UsageError("--empty drafts from nothing; leave --from out")
    from archlint.importers.starting import starter

    chosen = () if empty else sources or _offer(folder)
    text = _drafted(chosen, folder, name) if chosen else None
    to_file(target, text or starter(Path(folder), name))
    click.echo(f"wrote {target}{'' if text else ', a starter to fill in'}; next: archlint check {target}")
    return exit_codes.CLEAN


def _offer(folder: str) -> tuple[str, ...]:
    """The sources to draft from: those that are found, once a person at a terminal agrees."""
    from archlint.importers.starting import chosen, detect

    detected = detect(Path(folder))
    for found in detected:
        click.echo(f"found {found.source}: {_files(found)}")
    sources = chosen(detected)
    if not sources or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return sources
    return (
        sources
        if click.confirm(f"Draft {MANIFEST} from {' and '.join(sources)}, rather than a starter?", default=True)
        else ()
    )


def _files(found: Detected) -> str:
    shown = ", ".join(found.files[:3])
    more = len(found.files) - 3
    return f"{shown} and {more} more" if more > 0 else shown


def _drafted(sources: tuple[str, ...], folder: str, name: str | None) -> str | None:
    from archlint.cli.sources import questions_about, tell
    from archlint.importers.questions import as_lines
    from archlint.importers.starting import draft_of

    imported = draft_of(sources, Path(folder), name)
    tell(imported)
    return imported.text(as_lines(questions_about(imported))) if imported.components else None
