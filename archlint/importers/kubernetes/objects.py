"""The objects that Kubernetes files hold: of several documents, of lists, and each once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from archlint.importers.reading.files import Origin, SourceFile
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

DEFAULT = "default"

_OWN_GROUP = re.compile(r"(?:[a-z0-9.-]+\.)?k8s\.io|apps|batch|autoscaling|policy|extensions|apps\.openshift\.io")
_OTHERS = re.compile(
    r"(?:backstage\.io|score\.dev|kustomize\.config\.k8s\.io|config\.kubernetes\.io|skaffold|"
    r"helmfile|kind\.x-k8s\.io|(?:[a-z]+\.)*istio\.io)(?:/.*)?$"
)
_API_VERSION = re.compile(r"(?:[a-z0-9.-]+/)?v\d\w*")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_TEXT = str


@dataclass(frozen=True, slots=True)
class Object:
    """One object. `kind` is `Kind` for Kubernetes' own, `Kind.group` for the resources that others define."""

    part: Part
    kind: str
    name: str
    namespace: str

    @property
    def spec(self) -> Part:
        return self.part["spec"]

    @property
    def plain_kind(self) -> str:
        return self.kind.partition(".")[0]

    @property
    def origin(self) -> Origin:
        return self.part["metadata"]["name"].value_origin

    @property
    def labels(self) -> Mapping[str, Any]:
        return texts_of(self.part["metadata"]["labels"])

    def label(self, name: str) -> str | None:
        return self.part["metadata"]["labels"][name].text()

    def annotation(self, name: str) -> Part:
        return self.part["metadata"]["annotations"][name]

    def __str__(self) -> str:
        return f"{self.plain_kind} {self.name}"


def texts_of(part: Part) -> Mapping[str, str]:
    """A mapping of labels, their values as text."""
    value = part.value
    if not isinstance(value, dict):
        return {}
    return {key: text if type(text) is str else part[key].text() or "" for key, text in value.items()}


class Objects:
    """All objects of an import by kind, in the order of files and documents."""

    def __init__(
        self,
        objects: Iterable[Object],
        twice: Iterable[tuple[Object, Object]] = (),
        templates: Iterable[Object] = (),
    ) -> None:
        self.templates = tuple(templates)
        """Objects whose names have to be filled in first."""
        self.twice = tuple(twice)
        """Objects that were left out for another of the same name, with that one."""
        self._by_kind: dict[str, list[Object]] = {}
        self._by_name: dict[tuple[str, str, str], Object] = {}
        for item in objects:
            self._by_kind.setdefault(item.kind, []).append(item)
            self._by_name[item.kind, item.namespace, item.name] = item

    def of(self, *kinds: str) -> Iterator[Object]:
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def find(self, kind: str, namespace: str, name: str) -> Object | None:
        return self._by_name.get((kind, namespace, name))

    @property
    def kinds(self) -> Mapping[str, list[Object]]:
        return self._by_kind

    def __len__(self) -> int:
        return len(self._by_name)


def is_object(document: Part) -> bool:
    """Whether a document is a Kubernetes object, or a list of some, and none of another tool that looks alike."""
    value = document.value
    if not isinstance(value, dict):
        return False
    version, kind = value.get("apiVersion"), value.get("kind")
    return (
        isinstance(version, _TEXT)
        and isinstance(kind, _TEXT)
        and _API_VERSION.fullmatch(version) is not None
        and _KIND.fullmatch(kind) is not None
        and _OTHERS.match(version) is None
        and (isinstance(value.get("metadata"), dict) or isinstance(value.get("items"), list))
    )


def objects_of(files: Iterable[SourceFile]) -> Objects:
    """The named objects of files. Of two with the same name the one that says more stands: the other is a patch."""
    kept: dict[tuple[str, str, str], Object] = {}
    twice: list[tuple[Object, Object]] = []
    templates: list[Object] = []
    for file in files:
        for document in file.documents:
            for item in _objects(document):
                if "{{" in item.name:
                    templates.append(item)
                    continue
                key = item.kind, item.namespace, item.name
                known = kept.get(key)
                if known is None:
                    kept[key] = item
                    continue
                if _says(item) > _says(known):
                    kept[key], item, known = item, known, item
                twice.append((item, known))
    return Objects(kept.values(), twice, templates)


def _objects(document: Part) -> Iterator[Object]:
    if not is_object(document):
        return
    if document["items"].is_list and str(document.value["kind"]).endswith("List"):
        for item in document["items"].each():
            yield from _objects(item)
        return
    name = document["metadata"]["name"].text() or document["metadata"]["generateName"].text()
    if name:
        namespace = document["metadata"]["namespace"].text() or DEFAULT
        yield Object(document, _full_kind(document), name, namespace)


def _full_kind(document: Part) -> str:
    kind: str = document.value["kind"]
    group, slash, _ = document.value["apiVersion"].partition("/")
    if not slash or _OWN_GROUP.fullmatch(group):
        return kind
    return f"{kind}.{group}"


def _says(item: Object) -> int:
    """How much an object says of what runs: the containers that have an image."""
    pod = item.spec["template"]["spec"]
    return sum(1 for container in pod["containers"].each() if container["image"])
