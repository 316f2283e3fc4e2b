"""execve: another guest program in the same process.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct
from typing import NamedTuple

from emu.darwin import flags as f
from emu.darwin.errno import E2BIG, EACCES, EFAULT, ENOENT, ENOEXEC, ENOTDIR, Errno
from emu.errors import ImageError
from emu.host import FileHandle, Handle, darwin_errno
from emu.image import Image
from emu.kernel.files import OpenFile
from emu.kernel.process import Park, Process
from emu.loader import load
from emu.memory import AddressSpace
from emu.syscalls.file import directory_at
from emu.syscalls.kinds import Path, Strings
from emu.syscalls.table import Call, syscall

__all__ = ["Loaded", "become", "copyin_vectors", "follow", "load_program", "start_foreign"]

#: Most bytes of arguments and environment, pointers included (kern.argmax).
ARG_MAX = 1 << 20
#: Longest program that is read, and longest first line of a script (IMG_SHSIZE).
_PROGRAM_MAX, _LINE_MAX = 256 << 20, 512
#: How soon to look whether a program of the host has ended.
_LOOK_AGAIN_NS = 10_000_000
_STDIO = {"stdin": 0, "stdout": 1, "stderr": 2}


class _Program(NamedTuple):
    """What a path turned out to be."""

    path: bytes
    image: Image
    #: Arguments that a script's first line puts before those of the caller.
    before: tuple[bytes, ...]


class Loaded(NamedTuple):
    """A program with its memory and first registers, which no process runs yet."""

    program: _Program
    space: AddressSpace
    registers: bytes


@syscall(59, replaces=True)
def execve(call: Call, fname: Path, argp: Strings, envp: Strings) -> int:
    """Run another program: memory is new, descriptors stay but for those with FD_CLOEXEC.

    It is a Mach-O executable, an image of ``ymawky-emu asm -o``, or a script of such a program;
    with ``--allow-exec`` it may be a program of the host.
    """
    if "program" in call.memory:
        return follow(call)
    argv, environment = copyin_vectors(call, argp, envp)
    loaded = load_program(call, fname, argv, environment)
    process = call.process
    if loaded is None:
        start_foreign(process, fname, argv, environment)
        call.memory["program"] = True
        return follow(call)
    process.files.close_on_exec()
    process.signals.execute()
    become(call, process, loaded)
    call.replaced = loaded.registers
    call.kernel.executed(process)
    return 0


def load_program(
    call: Call, fname: bytes, argv: list[bytes], environment: list[bytes]
) -> Loaded | None:
    """Return the guest's program at ``fname``; None where it is one of the host's."""
    try:
        program = _find(call, fname)
    except (OSError, Errno) as refused:
        if call.host.allow_exec and fname[:1] == b"/" and _is_foreign(refused):
            return None
        raise
    if program.before:
        argv = [*program.before, fname, *argv[1:]]
    try:
        space, registers = load(program.image, argv, environment, program.path)
    except ImageError as refused:
        call.warn(f"[pid {call.process.pid}] exec: {refused}")
        raise Errno(E2BIG) from None
    return Loaded(program, space, bytes(registers))


def become(call: Call, process: Process, loaded: Loaded) -> None:
    """Give ``process`` the memory and the name of a program."""
    program = loaded.program
    process.space, process.executed = loaded.space, True
    process.image = program.image
    process.path = "/" + program.path.decode(errors="surrogateescape").lstrip("/")
    process.name = process.path.rpartition("/")[2]
    if call.kernel.mapped:
        call.kernel.mapped.release(call.kernel.running)


def copyin_vectors(call: Call, argp: int, envp: int) -> tuple[list[bytes], list[bytes]]:
    """Read arguments and environment; E2BIG where they are too much."""
    argv, environment = _copyin_strings(call, argp), _copyin_strings(call, envp)
    if sum(len(s) + 9 for s in (*argv, *environment)) > ARG_MAX:
        raise Errno(E2BIG)
    return argv, environment


def _copyin_strings(call: Call, vector: int) -> list[bytes]:
    """Read a vector of strings that a null pointer ends; a null vector is empty."""
    found: list[bytes] = []
    left = ARG_MAX
    while vector:
        (address,) = struct.unpack("<Q", call.space.copyin(vector, 8))
        if not address:
            break
        try:
            found.append(call.space.copyinstr(address, max(left, 1)))
        except Errno as failed:
            raise failed if failed.number == EFAULT else Errno(E2BIG) from None
        left -= len(found[-1]) + 9
        vector += 8
    return found


def _find(call: Call, path: bytes) -> _Program:
    """Return the program at ``path``, or the one that its first line names."""
    data = _read(call, path)
    if data[:2] != b"#!":
        return _Program(path, _image(call, path, data), ())
    words = data[2:_LINE_MAX].partition(b"\n")[0].split()
    if not words:
        raise Errno(ENOEXEC)
    interpreter = _read(call, words[0])
    if interpreter[:2] == b"#!":
        raise Errno(ENOEXEC)
    return _Program(words[0], _image(call, words[0], interpreter), tuple(words))


def _read(call: Call, path: bytes) -> bytes:
    """Read a program; EACCES where it may not be executed or is no regular file."""
    at = directory_at(call, f.AT_FDCWD, path)
    call.host.files.access(at, path, f.X_OK)
    handle = call.host.files.open(at, path, f.O_RDONLY | f.O_NONBLOCK)
    try:
        if type(handle) is not FileHandle:
            raise Errno(EACCES)
        size = handle.stat().size
        if size > _PROGRAM_MAX:
            raise Errno(ENOEXEC)
        data = bytearray(size)
        count = handle.pread_into(memoryview(data), 0) if size else 0
        return bytes(data[:count])
    finally:
        handle.close()


def _image(call: Call, path: bytes, data: bytes) -> Image:
    """Turn a file into an image; ENOEXEC, with a line that says why, where it is none."""
    from emu import libsystem, macho
    from emu.asm import imagefile

    name = path.decode(errors="replace")
    try:
        if macho.is_macho(data[:16]):
            return libsystem.bind(macho.load(data, name))
        if data.startswith(imagefile.MAGIC):
            return imagefile.load(data)
    except ImageError as refused:
        call.warn(f"[pid {call.process.pid}] exec: {refused}")
        raise Errno(ENOEXEC) from None
    if not call.host.allow_exec:
        call.warn(
            f"[pid {call.process.pid}] exec: {name} is no Darwin program for arm64: ENOEXEC;"
            " --allow-exec lets programs of the host run"
        )
    raise Errno(ENOEXEC)


# ---- programs of the host ----


def _is_foreign(refused: OSError | Errno) -> bool:
    """Tell whether the path leads to no guest program, so that the host may have one there."""
    number = refused.number if isinstance(refused, Errno) else darwin_errno(refused)
    return number in (ENOENT, ENOTDIR, ENOEXEC)


def start_foreign(process: Process, path: bytes, argv: list[bytes], envp: list[bytes]) -> None:
    """Start the host's program at ``path`` of the host, with the standard streams of ``process``.

    The process does nothing from now on but to :func:`follow` it.
    """
    from emu.host.program import HostProgram

    files = process.files
    streams = [_stream(files.get(fd)) if fd in files else None for fd in range(3)]
    name = path.decode(errors="surrogateescape")
    process.host_program = HostProgram(name, argv, envp, streams)
    # What the program's pumps use stays open; all else belongs to a process that is no more.
    for fd, _ in list(files):
        if fd > 2:
            files.close(fd)
    process.path, process.name, process.executed = name, name.rpartition("/")[2], True
    process.signals.execute()


def _stream(file: OpenFile) -> int | Handle:
    """Return one of the emulator's own streams by its number, or the guest's handle."""
    if file.kind == "stdio" and file.name in _STDIO:
        return _STDIO[file.name]
    handle: Handle = file.handle
    return handle


def follow(call: Call) -> int:
    """Move the program's bytes until it has ended, and end with its status."""
    program = call.process.host_program
    status = program.pump()
    if status is not None:
        call.kernel.exit(call.process, status)
        return 0
    waits = [pump.waits() for pump in program.pumps]
    raise Park(
        reads=tuple(h for h, write in waits if not write and h.channel is None),
        writes=tuple(h for h, write in waits if write and h.channel is None),
        channels=tuple(h.channel for h, _ in waits if h.channel is not None),
        deadline=call.now() + _LOOK_AGAIN_NS,
        restarts=False,
    )
