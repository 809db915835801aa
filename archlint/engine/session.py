"""One run from paths to a Report: discover, read, validate, link, analyse, check."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.analysis.analyses import Analyses
from archlint.engine import exit_codes
from archlint.engine.configuration.settings import CommandLine, SettingsFinder, SettingsOf, verify_run
from archlint.engine.errors import UsageError
from archlint.engine.judging import Judges, all_checks
from archlint.engine.registration import load_registry
from archlint.engine.registry import Registry
from archlint.engine.reporting import Judged, build_report
from archlint.engine.results import Fault, Report
from archlint.engine.runner import CHECK_TIMEOUT
from archlint.engine.selection import Layer, split
from archlint.engine.sources.discovery import (
    STANDARD_INPUT,
    Source,
    discover,
    display_name,
    read_source,
    repository_paths,
    repository_root,
    without_excluded,
)
from archlint.engine.subjects import ACCEPTANCES, accepts_anything
from archlint.knowledge.catalogue import Catalogue, CatalogueError
from archlint.manifest.loading import Loaded, load
from archlint.plugin import Severity
from archlint.records import dataclass, replace
from archlint.system.workspace import link

if TYPE_CHECKING:
    from archlint.engine.acceptance.baseline import Baseline
    from archlint.engine.acceptance.new_since import NewSince
    from archlint.engine.configuration.search import Configurations
    from archlint.engine.sources.gitignore import Rules


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked to do. `today` is the date that ages and horizons count from.

    `baseline` is a file, `new_since` a revision of git, `technologies` are folders. Without `configurations` no
    manifest has any; where `profile` is None, a manifest's configuration says it. `exclude` are patterns of what a
    search leaves out, `force_exclude` extends that to files that are named.
    """

    today: datetime.date
    paths: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: str | None = None
    overrides: tuple[str, ...] = ()
    scale_load: str | None = None
    workspace: bool = False
    allow_empty: bool = False
    stdin: bytes | None = None
    stdin_filename: str | None = None
    baseline: str | None = None
    new_since: str | None = None
    rules: tuple[str, ...] = ()
    check_timeout: float = CHECK_TIMEOUT
    configurations: Configurations | None = None
    exclude: tuple[Rules, ...] = ()
    force_exclude: bool = False
    technologies: tuple[Path, ...] = ()


def run(request: Request, registry: Registry | None = None) -> Report:
    """The Report of a run. Raises UsageError for what the user has to mend (exit code 2)."""
    registry = registry if registry is not None else load_registry(rules=request.rules)
    settings_of = settings_finder(request, registry)
    sources = _sources(request)
    report = check_sources(sources, request, settings_of, registry)
    if request.baseline is not None or request.new_since is not None:
        report = _without_accepted(report, sources, request, settings_of, registry)
    return replace(report, locations=repository_paths(report.sources))


def check_sources(sources: Sequence[Source], request: Request, settings_of: SettingsOf, registry: Registry) -> Report:
    """Lint texts that are already read."""
    loaded, assumptions = _load(sources, request)
    files, faults = _with_blocks(loaded, registry)
    workspace = link(files)
    checks = all_checks([settings_of(source.name) for source in sources])
    rules = registry.rules(checks)
    judged = Judged(files, workspace, checks, request.today, assumptions, rules, settings_of)
    analyses = Analyses(workspace.systems, _catalogue(request), request.today)
    systems = workspace.systems.values()
    judges = Judges(systems, settings_of, analyses, request.check_timeout, registry.distributions)
    outcomes = judges.run([check for check in checks if check.subject not in ACCEPTANCES])
    report = build_report(judged, outcomes, (*registry.faults, *faults))
    if not any(map(accepts_anything, systems)):
        return report
    from archlint.engine.acceptance.manifest import with_acceptances
    from archlint.engine.acceptance.targets import Targets

    return with_acceptances(report, judged, Targets(registry, analyses.knowledge, settings_of), judges.run)


def _without_accepted(
    report: Report, sources: Sequence[Source], request: Request, settings_of: SettingsOf, registry: Registry
) -> Report:
    """The report with what the baseline or an older revision has suppressed, unless it has become worse."""
    from archlint.engine.acceptance.accepted import with_remembered
    from archlint.engine.acceptance.suppression import suppressed

    accepted: list[Baseline | NewSince] = []
    if request.baseline is not None:
        from archlint.engine.acceptance.baseline_file import read_baseline

        accepted.append(read_baseline(request.baseline))
    if request.new_since is not None:
        from archlint.engine.acceptance.new_since import new_since, old_faults, old_side
        from archlint.engine.sources.gitignore import Exclusion

        names = [source.name for source in sources]
        old = old_side(request.new_since, _places(request), Exclusion(request.exclude), names)
        # What if: an assumption is about the working tree, and what it brings up is new.
        before = check_sources(old.sources, replace(request, overrides=(), scale_load=None), settings_of, registry)
        accepted.append(new_since(old, before))
        report = replace(report, faults=(*report.faults, *old_faults(old, before, report.faults)))
    return with_remembered(suppressed(report, accepted), accepted)


def settings_finder(request: Request, registry: Registry) -> SettingsFinder:
    """Raises UsageError for a selector or a profile of the command line, or a plug-in, that there is not."""
    if request.configurations is not None:
        verify_run(request.configurations.of_run(), registry)
    layer = Layer(
        select=split(request.select) if request.select else None,
        extend_select=split(request.extend_select),
        ignore=split(request.ignore),
    )
    return SettingsFinder(registry, CommandLine(layer, request.profile), request.configurations)


def _catalogue(request: Request) -> Catalogue:
    """With the organisation's own technologies, of which all must be right."""
    catalogue = Catalogue(request.technologies)
    try:
        catalogue.verify()
    except CatalogueError as error:
        raise UsageError(str(error)) from error
    return catalogue


def _sources(request: Request) -> list[Source]:
    if STANDARD_INPUT in request.paths:
        if len(request.paths) > 1:
            raise UsageError("`-` reads standard input and takes no other path beside it")
        return [Source(request.stdin_filename or "<stdin>", request.stdin or b"")]
    return [read_source(path) for path in files(request)]


def _places(request: Request) -> list[str]:
    """Where a run looks for manifests. What standard input is called stands for it, and need not exist."""
    inputs = {STANDARD_INPUT: request.stdin_filename or "."}
    return [inputs.get(path, path) for path in request.paths or (".",)]


def names_of(request: Request) -> list[str]:
    """What reports call the manifests that a run reads."""
    if STANDARD_INPUT in request.paths:
        return [source.name for source in _sources(request)]
    return [display_name(path) for path in files(request)]


def files(request: Request) -> list[Path]:
    """The manifests that a run reads. Raises UsageError where there is none and there ought to be."""
    from archlint.engine.sources.gitignore import Exclusion

    named = [Path(path) for path in request.paths] or [Path()]
    exclusion = Exclusion(request.exclude)
    start = without_excluded(named, exclusion) if request.force_exclude else named
    roots = [repository_root(path) for path in start] if request.workspace else []
    found = discover([*start, *roots], exclusion)
    if start and not found and not request.allow_empty:
        where = ", ".join(str(path) for path in start)
        raise UsageError(
            f"no manifest below {where}: a manifest is named archlint.yaml or *.archlint.yaml"
            " (--allow-empty accepts that there is none)"
        )
    return found


def _load(sources: Iterable[Source], request: Request) -> tuple[list[Loaded], tuple[str, ...]]:
    """Read and validate; the assumptions are those of `--set` and `--scale-load`, each told once."""
    if not request.overrides and request.scale_load is None:
        return [load(source.content, source.name) for source in sources], ()
    from archlint.manifest.overrides import OverrideError, parse_overrides, raise_unmatched

    try:
        overrides = parse_overrides(request.overrides, request.scale_load)
        files = [load(source.content, source.name, overrides) for source in sources]
        raise_unmatched([loaded.unmatched for loaded in files if loaded.document.data is not None])
    except OverrideError as error:
        raise UsageError(str(error)) from error
    return files, tuple(dict.fromkeys(text for loaded in files for text in loaded.assumptions))


def _with_blocks(files: list[Loaded], registry: Registry) -> tuple[list[Loaded], tuple[Fault, ...]]:
    if not registry.extensions or not any(loaded.document.extensions for loaded in files):
        return files, ()
    from archlint.engine.extensions import with_blocks

    return with_blocks(files, registry)


def exit_code(report: Report, fail_on: str = "error") -> int:
    """Of contracts.md: 2 for a plug-in that failed, 3 for a check that failed, 1 for findings at the level."""
    kinds = {fault.kind for fault in report.faults}
    if "plug-in" in kinds:
        return exit_codes.USAGE
    if kinds:
        return exit_codes.INTERNAL
    if fail_on == "never":
        return exit_codes.CLEAN
    level = Severity[fail_on.upper()]
    failing = any(f.severity >= level and f.suppressed is None for f in report.findings)
    return exit_codes.FINDINGS if failing else exit_codes.CLEAN
