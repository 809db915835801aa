"""What all models of the manifest share."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from archlint.manifest.fields import Date


class Spec(BaseModel):
    """One mapping of the manifest. A field that is None is not stated; an explicit null is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _refuse_null(schema)
        return schema


def _refuse_null(schema: Any) -> None:
    """Take the null arm, which is there for the type checker only, from each optional field."""
    while schema["type"] != "model-fields":
        schema = schema["schema"]
    for field in schema["fields"].values():
        default = field["schema"]
        if default["type"] == "default" and default["schema"]["type"] == "nullable":
            default["schema"] = default["schema"]["schema"]


def stated(description: str, *, alias: str | None = None) -> Any:
    """A field that may be left out, which leaves it unknown."""
    return Field(default=None, alias=alias, description=description)


def needed(description: str, *, alias: str | None = None) -> Any:
    """A field that must stand there."""
    return Field(alias=alias, description=description)


def assumed(default: object, description: str, *, alias: str | None = None) -> Any:
    """A field whose absence means something: a default of the language, never a guess."""
    return Field(default=default, alias=alias, description=description)


class Control(Spec):
    """A protection, which counts for more once it has been seen to work."""

    proven: Date | None = stated("Date on which the control was last seen to work, in a test or an incident.")
