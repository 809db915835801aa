"""Plans and states of Terraform: what the golden drafts do not say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archlint.importers.importing import Asked, Imported, import_sources

FIXTURES = Path(__file__).parents[2] / "fixtures" / "imports" / "terraform"
SECTIONS = ("services", "datastores", "caches", "brokers", "networks", "jobs")
EDGES = ("calls", "depends_on", "publishes", "consumes")


def counts(imported: Imported) -> tuple[tuple[int, ...], int]:
    data = imported.finished.data
    edges = sum(len(spec.get(kind, ())) for part in data.values() if isinstance(part, dict)
                for spec in part.values() if isinstance(spec, dict) for kind in EDGES)  # fmt: skip
    return tuple(len(data.get(section, ())) for section in SECTIONS), edges


def imported_of(document: Any, folder: Path) -> Imported:
    path = folder / "plan.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return import_sources([Asked("terraform", (str(path),))])


def resource(type: str, name: str, values: dict[str, Any], index: int | str | None = None) -> dict[str, Any]:
    at = "" if index is None else f"[{json.dumps(index)}]"
    own = {} if index is None else {"index": index}
    return {"address": f"{type}.{name}{at}", "mode": "managed", "type": type, "name": name, "values": values, **own}


def plan(*resources: dict[str, Any], configuration: Any = None) -> dict[str, Any]:
    document = {"format_version": "1.2", "planned_values": {"root_module": {"resources": list(resources)}}}
    return document if configuration is None else {**document, "configuration": configuration}


def referring(*names: str) -> dict[str, Any]:
    return {"references": list(names)}


@pytest.mark.parametrize(
    ("name", "components", "edges"),
    [
        ("shop.json", (3, 3, 0, 5, 1, 1), 7),
        ("state.json", (3, 2, 1, 4, 1, 0), 8),
        ("raw.json", (2, 0, 0, 1, 0, 0), 1),
        ("google.json", (3, 5, 1, 2, 1, 1), 5),
        ("azure.json", (4, 5, 1, 2, 0, 0), 3),
    ],
)
def test_components_and_edges_are_as_counted_by_hand(name: str, components: tuple[int, ...], edges: int) -> None:
    assert counts(import_sources([Asked("terraform", (str(FIXTURES / name),))])) == (components, edges)


@pytest.mark.parametrize("name", ["shop.json", "state.json", "raw.json", "azure.json"])
def test_secrets_are_nowhere(name: str) -> None:
    imported = import_sources([Asked("terraform", (str(FIXTURES / name),))])
    for secret in ("hunter2", "sk_live_1234", "s3cret", "mock_secret_key", "TOKEN=abc"):
        assert secret not in imported.text()
        assert all(secret not in str(remark) for remark in imported.remarks)
        assert all(secret not in file.shown for file in imported.files)


def test_a_value_that_is_not_known_before_it_is_applied_states_nothing(tmp_path: Path) -> None:
    data = imported_of(plan(resource("aws_db_instance", "db", {"engine": "mysql"})), tmp_path).finished.data
    assert data["datastores"]["db"] == {"technology": "rds", "mode": "mysql", "model": "relational"}


def test_machines_that_are_alike_are_one_component_and_others_are_not(tmp_path: Path) -> None:
    machines = [resource("aws_instance", "web", {"instance_type": "m7g.large"}, at) for at in range(3)]
    machines.append(resource("aws_instance", "web", {"instance_type": "m7g.8xlarge"}, 3))
    queues = [resource("aws_sqs_queue", "work", {"name": f"work-{name}"}, name) for name in ("a", "b")]
    data = imported_of(plan(*machines, *queues), tmp_path).finished.data
    assert sorted(spec["replicas"] for spec in data["services"].values()) == [1, 3]
    assert list(data["brokers"]) == ["work-a", "work-b"]


def test_what_a_wrapper_printed_around_the_plan_is_passed_over(tmp_path: Path) -> None:
    text = json.dumps(plan(resource("aws_sqs_queue", "work", {"name": "work"})))
    wrapped = f"[command]/bin/terraform show -json plan\n{text}\n::debug::stdout: {text}\n"
    assert list(imported_of(wrapped, tmp_path).finished.data["brokers"]) == ["work"]


def test_a_reference_goes_through_variables_and_outputs_of_modules(tmp_path: Path) -> None:
    function = resource("aws_lambda_function", "f", {"function_name": "f"})
    function["address"] = "module.app.aws_lambda_function.f"
    table = resource("aws_dynamodb_table", "t", {"name": "t"})
    table["address"] = "module.data.aws_dynamodb_table.t"
    document = plan()
    document["planned_values"]["root_module"]["child_modules"] = [
        {"address": "module.app", "resources": [function]},
        {"address": "module.data", "resources": [table]},
    ]
    document["configuration"] = {
        "root_module": {
            "module_calls": {
                "app": {
                    "expressions": {"table": referring("module.data.name", "module.data")},
                    "module": {
                        "resources": [
                            {
                                "address": "aws_lambda_function.f",
                                "expressions": {"environment": [{"variables": referring("var.table")}]},
                            }
                        ]
                    },
                },
                "data": {
                    "module": {
                        "resources": [{"address": "aws_dynamodb_table.t", "expressions": {}}],
                        "outputs": {
                            "name": {"expression": referring("aws_dynamodb_table.t.name", "aws_dynamodb_table.t")}
                        },
                    }
                },
            }
        }
    }
    assert imported_of(document, tmp_path).finished.data["services"]["f"]["calls"] == [{"to": "t"}]


def test_outputs_that_refer_to_each_other_end(tmp_path: Path) -> None:
    circle = {"expression": {"references": ["module.a.x"]}}
    module = {"resources": [], "outputs": {"x": circle}, "module_calls": {"a": {"module": {"outputs": {"x": circle}}}}}
    configuration = {
        "root_module": {
            "resources": [
                {"address": "aws_sqs_queue.q", "expressions": {"redrive_policy": {"references": ["module.a.x"]}}}
            ],
            "module_calls": {"a": {"module": module}},
        }
    }
    document = plan(resource("aws_sqs_queue", "q", {"name": "q"}), configuration=configuration)
    assert list(imported_of(document, tmp_path).finished.data["brokers"]) == ["q"]


def test_types_that_are_not_understood_are_told_once_each(tmp_path: Path) -> None:
    unknown = [resource("aws_finspace_kx_cluster", f"x{at}", {}) for at in range(3)]
    silent = [resource("aws_iam_role", "r", {}), resource("aws_vpc", "v", {}), resource("random_id", "i", {})]
    imported = imported_of(plan(*unknown, *silent), tmp_path)
    assert [remark.message for remark in imported.remarks if "understood" in remark.message] == [
        "aws_finspace_kx_cluster is not understood: x0, and 2 more"
    ]


@pytest.mark.parametrize("junk", [3, "x", [], [1], {}, None, [[]], {"a": [None]}, [{"references": [3]}], "{", "[]"])
def test_any_shape_is_read_without_a_fault(junk: Any, tmp_path: Path) -> None:
    from archlint.importers.cloud.drafting import DETAILS, RELATIONS

    names = (
        "environment", "redrive_policy", "dead_letter_config", "settings", "template", "cluster", "geo_location",
        "policy", "definition", "container_definitions", "subnets", "scaling_config", "default_node_pool",
        "user_data", "name",
        "engine", "multi_az", "replica", "replication", "function_name", "event_source_arn", "topic", "target",
        "rule",
    )  # fmt: skip
    resources = [resource(type, "r", dict.fromkeys(names, junk)) for type in sorted({*DETAILS, *RELATIONS})]
    configured = [{"address": f"{one['type']}.r", "expressions": dict.fromkeys(names, junk)} for one in resources]
    imported_of(plan(*resources, configuration={"root_module": {"resources": configured}}), tmp_path)
    imported_of(plan(*resources, configuration=junk), tmp_path)
    imported_of({"format_version": "1.0", "terraform_version": "1", "values": {"root_module": junk}}, tmp_path)
    imported_of({"version": 4, "terraform_version": "1", "lineage": "x", "resources": [junk, {"type": "a", "name": "b",
                 "instances": junk}]}, tmp_path)  # fmt: skip


def test_the_order_of_resources_changes_nothing_but_places(tmp_path: Path) -> None:
    document = json.loads((FIXTURES / "shop.json").read_text())
    first = imported_of(document, tmp_path).finished.data
    document["planned_values"]["root_module"]["resources"].reverse()
    assert _sorted(imported_of(document, tmp_path).finished.data) == _sorted(first)


def _sorted(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _sorted(value) for key, value in data.items()}
    return sorted(map(str, data)) if isinstance(data, list) else data


def test_thousands_of_resources_take_seconds(tmp_path: Path) -> None:
    resources, configured = [], []
    for at in range(1_000):
        resources += [
            resource("aws_sqs_queue", f"q{at}", {"name": f"q{at}"}),
            resource("aws_lambda_function", f"f{at}", {"function_name": f"f{at}"}),
            resource("aws_lambda_event_source_mapping", f"m{at}", {"batch_size": 1}),
        ]
        expressions = {
            "function_name": {"references": [f"aws_lambda_function.f{at}.arn", f"aws_lambda_function.f{at}"]},
            "event_source_arn": {"references": [f"aws_sqs_queue.q{at}.arn", f"aws_sqs_queue.q{at}"]},
        }
        configured.append({"address": f"aws_lambda_event_source_mapping.m{at}", "expressions": expressions})
    document = plan(*resources, configuration={"root_module": {"resources": configured}})
    services = imported_of(document, tmp_path).finished.data["services"]
    assert all(len(spec["consumes"]) == 1 for spec in services.values())
