"""Calls, and the messages that a component publishes."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from archlint.manifest.fields import (
    Amount,
    AmountFloor,
    Bytes,
    BytesFloor,
    Count,
    Duration,
    DurationFloor,
    Either,
    EitherOrNone,
    Flag,
    Fraction,
    Label,
    Name,
    OrNone,
    PositiveCount,
    Rate,
    Reference,
    refusal,
)
from archlint.manifest.models.base import Control, Spec, assumed, needed, stated
from archlint.manifest.models.common import (
    FallbackSpec,
    IdempotencySpec,
    IdempotencyWord,
    Phase,
    ReconciliationSpec,
)


class StatusCode:
    """Annotation: in YAML a bare 429 is a number, and means the same as `"429"`."""

    spellings: ClassVar[dict[int, str]] = {429: "429"}

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            lambda value: self.spellings.get(value, value) if type(value) is int else value, handler(source)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        words = handler(schema)
        return {"enum": [*words["enum"], *self.spellings]}


RetryOn = Annotated[Literal["connect", "timeout", "5xx", "429", "reset", "conflict", "any"], StatusCode()]


class RetriesSpec(Control):
    """How often, when and after which waits a call is tried again."""

    attempts: Either[PositiveCount, Literal["unlimited"]] | None = stated(
        "Tries in all, the first included, or `unlimited`."
    )
    on: list[RetryOn] | None = stated("Failures after which the call is tried again.")
    backoff: Literal["none", "fixed", "linear", "exponential"] | None = stated("How the wait between tries grows.")
    base: Duration | None = stated("Wait before the first retry.")
    max: Duration | None = stated("Longest wait between two tries.")
    jitter: Literal["none", "full", "equal", "decorrelated"] | None = stated("How waits are spread at random.")
    budget: OrNone[Fraction] | None = stated("Retries allowed as a share of first requests.")
    per_try_timeout: Duration | None = stated("Time limit of one try, where `timeout` covers all of them.")


class CircuitBreakerSpec(Control):
    """Stops calling a dependency that fails."""

    error_rate: Fraction | None = stated("Share of failures in the window that opens the breaker.")
    window: DurationFloor | None = stated("Time over which failures are counted.")
    min_calls: Count | None = stated("Calls in the window below which the breaker stays closed.")
    half_open_after: Duration | None = stated("Time after which an open breaker tries a call again.")
    per: Literal["dependency", "instance", "operation", "partition"] | None = stated(
        "What has a breaker of its own: the whole dependency, or each instance, operation or partition of it."
    )


class BulkheadSpec(Control):
    """Bounds what one dependency may hold."""

    max_concurrent: AmountFloor | None = stated("Calls in flight to this dependency, per instance.")
    max_waiting: AmountFloor | None = stated("Calls that may wait for a place, per instance.")


class PoolSpec(Spec):
    """The connection pool that a call takes from."""

    name: Label | None = stated("Name of a pool that several calls share.")
    size: Count | None = stated("Connections in the pool, per process.")
    hold: Duration | None = stated("Mean time that a request holds a connection.")
    acquire_timeout: OrNone[Duration] | None = stated("Longest wait for a free connection.")


class HedgeSpec(Control):
    """A second request, sent when the first is slow."""

    after: DurationFloor | None = stated("Wait after which the second request is sent.")
    budget: Fraction | None = stated("Second requests allowed as a share of first ones.")


class OutlierEjectionSpec(Control):
    """Takes single instances that fail out of the caller's rotation."""

    failures: Count | None = stated("Failures in a row that eject an instance.")
    interval: Duration | None = stated("Time between two looks at the failures.")
    ejection_time: Duration | None = stated("How long an instance stays out.")
    max_ejected: Fraction | None = stated("Largest share of instances that may be out at once.")


class AdaptiveConcurrencySpec(Control):
    """Limits calls in flight by the latency that is observed."""

    min: Count | None = stated("Least number of calls in flight, per instance.")
    max: Count | None = stated("Largest number of calls in flight, per instance.")


class CallConnectionsSpec(Spec):
    """The connections that a call uses."""

    reuse: Flag | None = stated("Whether connections are kept and used again.")
    idle_timeout: Duration | None = stated("Time after which the caller closes an idle connection.")
    streams: Count | None = stated("Requests that one connection carries at once.")


class AnyOfSpec(Spec):
    """Several targets, each of which can answer."""

    any_of: list[Reference] = needed("Components of which one suffices.")


class CallFields(Spec):
    """What a call may state beside its target."""

    description: Label | None = stated("What the call is for.")
    access: Literal["read", "write"] | None = stated("Whether the call changes something at its target.")
    only_in: list[Name] | None = stated("Operations or flows that make the call; all unless stated.", alias="in")
    share: Fraction = assumed(1.0, "Share of the caller's requests that make the call; all unless stated.")
    per_request: Amount = assumed(1.0, "Calls made by a request that makes any; one unless stated.")
    parallel: Count = assumed(1, "Calls in flight at once for one request; one unless stated.")
    stage: Count | None = stated("Order within a request; equal stages run side by side; list order unless stated.")
    required: Flag = assumed(True, "Whether the request fails without it; yes unless stated.")
    asynchronous: Flag = assumed(
        False, "Whether the request goes on without the answer; no unless stated.", alias="async"
    )
    phase: Phase = assumed("runtime", "When the call is made; at run time unless stated.")
    rate: Rate | None = stated("Rate of calls that no request causes, whole caller.")
    every: DurationFloor | None = stated("Interval of calls that no request causes, per instance of the caller.")
    jitter: OrNone[DurationFloor] | None = stated("Time over which periodic calls are spread at random.")
    timeout: OrNone[Duration] | None = stated("Time after which the caller gives up one try.")
    deadline: Literal["propagated", "own", "none"] | None = stated(
        "Whether the caller's own deadline travels with the call, and ends it."
    )
    cancellation: Flag | None = stated("Whether the target stops working when the caller has given up.")
    retries: OrNone[RetriesSpec] | None = stated("When and how often a failed call is tried again.")
    idempotency: Either[IdempotencySpec, IdempotencyWord] | None = stated(
        "Why a repeated call does no harm: a key, by nature, compare-and-set, or `none`."
    )
    circuit_breaker: OrNone[CircuitBreakerSpec] | None = stated("What stops calls to a failing target.")
    bulkhead: OrNone[BulkheadSpec] | None = stated("What bounds the calls in flight to the target.")
    outlier_ejection: OrNone[OutlierEjectionSpec] | None = stated("What takes failing instances out of rotation.")
    adaptive_concurrency: OrNone[AdaptiveConcurrencySpec] | None = stated("What limits calls by latency observed.")
    hedge: OrNone[HedgeSpec] | None = stated("When a second request is sent beside a slow one.")
    fallback: OrNone[FallbackSpec] | None = stated("What is done when the call fails.")
    partial_results: Flag | None = stated("Whether the request can answer with some of the results missing.")
    pool: OrNone[PoolSpec] | None = stated("Connection pool that the call takes from.")
    connections: CallConnectionsSpec | None = stated("How connections are kept and used again.")
    through: list[Reference] | None = stated("Networks that the call passes, in order.")
    locality: Literal["region", "any"] | None = stated("Whether the call stays in the caller's region.")
    protocol: Label | None = stated("Protocol: http, grpc, sql, or any other name.")
    payload: Bytes | None = stated("Size of one request.")
    response: Bytes | None = stated("Size of one response.")
    documented: Flag | None = stated("Whether the interface that is called is documented and supported.")
    max_staleness: DurationFloor | None = stated("Age of the data that the caller can bear.")


class CallSpec(CallFields):
    """A call from one component to another."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["to"]}, {"required": ["any_of"]}]})

    to: Either[Reference, AnyOfSpec] | None = stated("Service, datastore, cache, network or external called.")
    any_of: list[Reference] | None = stated("Targets of which one suffices, in place of `to`.")

    @model_validator(mode="after")
    def _one_way_to_name_targets(self) -> Self:
        if (self.to is None) == (self.any_of is None):
            raise refusal("a call names its target once: write either `to` or `any_of`")
        if isinstance(self.to, AnyOfSpec):
            # `to: {any_of: [...]}` and `any_of: [...]` mean the same; readers of the model meet one of them.
            self.__dict__.update(to=None, any_of=self.to.any_of)
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        """All components that can answer the call, in the order of the manifest."""
        return tuple(self.any_of) if self.any_of is not None else (str(self.to),)


class BufferSpec(Spec):
    """Where messages wait while the broker does not take them."""

    size: BytesFloor | None = stated("Messages that the buffer holds, in bytes, per instance.")
    time: DurationFloor | None = stated("Time that the buffer lasts at peak.")
    durable: Flag | None = stated("Whether the buffer survives a restart of the instance.")


class PublishSpec(Control):
    """Messages that a component sends to a topic."""

    to: Reference = needed("Topic, as `broker/topic`.")
    rate: Rate | None = stated("Highest rate of messages, whole component.")
    mean: Rate | None = stated("Mean rate of messages over 30 days, whole component.")
    share: Fraction | None = stated("Share of the component's requests that publish.")
    per_request: Amount | None = stated("Messages that such a request publishes.")
    cause: Name | None = stated("Operation or call that the messages belong to.", alias="for")
    only_in: list[Name] | None = stated("Operations or flows that publish; all unless stated.", alias="in")
    size: Bytes | None = stated("Size of one message.")
    batch: PositiveCount | None = stated("Messages sent in one call, on average; one unless stated.")
    key: Label | None = stated("Field that chooses the partition.")
    via: Literal["direct", "outbox", "cdc", "transaction"] | None = stated(
        "How the message gets out: by itself, from an outbox, from the store's log, in one transaction."
    )
    acks: Literal["none", "leader", "all"] | None = stated("Whose acknowledgement the producer waits for.")
    on_failure: Literal["fail", "buffer", "drop"] | None = stated("What happens while the broker is down.")
    buffer: EitherOrNone[BytesFloor, BufferSpec] | None = stated("What the producer can hold back meanwhile.")
    idempotent: Flag | None = stated("Whether the producer's own retries make no duplicates.")
    timeout: OrNone[Duration] | None = stated("Time after which publishing has failed.")
    reconciliation: OrNone[ReconciliationSpec] | None = stated("What finds messages that were lost or invented.")
