"""How a C struct of Darwin arm64 is declared, packed and read.

A layout is a frozen record whose annotations are the C types below::

    @layout
    class Timeval(Layout):
        sec: I64
        usec: I32

Fields stand at their natural alignment, little endian, and the size is rounded up to the largest
alignment, as a C compiler for arm64 does it. Records compile to one :class:`struct.Struct`.
"""

from collections.abc import Callable
from struct import Struct, calcsize
from typing import Annotated, Any, ClassVar, Self, TypeVar, dataclass_transform

from emu.record import record

__all__ = [
    "I16",
    "I32",
    "I64",
    "U8",
    "U16",
    "U16BE",
    "U32",
    "U64",
    "CType",
    "Layout",
    "characters",
    "layout",
    "numbers",
]


@record(eq=False)
class CType:
    """A C type as a code of :mod:`struct`, its alignment, and the Python value it stands for."""

    code: str
    align: int
    encode: Callable[[Any], bytes] | None = None
    decode: Callable[[bytes], Any] | None = None


U8 = Annotated[int, CType("B", 1)]
I16 = Annotated[int, CType("h", 2)]
U16 = Annotated[int, CType("H", 2)]
I32 = Annotated[int, CType("i", 4)]
U32 = Annotated[int, CType("I", 4)]
I64 = Annotated[int, CType("q", 8)]
U64 = Annotated[int, CType("Q", 8)]
#: A port: network byte order.
U16BE = Annotated[int, CType("2s", 2, lambda port: port.to_bytes(2, "big"), int.from_bytes)]


def characters(count: int, align: int = 1) -> CType:
    """Return the type of ``char[count]``, a ``bytes`` that is padded with NULs."""
    return CType(f"{count}s", align)


def numbers(count: int, code: str) -> CType:
    """Return the type of an array of ``count`` numbers, a tuple."""
    array = Struct(f"<{count}{code}")
    return CType(f"{array.size}s", calcsize(code), lambda values: array.pack(*values), array.unpack)


class Layout:
    """The base of all layouts; subclasses are made by :func:`layout`.

    Attributes:
        STRUCT: packs and unpacks the fields in order; those with a codec as bytes.
        SIZE: ``sizeof``.
        ALIGN: ``_Alignof``.
        OFFSETS: ``offsetof`` by field.
    """

    __slots__ = ()
    STRUCT: ClassVar[Struct]
    SIZE: ClassVar[int]
    ALIGN: ClassVar[int]
    OFFSETS: ClassVar[dict[str, int]]
    #: All fields in order.
    _fields: ClassVar[Callable[[Any], tuple[Any, ...]]]
    _codecs: ClassVar[tuple[tuple[int, CType], ...]]

    def pack(self) -> bytes:
        """Return the struct as the guest sees it, :attr:`SIZE` bytes.

        Raises:
            struct.error: a value does not fit its field.
        """
        values = type(self)._fields(self)
        if not self._codecs:
            return self.STRUCT.pack(*values)
        raw = list(values)
        for index, ctype in self._codecs:
            if ctype.encode is not None:
                raw[index] = ctype.encode(raw[index])
        return self.STRUCT.pack(*raw)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> Self:
        """Read the struct that stands at ``data[offset:]``.

        Raises:
            struct.error: ``data`` is too short.
        """
        raw = cls.STRUCT.unpack_from(data, offset)
        if cls._codecs:
            values = list(raw)
            for index, ctype in cls._codecs:
                if ctype.decode is not None:
                    values[index] = ctype.decode(values[index])
            return cls(*values)
        return cls(*raw)


LayoutT = TypeVar("LayoutT", bound=Layout)


@dataclass_transform(frozen_default=True)
def layout(cls: type[LayoutT]) -> type[LayoutT]:
    """Make a record of ``cls`` and compute its layout."""
    names = list(cls.__annotations__)
    types = [_ctype(cls.__annotations__[name]) for name in names]
    made = record(cls)
    code, offset, offsets = "<", 0, {}
    for name, ctype in zip(names, types, strict=True):
        padding = -offset % ctype.align
        offsets[name] = offset + padding
        code += f"{padding}x{ctype.code}" if padding else ctype.code
        offset += padding + calcsize(f"<{ctype.code}")
    made.ALIGN = max(ctype.align for ctype in types)
    made.STRUCT = Struct(f"{code}{-offset % made.ALIGN}x")
    made.SIZE = made.STRUCT.size
    made.OFFSETS = offsets
    made._codecs = tuple(  # noqa: SLF001 - being made here
        (index, ctype) for index, ctype in enumerate(types) if ctype.encode
    )
    return made


def _ctype(annotation: Any) -> CType:  # noqa: ANN401 - an annotation is any object
    """Return the C type of a field: declared by Annotated, or a nested layout."""
    for argument in getattr(annotation, "__metadata__", ()):
        if isinstance(argument, CType):
            return argument
    if isinstance(annotation, type) and issubclass(annotation, Layout):
        nested = annotation
        return CType(f"{nested.SIZE}s", nested.ALIGN, lambda value: value.pack(), nested.unpack)
    raise TypeError(f"{annotation!r} is no C type")
