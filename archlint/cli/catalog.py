"""`archlint catalog`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import click

from archlint.cli.output import to_file, to_stdout
from archlint.cli.parameters import format_option, output_option, rules_option
from archlint.engine import exit_codes
from archlint.engine.errors import UsageError

if TYPE_CHECKING:
    from archlint.knowledge.catalogue import Catalogue
    from archlint.plugin import Check
    from archlint.report.listing import Item


@click.command("catalog")
@click.argument("kind", required=False, type=click.Choice(("checks", "laws", "limits", "technologies")))
@click.argument("technology", required=False)
@rules_option()
@format_option("text", "json")
@output_option()
def command(kind: str | None, technology: str | None, rules: tuple[str, ...], format: str, output: str | None) -> int:
    """List what is known of one KIND; without it, the kinds and how many there are of each.

    The limits may be those of one TECHNOLOGY.
    """
    from archlint.knowledge.catalogue import CatalogueError
    from archlint.report.listing import COLUMNS, as_json, as_table

    if technology is not None and kind != "limits":
        raise UsageError(f"`{technology}` is one argument too many: only `catalog limits` takes a technology")
    known = _Known(rules, technology)
    try:
        items = known.counts() if kind is None else _ITEMS[kind](known)
    except CatalogueError as error:
        raise UsageError(str(error)) from error
    text = as_json(kind or "kinds", items) if format == "json" else as_table(items, COLUMNS[kind or "kinds"])
    if output is not None:
        to_file(output, text)
    else:
        to_stdout(text, "utf-8" if format == "json" else None)
    return known.code


class _Known:
    """All that is known, each part of it loaded when it is asked for. `code` is what loading gives to exit with."""

    def __init__(self, rules: tuple[str, ...], technology: str | None) -> None:
        self._rules = rules
        self._technology = technology
        self.code = exit_codes.CLEAN

    def counts(self) -> list[Item]:
        return [{"id": kind, "count": len(items(self))} for kind, items in _ITEMS.items()]

    def check_items(self) -> list[Item]:
        from archlint.engine.registry import MANIFEST_ERRORS
        from archlint.report.listing import check_items

        return check_items(self._checks, MANIFEST_ERRORS.values(), self._catalogue.laws())

    def law_items(self) -> list[Item]:
        from archlint.report.listing import law_item

        return [law_item(law, self._checks) for law in self._catalogue.laws()]

    def limit_items(self) -> list[Item]:
        from archlint.cli.topics import unknown_technology
        from archlint.report.listing import limit_item

        catalogue, name = self._catalogue, self._technology
        if name is not None and catalogue.technology(name) is None:
            raise UsageError(unknown_technology(name, catalogue))
        slugs = catalogue.slugs() if name is None else (name,)
        return [limit_item(limit) for slug in slugs for limit in catalogue.limits(slug)]

    def technology_items(self) -> list[Item]:
        from archlint.report.listing import technology_items

        return technology_items(self._catalogue)

    @cached_property
    def _checks(self) -> tuple[Check, ...]:
        from archlint.cli.checks import known_checks

        registry, self.code = known_checks(self._rules)
        return registry.checks

    @cached_property
    def _catalogue(self) -> Catalogue:
        from archlint.cli.topics import known_catalogue

        return known_catalogue()


_ITEMS: dict[str, Callable[[_Known], list[Item]]] = {
    "checks": _Known.check_items,
    "laws": _Known.law_items,
    "limits": _Known.limit_items,
    "technologies": _Known.technology_items,
}
