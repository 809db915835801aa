"""Compose files: services, what they are made of, and which of them reach which."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources, data_files
from archlint.importers.reading.files import SourceError, SourceFile
from archlint.importers.reading.tree import Part

TITLE = "a Compose file"

DEFAULTS = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = (
    "compose.override.yaml", "compose.override.yml", "docker-compose.override.yml", "docker-compose.override.yaml",
)  # fmt: skip
_TOP = frozenset({"version", "name", "services", "networks", "volumes", "configs", "secrets", "include", "models"})
_TELLING = (
    "image", "build", "extends", "provider", "environment", "env_file", "depends_on", "deploy", "command", "ports",
    "volumes", "networks", "restart", "healthcheck", "profiles",
)  # fmt: skip
_SERVICE = frozenset(
    {
        *_TELLING, "annotations", "attach", "blkio_config", "cap_add", "cap_drop", "cgroup", "cgroup_parent", "configs",
        "container_name", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime",
        "cpu_shares", "cpus", "cpuset", "credential_spec", "develop", "device_cgroup_rules", "devices", "dns",
        "dns_opt", "dns_search", "domainname", "entrypoint", "expose", "external_links", "extra_hosts", "gpus",
        "group_add", "hostname", "init", "ipc", "isolation", "label_file", "labels", "links", "logging", "mac_address",
        "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "models", "network_mode", "oom_kill_disable",
        "oom_score_adj", "pid", "pids_limit", "platform", "post_start", "pre_stop", "privileged", "pull_policy",
        "read_only", "runtime", "scale", "secrets", "security_opt", "shm_size", "stdin_open", "stop_grace_period",
        "stop_signal", "storage_opt", "sysctls", "tmpfs", "tty", "ulimits", "use_api_socket", "user", "userns_mode",
        "uts", "volumes_from", "working_dir", "log_driver", "log_opt", "net", "cpuset_cpus", "volume_driver",
    }
)  # fmt: skip
"""What the Compose specification, or one of its older versions, has in a service."""
_NAMED = re.compile(r"(^|[-_.])compose([-_.].*)?\.(ya?ml|json)$", re.IGNORECASE)
_COMPOSE_FILE = re.compile(r"^\s*COMPOSE_FILE\s*=\s*['\"]?([^'\"#\r\n]+)", re.MULTILINE)


def recognises(file: SourceFile) -> bool:
    named = _NAMED.search(os.path.basename(file.name)) is not None
    documents = file.documents
    if not all(
        part.is_mapping and all(key in _TOP or key.startswith("x-") for key in part.value) for part in documents
    ):
        return False
    return named or any(part["include"].is_list or _holds_services(part["services"]) for part in documents)


def _holds_services(services: Part) -> bool:
    """Whether these are services by what they state: other tools have a `services` too."""
    stated = [service for service in services.values() if service.is_mapping]
    return bool(stated) and all(
        any(key in service.value for key in _TELLING)
        and not any(key.islower() and key not in _SERVICE and not key.startswith("x-") for key in service.value)
        for service in stated
    )


def files_in(folder: Path) -> Iterator[Path]:
    """The project of the folder; where it has none, those of the folders below it."""
    own = list(_project_in(folder, {entry.name for entry in folder.iterdir() if entry.is_file()}))
    if own:
        yield from own
        return
    names: dict[Path, set[str]] = {}
    for file in data_files(folder):
        names.setdefault(file.parent, set()).add(file.name)
    for below in sorted(names):
        yield from _project_in(below, names[below])


def _project_in(folder: Path, names: set[str]) -> Iterator[Path]:
    """The files that `docker compose up` in a folder reads, lowest first."""
    chosen = _of_variable(folder)
    if not chosen:
        default = next((name for name in DEFAULTS if name in names), None)
        override = next((name for name in OVERRIDES if name in names), None)
        alone = [name for name in sorted(names) if _NAMED.search(name)]
        chosen = [name for name in (default, override) if name] if default else alone if len(alone) == 1 else []
    yield from (folder / name for name in chosen)


def _of_variable(folder: Path) -> list[str]:
    """The files that `COMPOSE_FILE` in `.env` names, where all of them are there."""
    variables = folder / ".env"
    try:
        if not variables.is_file():  # a pipe would be waited for
            return []
        with variables.open(encoding="utf-8") as stream:
            found = _COMPOSE_FILE.search(stream.read(100_000))
    except (OSError, UnicodeDecodeError):
        return []
    names = [name for name in found[1].strip().split(":") if name] if found else []
    return names if all((folder / name).is_file() for name in names) else []


def draft_from(sources: Sources, draft: Draft) -> None:
    from archlint.importers.compose.drafting import Drafting
    from archlint.importers.compose.project import Project

    taken: dict[str, None] = {}
    projects = _projects(sources)
    for files in projects:
        project = Project(sources, draft)
        try:
            project.add(files)
        except SourceError as error:
            draft.error(str(error), file=error.file)
        Drafting(project, sources, draft, taken, alone=len(projects) == 1).run()


def _projects(sources: Sources) -> list[list[SourceFile]]:
    """Files that were named are layers of one project; those of a folder are one project for each folder."""
    named = [file for file in sources.files if file in sources.named]
    folders: dict[str, list[SourceFile]] = {}
    for file in sources.files:
        if file not in sources.named:
            folders.setdefault(os.path.dirname(file.path or ""), []).append(file)
    return ([named] if named else []) + list(folders.values())
