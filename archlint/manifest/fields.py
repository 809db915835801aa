"""Field types of the manifest's models: quantities, names, dates, and unions by the kind of a YAML node.

A quantity with two ends (`800..1500/s`) counts as its worst end. Plain names (`Rate`) are demands, of which the
high end is worst. Names that end in `Floor` are supplies and promises, of which the low end is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from archlint.records import dataclass

# pydantic would import the plug-ins of every installed distribution into this process.
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema
from pydantic_core.core_schema import CoreSchema

from archlint.manifest import readings, units
from archlint.manifest.readings import Share as Share  # the models' own name of the type
from archlint.manifest.units import Dimension, Worst

ErrorType = Literal["archlint_unit", "archlint_value"]
UNIT_ERROR: ErrorType = "archlint_unit"
"""The error type of a missing or wrong unit (MAN005)."""
VALUE_ERROR: ErrorType = "archlint_value"
"""The error type of every other value that our own types refuse (MAN002)."""

JsonSchema = dict[str, Any]


def refusal(message: str, kind: ErrorType = VALUE_ERROR) -> PydanticCustomError:
    """The error of a value that does not belong here, for a validator to raise."""
    # Through the context, so that braces in the message stand for themselves.
    return PydanticCustomError(kind, "{problem}", {"problem": message})


def _refused(error: ValueError) -> PydanticCustomError:
    return refusal(str(error), UNIT_ERROR if getattr(error, "kind", None) == "unit" else VALUE_ERROR)


@dataclass(frozen=True, slots=True)
class Quantity:
    """Annotation: a quantity of one dimension, or of the first of several that reads it."""

    dimensions: tuple[Dimension, ...]
    worst: Worst = "high"
    least: float = 0.0

    def read(self, value: object) -> float:
        return readings.quantity(value, self.dimensions, self.worst, self.least)

    def validate(self, value: object) -> float:
        """Raises PydanticCustomError."""
        try:
            return self.read(value)
        except ValueError as error:
            raise _refused(error) from None

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        arms: list[JsonSchema] = []
        for dimension in self.dimensions:
            arms += _json_arms(dimension, self.least)
        return {"anyOf": arms, "examples": [units.example(self.dimensions[0])]}


@dataclass(frozen=True, slots=True)
class Whole(Quantity):
    """Annotation: a whole number, read as an int."""

    def read(self, value: object) -> int:
        return readings.whole(value, self.least)


@dataclass(frozen=True, slots=True)
class CountOrShare(Quantity):
    """Annotation: a count of instances (an int) or a percentage of them (a Share)."""

    def read(self, value: object) -> int | Share:
        return readings.count_or_share(value, self.worst)


@dataclass(frozen=True, slots=True)
class OrUnbounded(Quantity):
    """Annotation: an amount, or `unbounded`, which is read as infinity."""

    def read(self, value: object) -> float:
        return readings.bound(value, self.worst)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        arms = Quantity.__get_pydantic_json_schema__(self, schema, handler)
        return {**arms, "anyOf": [*arms["anyOf"], {"const": "unbounded"}]}


def _json_arms(dimension: Dimension, least: float) -> list[JsonSchema]:
    text: JsonSchema = {"type": "string", "pattern": units.pattern(dimension)}
    if dimension in ("count", "amount"):
        number = "integer" if dimension == "count" else "number"
        return [{"type": number, "minimum": int(least) if least == int(least) else least}, text]
    return [text, {"const": 0}]


Duration = Annotated[float, Quantity(("duration",))]
DurationFloor = Annotated[float, Quantity(("duration",), "low")]
Rate = Annotated[float, Quantity(("rate",))]
RateFloor = Annotated[float, Quantity(("rate",), "low")]
Bytes = Annotated[float, Quantity(("bytes",))]
BytesFloor = Annotated[float, Quantity(("bytes",), "low")]
Throughput = Annotated[float, Quantity(("throughput",))]
ThroughputFloor = Annotated[float, Quantity(("throughput",), "low")]
Fraction = Annotated[float, Quantity(("fraction",))]
FractionFloor = Annotated[float, Quantity(("fraction",), "low")]
Multiple = Annotated[float, Quantity(("multiple",))]
Money = Annotated[float, Quantity(("money",))]
MoneyFloor = Annotated[float, Quantity(("money",), "low")]
TransferPrice = Annotated[float, Quantity(("transfer_price",))]
Growth = Annotated[float, Quantity(("growth",))]
Amount = Annotated[float, Quantity(("amount",))]
AmountFloor = Annotated[float, Quantity(("amount",), "low")]
Bound = Annotated[float, OrUnbounded(("amount",), "low")]
Count = Annotated[int, Whole(("count",))]
PositiveCount = Annotated[int, Whole(("count",), least=1)]
InstancesOrShare = Annotated[int | Share, CountOrShare(("count", "fraction"))]
_ANY: tuple[Dimension, ...] = ("amount", "bytes", "rate", "duration", "throughput", "fraction")
Figure = Annotated[float, Quantity(_ANY)]
"""A quantity whose dimension depends on what it describes."""
FigureFloor = Annotated[float, Quantity(_ANY, "low")]


@dataclass(frozen=True, slots=True)
class Text:
    """Annotation: text that matches a pattern; `hint` says what to write otherwise."""

    pattern: str
    hint: str
    example: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.custom_error_schema(
            core_schema.str_schema(pattern=self.pattern, strict=True),
            custom_error_type=VALUE_ERROR,
            custom_error_message=self.hint,
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return {"type": "string", "pattern": self.pattern, "examples": [self.example]}


_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
Label = Annotated[str, Text(r"\S", "write some text; a number or date goes in quotes", "text")]
"""Any text that is not empty."""
Name = Annotated[
    str,
    Text(
        f"^{_NAME}$",
        "a name has letters, digits, `.`, `_` and `-`, and begins with a letter or digit",
        "checkout",
    ),
]
Reference = Annotated[
    str,
    Text(
        f"^{_NAME}(/{_NAME}){{0,2}}$",
        "write the name of a component: `name`, `broker/topic`, `system/name` or `system/broker/topic`",
        "ledger",
    ),
]
Slug = Annotated[
    str,
    Text(
        "^[a-z0-9][a-z0-9+._-]*(@[A-Za-z0-9][A-Za-z0-9._-]*)?$",
        "write a technology in small letters, with its version after `@` if it matters: `postgresql@16`",
        "postgresql@16",
    ),
]


class _Flag:
    """Annotation: true or false, never a word for them."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.custom_error_schema(
            core_schema.bool_schema(strict=True),
            custom_error_type=VALUE_ERROR,
            custom_error_message="write true or false",
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return {"type": "boolean"}


Flag = Annotated[bool, _Flag()]

_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


class _Date:
    """Annotation: a calendar date, written YYYY-MM-DD."""

    @staticmethod
    def validate(value: object) -> date:
        try:
            return readings.day(value)
        except ValueError as error:
            raise _refused(error) from None

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return {"type": "string", "format": "date", "pattern": _DATE, "examples": ["2026-11-15"]}


Date = Annotated[date, _Date()]


class _Setting:
    """Annotation: a scalar as the technology's own configuration has it."""

    @staticmethod
    def validate(value: object) -> str | int | float | bool:
        try:
            return readings.setting(value)
        except ValueError as error:
            raise _refused(error) from None

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return {"type": ["string", "number", "boolean"]}


Setting = Annotated[str | int | float | bool, _Setting()]


class ByKind:
    """Annotation of a union: the kind of the YAML node alone decides which arm reads it.

    So a wrong value makes one error, about the arm that was meant. The tags begin with `@`: they stand in
    pydantic's loc and are no part of the path.
    """

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        arms = get_args(source)
        words = tuple(word for arm in arms if get_origin(arm) is Literal for word in get_args(arm))
        choices: dict[str, CoreSchema] = {
            tag_of(arm): handler.generate_schema(arm) for arm in arms if get_origin(arm) is not Literal
        }
        if words:
            choices["@word"] = core_schema.literal_schema(list(words))
        return core_schema.tagged_union_schema(
            choices,
            discriminator=readings.chooser(frozenset(choices), frozenset(words), holds_text(arms)),
            custom_error_type=VALUE_ERROR,
            custom_error_message=_what_to_write(arms, words),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        json_schema: JsonSchema = dict(handler(schema))
        arms = json_schema.pop("oneOf", None)
        json_schema.pop("discriminator", None)
        return json_schema if arms is None else {**json_schema, "anyOf": arms}


def tag_of(arm: object) -> str:
    plain = get_args(arm)[0] if get_origin(arm) is Annotated else arm
    origin = get_origin(plain) or plain
    if isinstance(origin, type) and issubclass(origin, BaseModel | Mapping):
        return "@mapping"
    return "@list" if origin is list else "@scalar"


def holds_text(arms: tuple[object, ...]) -> bool:
    return any(isinstance(annotation, Text) for arm in arms for annotation in get_args(arm)[1:])


def _what_to_write(arms: tuple[object, ...], words: tuple[str, ...]) -> str:
    kinds = {"@mapping": "a mapping", "@list": "a list"}
    options = [kinds.get(tag_of(arm)) or _in_words(arm) for arm in arms if get_origin(arm) is not Literal]
    options += [f"`{word}`" for word in words]
    return "write " + " or ".join(", ".join(options).rsplit(", ", 1))


def _in_words(arm: object) -> str:
    for annotation in get_args(arm)[1:]:
        if isinstance(annotation, Quantity):
            dimension = annotation.dimensions[0]
            return f"{units.noun(dimension)} such as {units.example(dimension)}"
    return "true or false" if get_args(arm)[:1] == (bool,) else "text"


_T = TypeVar("_T")
_U = TypeVar("_U")
_Absent = Literal["none"]
OrNone = Annotated[_T | _Absent, ByKind()]
"""A thing, or the word `none`, which states that it is absent."""
Either = Annotated[_T | _U, ByKind()]
"""One of two kinds of node, such as a number or a mapping."""
EitherOrNone = Annotated[_T | _U | _Absent, ByKind()]
