"""`archlint catalog`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archlint.cli.output import to_file, to_stdout
from archlint.cli.parameters import format_option, output_option, rules_option
from archlint.engine import exit_codes
from archlint.engine.errors import UsageError

if TYPE_CHECKING:
    from archlint.report.listing import Item

KINDS = ("checks", "laws", "limits", "technologies")


@click.command("catalog")
@click.argument("kind", required=False, type=click.Choice(KINDS))
@rules_option()
@format_option("text", "json")
@output_option()
def command(kind: str | None, rules: tuple[str, ...], format: str, output: str | None) -> int:
    """List what is known of one KIND; without it, the kinds and how many there are of each."""
    from archlint.report.listing import COLUMNS, as_json, as_table

    code, listed = exit_codes.CLEAN, {}
    for name in KINDS if kind is None else (kind,):
        listed[name], failed = _items(name, rules)
        code = max(code, failed)
    if kind is None:
        items: list[Item] = [{"id": name, "count": len(found)} for name, found in listed.items()]
        columns: tuple[str, ...] = ("id", "count")
    else:
        items, columns = listed[kind], COLUMNS[kind]
    text = as_json(kind or "kinds", items) if format == "json" else as_table(items, columns)
    if output is not None:
        to_file(output, text)
    else:
        to_stdout(text, "utf-8" if format == "json" else None)
    return code


def _items(kind: str, rules: tuple[str, ...]) -> tuple[list[Item], int]:
    """The items, and the exit code that collecting them gives."""
    from archlint.report.listing import KNOWLEDGE_ITEMS, check_items

    if kind == "checks":
        from archlint.cli.checks import known_checks
        from archlint.engine.registry import MANIFEST_ERRORS

        registry, code = known_checks(rules)
        return check_items(registry.checks, MANIFEST_ERRORS.values()), code
    from archlint.cli.settings import nearest, technologies_of
    from archlint.knowledge.catalogue import Catalogue, CatalogueError

    try:
        return KNOWLEDGE_ITEMS[kind](Catalogue(technologies_of(nearest()))), exit_codes.CLEAN
    except CatalogueError as error:
        raise UsageError(str(error)) from error
