"""Drafts manifests from what teams have: one module a source, all writing into one Draft.

A source's module has `recognises(file)`, which tells its own files from others, and `draft_from(sources, draft)`,
which writes what they say into the draft. `files_in(folder)` may say which files of a folder are meant; without it
all YAML and JSON files at any depth are looked at. `IS_PARTIAL` says of a source that what it does not show may be
there all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SOURCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "compose": ("archlint.importers.compose", "Compose files"),
        "score": ("archlint.importers.score", "Score workloads"),
        "backstage": ("archlint.importers.backstage", "Backstage catalogues"),
        "kubernetes": ("archlint.importers.kubernetes", "Kubernetes objects, those of operators too"),
        "istio": ("archlint.importers.istio", "Istio rules for calls, beside Kubernetes objects"),
        "envoy": ("archlint.importers.envoy", "static Envoy configurations"),
        "terraform": ("archlint.importers.terraform", "plans and states of Terraform and OpenTofu, as JSON"),
        "cloudformation": ("archlint.importers.cloudformation", "CloudFormation and SAM templates"),
        "structurizr": ("archlint.importers.structurizr", "Structurizr workspaces"),
        "calm": ("archlint.importers.calm", "CALM architectures"),
        "threagile": ("archlint.importers.threagile", "Threagile models"),
        "asyncapi": ("archlint.importers.asyncapi", "AsyncAPI documents"),
        "openapi": ("archlint.importers.openapi", "OpenAPI documents"),
        "jaeger": ("archlint.importers.jaeger", "traces of Jaeger, OpenTelemetry, Zipkin"),
        "service-graph": ("archlint.importers.service_graph", "graphs of Kiali, metrics of service graphs"),
    }
)
"""Each source by its name on the command line: the module that reads it, and what it is called."""
