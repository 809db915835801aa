"""Hyrum: whatever can be observed of an interface, somebody comes to depend on."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.ownership import acts_for_a_team
from archlint.plugin import (
    NONE,
    WARNING,
    Call,
    Clear,
    Datastore,
    Evidence,
    Finding,
    Iterator,
    NotApplicable,
    Service,
    Topic,
    Unknown,
    check,
    show,
    stated,
)


def has_interface(service: Service) -> bool:
    """Whether the manifest speaks of an interface that others use."""
    api = stated(service.spec, "api")
    return api is not None and api != NONE


def _consumers(service: Service, analyses: Analyses) -> int | None:
    """Other teams or systems that use the interface: as stated, else those of the run; None where not known."""
    own = stated(service.spec, "api.consumers")
    if own is not None:
        return int(own)
    callers = {edge.source for edge in service.incoming if edge.kind == "call" and acts_for_a_team(edge.source)}
    home = analyses.ownership.team(service)
    teams = {(caller.system.name, analyses.ownership.team(caller)) for caller in callers}
    others = {pair for pair in teams if pair[0] != service.system.name or pair[1] not in (None, home)}
    return len(others) or None


def _counted(consumers: int) -> str:
    return "1 consumer" if consumers == 1 else show(consumers, "consumers")


@check("LAW110", "api-without-version-or-deprecation", severity=WARNING, states=("api",), applies=has_interface)
def api_without_version_or_deprecation(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """An interface that others use has no version, or may change without notice.

    What it finds: services that state an `api` with consumers (stated, or callers of other teams and systems) and whose
    `version` or `deprecation_window` is `none` or not stated.

    Why it matters: with enough users every observable behaviour is somebody's dependency, whatever was promised.
    Without versions and notice the first sign of that is their outage.

    At 3 AM: a release that passed all tests broke somebody else's service. Roll it back; the change comes again with a
    version.

    How to fix: name a version, keep the old one for a stated time, and count its calls until there are none.

    When it is wrong: all consumers are released together with the service.

    Sources: H. Wright, "Hyrum's law", https://www.hyrumslaw.com; T. Winters, T. Manshreck and H. Wright, "Software
    Engineering at Google", 2020, chapters 1 and 15.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          prices: {api: {version: v2, consumers: 4, deprecation_window: none}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          prices: {api: {version: v2, consumers: 4, deprecation_window: 180d}}
    """
    consumers = _consumers(service, analyses)
    if consumers == 0:
        raise NotApplicable
    version, notice = stated(service.spec, "api.version"), stated(service.spec, "api.deprecation_window")
    lacking = [
        (field, what, value)
        for field, what, value in (
            ("api.version", "version", version),
            ("api.deprecation_window", "time of notice", notice),
        )
        if value is None or value == NONE
    ]
    if not lacking:
        return
    if consumers is None:
        raise Unknown("api.consumers")
    absent = all(value is None for _, _, value in lacking)
    field = next((name for name, _, value in lacking if value == NONE), lacking[0][0])
    names = " and no ".join(what for _, what, _ in lacking)
    yield Finding(
        at=service,
        field=field,
        message=f"{service.label} has {_counted(consumers)} and {'states' if absent else 'has'} no {names}",
        evidence=(Evidence("consumers", consumers),),
        remedy="Name a version, and give notice before something is taken away.",
        unstated=field if absent else "",
        cause=field,
    )


def _speaks_of_documents(call: Call) -> bool:
    """Whether the manifest says if the interface is documented, or the call may read another team's data."""
    reads = isinstance(call.target, Datastore) and call.spec.access != "write" and acts_for_a_team(call.caller)
    return reads or call.spec.documented is not None


@check("LAW111", "undocumented-interface", severity=WARNING, applies=_speaks_of_documents)
def undocumented_interface(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """A component uses what its owner never promised.

    What it finds: calls that state `documented: false`, and reads of a store that another team owns: its tables are an
    interface then, without anybody having designed it. Silent where the call states `documented: true`.

    Why it matters: the owner does not know of the use and changes it on any day. Nothing fails until then, and nobody
    is told when it does.

    At 3 AM: a migration of another team broke your reads and they see nothing wrong. Roll their change back, for yours
    cannot be fixed tonight.

    How to fix: ask for an interface, a replica with a stable schema, or a topic, and have it written down; then state
    `documented: true`.

    When it is wrong: the store was published for reading by others. State it with `documented: true`.

    Sources: H. Wright, "Hyrum's law", https://www.hyrumslaw.com; S. Newman, "Building Microservices", 2nd edition,
    2021, chapter 4 (shared databases).

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          reports: {owner: team-data, calls: [{to: ledger, access: read}]}
        datastores:
          ledger: {owner: team-pay}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          reports: {owner: team-data, calls: [{to: ledger, access: read, documented: true}]}
        datastores:
          ledger: {owner: team-pay}
    """
    if call.spec.documented is False:
        yield Finding(
            at=call,
            field="documented",
            message=f"{call.label} uses an interface that is not documented",
            evidence=(Evidence("documented", "false"),),
            clears=(Clear("documented", "true", "true", WARNING),),
            remedy="Ask its owner for an interface that is promised, and use that.",
        )
        return
    store = call.target
    if not isinstance(store, Datastore) or not acts_for_a_team(call.caller) or call.spec.access == "write":
        return
    if call.spec.documented:
        return
    ours, theirs = analyses.ownership.team(call.caller), analyses.ownership.team(store)
    if ours is not None and ours == theirs:
        return
    if not analyses.ownership.is_told(call.system):
        raise NotApplicable  # LAW050 says that nobody owns anything
    missing = ["access"] * (call.spec.access is None) + ["owner"] * (ours is None or theirs is None)
    if missing:
        raise Unknown(*missing)
    yield Finding(
        at=call,
        field="documented",
        message=f"{call.caller.label} of {ours} reads {store.label}, a store of {theirs}",
        evidence=(Evidence("reader", str(ours)), Evidence("owner of the store", str(theirs))),
        clears=(Clear("documented", "true", "true", WARNING),),
        remedy=f"Read through an interface or a topic of {theirs}, or have these tables documented as one.",
    )


@check("LAW112", "consumers-without-contract-tests", severity=WARNING, states=("api",), applies=has_interface)
def consumers_without_contract_tests(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """An interface that others use is released without their tests.

    What it finds: services that state an `api` with consumers (stated, or callers of other teams and systems) and whose
    `contract_tests` are false or not stated.

    Why it matters: the provider's tests check what the provider promises. What consumers rely on is more, and only
    their own tests know it.

    At 3 AM: everything is green at the provider, and a consumer fails on a field that was renamed. Roll back, and add
    the consumer's expectation to the provider's pipeline.

    How to fix: let each consumer write down what it relies on, and run that before each release.

    When it is wrong: consumers are generated from a schema that refuses incompatible changes.

    Sources: H. Wright, "Hyrum's law", https://www.hyrumslaw.com; I. Robinson, "Consumer-driven contracts: a service
    evolution pattern", 2006, https://martinfowler.com/articles/consumerDrivenContracts.html.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          prices: {api: {version: v2, consumers: 4, deprecation_window: 180d, contract_tests: false}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          prices: {api: {version: v2, consumers: 4, deprecation_window: 180d, contract_tests: true}}
    """
    consumers, tested = _consumers(service, analyses), stated(service.spec, "api.contract_tests")
    if consumers == 0:
        raise NotApplicable
    if tested:
        return
    if consumers is None:
        raise Unknown("api.consumers")
    yield Finding(
        at=service,
        field="api.contract_tests",
        message=f"{service.label} has {_counted(consumers)} and no contract tests of theirs",
        evidence=(Evidence("consumers", consumers),),
        clears=() if tested is None else (Clear("api.contract_tests", "true", "true", WARNING),),
        remedy="Run the consumers' expectations before each release.",
        unstated="api.contract_tests" if tested is None else "",
        cause="api.contract_tests",
    )


@check("LAW113", "topic-schema-without-compatibility", severity=WARNING)
def topic_schema_without_compatibility(topic: Topic, analyses: Analyses) -> Iterator[Finding]:
    """Nothing keeps the messages of a topic readable for those who consume them.

    What it finds: topics that are consumed and whose `schema` is none or not stated, or states no `compatibility` (or
    `none`). Dead letters are exempt: they hold what came, as it came.

    Why it matters: producers and consumers are never released at the same moment, and messages of the old form wait in
    the topic. One incompatible field stops every consumer at the same offset.

    At 3 AM: consumers crash on one message again and again and the lag grows. Roll the producer back, park the messages
    that cannot be read, and replay them later.

    How to fix: put a registry or a check in the pipeline that refuses incompatible schemas, and state which direction
    holds: backward where consumers are upgraded first.

    When it is wrong: producer and consumer are one program that is stopped for each release.

    Sources: H. Wright, "Hyrum's law", https://www.hyrumslaw.com; M. Kleppmann, "Designing Data-Intensive Applications",
    2017, chapter 4 (schema evolution).

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          billing: {consumes: [{from: bus/orders}]}
        brokers:
          bus: {topics: {orders: {schema: {registry: true, compatibility: none}}}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          billing: {consumes: [{from: bus/orders}]}
        brokers:
          bus: {topics: {orders: {schema: {registry: true, compatibility: backward}}}}
    """
    if not topic.consumers or topic in analyses.dead_letters.topics:
        raise NotApplicable
    schema, kept = stated(topic.spec, "schema"), stated(topic.spec, "schema.compatibility")
    if kept is not None and kept != NONE:
        return
    field = "schema" if schema is None or schema == NONE else "schema.compatibility"
    absent = kept is None
    yield Finding(
        at=topic,
        field=field,
        message=(
            f"nothing keeps the messages of {topic.label} readable for its "
            f"{_counted(len(topic.consumers))}: no schema compatibility "
            f"{'is stated' if absent else 'is kept'}"
        ),
        evidence=(Evidence("consumers", len(topic.consumers)),),
        clears=(Clear("schema.compatibility", "backward", "backward", WARNING),)
        if field == "schema.compatibility" and not absent
        else (),
        remedy="Refuse incompatible schemas before they are published, and state which direction holds.",
        unstated=field if absent else "",
        cause=field,
    )
