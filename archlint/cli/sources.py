"""What the commands that read other tools' files share."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import click

from archlint.engine import exit_codes
from archlint.engine.errors import UsageError

if TYPE_CHECKING:
    from archlint.engine.results import Report
    from archlint.engine.session import Request
    from archlint.importers.importing import Asked, Imported
    from archlint.importers.questions import Question

STANDARD_INPUT = "-"

from_option = click.option(
    "--from", "source", metavar="SOURCE",
    help="Lint what other tools' files say (compose, kubernetes, auto...), without a manifest.",
)  # fmt: skip
with_option = click.option(
    "--with", "further", multiple=True, metavar="SOURCE=PATH", help="Read another source too (repeatable)."
)


def asked_of(source: str | None, paths: tuple[str, ...], further: tuple[str, ...]) -> list[Asked]:
    """The sources of a command line: the first with its paths, and each `--with SOURCE=PATH`."""
    from archlint.importers.importing import Asked

    if source is None:
        raise UsageError("--with adds to a source: name the first with --from SOURCE")
    asked = [Asked(source, paths)]
    for text in further:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise UsageError(f"--with {text}: write SOURCE=PATH, such as backstage=catalog-info.yaml")
        asked.append(Asked(name, (path,)))
    return asked


def tell(imported: Imported) -> None:
    """What a person should know of the import, on standard error."""
    from archlint.report.style import visible

    for remark in imported.remarks:
        click.echo(visible(str(remark)), err=True)
    if not imported.components:
        click.echo("note: nothing that was read describes a component", err=True)


def questions_about(imported: Imported) -> tuple[Question, ...]:
    """What a draft leaves open."""
    from archlint.importers.questions import ask

    return ask(imported.text(), "draft", datetime.date(2000, 1, 1)) if imported.components else ()


def checked_sources(source: str | None, further: tuple[str, ...], request: Request) -> tuple[Report, int]:
    """The report of `check --from`, and the least exit code: 1 where something could not be read."""
    from archlint.importers.checking import check_from
    from archlint.report.style import visible

    if request.new_since is not None or request.workspace:
        option = "--new-since" if request.new_since is not None else "--workspace"
        raise UsageError(f"{option} is about manifests; it does not go with --from")
    asked = asked_of(source, request.paths or (".",), further)
    report, imported = check_from(asked, request, request.stdin)
    for remark in imported.errors:
        click.echo(visible(str(remark)), err=True)
    return report, exit_codes.FINDINGS if imported.errors else exit_codes.CLEAN
