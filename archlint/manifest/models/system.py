"""The system as a whole."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from archlint.manifest.fields import Amount, Date, Growth, Label, MoneyFloor, Multiple, Name, OrNone
from archlint.manifest.models.base import Spec, needed, stated
from archlint.manifest.models.common import SloSpec, Tier


class VersionNumber:
    """Annotation: `1.0` is the version 1 and `true` is none, though Python holds them all equal."""

    spellings: ClassVar[dict[float, int]] = {1.0: 1}

    @staticmethod
    def validate(value: object) -> object:
        if isinstance(value, bool):
            raise PydanticKnownError("literal_error", {"expected": "1"})
        return value

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.validate, handler(source))


LanguageVersion = Annotated[Literal[1], VersionNumber()]
AsOf = Date


class SystemSpec(Spec):
    """What the manifest describes."""

    name: Name = needed("Name of the system, by which other manifests refer to it.")
    description: Label | None = stated("What the system is for, in a sentence.")
    owner: Label | None = stated("Team that answers for the system.")
    domain: Label | None = stated("What it is about, such as payments; decides the consistency that it needs.")
    tier: Tier | None = stated("How much the business depends on it.")
    users: Amount | None = stated("Active users: the scale tier.")
    growth: Growth | None = stated("Growth of the load per month.")
    budget: MoneyFloor | None = stated("What the system may cost per month.")
    requires: list[Label] | None = stated("Capabilities that the system needs, by their names in the catalogue.")
    pattern: list[Name] | None = stated("System patterns that it follows.")
    surge: Multiple | None = stated("Factor on every flow's peak that must be survived.")
    slo: OrNone[SloSpec] | None = stated("Objective of the flows that state none.")
    tags: list[Label] | None = stated("Free words for your own use.")
