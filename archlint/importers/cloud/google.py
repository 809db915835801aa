from __future__ import annotations

from collections.abc import Callable, Mapping

from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.draft import Component, Draft


def prepare(cloud: Cloud) -> None:
    pass


DETAILS: Mapping[str, Callable[[Resource, Component, Cloud], None]] = {}
RELATIONS: Mapping[str, Callable[[Resource, Cloud, Draft], None]] = {}
