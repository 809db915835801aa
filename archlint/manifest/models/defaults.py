"""Values that hold for every call, service or store which does not state its own."""

from __future__ import annotations

from archlint.manifest.models.base import Spec, stated
from archlint.manifest.models.calls import CallFields
from archlint.manifest.models.datastores import DatastoreSpec
from archlint.manifest.models.services import ServiceSpec


class DefaultsSpec(Spec):
    """Merged mapping by mapping; lists and scalars are replaced; `none` ends the merge."""

    call: CallFields | None = stated("Merged under each call that is neither asynchronous nor background work.")
    service: ServiceSpec | None = stated("Merged under each service.")
    store: DatastoreSpec | None = stated("Merged under each datastore.")
