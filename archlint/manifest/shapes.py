"""What the models allow at a path: the walk from a section down to the type of one field.

Only problems, `--set` and the schema come here; a manifest without any of them never imports this module.
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from archlint.manifest.models import SECTIONS, load
from archlint.manifest.problems import Path
from archlint.records import dataclass


@dataclass(frozen=True, slots=True)
class Arm:
    """One alternative of a field: a model, `dict[...]`, `list[...]`, `Literal[...]` or a scalar type."""

    type: Any
    metadata: tuple[object, ...] = ()

    @property
    def model(self) -> type[BaseModel] | None:
        return self.type if isinstance(self.type, type) and issubclass(self.type, BaseModel) else None

    @property
    def items(self) -> Any:
        """The type of what a list, or a mapping of names, holds; None for anything else."""
        origin, inner = get_origin(self.type), get_args(self.type)
        return inner[-1] if origin is dict else inner[0] if origin is list else None

    @property
    def choices(self) -> tuple[object, ...]:
        return get_args(self.type) if get_origin(self.type) is Literal else ()

    @property
    def names_components(self) -> bool:
        """Whether the keys are names that a team gives: such a mapping's items are things, not values."""
        return get_origin(self.type) is dict and any(arm.model for arm in arms(self.items))


def arms(annotation: Any, metadata: tuple[object, ...] = ()) -> tuple[Arm, ...]:
    """The alternatives of a type, aliases and nested unions opened; None (not stated) is no alternative."""
    if hasattr(annotation, "__value__"):
        return arms(annotation.__value__, metadata)
    origin = get_origin(annotation)
    if origin is Annotated:
        base, *more = get_args(annotation)
        return arms(base, (*metadata, *more))
    if origin in (Union, UnionType):
        parts = (part for part in get_args(annotation) if part is not NoneType)
        return tuple(arm for part in parts for arm in arms(part, metadata))
    return (Arm(annotation, metadata),)


def fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model by the key that a manifest writes."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def step(arm: Arm, part: str | int) -> tuple[Arm, ...]:
    """What may stand under one key or index; empty where nothing may."""
    if arm.model:
        info = fields(arm.model).get(str(part))
        return arms(info.annotation, tuple(info.metadata)) if info else ()
    wanted = str if get_origin(arm.type) is dict else int
    return arms(arm.items) if arm.items and isinstance(part, wanted) else ()


def at(path: Path) -> tuple[Arm, ...]:
    """The alternatives of what may stand at `path`; empty where nothing may."""
    if not path or path[0] not in SECTIONS:
        return ()
    here = arms(load(str(path[0])))
    for part in path[1:]:
        here = tuple(under for arm in here for under in step(arm, part))
    return here


def model_at(path: Path) -> type[BaseModel] | None:
    """The model of the mapping at `path`, None where a mapping of names or a value stands."""
    return next((arm.model for arm in at(path) if arm.model), None)


def may_hold_values(path: Path) -> bool:
    """Whether a mapping of values stands at `path`, whose keys are free: settings, limits, zones with counts."""
    return any(get_origin(arm.type) is dict and not arm.names_components for arm in at(path))


def is_item(path: Path) -> bool:
    """Whether a name or an index, not the key of a field, leads to what stands at `path`."""
    return isinstance(path[-1], int) or any(arm.names_components for arm in at(path[:-1]))
