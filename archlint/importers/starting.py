"""A first manifest: from the files that a repository has, or to be filled in by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from archlint.importers import SOURCES
from archlint.importers.draft import Draft
from archlint.importers.gathering import Read, gather
from archlint.importers.importing import Asked, Imported, import_sources, module_of
from archlint.importers.names import as_name
from archlint.importers.reading.files import Origin, SourceFile
from archlint.importers.writing import scalar
from archlint.records import dataclass

_DEPLOYED = ("kubernetes", "cloudformation", "terraform", "compose", "score")
"""Sources that say what runs, the nearest to production first: of these, one is drafted from unless more are asked."""
_BESIDE = ("backstage", "istio")
"""Sources that say more of what runs. Others, such as documents of interfaces, are often those of somebody else."""

_STARTER = """\
# What archlint knows of this system. Everything but `archlint` and `system.name` may be left out: what does not
# stand here is unknown, and `archlint check` says which fields would let it judge more.
archlint: 1

system:
  name: {name}
  # owner: team-name
  # slo: {{availability: 99.9%, window: 30d}}

services:
  web:
    # tier: critical
    # replicas: 3
    # zones: [a, b, c]
    # load: {{peak: 200/s}}
    # capacity: {{per_replica: 120/s, concurrency: 16, service_time: 50ms}}
    calls:
      - to: database
        # access: write
        # timeout: 500ms
        # retries: {{attempts: 2, backoff: exponential, base: 50ms, jitter: full}}
        # idempotency: {{key: request-id, ttl: 24h}}

datastores:
  database:
    technology: postgresql
    # nodes: 2
    # failover: {{automatic: true, time: 30s}}
    # backup: {{every: 1d, location: other-region, proven: 2026-01-31}}

# flows:
#   buy: {{entry: web, peak: 200/s, slo: {{availability: 99.9%, latency_p99: 1s, window: 30d}}}}
"""


@dataclass(frozen=True, slots=True)
class Detected:
    """A source that a folder has files of."""

    source: str
    files: tuple[str, ...]


def detect(folder: Path) -> tuple[Detected, ...]:
    """What could be drafted from, in the order of SOURCES."""
    read, found = Read(), []
    draft = Draft(Origin(SourceFile("", ""), 0, 0))
    for source in SOURCES:
        files = gather(module_of(source), (str(folder),), draft, read, lenient=True).files
        if files:
            found.append(Detected(source, tuple(file.name for file in files)))
    return tuple(found)


def chosen(detected: Iterable[Detected]) -> tuple[str, ...]:
    """The sources to draft from where nobody says which: one of what runs and what tells more of it, else the first."""
    sources = [found.source for found in detected]
    deployed = next((source for source in _DEPLOYED if source in sources), None)
    if deployed is None:
        return tuple(sources[:1])
    return (deployed, *(source for source in sources if source in _BESIDE))


def draft_of(sources: Sequence[str], folder: Path, name: str | None) -> Imported:
    return import_sources([Asked(source, (str(folder),)) for source in sources], name)


def starter(folder: Path, name: str | None) -> str:
    """A manifest with comments to fill in, valid as it stands."""
    return _STARTER.format(name=scalar(as_name(name or folder.absolute().name) or "my-system"))
