from __future__ import annotations

from archlint.manifest.defaults import merge_defaults, supplied_by

CALL = {"timeout": "500ms", "retries": {"attempts": 2, "backoff": "exponential"}}


def service_with(call: object) -> dict[str, object]:
    return {"defaults": {"call": CALL}, "services": {"checkout": {"calls": [call]}}}


def merged_call(call: object) -> object:
    services = merge_defaults(service_with(call))["services"]
    assert isinstance(services, dict)
    return services["checkout"]["calls"][0]


def test_a_call_takes_what_it_does_not_state() -> None:
    assert merged_call({"to": "ledger"}) == {"to": "ledger", **CALL}


def test_mappings_merge_key_by_key_and_scalars_are_replaced() -> None:
    stated = {"to": "ledger", "timeout": "1s", "retries": {"attempts": 3}}
    assert merged_call(stated) == {
        "to": "ledger",
        "timeout": "1s",
        "retries": {"attempts": 3, "backoff": "exponential"},
    }


def test_a_stated_none_ends_the_merge() -> None:
    stated = {"to": "ledger", "retries": "none"}
    assert merged_call(stated) == {"to": "ledger", "retries": "none", "timeout": "500ms"}


def test_lists_are_replaced_whole() -> None:
    data: dict[str, object] = {
        "defaults": {"service": {"zones": ["a", "b"]}},
        "services": {"checkout": {"zones": ["c"]}},
    }
    assert merge_defaults(data)["services"] == {"checkout": {"zones": ["c"]}}


def test_async_and_background_calls_of_services_take_no_call_defaults() -> None:
    for call in ({"to": "a", "async": True}, {"to": "a", "rate": "1/s"}, {"to": "a", "every": "5s"}):
        assert merged_call(call) == call


def test_the_calls_of_clients_take_defaults_though_they_state_a_rate() -> None:
    data = {"defaults": {"call": CALL}, "clients": {"app": {"calls": [{"to": "checkout", "rate": "1200/s"}]}}}
    assert merge_defaults(data)["clients"] == {"app": {"calls": [{"to": "checkout", "rate": "1200/s", **CALL}]}}


def test_the_calls_of_jobs_take_none() -> None:
    data = {"defaults": {"call": CALL}, "jobs": {"nightly": {"calls": [{"to": "ledger"}]}}}
    assert merge_defaults(data)["jobs"] == {"nightly": {"calls": [{"to": "ledger"}]}}


def test_the_calls_of_operations_take_defaults() -> None:
    operations = {"pay": {"calls": [{"to": "ledger"}]}}
    data = {"defaults": {"call": {"timeout": "1s"}}, "services": {"checkout": {"operations": operations}}}
    assert merge_defaults(data)["services"] == {
        "checkout": {"operations": {"pay": {"calls": [{"to": "ledger", "timeout": "1s"}]}}}
    }


def test_services_and_datastores_take_their_own_defaults() -> None:
    data = {
        "defaults": {"service": {"tier": "critical"}, "store": {"backup": {"every": "1d"}}},
        "services": {"checkout": {}},
        "datastores": {"ledger": {"backup": {"retention": "7d"}}},
    }
    assert merge_defaults(data) == {
        "defaults": data["defaults"],
        "services": {"checkout": {"tier": "critical"}},
        "datastores": {"ledger": {"backup": {"retention": "7d", "every": "1d"}}},
    }


def test_without_defaults_the_tree_is_the_same_object() -> None:
    data: dict[str, object] = {"services": {"checkout": {}}}
    assert merge_defaults(data) is data


def test_merging_changes_nothing_in_what_it_was_given_and_adds_no_section() -> None:
    data = service_with({"to": "ledger", "retries": {"attempts": 3}})
    assert list(merge_defaults(data)) == ["defaults", "services"]
    assert data == service_with({"to": "ledger", "retries": {"attempts": 3}})


def test_things_of_the_wrong_kind_are_left_for_validation() -> None:
    data: dict[str, object] = {"defaults": {"call": CALL}, "services": ["checkout"], "clients": "none"}
    assert merge_defaults(data) == data
    assert merged_call("ledger") == "ledger"


def test_the_default_that_supplied_a_value_is_found() -> None:
    data = service_with({"to": "ledger", "retries": {"attempts": 3}})
    call = ("services", "checkout", "calls", 0)
    assert supplied_by(data, (*call, "timeout")) == ("defaults", "call", "timeout")
    assert supplied_by(data, (*call, "retries", "backoff")) == ("defaults", "call", "retries", "backoff")
    assert supplied_by(data, (*call, "retries", "attempts")) is None
    assert supplied_by(data, (*call, "retries")) is None
    assert supplied_by(data, (*call, "to")) is None


def test_an_absent_value_leads_to_the_default_that_supplied_what_surrounds_it() -> None:
    call = ("services", "checkout", "calls", 0)
    data = service_with({"to": "ledger"})
    assert supplied_by(data, (*call, "retries", "jitter")) == ("defaults", "call", "retries")


def test_no_default_supplies_anything_to_a_background_call() -> None:
    data = service_with({"to": "ledger", "every": "5s"})
    assert supplied_by(data, ("services", "checkout", "calls", 0, "timeout")) is None


def test_components_called_like_fields_are_no_calls() -> None:
    data = {"defaults": {"call": CALL}, "services": {"calls": {"calls": [{"to": "ledger"}]}}}
    assert supplied_by(data, ("services", "calls", "timeout")) is None
    assert supplied_by(data, ("services", "calls", "calls", 0, "timeout")) == ("defaults", "call", "timeout")


def test_a_default_of_services_is_found_under_a_service() -> None:
    data = {"defaults": {"service": {"tier": "critical"}}, "services": {"checkout": {}}}
    assert supplied_by(data, ("services", "checkout", "tier")) == ("defaults", "service", "tier")
    assert supplied_by(data, ("datastores", "checkout", "tier")) is None
