"""CloudFormation and SAM templates: what the golden drafts do not say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archlint.importers.importing import Asked, Imported, import_sources

FIXTURES = Path(__file__).parents[2] / "fixtures" / "imports" / "cloudformation"
SECTIONS = ("services", "datastores", "caches", "brokers", "networks", "jobs")
EDGES = ("calls", "depends_on", "publishes", "consumes")


def drafted(template: str | dict[str, Any], folder: Path, name: str = "template.yaml") -> Imported:
    path = folder / name
    path.write_text(template if isinstance(template, str) else json.dumps(template))
    return import_sources([Asked("cloudformation", (str(path),))])


def of_resources(resources: dict[str, Any], folder: Path, **top: Any) -> dict[str, Any]:
    return drafted({"Resources": resources, **top}, folder).finished.data


def counts(imported: Imported) -> tuple[tuple[int, ...], int]:
    """Components of each section, and edges between them."""
    data = imported.finished.data
    edges = sum(len(spec.get(kind, ())) for part in data.values() if isinstance(part, dict)
                for spec in part.values() if isinstance(spec, dict) for kind in EDGES)  # fmt: skip
    return tuple(len(data.get(section, ())) for section in SECTIONS), edges


@pytest.mark.parametrize(
    ("name", "components", "edges"),
    [("orders.yaml", (6, 1, 0, 6, 2, 1), 16), ("web.json", (1, 3, 1, 0, 3, 0), 4)],
)
def test_components_and_edges_are_as_counted_by_hand(name: str, components: tuple[int, ...], edges: int) -> None:
    assert counts(import_sources([Asked("cloudformation", (str(FIXTURES / name),))])) == (components, edges)


def test_values_that_are_not_to_be_shown_are_nowhere() -> None:
    for name, secret in (("orders.yaml", "not-to-be-shown"), ("web.json", "hunter2")):
        imported = import_sources([Asked("cloudformation", (str(FIXTURES / name),))])
        assert secret not in imported.text()
        assert all(secret not in str(remark) for remark in imported.remarks)
        assert all(secret not in file.shown for file in imported.files)


CONDITIONS = {
    "Yes": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
    "No": {"Fn::Not": [{"Condition": "Yes"}]},
    "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
    "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "Unknown"}]},
    "Unknown": {"Fn::Equals": [{"Ref": "Given"}, "x"]},
    "Circle": {"Fn::Not": [{"Condition": "Circle"}]},
}


@pytest.mark.parametrize(
    ("condition", "is_made"),
    [("Yes", True), ("No", False), ("Both", False), ("Either", True), ("Unknown", True), ("Circle", True)],
)
def test_only_what_is_surely_not_made_is_left_out(condition: str, is_made: bool, tmp_path: Path) -> None:
    data = of_resources(
        {"Q": {"Type": "AWS::SQS::Queue", "Condition": condition}},
        tmp_path,
        Parameters={"Stage": {"Type": "String", "Default": "prod"}, "Given": {"Type": "String"}},
        Conditions=CONDITIONS,
    )
    assert ("brokers" in data) == is_made


@pytest.mark.parametrize(
    ("value", "timeout"),
    [
        (7, 7),
        ({"Ref": "Seconds"}, 9),
        ({"Ref": "Given"}, None),
        ({"Ref": "AWS::NoValue"}, None),
        ({"Fn::If": ["Yes", 5, 6]}, 5),
        ({"Fn::If": ["Unknown", 5, 6]}, None),
        ({"Fn::If": ["Unknown", 5, 5]}, 5),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "Timeout"]}, 30),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Given"}, "Timeout"]}, None),
        ({"Fn::Select": [1, [3, 4]]}, 4),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "3,4"]}]}, 4),
        ({"Fn::Sub": "${Seconds}"}, 9),
        ({"Fn::Join": ["", ["1", {"Ref": "Seconds"}]]}, 19),
        ({"Fn::Select": [9, [3]]}, None),
        ({"Fn::ImportValue": "elsewhere"}, None),
        ({"Fn::Join": 3}, None),
        ({"Fn::Sub": {"a": 1}}, None),
        ({"Fn::If": []}, None),
    ],
)
def test_functions_are_applied_as_far_as_the_template_decides_them(value: Any, timeout: Any, tmp_path: Path) -> None:
    data = of_resources(
        {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": value}}},
        tmp_path,
        Parameters={
            "Stage": {"Type": "String", "Default": "prod"},
            "Seconds": {"Type": "Number", "Default": 9},
            "Given": {"Type": "Number"},
        },
        Conditions=CONDITIONS,
        Mappings={"Sizes": {"prod": {"Timeout": 30}}},
    )
    assert data["services"]["F"].get("settings", {}).get("Timeout") == timeout


def test_a_value_that_another_template_exports_is_followed(tmp_path: Path) -> None:
    (tmp_path / "queue.yaml").write_text(
        "Resources:\n  Work: {Type: AWS::SQS::Queue}\n"
        "Outputs:\n  Arn:\n    Value: !GetAtt Work.Arn\n    Export: {Name: shop-work}\n"
    )
    (tmp_path / "worker.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Worker:\n    Type: AWS::Serverless::Function\n"
        "    Properties:\n      Events:\n        Work:\n          Type: SQS\n"
        "          Properties: {Queue: !ImportValue shop-work}\n"
    )
    imported = import_sources([Asked("auto", (str(tmp_path),))])
    assert imported.sources == ("cloudformation",)
    assert imported.finished.data["services"]["Worker"]["consumes"][0]["from"] == "Work/Work"


def test_nested_templates_are_given_their_parameters(tmp_path: Path) -> None:
    (tmp_path / "child.yaml").write_text(
        "Parameters:\n  Table: {Type: String}\nResources:\n  F:\n    Type: AWS::Lambda::Function\n"
        "    Properties:\n      Environment: {Variables: {T: !Ref Table}}\n"
    )
    parent = (
        "Resources:\n  Orders: {Type: AWS::DynamoDB::Table, Properties: {BillingMode: PAY_PER_REQUEST}}\n"
        "  Child:\n    Type: AWS::CloudFormation::Stack\n"
        "    Properties: {TemplateURL: child.yaml, Parameters: {Table: !Ref Orders}}\n"
    )
    data = drafted(parent, tmp_path).finished.data
    assert data["services"]["F"]["calls"] == [{"to": "Orders"}]


def test_templates_that_lie_outside_or_are_missing_are_noted(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.yaml").write_text("Resources: {Q: {Type: AWS::SQS::Queue}}\n")
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "../secret.yaml"}}
    imported = drafted({"Resources": {"S": stack, "F": {"Type": "AWS::Lambda::Function"}}}, tmp_path / "inside")
    assert "brokers" not in imported.finished.data
    assert [remark.level for remark in imported.remarks] == ["note"]


def test_templates_that_nest_themselves_end(tmp_path: Path) -> None:
    own = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "template.yaml"}}
    data = of_resources({"S": own, "F": {"Type": "AWS::Lambda::Function"}}, tmp_path)
    assert list(data["services"]) == ["F"]


def test_exports_that_import_themselves_are_not_known(tmp_path: Path) -> None:
    outputs = {"O": {"Value": {"Fn::ImportValue": "o"}, "Export": {"Name": "o"}}}
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": {"Fn::ImportValue": "o"}}}
    assert of_resources({"F": function}, tmp_path, Outputs=outputs)["services"] == {"F": {"technology": "lambda"}}


def test_one_function_and_one_queue_of_a_name_are_told_apart(tmp_path: Path) -> None:
    for name, type in (("a", "AWS::Lambda::Function"), ("b", "AWS::SQS::Queue"), ("c", "AWS::Lambda::Function")):
        (tmp_path / f"{name}.json").write_text(json.dumps({"Resources": {"Orders": {"Type": type}}}))
    data = import_sources([Asked("cloudformation", (str(tmp_path),))]).finished.data
    assert list(data["services"]) == ["a-Orders", "c-Orders"]
    assert list(data["brokers"]) == ["Orders"]


def test_what_all_functions_are_told_ties_none_to_it(tmp_path: Path) -> None:
    resources = {
        "T": {"Type": "AWS::Serverless::SimpleTable"},
        "F": {"Type": "AWS::Serverless::Function", "Properties": {}},
        "G": {
            "Type": "AWS::Serverless::Function",
            "Properties": {"Policies": [{"DynamoDBReadPolicy": {"T": {"Ref": "T"}}}]},
        },
    }
    shared = {"Function": {"Environment": {"Variables": {"T": {"Ref": "T"}}}}}
    services = of_resources(resources, tmp_path, Globals=shared)["services"]
    assert "calls" not in services["F"]
    assert services["G"]["calls"] == [{"to": "T", "access": "read"}]


@pytest.mark.parametrize("junk", [3, "x", [], [1], {}, None, [[]], {"a": [None]}, {"Ref": 3}, {"Fn::GetAtt": [1]}])
def test_any_shape_is_read_without_a_fault(junk: Any, tmp_path: Path) -> None:
    types = (
        "AWS::Serverless::Function", "AWS::Serverless::StateMachine", "AWS::Serverless::Connector", "AWS::SQS::Queue",
        "AWS::SNS::Topic", "AWS::Events::Rule", "AWS::RDS::DBInstance", "AWS::DynamoDB::Table", "AWS::ECS::Service",
        "AWS::ECS::TaskDefinition", "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::CloudFormation::Stack",
        "AWS::CloudFront::Distribution", "AWS::IAM::Role", "AWS::ApiGateway::Method",
        "AWS::ElastiCache::ReplicationGroup",
    )  # fmt: skip
    properties = (
        "Events", "Policies", "Environment", "DeadLetterQueue", "EventInvokeConfig", "Definition", "Source",
        "RedrivePolicy", "Subscription", "Targets", "MultiAZ", "KeySchema", "TaskDefinition", "ContainerDefinitions",
        "Subnets", "TemplateURL", "DistributionConfig", "Role", "Integration", "NumNodeGroups", "Connectors",
    )  # fmt: skip
    resources = {
        f"R{at}": {"Type": type, "Connectors": junk, "Properties": dict.fromkeys(properties, junk)}
        for at, type in enumerate(types)
    }
    resources["J"] = {"Type": "AWS::Lambda::Function", "Properties": junk}
    drafted(
        {"Resources": resources, "Parameters": junk, "Conditions": junk, "Globals": junk, "Outputs": junk}, tmp_path
    )


def test_templates_grow_no_faster_than_what_they_hold(tmp_path: Path) -> None:
    """A thousand functions with a thousand queues."""
    resources: dict[str, Any] = {}
    for at in range(1_000):
        resources[f"Q{at}"] = {"Type": "AWS::SQS::Queue"}
        resources[f"F{at}"] = {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Events": {"Q": {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": [f"Q{at}", "Arn"]}}}}
            },
        }
    assert len(of_resources(resources, tmp_path)["services"]) == 1_000


def test_templates_that_are_uploaded_under_their_paths_are_found(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "web.yaml").write_text(
        "Parameters:\n  Queue: {Type: String}\nResources:\n  F:\n    Type: AWS::Lambda::Function\n"
        "    Properties: {Environment: {Variables: {Q: !Ref Queue}}}\n"
    )
    (tmp_path / "master.yaml").write_text(
        "Resources:\n  Work: {Type: AWS::SQS::Queue}\n  Web:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n"
        "      TemplateURL: !Sub https://${AWS::Region}.example.org/parts/web.yaml\n"
        "      Parameters: {Queue: !Ref Work}\n"
    )
    data = import_sources([Asked("cloudformation", (str(tmp_path),))]).finished.data
    assert data["services"]["F"]["depends_on"] == [{"on": "Work"}]


def test_addresses_that_instances_are_set_up_with_are_edges_and_names_for_tools_are_none(tmp_path: Path) -> None:
    init = {"config": {"files": {"/etc/app": {"content": {"Fn::Join": ["", [
        "db=", {"Fn::GetAtt": ["Db", "Endpoint.Address"]}, " app=", {"Fn::GetAtt": ["AppBalancer", "DNSName"]},
        " name=", {"Ref": "Other"},
    ]]}}}}}  # fmt: skip
    balancer = {"Type": "AWS::ElasticLoadBalancing::LoadBalancer", "Properties": {"Scheme": "internal"}}
    group = {"Type": "AWS::AutoScaling::AutoScalingGroup"}
    resources = {
        "Db": {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql"}},
        "AppBalancer": balancer,
        "Other": balancer,
        "Launch": {"Type": "AWS::AutoScaling::LaunchConfiguration", "Metadata": {"AWS::CloudFormation::Init": init},
                   "Properties": {}},
        "Web": {**group, "Properties": {"LaunchConfigurationName": {"Ref": "Launch"}}},
        "App": {**group, "Properties": {"LoadBalancerNames": [{"Ref": "AppBalancer"}]}},
    }  # fmt: skip
    calls = of_resources(resources, tmp_path)["services"]["Web"]["calls"]
    assert calls == [{"to": "App", "through": ["AppBalancer"]}, {"to": "Db"}]
