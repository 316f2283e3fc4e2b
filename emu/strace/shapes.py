"""What a call looks like in a trace: its name, its parameters and a printer for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emu.darwin.numbers import name_of, signatures
from emu.strace.formats import FORMATS, INLINE, OPTIONAL, SPECIAL_RESULTS
from emu.strace.shown import int32
from emu.strace.waiting import AFTER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emu.darwin.numbers import Argument
    from emu.strace.formats import Format
    from emu.strace.shown import Shown
    from emu.syscalls.table import Syscall

    Printers = Callable[[Shown, tuple[int, ...]], list[str | None]]

__all__ = ["Shape", "shape_of"]

#: Calls that do not come back to the place behind their ``svc``.
_NO_RESULT = {"exit", "sigreturn", "bsdthread_terminate"}
# Kinds for calls that have no handler, by the letters of emu.darwin.calls and by the name.
_LETTERS = {"i": "int", "u": "uint", "l": "long", "q": "size", "p": "addr", "s": "path"}
_NAMES = {"fd": "fd", "mode": "mode", "pid": "pid"}


def _no_texts(_call: Shown, _values: tuple[int, ...]) -> list[str | None]:
    return []


@dataclass(frozen=True, slots=True)
class Shape:
    """A call as it is printed.

    ``before`` are the printers of the arguments up to the first that the call writes, and are
    run when the call begins; ``rest`` are run once it has returned.  Each stands with the
    index of its argument.  With ``optional`` a printer may say that there is no argument;
    ``plain`` results are a number and nothing more.  ``begin`` and ``end`` run all printers
    of ``before`` and of ``rest``, given the call and its registers.
    """

    number: int
    name: str
    parameters: tuple[str, ...]
    before: tuple[tuple[int, Format], ...]
    rest: tuple[tuple[int, Format], ...]
    returns: str
    after: Callable[[Shown], str] | None
    optional: bool = False
    plain: bool = True
    begin: Printers = _no_texts
    end: Printers = _no_texts

    @property
    def comes_back(self) -> bool:
        """Whether the call has a result."""
        return self.name not in _NO_RESULT


def shape_of(number: int, row: Syscall | None) -> Shape:
    """Return the shape of call ``number``: from its handler, else from xnu's signature."""
    name = name_of(number) or (f"mach_trap_{-number}" if number < 0 else f"syscall_{number}")
    signature = signatures().get(number)
    if row is not None:
        parameters = row.parameters
        kinds = [(kind.name, kind.out) for kind in row.kinds]
    else:
        arguments = signature.arguments if signature else ()
        parameters = tuple(argument.name for argument in arguments)
        kinds = [(_kind_of(argument), False) for argument in arguments]
    formats = list(_formats([name for name, _ in kinds]))
    first_out = next((i for i, (_, out) in enumerate(kinds) if out), len(kinds))
    return Shape(
        number,
        name,
        parameters,
        tuple(formats[:first_out]),
        tuple(formats[first_out:]),
        signature.returns if signature else "i",
        next((AFTER[name] for name, _ in kinds if name in AFTER), None),
        any(name in OPTIONAL for name, _ in kinds),
        name not in _NO_RESULT | SPECIAL_RESULTS and not any(name in AFTER for name, _ in kinds),
        _compiled(formats[:first_out]),
        _compiled(formats[first_out:]),
    )


def _compiled(formats: list[tuple[int, Format]]) -> Printers:
    """Return a function that runs several printers: a loop over them takes twice as long."""
    names: dict[str, Any] = {"int32": int32}
    texts = []
    for i, show in formats:
        names[f"show{i}"] = show
        texts.append(INLINE.get(show, "show{0}(call, {0})").format(i))
    compiled: Printers = eval(f"lambda call, v: [{', '.join(texts)}]", names)  # noqa: S307 - all ours
    return compiled


def _formats(kinds: list[str]) -> Iterator[tuple[int, Format]]:
    before = ""
    for index, kind in enumerate(kinds):
        both = f"{before}:{kind}"
        yield index, FORMATS.get(both) or FORMATS[kind]
        before = kind


def _kind_of(argument: Argument) -> str:
    if argument.kind in "iu" and argument.name in _NAMES:
        return _NAMES[argument.name]
    return _LETTERS[argument.kind]
