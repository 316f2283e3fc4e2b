"""posix_spawn: fork and execve in one call (XNU: ``posix_spawn`` in ``bsd/kern/kern_exec.c``).

File actions and attributes work on a process that does not run yet; the caller is changed, or a
child made, only once nothing can fail any more.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from emu.darwin import flags as f
from emu.darwin import spawn
from emu.darwin.errno import EINVAL, ENAMETOOLONG, Errno
from emu.darwin.spawn import SpawnAction, SpawnActions, SpawnArgs, SpawnAttributes
from emu.image import PAGE_SIZE
from emu.kernel.process import Process, State
from emu.kernel.signals import UNBLOCKABLE, SignalState
from emu.loader import EXIT_STUB
from emu.machine import EXEC, READ, Registers
from emu.memory import AddressSpace, Backing, Region
from emu.record import replace
from emu.syscalls import execve
from emu.syscalls.file import close, directory_at, dup2, open_file
from emu.syscalls.identity import setpgid, setsid
from emu.syscalls.kinds import IntOut, Path, SpawnArgsIn, Strings
from emu.syscalls.path import chdir, fchdir
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_NO_ATTRIBUTES: Final = SpawnAttributes(0, 0, 0, 0)
# svc #0x80, and where the path for it stands.
_SVC, _PATH_AT = struct.pack("<I", 0xD4001001), EXIT_STUB + 16


@syscall(244, note="no ports, policies or coalitions: EINVAL", replaces=True)
def posix_spawn(
    call: Call, pid: IntOut, path: Path, adesc: SpawnArgsIn, argv: Strings, envp: Strings
) -> int:
    """Run a program in a new process, or with POSIX_SPAWN_SETEXEC in the caller's place."""
    if "program" in call.memory:
        return execve.follow(call)
    attributes, actions = _copyin(call, adesc)
    vectors = execve.copyin_vectors(call, argv, envp)
    caller = call.process
    in_place = bool(attributes.flags & spawn.POSIX_SPAWN_SETEXEC)
    if in_place:
        child = replace(caller, files=caller.files.fork(queues=True))
    else:
        child = call.kernel.prepare(caller)
    try:
        call.process = child
        _prepare(call, attributes, actions)
        loaded = execve.load_program(call, path, *vectors)
        if loaded is None:
            execve.start_foreign(child, path, *vectors)
    except BaseException:
        child.files.close_all()
        raise
    finally:
        call.process = caller
    if in_place:
        return _replace_caller(call, child, attributes, loaded)
    _start(call, child, attributes, loaded, path)
    if pid:
        with suppress(Errno):  # The child runs: xnu does not look at what suword() says either.
            call.space.copyout(pid, struct.pack("<i", child.pid))
    return 0


# ---- what is asked for ----


def _copyin(call: Call, adesc: int) -> tuple[SpawnAttributes, list[SpawnAction]]:
    """Read attributes and file actions; a null pointer asks for none."""
    if not adesc:
        return _NO_ATTRIBUTES, []
    args = SpawnArgs.unpack(call.space.copyin(adesc, SpawnArgs.SIZE))
    attributes = _NO_ATTRIBUTES
    if args.attr_size:
        attributes = SpawnAttributes.unpack(call.space.copyin(args.attrp, SpawnAttributes.SIZE))
    actions = _copyin_actions(call, args) if args.file_actions_size else []
    if args.port_actions_size or args.mac_extensions_size:
        call.warn(
            f"[pid {call.process.pid}] posix_spawn: port actions and policies are not supported:"
            " EINVAL"
        )
        raise Errno(EINVAL)
    return attributes, actions


def _copyin_actions(call: Call, args: SpawnArgs) -> list[SpawnAction]:
    """Read the file actions: at least one, and not more than there can be descriptors."""
    count, rest = divmod(args.file_actions_size - SpawnActions.SIZE, SpawnAction.SIZE)
    if not 1 <= count <= call.process.files.limit or rest:
        raise Errno(EINVAL)
    raw = call.space.copyin(args.file_actions, args.file_actions_size)
    if SpawnActions.unpack(raw).count != count:
        raise Errno(EINVAL)
    first = SpawnActions.SIZE
    return [SpawnAction.unpack(raw, first + n * SpawnAction.SIZE) for n in range(count)]


# ---- the process, before it runs; call.process is the child ----


def _prepare(call: Call, attributes: SpawnAttributes, actions: list[SpawnAction]) -> None:
    """Change descriptors, directory, session and group as they are to be."""
    for action in actions:
        if action.type not in _ACTIONS:
            raise Errno(EINVAL)
        _ACTIONS[action.type](call, action)
    if attributes.flags & spawn.POSIX_SPAWN_SETSID:
        setsid(call)
    if attributes.flags & spawn.POSIX_SPAWN_SETPGROUP:
        setpgid(call, 0, attributes.pgroup)
    files = call.process.files
    if attributes.flags & spawn.POSIX_SPAWN_CLOEXEC_DEFAULT:
        kept = {fd for action in actions for fd in _mentioned(action)}
        for fd, _ in list(files):
            files.set_cloexec(fd, on=fd not in kept)
    files.close_on_exec()


def _mentioned(action: SpawnAction) -> tuple[int, ...]:
    """Return the descriptor that an action keeps open with POSIX_SPAWN_CLOEXEC_DEFAULT."""
    match action.type:
        case spawn.PSFA_OPEN | spawn.PSFA_INHERIT:
            return (action.filedes,)
        case spawn.PSFA_DUP2:
            return (action.newfiledes,)
    return ()


def _open(call: Call, action: SpawnAction) -> None:
    """Open a file at the lowest descriptor, and move it to the one that was asked for."""
    text = _path_of(action)
    fd = open_file(call, directory_at(call, f.AT_FDCWD, text), text, action.oflag, action.mode)
    if fd != action.filedes:
        dup2(call, fd, action.filedes)
        close(call, fd)


def _inherit(call: Call, action: SpawnAction) -> None:
    call.file(action.filedes)
    call.process.files.set_cloexec(action.filedes, on=False)


def _path_of(action: SpawnAction) -> bytes:
    text = action.path
    if text is None:
        raise Errno(ENAMETOOLONG)
    return text


_ACTIONS: Final[dict[int, Callable[[Call, SpawnAction], object]]] = {
    spawn.PSFA_OPEN: _open,
    spawn.PSFA_CLOSE: lambda call, action: close(call, action.filedes),
    spawn.PSFA_DUP2: lambda call, action: dup2(call, action.filedes, action.newfiledes),
    spawn.PSFA_INHERIT: _inherit,
    spawn.PSFA_CHDIR: lambda call, action: chdir(call, _path_of(action)),
    spawn.PSFA_FCHDIR: lambda call, action: fchdir(call, action.filedes),
}


# ---- the process runs ----


def _start(
    call: Call,
    child: Process,
    attributes: SpawnAttributes,
    loaded: execve.Loaded | None,
    name: bytes,
) -> None:
    """Make the child one of the processes, ready or stopped."""
    if loaded is None:
        child.space, child.registers = _follower(name)
        child.memory["program"] = True
    else:
        execve.become(call, child, loaded)
        child.registers = loaded.registers
    _set_signals(child.signals, attributes)
    child.started_ns = call.now()
    call.kernel.enter(call.process, child)
    if attributes.flags & spawn.POSIX_SPAWN_START_SUSPENDED:
        child.state = State.STOPPED
    else:
        call.kernel.scheduler.ready(child)


def _replace_caller(
    call: Call, child: Process, attributes: SpawnAttributes, loaded: execve.Loaded | None
) -> int:
    """Let the caller go on as what was prepared."""
    caller, old = call.process, call.process.files
    caller.files, caller.cwd = child.files, child.cwd
    caller.pgid, caller.sid = child.pgid, child.sid
    old.close_all()
    _set_signals(caller.signals, attributes)
    if loaded is None:
        caller.host_program, caller.path, caller.name = child.host_program, child.path, child.name
        call.memory["program"] = True
        return execve.follow(call)
    execve.become(call, caller, loaded)
    call.replaced = loaded.registers
    call.kernel.executed(caller)
    return 0


def _set_signals(signals: SignalState, attributes: SpawnAttributes) -> None:
    """Reset handlers as execve does, then what the attributes say."""
    signals.execute()
    if attributes.flags & spawn.POSIX_SPAWN_SETSIGDEF:
        for signal in range(1, f.NSIG):
            if attributes.sigdefault >> (signal - 1) & 1:
                signals.actions.pop(signal, None)
    if attributes.flags & spawn.POSIX_SPAWN_SETSIGMASK:
        signals.mask = attributes.sigmask & ~UNBLOCKABLE


def _follower(name: bytes) -> tuple[AddressSpace, bytes]:
    """Return memory and registers of a process that stands in execve of a host's program."""
    backing = Backing(PAGE_SIZE)
    space = AddressSpace()
    space.map(Region(EXIT_STUB, EXIT_STUB + PAGE_SIZE, READ | EXEC, backing, 0, "dyld"))
    space.poke(EXIT_STUB, _SVC)
    space.poke(_PATH_AT, name + b"\0")
    registers = Registers()
    registers["pc"], registers["x16"], registers["x0"] = EXIT_STUB, 59, _PATH_AT
    return space, bytes(registers)
