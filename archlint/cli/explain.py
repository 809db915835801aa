"""`archlint explain`."""

from __future__ import annotations

import os
import sys

import click

from archlint.cli.output import to_file, to_stdout, use_color
from archlint.cli.parameters import color_option, format_option, output_option, rules_option


@click.command("explain")
@click.argument("topic")
@rules_option()
@format_option("text", "markdown", "json")
@output_option()
@color_option()
def command(topic: str, rules: tuple[str, ...], format: str, output: str | None, color: str) -> int:
    """Explain TOPIC: a check by its code or its name, a law, a technology, or one of its limits as TECHNOLOGY/LIMIT.

    Of a check: what it finds, why it matters, what to do at 3 AM, the law that it stands on. Of a law: its formula, a
    worked example, the checks that stand on it. Of a limit: the figure, when it holds, who says so.
    """
    from archlint.cli.checks import known_checks
    from archlint.cli.topics import explained
    from archlint.report.explanation import render_explanation

    registry, code = known_checks(rules)
    explanation = explained(topic, registry)
    text = render_explanation(explanation, format)
    if output is not None:
        to_file(output, text)
    elif format == "text" and use_color(color, sys.stdout, os.environ):
        _print_styled(render_explanation(explanation, "markdown"))
    else:
        to_stdout(text, "utf-8" if format == "json" else None)
    return code


def _print_styled(markdown: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    Console(force_terminal=True).print(Markdown(markdown))
