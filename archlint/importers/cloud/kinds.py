"""Which types of resources are components of a system, of which section and technology; and which say nothing of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from archlint.importers.draft import Section
from archlint.records import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`word` follows a name that two kinds of resources share; `are_alike` where instances stand in for each other."""

    section: Section
    technology: str | None
    word: str
    are_alike: bool = False


def _kinds(section: Section, rows: dict[str, tuple[str | None, str]], are_alike: bool = False) -> dict[str, Kind]:
    return {type: Kind(section, technology, word, are_alike) for type, (technology, word) in rows.items()}


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        **_kinds(
            "services",
            {
                "aws_lambda_function": ("lambda", "function"),
                "aws_sfn_state_machine": ("step-functions", "workflow"),
                "aws_ecs_service": ("ecs", "service"),
                "aws_eks_cluster": ("eks", "cluster"),
                "aws_apprunner_service": (None, "service"),
                "aws_elastic_beanstalk_environment": (None, "environment"),
                "aws_autoscaling_group": (None, "group"),
                "aws_batch_job_definition": (None, "batch"),
                "google_cloud_run_service": ("cloud-run", "service"),
                "google_cloud_run_v2_service": ("cloud-run", "service"),
                "google_cloudfunctions_function": (None, "function"),
                "google_cloudfunctions2_function": (None, "function"),
                "google_container_cluster": ("gke", "cluster"),
                "google_compute_instance_group_manager": (None, "group"),
                "google_compute_region_instance_group_manager": (None, "group"),
                "google_app_engine_standard_app_version": (None, "app"),
                "google_app_engine_flexible_app_version": (None, "app"),
                "google_workflows_workflow": (None, "workflow"),
                "azurerm_function_app": ("azure-functions", "function"),
                "azurerm_linux_function_app": ("azure-functions", "function"),
                "azurerm_windows_function_app": ("azure-functions", "function"),
                "azurerm_function_app_flex_consumption": ("azure-functions", "function"),
                "azurerm_app_service": (None, "app"),
                "azurerm_linux_web_app": (None, "app"),
                "azurerm_windows_web_app": (None, "app"),
                "azurerm_container_app": (None, "app"),
                "azurerm_container_group": (None, "group"),
                "azurerm_kubernetes_cluster": ("aks", "cluster"),
                "azurerm_linux_virtual_machine_scale_set": (None, "group"),
                "azurerm_windows_virtual_machine_scale_set": (None, "group"),
                "azurerm_orchestrated_virtual_machine_scale_set": (None, "group"),
                "azurerm_logic_app_workflow": (None, "workflow"),
            },
        ),
        **_kinds(
            "services",
            {
                "aws_instance": (None, "instance"),
                "aws_spot_instance_request": (None, "instance"),
                "google_compute_instance": (None, "instance"),
                "azurerm_virtual_machine": (None, "instance"),
                "azurerm_linux_virtual_machine": (None, "instance"),
                "azurerm_windows_virtual_machine": (None, "instance"),
            },
            are_alike=True,
        ),
        **_kinds(
            "datastores",
            {
                "aws_dynamodb_table": ("dynamodb", "table"),
                "aws_s3_bucket": ("s3", "bucket"),
                "aws_db_instance": ("rds", "database"),
                "aws_rds_cluster": ("aurora", "database"),
                "aws_rds_global_cluster": (None, "database"),
                "aws_docdb_cluster": (None, "database"),
                "aws_neptune_cluster": (None, "database"),
                "aws_redshift_cluster": (None, "warehouse"),
                "aws_redshiftserverless_workgroup": (None, "warehouse"),
                "aws_opensearch_domain": ("opensearch", "search"),
                "aws_elasticsearch_domain": ("elasticsearch", "search"),
                "aws_efs_file_system": ("efs", "files"),
                "aws_fsx_lustre_file_system": (None, "files"),
                "aws_keyspaces_table": (None, "table"),
                "aws_timestreamwrite_database": (None, "database"),
                "google_sql_database_instance": ("cloud-sql", "database"),
                "google_spanner_instance": ("spanner", "database"),
                "google_bigtable_instance": ("bigtable", "database"),
                "google_firestore_database": ("firestore", "database"),
                "google_storage_bucket": ("gcs", "bucket"),
                "google_alloydb_cluster": (None, "database"),
                "google_bigquery_dataset": (None, "warehouse"),
                "google_filestore_instance": (None, "files"),
                "azurerm_cosmosdb_account": ("cosmos-db", "database"),
                "azurerm_mssql_database": ("azure-sql", "database"),
                "azurerm_sql_database": ("azure-sql", "database"),
                "azurerm_mssql_managed_instance": (None, "database"),
                "azurerm_postgresql_server": ("postgresql", "database"),
                "azurerm_postgresql_flexible_server": ("postgresql", "database"),
                "azurerm_mysql_server": ("mysql", "database"),
                "azurerm_mysql_flexible_server": ("mysql", "database"),
                "azurerm_mariadb_server": ("mariadb", "database"),
                "azurerm_storage_account": ("azure-blob", "storage"),
                "azurerm_search_service": (None, "search"),
            },
        ),
        **_kinds(
            "caches",
            {
                "aws_elasticache_replication_group": ("elasticache", "cache"),
                "aws_elasticache_cluster": ("elasticache", "cache"),
                "aws_elasticache_serverless_cache": ("elasticache", "cache"),
                "aws_memorydb_cluster": (None, "cache"),
                "aws_dax_cluster": (None, "cache"),
                "google_redis_instance": ("redis", "cache"),
                "google_redis_cluster": ("redis", "cache"),
                "google_memcache_instance": ("memcached", "cache"),
                "azurerm_redis_cache": ("redis", "cache"),
                "azurerm_managed_redis": ("redis", "cache"),
            },
        ),
        **_kinds(
            "brokers",
            {
                "aws_sqs_queue": ("sqs", "queue"),
                "aws_sns_topic": ("sns", "topic"),
                "aws_kinesis_stream": ("kinesis", "stream"),
                "aws_kinesis_firehose_delivery_stream": (None, "delivery"),
                "aws_cloudwatch_event_bus": ("eventbridge", "bus"),
                "aws_msk_cluster": ("msk", "kafka"),
                "aws_msk_serverless_cluster": ("msk", "kafka"),
                "aws_mq_broker": (None, "broker"),
                "google_pubsub_topic": ("pubsub", "topic"),
                "google_cloud_tasks_queue": (None, "queue"),
                "azurerm_servicebus_namespace": ("service-bus", "bus"),
                "azurerm_eventhub_namespace": ("event-hubs", "hubs"),
                "azurerm_eventgrid_topic": (None, "topic"),
                "azurerm_eventgrid_system_topic": (None, "topic"),
                "azurerm_eventgrid_domain": (None, "topics"),
                "azurerm_storage_queue": (None, "queue"),
            },
        ),
        **_kinds(
            "networks",
            {
                "aws_api_gateway_rest_api": ("api-gateway", "api"),
                "aws_apigatewayv2_api": ("api-gateway", "api"),
                "aws_appsync_graphql_api": (None, "api"),
                "aws_lb": ("alb", "balancer"),
                "aws_elb": (None, "balancer"),
                "aws_cloudfront_distribution": ("cloudfront", "cdn"),
                "aws_globalaccelerator_accelerator": (None, "accelerator"),
                "aws_nat_gateway": (None, "nat"),
                "aws_db_proxy": (None, "proxy"),
                "google_api_gateway_api": (None, "api"),
                "google_compute_global_forwarding_rule": (None, "balancer"),
                "google_compute_forwarding_rule": (None, "balancer"),
                "google_compute_router_nat": (None, "nat"),
                "azurerm_lb": (None, "balancer"),
                "azurerm_application_gateway": (None, "gateway"),
                "azurerm_api_management": (None, "api"),
                "azurerm_frontdoor": (None, "cdn"),
                "azurerm_cdn_frontdoor_profile": (None, "cdn"),
                "azurerm_cdn_profile": (None, "cdn"),
                "azurerm_traffic_manager_profile": (None, "resolver"),
                "azurerm_nat_gateway": (None, "nat"),
                "azurerm_firewall": (None, "firewall"),
                "azurerm_express_route_circuit": (None, "circuit"),
                "azurerm_express_route_gateway": (None, "gateway"),
            },
        ),
        **_kinds(
            "externals",
            {
                "aws_cognito_user_pool": (None, "users"),
            },
        ),
    }
)
"""What the types of resources are to a manifest."""

NETWORK_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "api": "gateway", "balancer": "balancer", "cdn": "cdn", "accelerator": "balancer", "nat": "nat",
        "proxy": "pooler", "gateway": "gateway", "resolver": "resolver", "firewall": "firewall", "circuit": "backbone",
    }
)  # fmt: skip

FROM_CLOUDFORMATION: Mapping[str, str] = MappingProxyType(
    {
        "AWS::Lambda::Function": "aws_lambda_function",
        "AWS::Lambda::Alias": "aws_lambda_alias",
        "AWS::Lambda::Version": "aws_lambda_version",
        "AWS::Lambda::EventSourceMapping": "aws_lambda_event_source_mapping",
        "AWS::Lambda::EventInvokeConfig": "aws_lambda_function_event_invoke_config",
        "AWS::Lambda::Url": "aws_lambda_function_url",
        "AWS::Lambda::Permission": "aws_lambda_permission",
        "AWS::StepFunctions::StateMachine": "aws_sfn_state_machine",
        "AWS::ECS::Service": "aws_ecs_service",
        "AWS::ECS::TaskDefinition": "aws_ecs_task_definition",
        "AWS::ApplicationAutoScaling::ScalableTarget": "aws_appautoscaling_target",
        "AWS::ApplicationAutoScaling::ScalingPolicy": "aws_appautoscaling_policy",
        "AWS::EKS::Cluster": "aws_eks_cluster",
        "AWS::EKS::Nodegroup": "aws_eks_node_group",
        "AWS::AppRunner::Service": "aws_apprunner_service",
        "AWS::ElasticBeanstalk::Environment": "aws_elastic_beanstalk_environment",
        "AWS::AutoScaling::AutoScalingGroup": "aws_autoscaling_group",
        "AWS::AutoScaling::ScalingPolicy": "aws_autoscaling_policy",
        "AWS::EC2::Instance": "aws_instance",
        "AWS::EC2::Subnet": "aws_subnet",
        "AWS::EC2::NatGateway": "aws_nat_gateway",
        "AWS::DynamoDB::Table": "aws_dynamodb_table",
        "AWS::DynamoDB::GlobalTable": "aws_dynamodb_table",
        "AWS::S3::Bucket": "aws_s3_bucket",
        "AWS::RDS::DBInstance": "aws_db_instance",
        "AWS::RDS::DBCluster": "aws_rds_cluster",
        "AWS::RDS::DBProxy": "aws_db_proxy",
        "AWS::RDS::DBProxyTargetGroup": "aws_db_proxy_target",
        "AWS::RDS::DBParameterGroup": "aws_db_parameter_group",
        "AWS::RDS::DBClusterParameterGroup": "aws_rds_cluster_parameter_group",
        "AWS::DocDB::DBCluster": "aws_docdb_cluster",
        "AWS::DocDB::DBInstance": "aws_docdb_cluster_instance",
        "AWS::Neptune::DBCluster": "aws_neptune_cluster",
        "AWS::Neptune::DBInstance": "aws_neptune_cluster_instance",
        "AWS::Redshift::Cluster": "aws_redshift_cluster",
        "AWS::OpenSearchService::Domain": "aws_opensearch_domain",
        "AWS::Elasticsearch::Domain": "aws_elasticsearch_domain",
        "AWS::EFS::FileSystem": "aws_efs_file_system",
        "AWS::ElastiCache::ReplicationGroup": "aws_elasticache_replication_group",
        "AWS::ElastiCache::CacheCluster": "aws_elasticache_cluster",
        "AWS::ElastiCache::ServerlessCache": "aws_elasticache_serverless_cache",
        "AWS::MemoryDB::Cluster": "aws_memorydb_cluster",
        "AWS::DAX::Cluster": "aws_dax_cluster",
        "AWS::SQS::Queue": "aws_sqs_queue",
        "AWS::SNS::Topic": "aws_sns_topic",
        "AWS::SNS::Subscription": "aws_sns_topic_subscription",
        "AWS::Kinesis::Stream": "aws_kinesis_stream",
        "AWS::KinesisFirehose::DeliveryStream": "aws_kinesis_firehose_delivery_stream",
        "AWS::Events::EventBus": "aws_cloudwatch_event_bus",
        "AWS::Events::Rule": "aws_cloudwatch_event_rule",
        "AWS::Scheduler::Schedule": "aws_scheduler_schedule",
        "AWS::Pipes::Pipe": "aws_pipes_pipe",
        "AWS::MSK::Cluster": "aws_msk_cluster",
        "AWS::MSK::ServerlessCluster": "aws_msk_serverless_cluster",
        "AWS::AmazonMQ::Broker": "aws_mq_broker",
        "AWS::ApiGateway::RestApi": "aws_api_gateway_rest_api",
        "AWS::ApiGateway::Method": "aws_api_gateway_integration",
        "AWS::ApiGatewayV2::Api": "aws_apigatewayv2_api",
        "AWS::ApiGatewayV2::Integration": "aws_apigatewayv2_integration",
        "AWS::AppSync::GraphQLApi": "aws_appsync_graphql_api",
        "AWS::AppSync::DataSource": "aws_appsync_datasource",
        "AWS::ElasticLoadBalancingV2::LoadBalancer": "aws_lb",
        "AWS::ElasticLoadBalancingV2::TargetGroup": "aws_lb_target_group",
        "AWS::ElasticLoadBalancingV2::Listener": "aws_lb_listener",
        "AWS::ElasticLoadBalancingV2::ListenerRule": "aws_lb_listener_rule",
        "AWS::ElasticLoadBalancing::LoadBalancer": "aws_elb",
        "AWS::CloudFront::Distribution": "aws_cloudfront_distribution",
        "AWS::Cognito::UserPool": "aws_cognito_user_pool",
        "AWS::IAM::Role": "aws_iam_role",
        "AWS::IAM::Policy": "aws_iam_role_policy",
        "AWS::IAM::ManagedPolicy": "aws_iam_policy",
        "AWS::IAM::RolePolicy": "aws_iam_role_policy",
        "AWS::IAM::InstanceProfile": "aws_iam_instance_profile",
    }
)

_SAME = MappingProxyType(
    {
        "aws_alb": "aws_lb",
        "aws_alb_listener": "aws_lb_listener",
        "aws_alb_listener_rule": "aws_lb_listener_rule",
        "aws_alb_target_group": "aws_lb_target_group",
        "aws_alb_target_group_attachment": "aws_lb_target_group_attachment",
        "azurerm_redis_enterprise_cluster": "azurerm_managed_redis",
    }
)


def canonical(type: str) -> str:
    """One name for types that have several."""
    return _SAME.get(type, FROM_CLOUDFORMATION.get(type, type))


_WORTH_A_NOTE = re.compile(
    r"(_|::)(cluster|service|instance|database|db|table|queue|topic|stream|broker|cache|bucket|function|app|api|gateway"
    r"|balancer|job|workflow|pipeline|server|domain|warehouse|bus|accelerator|file_?system|workgroup|environment"
    r"|notebook|endpoint|application|connector|project)$",
    re.IGNORECASE,
)
_NEVER = re.compile(
    r"^(aws_(iam|security|vpc|network|route|subnet|eip|cloudwatch_(log|metric|dashboard|composite)|kms|acm|secrets"
    r"|ssm|config|guardduty|budgets|backup|wafv?2?|shield|ec2|ecr|codebuild|codecommit|codedeploy|codepipeline"
    r"|codestar|organizations|ram|servicediscovery|service_discovery|resourcegroups|key_pair|launch|ami|ebs|volume"
    r"|default|db_(subnet|parameter|option|snapshot|event|instance_role|security)|rds_cluster_parameter|elasticache"
    r"_(subnet|parameter|user)|api_gateway|apigatewayv2|s3_|sqs_queue_|sns_topic_policy|sns_platform|lambda_|dynamodb_"
    r"|ses|sesv2|xray|glue|athena|lakeformation|cognito|datasync|transfer|dms|dx_|vpn|customer|internet|egress|flow"
    r"|imagebuilder|inspector|macie|cloudtrail|service_?quotas|placement|autoscaling|appautoscaling|cloudfront"
    r"|lb_|elb_|alb_|eks_|ecs_(cluster|capacity|account|task)|route53|efs_|msk_(configuration|scram|cluster_policy)"
    r"|opensearch_domain_|elasticsearch_domain_|sfn_activity|appsync|cloudformation|pinpoint|prometheus|grafana|synthetics"
    r"|signer|rolesanywhere|accessanalyzer|savingsplans|sagemaker_(model|image|domain|user)|globalaccelerator_)"
    r"|google_(project|service_account|compute_(network|subnetwork|firewall|route|address|global_address|disk|snapshot"
    r"|health|http_health|region_health|backend|url_map|target|ssl|managed_ssl|security|image|instance_template"
    r"|region_instance_template|router|vpn|project|resource_policy|autoscaler|region_autoscaler|region_backend"
    r"|instance_group|network_endpoint|region_network_endpoint|attached)|kms|secret|monitoring|logging|dns|iam"
    r"|organization|folder|billing|storage_bucket_|sql_(database$|user|ssl)|service_networking|artifact|container_"
    r"(node|registry|analysis)|cloudbuild|vpc_access|certificate|identity|iap|access_context|sourcerepo|cloud_run|"
    r"pubsub_(subscription_iam|topic_iam|schema|subscription)|spanner_(database|instance_iam)|bigtable_(table|app|gc)"
    r"|firestore_(index|document|field)|cloud_scheduler|essential|os_config|cloud_asset|binary)"
    r"|azurerm_(resource_group|virtual_network|subnet|network|public_ip|route|private|role|user_assigned|key_vault"
    r"|monitor|log_analytics|application_insights|application_security|policy|management|dns|availability_set"
    r"|storage_(container|blob|share|management|table|account_)|lb_|app_service_(plan|certificate|slot|custom|virtual|source"
    r"|environment|managed)|service_plan|mssql_(server|firewall|virtual|elasticpool)|sql_(server|firewall)|postgresql_"
    r"(flexible_server_|configuration|database|firewall|virtual)|mysql_(flexible_server_|configuration|database|firewall)"
    r"|servicebus_|eventhub|cosmosdb_|eventgrid_event|kubernetes_cluster_|container_registry|container_app_|image|shared_image"
    r"|managed_disk|virtual_machine_(extension|data)|virtual_(hub|wan)|vpn|express_route_(port|connection|circuit_)"
    r"|bastion|firewall_|backup|recovery|site_recovery|security|advanced_threat|automation|cdn_|frontdoor_|api_management_"
    r"|redis_firewall|web_application|ip_group|local_network|ssh|client_config|windows_web_app_slot|linux_.*_slot)"
    r"|random_|null_|local_|tls_|time_|archive_|template_|http|external|terraform_|helm_|kubernetes_|kubectl_|github_"
    r"|datadog_|newrelic_|grafana_|pagerduty_|cloudinit|okta_|auth0_|vault_|consul_|acme_|docker_|postgresql_|mysql_"
    r"|rabbitmq_|kafka_|mongodbatlas_(project|database_user)|AWS::(IAM|EC2|CloudWatch|Logs|KMS|CertificateManager|Secrets"
    r"Manager|SSM|Config|GuardDuty|Budgets|Backup|WAF|WAFv2|WAFRegional|Shield|ECR|Code\w+|CDK|Route53\w*|ServiceDiscovery"
    r"|AutoScaling|ApplicationAutoScaling|ElasticLoadBalancing\w*|ApiGateway\w*|S3|SQS|SNS|Lambda|CloudFormation"
    r"|CloudFront|CloudTrail|Cognito|EFS|RDS|ElastiCache|DynamoDB|SES|XRay|Glue|Athena|LakeFormation|AppSync|ECS|EKS"
    r"|StepFunctions|Events|EventSchemas|Serverless|Synthetics|Inspector|Organizations|RAM|ResourceGroups|Signer"
    r"|IoT|Kinesis|OpenSearchService|Redshift|MSK|DocDB|Neptune|Scheduler|Chatbot|Budgets|ServiceCatalog\w*|DLM"
    r"|AppConfig|Amplify|ImageBuilder|CE|SecurityHub|Macie|AccessAnalyzer|VpcLattice|Macro)::|Custom::)"
)


def is_worth_a_note(type: str) -> bool:
    """Whether a type that is not understood may stand for a component of the system."""
    return not _NEVER.match(type) and bool(_WORTH_A_NOTE.search(type))
