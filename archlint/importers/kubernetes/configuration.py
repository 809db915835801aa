"""Whom a pod talks to: addresses in its environment, arguments and mounted configuration. Secrets are not read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set

from archlint.importers.addresses import Address, addresses, named_hosts
from archlint.importers.draft import Component
from archlint.importers.kubernetes.directory import Directory, Target
from archlint.importers.kubernetes.objects import Objects
from archlint.importers.kubernetes.workloads import Workload
from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

_ADDRESSING = re.compile(
    r"(?:host|addr|ur[il]|endpoint|server|broker|bootstrap|node|peer|seed|contact|upstream|backend|dsn|connect|domain|"
    r"target|master|primary|proxy|replica|sentinel)",
    re.IGNORECASE,
)
_NAMING = re.compile(r"(?:name|user(?:name)?|database|_db|schema|password|secret|token|key)$", re.IGNORECASE)
_SECRET = re.compile(r"pass|secret|token|key|credential|auth", re.IGNORECASE)
_TELEMETRY = re.compile(
    r"^otel_|otlp|jaeger|zipkin|statsd|telemetry|tracing|traces?_endpoint|^dd_|datadog|loki|^sentry|elastic_apm|^fluent|"
    r"pushgateway",
    re.IGNORECASE,
)
_SETTING = re.compile(
    r"^[^\S\n]*[\w.-]*?(?:host(?:name)?s?|addr(?:ess)?(?:es)?|ur[il]s?|endpoints?|servers?|brokers?|upstream)"
    r"[\"']?[^\S\n]{0,8}[:= ][^\S\n]{0,8}[\"']?([a-z0-9][a-z0-9.-]{0,252})[\"',;]{0,3}[^\S\n]{0,8}$",
    re.IGNORECASE | re.MULTILINE,
)
_VARIABLE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
_SERVICE_HOST = re.compile(r"([A-Z0-9_]+)_SERVICE_HOST")
_WAITS = re.compile(r"(?:(?<=-h)|(?<=--host)|(?<=nslookup)|(?<=getent hosts)|(?<=\bhost))[\s=]+([a-z0-9][a-z0-9.-]*)")
_HOST_THEN_PORT = re.compile(r"(?<![\w.-])([a-z][a-z0-9.-]*)\s+\d{2,5}(?!\w)")
_FLAG = re.compile(r"-{0,2}[A-Za-z][\w.-]{0,60}")
_NUMBER = re.compile(r"[\d.]*[A-Za-z%]{0,3}")
_LONGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Evidence:
    """An address that a pod is given, where, and under which name."""

    address: Address
    origin: Origin
    about: str


def state_calls(workload: Workload, directory: Directory, objects: Objects, operated: Set[str]) -> None:
    """The calls of a workload, and what it waits for before it starts. No request waits for `operated` components."""
    component = workload.at
    found: dict[Target, Evidence] = {}
    for evidence in _of_containers(workload, objects):
        target = directory.host(evidence.address.host, workload.namespace)
        if target is None or target.name == component.name:
            continue
        if target not in found or (_is_telemetry(found[target]) and not _is_telemetry(evidence)):
            found[target] = evidence
    for target, evidence in sorted(found.items(), key=lambda pair: pair[0].reads_only):
        if workload.watches and target.name not in operated:
            origin = evidence.origin.noted("watched, not needed")
            component.depend(target.name, origin, phase="control", required=False)
        else:
            _call(component, target, evidence, _is_telemetry(evidence) or target.name in operated)
    names = {target.name for target in found}
    for evidence in _of_init_containers(workload, objects):
        target = directory.host(evidence.address.host, workload.namespace)
        if target is not None and target.name != component.name and target.name not in names:
            component.depend(target.name, evidence.origin.noted("waited for"), phase="startup")


def _is_telemetry(evidence: Evidence) -> bool:
    return _TELEMETRY.search(evidence.about) is not None


def _call(component: Component, target: Target, evidence: Evidence, aside: bool) -> None:
    """A call; `aside`: that no request waits for."""
    if component.holds("calls", target.name):
        return
    call = component.call(target.name, evidence.origin)
    scheme = evidence.address.scheme
    if scheme in ("http", "https", "grpc"):
        call.state("protocol", "grpc" if scheme == "grpc" else "http", evidence.origin)
    if target.through is not None:
        call.state("through", [target.through], evidence.origin)
    if target.reads_only:
        call.state("access", "read", evidence.origin.noted("its name leads to copies that only answer reads"))
    if aside:
        note = evidence.origin.noted("for those who run the system: no request waits for it")
        call.state("required", False, note)
        call.state("async", True, note)


def _of_containers(workload: Workload, objects: Objects) -> Iterator[Evidence]:
    for container in workload.containers:
        yield from _of_container(container, workload.namespace, objects)
    yield from _of_volumes(workload, objects)


def _of_init_containers(workload: Workload, objects: Objects) -> Iterator[Evidence]:
    for container in workload.pod["initContainers"].each():
        if container["restartPolicy"].text() == "Always":
            continue
        yield from _of_container(container, workload.namespace, objects)
        for part in _words(container):
            text = part.text() or ""
            for pattern in (_WAITS, _HOST_THEN_PORT):
                for host in pattern.findall(text[:_LONGEST]):
                    yield Evidence(Address(host), container.origin, "")


def _of_container(container: Part, namespace: str, objects: Objects) -> Iterator[Evidence]:
    known: dict[str, str] = {}
    for name, value, origin in _environment(container, namespace, objects):
        text = _expanded(value, known) if "$(" in value else value
        known[name] = text
        for address in _named(name, text):
            yield Evidence(address, origin, name)
    before = ""
    for part in _words(container):
        argument = part.text()
        if argument is None:
            continue
        if _SECRET.search(argument) or _SECRET.search(before):
            part.conceal()
        text = _expanded(argument, known) if "$(" in argument else argument
        for name, address in _of_argument(text, before):
            yield Evidence(address, part.origin, name)
        before = argument


def _of_argument(text: str, before: str) -> Iterator[tuple[str, Address]]:
    """Hosts that an argument names: `--host=a`, `-h a`, `http://a`, `pg_dump -h a` in a script."""
    flag, equals, value = text.partition("=")
    if equals and _FLAG.fullmatch(flag):
        for address in _named(flag, value):
            yield flag, address
        return
    if _FLAG.fullmatch(before) and _is_host_name(before if before != "-h" else "--host"):
        for address in named_hosts(text):
            yield before, address
        return
    for address in addresses(text):
        yield "", address
    for host in _WAITS.findall(text[:_LONGEST]) if " " in text else ():
        yield "", Address(host)


def _words(container: Part) -> Iterator[Part]:
    yield from container["command"].each()
    yield from container["args"].each()


def _environment(container: Part, namespace: str, objects: Objects) -> Iterator[tuple[str, str, Origin]]:
    """Variables with what they hold, but for those of Secrets."""
    for source in container["envFrom"].each():
        item = objects.find("ConfigMap", namespace, source["configMapRef"]["name"].text() or "")
        prefix = source["prefix"].text() or ""
        for key, value in item.part["data"].items() if item is not None else ():
            if (text := value.text()) is not None:
                value.conceal()
                yield f"{prefix}{key}", text, value.origin
    for variable in container["env"].each():
        name, value = variable["name"].text(), variable["value"]
        if name is None:
            continue
        if value:
            value.conceal()
        else:
            value = _referred(variable["valueFrom"]["configMapKeyRef"], namespace, objects)
        if (text := value.text()) is not None:
            yield name, text, variable.origin


def _referred(reference: Part, namespace: str, objects: Objects) -> Part:
    name, key = reference["name"].text(), reference["key"].text()
    item = objects.find("ConfigMap", namespace, name) if name else None
    if item is None or key is None:
        return reference["value"]
    value = item.part["data"][key]
    value.conceal()
    return value


def _expanded(text: str, known: dict[str, str]) -> str:
    """`$(NAME)` as the kubelet fills it in; the host of a Service by the variable that stands for it."""

    def filled(found: re.Match[str]) -> str:
        if found[1] in known:
            return known[found[1]]
        service = _SERVICE_HOST.fullmatch(found[1])
        return service[1].lower().replace("_", "-") if service else found[0]

    return _VARIABLE.sub(filled, text[:_LONGEST])


def _named(name: str, text: str) -> Iterable[Address]:
    """Hosts in a value; one without a port or dots only where the name says that it is one."""
    if _NUMBER.fullmatch(text) and "." not in text and not _is_host_name(name):
        return ()
    if len(text) > _LONGEST:
        return ()
    if _is_host_name(name):
        return named_hosts(text)
    return [address for address in named_hosts(text) if address.port or address.scheme or "." in address.host]


def _is_host_name(name: str) -> bool:
    return _ADDRESSING.search(name) is not None and _NAMING.search(name) is None


def _of_volumes(workload: Workload, objects: Objects) -> Iterator[Evidence]:
    """Addresses in files that ConfigMaps hold and the pod mounts."""
    for volume in workload.pod["volumes"].each():
        for name in _config_maps(volume):
            item = objects.find("ConfigMap", workload.namespace, name)
            for _, value in item.part["data"].items() if item is not None else ():
                yield from _of_file(value)


def _config_maps(volume: Part) -> Iterator[str]:
    for part in (volume["configMap"], *(source["configMap"] for source in volume["projected"]["sources"].each())):
        name = part["name"].text()
        if name:
            yield name


def _of_file(value: Part) -> Iterator[Evidence]:
    text = value.text()
    if text is None or len(text) > _LONGEST:
        return
    for address in addresses(text):
        yield Evidence(address, value.origin, "")
    for host in _SETTING.findall(text):
        yield Evidence(Address(host), value.origin, "")
