"""`archlint explain`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from archlint.cli.output import to_file, to_stdout, use_color
from archlint.cli.parameters import color_option, format_option, output_option, rules_option
from archlint.engine.errors import UsageError

if TYPE_CHECKING:
    from archlint.engine.registry import Registry
    from archlint.report.explanation import Explanation


@click.command("explain")
@click.argument("topic")
@rules_option()
@format_option("text", "markdown", "json")
@output_option()
@color_option()
def command(topic: str, rules: tuple[str, ...], format: str, output: str | None, color: str) -> int:
    """Explain TOPIC, a check by its code or its name: what it finds, why it matters, what to do at 3 AM."""
    from archlint.cli.checks import known_checks
    from archlint.report.explanation import render_explanation

    registry, code = known_checks(rules)
    explanation = _find(topic, registry)
    text = render_explanation(explanation, format)
    if output is not None:
        to_file(output, text)
    elif format == "text" and use_color(color, sys.stdout, os.environ):
        _print_styled(render_explanation(explanation, "markdown"))
    else:
        to_stdout(text, "utf-8" if format == "json" else None)
    return code


def _find(topic: str, registry: Registry) -> Explanation:
    from archlint.engine.registry import MANIFEST_ERRORS
    from archlint.report.explanation import explanation_of, explanation_of_error

    for key in (topic.upper(), topic.lower()):
        if check := registry.find(key):
            return explanation_of(check)
        for error in MANIFEST_ERRORS.values():
            if key in (error.code, error.name):
                return explanation_of_error(error)
    near = registry.suggest(topic.upper()) or registry.suggest(topic.lower())
    hint = f"; did you mean `{near}`?" if near else "; `archlint catalog checks` lists them"
    raise UsageError(f"no check `{topic}`{hint}")


def _print_styled(markdown: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    Console(force_terminal=True).print(Markdown(markdown))
