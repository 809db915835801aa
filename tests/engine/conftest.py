"""Plug-ins made of text: modules that can be imported while a test runs, with or without a distribution."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from archlint.engine.registration import registry_of
from archlint.engine.registry import Registry

IMPORTS = """\
from __future__ import annotations
from archlint.analysis.analyses import Analyses
from archlint.plugin import *
from archlint.plugin import NotApplicable, Options
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A folder on the import path."""

    folder: Path

    def module(self, name: str, text: str) -> ModuleType:
        (self.folder / f"{name}.py").write_text(IMPORTS + textwrap.dedent(text), encoding="utf-8")
        importlib.invalidate_caches()
        return importlib.import_module(name)

    def distribution(self, name: str, version: str, entry_points: str) -> Path:
        metadata = self.folder / f"{name}-{version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (metadata / "entry_points.txt").write_text(textwrap.dedent(entry_points), encoding="utf-8")
        return metadata


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(folder))
    yield Site(folder)
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


MakeRegistry = Callable[[str], Registry]


@pytest.fixture
def registry_from(site: Site) -> MakeRegistry:
    """The registry of the checks that a text defines."""
    return lambda text: registry_of(site.module("checks_of_a_test", text))
