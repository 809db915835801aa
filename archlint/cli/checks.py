"""The registry as commands use it: plug-ins that do not load are named, the others still serve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from archlint.engine import exit_codes

if TYPE_CHECKING:
    from archlint.engine.registry import Registry


def known_checks(rules: Sequence[str] = ()) -> tuple[Registry, int]:
    """The registry, with the rules of these files or else of the configuration, and the exit code that its plug-ins
    alone would give."""
    from archlint.cli.settings import nearest, rules_of
    from archlint.engine.registration import load_registry
    from archlint.report.closing import fault_line

    registry = load_registry(rules=rules or rules_of(nearest()))
    for fault in registry.faults:
        click.echo(fault_line(fault), err=True)
    return registry, exit_codes.USAGE if registry.faults else exit_codes.CLEAN
