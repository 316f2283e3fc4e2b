"""Records: what :mod:`dataclasses` makes, and cheap to make.

A dataclass compiles its methods when its class is made, which takes some 0.3 ms, and the module
imports ``inspect``: together a sixth of a start, for records of which a run makes few.  Here all
records share their methods, and an ``__init__`` is compiled when the first one is made::

    @record
    class Segment:
        name: str
        addr: int
        data: bytes = b""

What takes part in a start makes its records with this module; the rest is free to use either.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast, dataclass_transform, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["field", "record", "replace"]

RecordT = TypeVar("RecordT")
FieldT = TypeVar("FieldT")


class _Made:
    """The default of a field that each record gets a new one of."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


def field(*, factory: Callable[[], FieldT]) -> FieldT:
    """Return the default of a field that ``factory`` makes anew for each record."""
    return cast("FieldT", _Made(factory))


@overload
def record(cls: type[RecordT], /) -> type[RecordT]: ...
@overload
def record(*, frozen: bool = True, eq: bool = True) -> Callable[[type[RecordT]], type[RecordT]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: Any = None, /, *, frozen: bool = True, eq: bool = True) -> Any:
    """Make a class with a slot for each annotation, which are its fields in that order.

    ``frozen`` ones cannot be changed once they are made; those with ``eq`` are equal when all
    fields are, and have a hash if they are frozen too.  A ``__post_init__`` runs behind
    ``__init__``.  Methods must not say ``super()``: the class is made anew, with its slots.
    """
    return _made(cls, frozen, eq) if cls is not None else lambda cls: _made(cls, frozen, eq)


def _made(cls: type, frozen: bool, eq: bool) -> type:  # noqa: FBT001 - record() has names for them
    own = vars(cls)
    names = tuple(own["__annotations__"])
    defaults = {name: own[name] for name in names if name in own}
    body: dict[str, Any] = {"__repr__": _repr, "_fields": attrgetter(*names)}
    if eq:
        body |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
    if frozen:
        body |= {"__setattr__": _refuse, "__delattr__": _refuse}
    left_out = {*names, "__dict__", "__weakref__"}
    body |= {name: value for name, value in own.items() if name not in left_out}
    body |= {"__slots__": (*names, *own.get("__slots__", ())), "__match_args__": names}
    made = type(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    made.__init__ = _initializer(made, names, defaults, frozen)  # type: ignore[misc]
    return made


def replace(source: RecordT, **changes: Any) -> RecordT:  # noqa: ANN401 - fields of any type
    """Return a record like ``source`` but for the fields that ``changes`` names."""
    cls = type(source)
    names: Iterable[str] = cls.__match_args__  # type: ignore[attr-defined]
    return cls(**({name: getattr(source, name) for name in names} | changes))


def _eq(self: Any, other: Any) -> Any:  # noqa: ANN401 - any records
    if type(other) is not type(self):
        return NotImplemented
    return self._fields(self) == self._fields(other)


def _hash(self: Any) -> int:  # noqa: ANN401 - any record
    return hash(self._fields(self))


def _repr(self: Any) -> str:  # noqa: ANN401 - any record
    fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__name__}({fields})"


def _refuse(self: object, name: str, _value: object = None) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")


def _initializer(
    cls: type,
    names: tuple[str, ...],
    defaults: dict[str, Any],
    frozen: bool,  # noqa: FBT001
) -> Callable[..., None]:
    """Return an ``__init__`` that compiles the real one at its first call."""

    def compile_and_run(self: object, *values: object, **named: object) -> None:
        scope: dict[str, Any] = {"absent": object()}
        heads, sets = ["self"], []
        for name in names:
            head = value = name
            if name in defaults:
                default = defaults[name]
                head, scope[f"default_{name}"] = f"{name}=default_{name}", default
                if isinstance(default, _Made):
                    head, scope[f"default_{name}"] = f"{name}=absent", default.make
                    value = f"default_{name}() if {name} is absent else {name}"
            heads.append(head)
            scope[f"set_{name}"] = vars(cls)[name].__set__
            sets.append(f"set_{name}(self, {value})" if frozen else f"self.{name} = {value}")
        if hasattr(cls, "__post_init__"):
            sets.append("self.__post_init__()")
        exec(f"def __init__({', '.join(heads)}): {'; '.join(sets)}", scope)  # noqa: S102 - all ours
        cls.__init__ = scope["__init__"]  # type: ignore[misc]
        cls.__init__(self, *values, **named)  # type: ignore[misc]

    return compile_and_run
