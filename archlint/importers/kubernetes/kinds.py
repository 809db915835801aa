"""Kinds of objects that say nothing of components, and what is told of those that nobody here knows."""

from __future__ import annotations

from archlint.importers.draft import Draft
from archlint.importers.kubernetes import operators
from archlint.importers.kubernetes.entries import INGRESS_ROUTES, OPENSHIFT_ROUTE, ROUTES
from archlint.importers.kubernetes.objects import Objects
from archlint.importers.kubernetes.operators import others, postgres, strimzi
from archlint.importers.kubernetes.scaling import SCALED_OBJECT
from archlint.importers.kubernetes.workloads import KNATIVE, SERVING, WORKING

_READ = frozenset(
    {
        *SERVING, *WORKING, KNATIVE, SCALED_OBJECT, *ROUTES, *INGRESS_ROUTES, OPENSHIFT_ROUTE, *others.SHAPES,
        others.KIBANA, strimzi.KAFKA, strimzi.CONNECT, strimzi.MIRROR, strimzi.BRIDGE, postgres.ZALANDO,
        postgres.CLUSTER, postgres.POOLER, "Service", "ConfigMap", "Ingress", "HorizontalPodAutoscaler",
        "PodDisruptionBudget", "PersistentVolumeClaim", "LimitRange", "Endpoints", *operators.KNOWN,
    }
)  # fmt: skip
_SILENT = frozenset(
    {
        "Secret", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "Namespace", "Node",
        "Event", "CustomResourceDefinition", "StorageClass", "PersistentVolume", "PriorityClass", "ResourceQuota",
        "NetworkPolicy", "IngressClass", "GatewayClass", "Gateway", "ReferenceGrant", "EndpointSlice", "APIService",
        "Lease", "CSIDriver", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy", "VolumeSnapshotClass", "ValidatingAdmissionPolicyBinding", "PodSecurityPolicy",
        "SecurityContextConstraints", "RuntimeClass", "PodTemplate", "ControllerRevision", "VolumeSnapshot",
        "VerticalPodAutoscaler", "PodMetrics", "TriggerAuthentication",
        "ClusterTriggerAuthentication", "CertificateSigningRequest",
    }
)  # fmt: skip
_SILENT_GROUPS = (
    "monitoring.coreos.com", "cert-manager.io", "external-secrets.io", "bitnami.com", "kyverno.io",
    "gatekeeper.sh", "security.openshift.io", "rbac.authorization.k8s.io", "cilium.io", "crd.projectcalico.org",
    "gateway.networking.k8s.io", "networking.k8s.io", "project.openshift.io", "image.openshift.io",
    "build.openshift.io", "grafana.integreatly.org",
)  # fmt: skip


def tell_twice(objects: Objects, draft: Draft) -> None:
    """Objects that several files describe, as the bases and overlays of Kustomize do."""
    twice = [(left, kept) for left, kept in objects.twice if not _is_silent(left.kind)]
    if twice:
        left, kept = twice[0]
        more = f", and so are {len(twice) - 1} more objects" if len(twice) > 2 else ""
        more = f", and so is {twice[1][0]}" if len(twice) == 2 else more
        draft.note(
            f"{left} is described twice, also in {kept.origin}{more}; the fuller is read: render overlays first "
            "(`kustomize build`), and give what comes out for one environment",
            left.origin,
        )


def _is_silent(kind: str) -> bool:
    plain, _, group = kind.partition(".")
    return kind not in _READ and (plain in _SILENT or group.endswith(_SILENT_GROUPS))


def tell_unknown(objects: Objects, draft: Draft) -> None:
    """One note for each kind that is not understood."""
    for kind, items in objects.kinds.items():
        plain, _, group = kind.partition(".")
        if kind in _READ or _is_silent(kind):
            continue
        name = f"{plain} ({group})" if group else plain
        count = f"{len(items)} objects" if len(items) > 1 else "one object"
        draft.note(f"objects of kind {name} are not understood; {count} left out", items[0].origin)
