"""What Envoy, and Istio on top of it, call failures after which a request is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

RETRIED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # Envoy's own words: `5xx` holds every answer of 500 and above, and none at all.
        "5xx": ("5xx", "connect", "reset", "timeout"),
        "gateway-error": ("5xx",),
        "reset": ("reset", "timeout"),
        "reset-before-request": ("reset",),
        "connect-failure": ("connect",),
        "refused-stream": ("reset",),
        "retriable-4xx": ("conflict",),
        "http3-post-connect-failure": ("connect",),
        # Of gRPC.
        "unavailable": ("5xx",),
        "internal": ("5xx",),
        "deadline-exceeded": ("timeout",),
        "resource-exhausted": ("429",),
        "429": ("429",),
        "409": ("conflict",),
    }
)
_ORDER = ("connect", "timeout", "5xx", "429", "reset", "conflict")


def retried_on(text: str) -> list[str]:
    """The manifest's words for a list such as `5xx,reset`; statuses may stand among them."""
    found: set[str] = set()
    for word in text.replace(" ", "").lower().split(","):
        if len(word) == 3 and word.startswith("5") and word.isdigit():
            found.add("5xx")
        found.update(RETRIED.get(word, ()))
    return [word for word in _ORDER if word in found]
