"""Dataclasses for a program that starts often: the same declarations, made some ten times as fast.

`dataclasses` compiles six methods for each class that it makes, which takes half a millisecond, and imports
`inspect`. Here the methods are shared, and `__init__` alone is compiled, once some instances are made. To the functions
of `dataclasses` (`fields`, `asdict`, `replace`), and to what derives from it, such a class is a dataclass.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter, ge, gt, le, lt
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")

_MISSING: Any = object()
_FEW = 20
"""Instances of a class that cost less, field by field, than compiling its __init__."""


class _Field:
    """What a declaration says of a field."""

    __slots__ = ("annotation", "compare", "default", "factory")

    def __init__(self, default: Any, factory: Any = _MISSING, compare: bool = True) -> None:
        self.default, self.factory, self.compare = default, factory, compare
        self.annotation: Any = None


class _Record:
    """What a class is made from."""

    __slots__ = ("fields", "frozen", "kw_only")

    def __init__(self, fields: dict[str, _Field], frozen: bool, kw_only: bool) -> None:
        self.fields, self.frozen, self.kw_only = fields, frozen, kw_only


class _Twin:
    """An attribute that `dataclasses` looks for, taken from a class of its own making once somebody asks."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> Any:
        return getattr(_twin(owner), self._name)


def field(*, default: Any = _MISSING, default_factory: Any = _MISSING, compare: bool = True) -> Any:
    return _Field(default, default_factory, compare)


@dataclass_transform(field_specifiers=(field,))
def dataclass(
    *, frozen: bool = False, slots: bool = True, kw_only: bool = False, order: bool = False
) -> Callable[[type[T]], type[T]]:
    """As `dataclasses.dataclass`, of which it knows these options. Slots are always made."""
    assert slots

    def make(cls: type[T]) -> type[T]:
        return _made(cls, frozen, kw_only, order)

    return make


def replace(record: T, /, **changes: Any) -> T:
    """A copy with other values."""
    fields: dict[str, _Field] = type(record).__record__.fields  # type: ignore[attr-defined]
    return type(record)(**{name: getattr(record, name) for name in fields if name not in changes}, **changes)


def _made(cls: type[T], frozen: bool, kw_only: bool, order: bool) -> type[T]:
    namespace = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    own = _declared(namespace)
    inherited = getattr(cls, "__record__", _Record({}, frozen, kw_only)).fields
    fields = {**inherited, **own}
    namespace |= {
        "__qualname__": cls.__qualname__,
        "__slots__": tuple(name for name in own if name not in inherited),
        "__record__": _Record(fields, frozen, kw_only),
        "__dataclass_fields__": _Twin("__dataclass_fields__"),
        "__dataclass_params__": _Twin("__dataclass_params__"),
        "__match_args__": () if kw_only else tuple(fields),
        "__replace__": replace,
    }
    namespace.setdefault("__repr__", _repr)
    _add_comparisons(namespace, fields, frozen, order)
    if frozen:
        namespace |= {"__setattr__": _refuse, "__delattr__": _refuse, "__getstate__": _state, "__setstate__": _restore}
    kind: Any = type(cls)
    made = kind(cls.__name__, cls.__bases__, namespace)
    if "__init__" not in namespace:
        made.__init__ = _first_init(made)
    return made  # type: ignore[no-any-return]


def _declared(namespace: dict[str, Any]) -> dict[str, _Field]:
    """The fields that a class itself declares; their defaults leave the namespace, where slots will stand."""
    declared: dict[str, _Field] = {}
    for name, annotation in namespace.get("__annotations__", {}).items():
        if not str(annotation).startswith("ClassVar"):
            stated = namespace.pop(name, _MISSING)
            declared[name] = stated if isinstance(stated, _Field) else _Field(stated)
            declared[name].annotation = annotation
    return declared


def _first_init(cls: Any) -> Callable[..., None]:
    """An __init__ that fills the first instances field by field, then puts the compiled one in its place."""
    left = _FEW

    def __init__(self: Any, *args: Any, **values: Any) -> None:  # noqa: N807
        nonlocal left
        left -= 1
        if left < 0 or not _filled(self, cls.__record__, args, values):
            # Wrong arguments come here too, for the words of the error.
            cls.__init__ = _compiled_init(cls)
            cls.__init__(self, *args, **values)
        elif hasattr(cls, "__post_init__"):
            self.__post_init__()

    return __init__


def _filled(self: Any, record: _Record, args: tuple[Any, ...], values: dict[str, Any]) -> bool:
    """Whether the arguments are right; then the instance has its values."""
    by_place = dict(zip(() if record.kw_only else record.fields, args, strict=False))
    if len(by_place) < len(args) or not by_place.keys().isdisjoint(values) or not values.keys() <= record.fields.keys():
        return False
    given = by_place | values
    for name, stated in record.fields.items():
        if name in given:
            value = given[name]
        elif stated.factory is not _MISSING:
            value = stated.factory()
        elif stated.default is not _MISSING:
            value = stated.default
        else:
            return False
        object.__setattr__(self, name, value)
    return True


def _compiled_init(cls: Any) -> Callable[..., None]:
    record: _Record = cls.__record__
    scope: dict[str, Any] = {"_MISSING": _MISSING}
    parameters, lines = ["self", "*"] if record.kw_only else ["self"], []
    for name, stated in record.fields.items():
        value = name
        if stated.factory is not _MISSING:
            scope[f"_new_{name}"], value = stated.factory, f"_new_{name}() if {name} is _MISSING else {name}"
            parameters.append(f"{name}=_MISSING")
        elif stated.default is not _MISSING:
            scope[f"_default_{name}"] = stated.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        if record.frozen:  # a slot's own setter passes the refusal
            scope[f"_set_{name}"] = getattr(cls, name).__set__
        lines.append(f"    _set_{name}(self, {value})" if record.frozen else f"    self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    exec("\n".join([f"def __init__({', '.join(parameters)}):", *(lines or ["    pass"])]), scope)
    init: Callable[..., None] = scope["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _add_comparisons(namespace: dict[str, Any], fields: dict[str, _Field], frozen: bool, order: bool) -> None:
    values = _values_of([name for name, stated in fields.items() if stated.compare])
    has_hash = namespace.get("__hash__") is not None
    if "__eq__" not in namespace:
        namespace["__eq__"] = lambda self, other: (
            values(self) == values(other) if self.__class__ is other.__class__ else NotImplemented
        )
    if not has_hash:
        namespace["__hash__"] = _hash_of(values, fields) if frozen else None
    if order:
        for compare in (lt, le, gt, ge):
            namespace[f"__{compare.__name__}__"] = _ordering(values, compare)


def _hash_of(values: Callable[[Any], Any], fields: dict[str, _Field]) -> Callable[[Any], int]:
    names = [name for name, stated in fields.items() if stated.compare]
    if len(names) == 1:
        only = attrgetter(*names)
        return lambda self: hash((only(self),))
    return lambda self: hash(values(self))


def _ordering(values: Callable[[Any], Any], compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    return lambda self, other: (
        compare(values(self), values(other)) if self.__class__ is other.__class__ else NotImplemented
    )


def _values_of(names: list[str]) -> Callable[[Any], Any]:
    if len(names) > 1:
        return attrgetter(*names)
    if names:
        only = attrgetter(*names)
        return lambda self: (only(self),)
    return lambda self: ()


def _repr(self: Any) -> str:
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__record__.fields)
    return f"{type(self).__qualname__}({values})"


def _refuse(self: object, name: str, value: object = None) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot change {name!r} of {type(self).__qualname__}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__record__.fields]


def _restore(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__record__.fields, state, strict=True):
        object.__setattr__(self, name, value)


@cache
def _twin(cls: Any) -> type:
    import dataclasses

    record: _Record = cls.__record__
    declared: dict[str, Any] = {"__annotations__": {name: stated.annotation for name, stated in record.fields.items()}}
    for name, stated in record.fields.items():
        options: dict[str, Any] = {"compare": stated.compare}
        if stated.factory is not _MISSING:
            options["default_factory"] = stated.factory
        elif stated.default is not _MISSING:
            options["default"] = stated.default
        declared[name] = dataclasses.field(**options)
    twin = type(cls.__name__, (), declared)
    return dataclasses.dataclass(frozen=record.frozen, kw_only=record.kw_only)(twin)
