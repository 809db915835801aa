"""`archlint schema`."""

from __future__ import annotations

import os

import click

import archlint.schemas
from archlint.cli.output import to_file, to_stdout
from archlint.cli.parameters import output_option
from archlint.engine.errors import UsageError

KINDS = ("manifest", "config", "rules", "report", "technology")
DRAFTS = ("2020-12", "7")
_SUFFIXES = {"2020-12": ".schema.json", "7": ".draft-07.schema.json"}


@click.command("schema")
@click.argument("kind", type=click.Choice(KINDS), default="manifest")
@click.option("--draft", type=click.Choice(DRAFTS), default="2020-12", show_default=True, help="7 is for editors.")
@output_option()
def command(kind: str, draft: str, output: str | None) -> None:
    """Print the JSON Schema of manifests, configurations, rule files, json reports, or files of technologies."""
    text = _read(kind, draft)
    if output is not None:
        to_file(output, text)
    else:
        to_stdout(text, "utf-8")


def _read(kind: str, draft: str) -> str:
    folder = os.path.dirname(os.path.abspath(archlint.schemas.__file__))
    try:
        with open(os.path.join(folder, kind + _SUFFIXES[draft]), encoding="utf-8") as stream:
            return stream.read()
    except FileNotFoundError as error:
        raise UsageError(f"there is no schema of `{kind}` in draft {draft}") from error
