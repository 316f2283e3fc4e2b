"""DWARF line tables, versions 2 to 5: which address came from which line of which file.

Only ``.debug_line`` is run as the standard says (section 6.2); of ``.debug_info`` no more is read
than each unit's DW_AT_comp_dir, which relative paths begin at (:mod:`emu.macho.units`).
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from emu.errors import ImageError
from emu.macho.reading import Stream, cstring

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Row", "rows"]

_WHAT: Final = "the line table"
_DWARF64: Final = 0xFFFFFFFF
_MOST_ROWS: Final = 2_000_000
_MASK64: Final = (1 << 64) - 1

#: Extended opcodes.
_END_SEQUENCE, _SET_ADDRESS = 1, 2
#: Content types of version 5.
_PATH, _DIRECTORY = 1, 2
_FORM_STRP: Final = 0x0E
#: Bytes of the forms of fixed size: data1, 2, 4, 8 and 16.
_SIZES: Final = {0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x1E: 16}


@dataclass(frozen=True, slots=True)
class Row:
    """The addresses from ``start`` up to ``end`` come from one line."""

    start: int
    end: int
    path: str
    line: int


@dataclass(slots=True)
class _Program:
    """The header of one line program."""

    stream: Stream
    version: int
    wide: bool
    instruction: int = 1
    line_base: int = 0
    line_range: int = 1
    opcode_base: int = 1
    lengths: list[int] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def path(self, number: int) -> str:
        """Return the path of file ``number``: from 0 in version 5, from 1 before it."""
        index = number if self.version >= 5 else number - 1
        return self.paths[index] if 0 <= index < len(self.paths) else ""


def rows(sections: Mapping[str, bytes], directories: Mapping[int, str]) -> Iterator[Row]:
    """Yield the rows of all line programs in ``sections``, by name (``__debug_line``).

    ``directories`` gives the compilation directory of the program at an offset.

    Raises:
        ImageError: a program is malformed.
    """
    data = sections.get("__debug_line", b"")
    stream = Stream(data, _WHAT)
    left = _MOST_ROWS
    while stream.more:
        at = stream.pos
        program = _header(stream, sections, directories.get(at, ""))
        for row in _run(program):
            left -= 1
            if left < 0:
                raise ImageError(f"{_WHAT} has more than {_MOST_ROWS} rows")
            yield row


def _header(stream: Stream, sections: Mapping[str, bytes], directory: str) -> _Program:
    size, wide = stream.u32(), False
    if size == _DWARF64:
        size, wide = stream.u64(), True
    if size > stream.end - stream.pos:
        raise ImageError(f"truncated: {_WHAT} ends in the middle")
    body = Stream(stream.data, _WHAT, stream.pos, stream.pos + size)
    stream.pos = body.end
    program = _Program(body, body.u16(), wide)
    if not 2 <= program.version <= 5:
        raise ImageError(f"{_WHAT} is of DWARF version {program.version}; 2 to 5 are known")
    if program.version >= 5:
        body.take(2)  # address size, segment selector size
    length = body.u64() if wide else body.u32()
    start = body.pos + length
    program.instruction = body.u8()
    if program.version >= 4:
        body.u8()  # operations per instruction: more than one is for VLIW machines
    body.u8()  # default_is_stmt
    program.line_base = body.u8()
    program.line_base -= (program.line_base & 0x80) << 1
    program.line_range, program.opcode_base = body.u8(), body.u8()
    if not program.line_range or not program.opcode_base:
        raise ImageError(f"{_WHAT} has a malformed header")
    program.lengths = list(body.take(program.opcode_base - 1))
    read = _files_v5 if program.version >= 5 else _files_v2
    program.paths = read(program, sections, directory)
    if not body.pos <= start <= body.end:
        raise ImageError(f"{_WHAT} has a malformed header")
    body.pos = start
    return program


def _files_v2(program: _Program, _sections: Mapping[str, bytes], directory: str) -> list[str]:
    body = program.stream
    directories = [directory]
    while name := body.cstring():
        directories.append(posixpath.join(directory, name))
    paths = []
    while name := body.cstring():
        index = body.uleb()
        body.uleb(), body.uleb()  # modification time, length
        paths.append(_join(directories, index, name))
    return paths


def _join(directories: list[str], index: int, name: str) -> str:
    lead = directories[index] if index < len(directories) else ""
    return posixpath.normpath(posixpath.join(lead, name))


def _files_v5(program: _Program, sections: Mapping[str, bytes], directory: str) -> list[str]:
    directories = [str(e.get(_PATH, "")) for e in _entries(program, sections)]
    first = directories[0] if directories else directory
    directories = [posixpath.join(first, d) for d in directories]
    return [
        _join(directories, int(e.get(_DIRECTORY, 0)), str(e.get(_PATH, "")))
        for e in _entries(program, sections)
    ]


def _entries(program: _Program, sections: Mapping[str, bytes]) -> list[dict[int, int | str]]:
    """Read a table of directories or files: its columns, then its rows."""
    body = program.stream
    columns = [(body.uleb(), body.uleb()) for _ in range(body.u8())]
    count = body.uleb()
    if count > body.end - body.pos:
        raise ImageError(f"{_WHAT} lists more files than fit in it")
    return [
        {content: _value(program, form, sections) for content, form in columns}
        for _ in range(count)
    ]


def _value(program: _Program, form: int, sections: Mapping[str, bytes]) -> int | str:
    body = program.stream
    if form in _SIZES:
        return int.from_bytes(body.take(_SIZES[form]), "little")
    match form:
        case 0x08:  # string
            return body.cstring()
        case 0x0E | 0x1F:  # strp, line_strp
            offset = body.u64() if program.wide else body.u32()
            name = "__debug_str" if form == _FORM_STRP else "__debug_line_str"
            return cstring(sections.get(name, b""), offset, f"a name in {name}")
        case 0x0F:  # udata
            return body.uleb()
        case 0x09:  # block
            return body.take(body.uleb()).hex()
    raise ImageError(f"{_WHAT} uses an unknown form {form:#x}")


@dataclass(slots=True)
class _Registers:
    """The state machine of section 6.2.2, as far as lines need it."""

    address: int = 0
    file: int = 1
    line: int = 1


def _run(program: _Program) -> Iterator[Row]:
    """Run a program; a row ends where the next one of its sequence starts."""
    body = program.stream
    state, last = _Registers(), None
    while body.more:
        opcode = body.u8()
        if opcode >= program.opcode_base:
            _special(program, state, opcode)
            emits = True
        elif opcode == 0:
            end = _extended(body, state)
            if end and last:
                yield from _finished(last, state.address)
            if end:
                state, last = _Registers(), None
            continue
        else:
            emits = _standard(program, state, opcode)
        if emits:
            if last:
                yield from _finished(last, state.address)
            last = (state.address, program.path(state.file), state.line)


def _finished(last: tuple[int, str, int], end: int) -> Iterator[Row]:
    start, path, line = last
    if end > start and line > 0:
        yield Row(start, end, path, line)


def _special(program: _Program, state: _Registers, opcode: int) -> None:
    adjusted = opcode - program.opcode_base
    state.address += adjusted // program.line_range * program.instruction
    state.line += program.line_base + adjusted % program.line_range


def _standard(program: _Program, state: _Registers, opcode: int) -> bool:
    """Execute a standard opcode; tell whether it makes a row."""
    body = program.stream
    match opcode:
        case 1:  # DW_LNS_copy
            return True
        case 2:  # DW_LNS_advance_pc
            state.address = (state.address + body.uleb() * program.instruction) & _MASK64
        case 3:  # DW_LNS_advance_line
            state.line += body.sleb()
        case 4:  # DW_LNS_set_file
            state.file = body.uleb()
        case 8:  # DW_LNS_const_add_pc
            adjusted = 255 - program.opcode_base
            state.address += adjusted // program.line_range * program.instruction
        case 9:  # DW_LNS_fixed_advance_pc
            state.address += body.u16()
        case _:
            for _ in range(program.lengths[opcode - 1]):
                body.uleb()
    return False


def _extended(body: Stream, state: _Registers) -> bool:
    """Execute an extended opcode; tell whether it ends the sequence."""
    size = body.uleb()
    if not size:
        raise ImageError(f"{_WHAT} holds an empty extended opcode")
    operands = Stream(body.take(size), _WHAT)
    opcode = operands.u8()
    if opcode == _SET_ADDRESS:
        state.address = int.from_bytes(operands.take(min(size - 1, 8)), "little")
    return opcode == _END_SEQUENCE
