"""The CPU: one Unicorn engine, its registers, and running until something happens.

With :mod:`emu.engine` this is all that knows Unicorn.  It calls the engine's C interface through
preallocated arrays, because the Python binding's one-register calls take some 3 µs each;
``tests/machine`` pins every fact of the engine that this file relies on.

The machine knows nothing of processes or calls.  :meth:`Machine.run` executes guest code
until a system call, a fault, a stop request or a debugger's hook, and says which.  Nothing is
handled inside an engine callback but calls that replace neither all registers nor the memory
(:attr:`Machine.on_call`): to leave the engine and enter it again takes as long as half such a call.
"""

from __future__ import annotations

import ctypes
import functools
import struct
from typing import TYPE_CHECKING, Final, Protocol

from emu.brake import Brake
from emu.engine import Engine, arm64, check, const
from emu.exception_level import SystemRegister, enter_el0, read_register
from emu.monitor import Monitor
from emu.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CODE_HOOK", "EXEC", "READ", "REGISTERS", "STATE_SIZE", "WRITE", "Helper",
    "Machine", "Registers", "Stop",
]  # fmt: skip

READ, WRITE, EXEC = 1, 2, 4

_GENERAL: Final = [f"x{n}" for n in range(31)]
_SCALARS: Final = [*_GENERAL, "sp", "pc", "nzcv", "fpcr", "fpsr", "tpidr_el0"]
_VECTORS: Final = [f"q{n}" for n in range(32)]

#: Register name to its offset in a saved state, in 8-byte words; q registers take two.
REGISTERS: Final = {name: i for i, name in enumerate(_SCALARS)} | {
    name: len(_SCALARS) + 2 * i for i, name in enumerate(_VECTORS)
}
_WORDS: Final = len(_SCALARS) + 2 * len(_VECTORS)
#: Size of a saved register state in bytes.
STATE_SIZE: Final = 8 * _WORDS

# What QEMU's target/arm/cpu.h calls the exceptions that reach an interrupt hook.
_EXCP_UDEF, _EXCP_SWI, _EXCP_BKPT = 1, 2, 7

# Kinds of a memory hook (uc_mem_type) by the access that failed.
_FETCH_KINDS = (const.UC_MEM_FETCH_UNMAPPED, const.UC_MEM_FETCH_PROT)
_WRITE_KINDS = (const.UC_MEM_WRITE_UNMAPPED, const.UC_MEM_WRITE_PROT)


@record
class Stop:
    """Why :meth:`Machine.run` returned.

    ``kind`` is one of "svc", "called" (an svc that :attr:`Machine.on_call` has handled), "brk",
    "undefined", "fault", "misaligned", "exception" (any other CPU exception, ``value`` is its
    number) and "stopped" (asked for, or a time slice's end).
    A hook stops with "trapped", for a :class:`Helper`.
    """

    kind: str
    access: int = 0
    address: int = 0
    value: int = 0


#: What ``uc_emu_start`` returns for an access that is not mapped or not allowed.
_REFUSALS = frozenset(
    getattr(const, f"UC_ERR_{access}_{why}")
    for access in ("READ", "WRITE", "FETCH")
    for why in ("UNMAPPED", "PROT")
)
_UNKNOWN = -1
#: The part of an address that counts for data: the top byte is the program's (TBI).
_UNTAGGED: Final = (1 << 56) - 1
_SVC, _BRK, _UNDEFINED, _STOPPED = Stop("svc"), Stop("brk"), Stop("undefined"), Stop("stopped")
_CALLED = Stop("called")


class _Batch:
    """A fixed list of registers that is exchanged with the engine in one C call."""

    def __init__(self, engine: Engine, names: list[str]) -> None:
        words = sum(2 if n in _VECTORS else 1 for n in names)
        self.buffer = (ctypes.c_uint64 * words)()
        base, at, pointers = ctypes.addressof(self.buffer), 0, []
        for name in names:
            pointers.append(base + 8 * at)
            at += 2 if name in _VECTORS else 1
        self._ids = (ctypes.c_int * len(names))(*[_engine_id(n) for n in names])
        self._pointers = (ctypes.c_void_p * len(names))(*pointers)
        arguments = (
            ctypes.c_void_p(engine.handle),
            ctypes.byref(self._ids),
            ctypes.byref(self._pointers),
            ctypes.c_int(len(names)),
        )
        #: From the engine into the buffer, and back.
        self.read = functools.partial(engine.reg_read_batch, *arguments)
        self.write = functools.partial(engine.reg_write_batch, *arguments)


class _Singles(dict[str, _Batch]):
    """Batches of one register by its name, made at the first use: a run asks for few of them."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    def __missing__(self, name: str) -> _Batch:
        if name not in REGISTERS:
            raise KeyError(name)
        batch = self[name] = _Batch(self._engine, [name])
        return batch


def _engine_id(name: str) -> int:
    return int(getattr(arm64, f"UC_ARM64_REG_{name.upper()}"))


_INTR_HOOK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)
_MEM_HOOK = ctypes.CFUNCTYPE(
    ctypes.c_bool,
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_uint64,
    ctypes.c_int,
    ctypes.c_int64,
    ctypes.c_void_p,
)
CODE_HOOK = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_void_p
)


class _TlbEntry(ctypes.Structure):
    _fields_ = (("page", ctypes.c_uint64), ("prot", ctypes.c_uint32))


_TLB_HOOK = ctypes.CFUNCTYPE(
    ctypes.c_bool,
    ctypes.c_void_p,
    ctypes.c_uint64,
    ctypes.c_int,
    ctypes.POINTER(_TlbEntry),
    ctypes.c_void_p,
)


class Registers:
    """A saved register state, by name; ``bytes(state)`` is what :class:`Machine` swaps."""

    __slots__ = ("words",)

    def __init__(self, state: bytes | None = None) -> None:
        """Start from ``state`` (:data:`STATE_SIZE` bytes), or from zeroes."""
        self.words = list(_STATE.unpack(state)) if state is not None else [0] * _WORDS

    def __bytes__(self) -> bytes:
        """Return the state as the machine takes it."""
        return _STATE.pack(*self.words)

    def __getitem__(self, name: str) -> int:
        """Return register ``name`` (x0…x30, sp, pc, nzcv, fpcr, fpsr, tpidr_el0, q0…q31)."""
        at = REGISTERS[name]
        if name[0] == "q":
            return self.words[at] | self.words[at + 1] << 64
        return self.words[at]

    def __setitem__(self, name: str, value: int) -> None:
        """Set register ``name``; the value is cut to the register's width."""
        at = REGISTERS[name]
        self.words[at] = value & _U64
        if name[0] == "q":
            self.words[at + 1] = value >> 64 & _U64


_U64 = (1 << 64) - 1
_STATE = struct.Struct(f"<{_WORDS}Q")
_CALL = struct.Struct("<11Q")
_PC, _PC_AT = struct.Struct("<Q"), 8 * REGISTERS["pc"]


class Helper(Protocol):
    """What helps the engine where it falls short (:mod:`emu.interpreter`)."""

    def mapped(self, start: int, size: int, prot: int) -> None:
        """Take notice of a new mapping."""

    def unmapped(self, start: int, size: int) -> None:
        """Take notice that a mapping is gone."""

    def hooked(self) -> None:
        """Take notice that somebody else hooks code."""

    def amend(self, stop: Stop) -> Stop | None:
        """Do what the engine stopped at; None: the guest can go on."""


class Machine:
    """One CPU.  All addresses are guest addresses unless a name says host."""

    def __init__(self) -> None:
        """Make the engine; nothing is mapped yet."""
        self._engine = engine = Engine()
        self._all = _Batch(engine, [*_SCALARS, *_VECTORS])
        call = _Batch(engine, [*(f"x{n}" for n in range(8)), "x16", "pc", "nzcv"])
        self._read_call, self._call = call.read, call.buffer
        result = _Batch(engine, ["x0", "x1", "nzcv"])
        self._write_result, self._result = result.write, result.buffer
        self._single = _Singles(engine)
        self._stop, self._handle = engine.emu_stop, engine.handle
        #: What the engine is entered with: where to begin, and no end, time or count.
        self._begin, none = ctypes.c_uint64(), ctypes.c_uint64(0)
        self._start = functools.partial(
            engine.emu_start_prepared,
            *(ctypes.c_void_p(engine.handle), self._begin, none, none, ctypes.c_size_t(0)),
        )
        self._stopped: Stop | None = None
        self._failed: BaseException | None = None
        #: The pc where it is known without asking the engine, which saves a call's exchange.
        self._pc = _UNKNOWN
        #: Entries into the engine and calls answered in it: by them a watchdog sees what moves.
        self.entries = 0
        #: Whether :meth:`stop` has been called since the engine was entered.
        self.stopping = False
        self._callbacks: list[object] = []
        #: Asked at each ``svc`` inside the engine: True where it is done and the guest goes on,
        #: False where it is done and :meth:`run` returns "called", None to have it return "svc".
        self.on_call: Callable[[], bool | None] | None = None
        #: What a debugger does before :meth:`run` returns (:mod:`emu.machine_probe`).
        self.after_run: Callable[[Stop], Stop] | None = None
        self._helper: Helper | None = None
        self._monitor: Monitor | None = None
        #: Where the guest may execute: (start, end).
        self._executable: list[tuple[int, int]] = []
        #: Whether the engine runs for us and not for the guest, as when a refused access is
        #: executed once more: hooks must not see that.
        self.locating = False
        self._brake = Brake(engine)
        self._hook_interrupts()
        self._refused = _MEM_HOOK(self._access_refused)
        self.add_hook(const.UC_HOOK_TLB_FILL, _TLB_HOOK(self._fill_tlb))
        engine.use_virtual_tlb()
        engine.use_exits()
        enter_el0(engine)

    # -- running --------------------------------------------------------------------------

    def run(self) -> Stop:
        """Execute from the pc on until something happens.

        After "svc" the pc is behind the instruction; after every other stop it is on the
        instruction that has not been executed.
        """
        stop = self._run()
        while stop is not _SVC and stop is not _CALLED and self._helper is not None:
            amended = self._helper.amend(stop)
            if amended is not None:
                stop = amended
                break
            stop = self._run()
        return stop if self.after_run is None else self.after_run(stop)

    def _run(self) -> Stop:
        self._stopped = None
        self.stopping = False
        self.entries += 1
        self._begin.value = self._pc if self._pc >= 0 else self.read("pc")
        self._pc = _UNKNOWN
        error = self._start()
        if self._failed is not None:
            failed, self._failed = self._failed, None
            raise failed
        stopped = self._stopped
        if stopped is not None:
            return stopped
        if error:
            if error in _REFUSALS and not self.locating:
                return self._locate_refused()
            return Stop("exception", value=error)
        # A brake that was applied too late for this run stops the next one at its first block.
        self._brake.release()
        return _STOPPED

    def attach(self, helper: Helper) -> None:
        """Let ``helper`` see what is mapped, and amend how a run ended."""
        self._helper = helper

    def trap(self, stop: Stop) -> None:
        """Let :meth:`run` end with ``stop`` before the instruction whose hook calls this."""
        self._stopped = stop
        self._stop(self._handle)

    def fail(self, failed: BaseException) -> None:
        """Stop the engine and let :meth:`run` raise ``failed``: hooks cannot raise through C."""
        self._failed = failed
        self._stop(self._handle)

    def stop(self) -> None:
        """Let :meth:`run` return "stopped" before the instruction whose hook calls this."""
        self.stopping = True
        self._stop(self._handle)

    def interrupt(self) -> None:
        """Let the running or the next :meth:`run` return "stopped" soon; for other threads."""
        self._brake.apply()

    def _hook_interrupts(self) -> None:
        stop, handle = self._stop, self._handle

        def interrupted(_uc: int, number: int, _data: int) -> None:
            if number == _EXCP_SWI:
                if self.on_call is not None and self._called(self.on_call):
                    return
                if self._stopped is None:
                    self._stopped = _SVC
            elif number == _EXCP_BKPT:
                self._stopped = _BRK
            elif number == _EXCP_UDEF:
                self._stopped = _UNDEFINED
            else:
                self._stopped = Stop("exception", value=number)
            stop(handle)

        self.add_hook(const.UC_HOOK_INTR, _INTR_HOOK(interrupted))

    def _called(self, on_call: Callable[[], bool | None]) -> bool:
        """Handle a call inside the engine; True where the guest goes on at once."""
        if self.after_run is not None or self._monitor is not None:
            return False
        self.entries += 1
        try:
            done = on_call()
        except BaseException as failed:  # noqa: BLE001 - run() raises it
            self._failed, done = failed, False
        if done:
            self._pc = _UNKNOWN
            return True
        if done is not None:
            self._stopped = _CALLED
        return False

    def _locate_refused(self) -> Stop:
        """Execute a refused access once more, with a hook that is told its address.

        The hook is there for this alone: as long as one is, the engine takes its slow path
        for each store (``uc_mem_hook_installed``), which made a request a tenth dearer.
        """
        hook = self.insert_hook(const.UC_HOOK_MEM_INVALID, self._refused, 1, 0)
        self.locating = True
        try:
            return self._run()
        finally:
            self.locating = False
            self.delete_hook(hook)

    def _access_refused(
        self, _uc: int, kind: int, address: int, _size: int, _value: int, _data: int
    ) -> bool:
        # An unaligned store is reported once a byte; the first one is the fault.
        if self._stopped is None:
            access = EXEC if kind in _FETCH_KINDS else WRITE if kind in _WRITE_KINDS else READ
            self._stopped = Stop("fault", access=access, address=address)
        return False

    def _fill_tlb(
        self,
        _uc: int,
        page: int,
        access: int,
        entry: ctypes._Pointer[_TlbEntry],
        _data: int,
    ) -> bool:
        """Say what an entry of the engine's translation buffer allows.

        Only what the engine does with it matters here, the map has the protections: it stores at
        full speed to pages that cannot hold code, and by default thinks that all can.
        """
        fetches = access == const.UC_MEM_FETCH
        if not fetches:
            page &= _UNTAGGED
        entry.contents.page = page
        executes = fetches or any(s <= page < e for s, e in self._executable)
        entry.contents.prot = READ | WRITE | EXEC if executes else READ | WRITE
        return True

    def add_hook(self, kind: int, callback: object, begin: int = 1, end: int = 0) -> int:
        """Add an engine hook of ``UC_HOOK_*`` kind on the addresses begin…end (1, 0: all)."""
        self._callbacks.append(callback)
        hook = self.insert_hook(kind, callback, begin, end)
        if kind == const.UC_HOOK_CODE and self._helper is not None:
            self._helper.hooked()
        return hook

    def insert_hook(self, kind: int, callback: object, begin: int, end: int) -> int:
        """Do the same for a callback that its owner keeps."""
        hook = ctypes.c_size_t()
        error = self._engine.hook_add(
            ctypes.c_void_p(self._handle),
            ctypes.byref(hook),
            ctypes.c_int(kind),
            callback,
            None,
            ctypes.c_uint64(begin),
            ctypes.c_uint64(end),
        )
        check(error, "hook_add")
        return hook.value

    def delete_hook(self, hook: int) -> None:
        """Take an engine hook away; translations keep calling it until they are flushed."""
        check(self._engine.hook_del(self._handle, hook), "hook_del")

    def count_instructions(self) -> Callable[[], int]:
        """Count from now on; returns a function that tells the number so far.

        Counts whole translated blocks as they are entered, so a block that a fault cuts
        short counts as if it had run to its end.  Costs some 0.6 µs a block.
        """
        total = [0]

        def entered(_uc: int, _address: int, size: int, _data: int) -> None:
            if not self.locating:
                total[0] += size >> 2

        self.add_hook(const.UC_HOOK_BLOCK, CODE_HOOK(entered))
        self._engine.flush_tb()
        return lambda: total[0]

    def hook_code(
        self, callback: Callable[[int], None], begin: int = 1, end: int = 0
    ) -> Callable[[], None]:
        """Call ``callback(pc)`` before each instruction in begin…end (default: all).

        Translations made before do not carry the hook, so they are flushed.  An exception
        of the callback stops the machine and comes out of :meth:`run`.  Returns a function
        that takes the hook away.
        """

        def reached(_uc: int, address: int, _size: int, _data: int) -> None:
            if self.locating:
                return
            try:
                callback(address)
            except BaseException as failed:  # noqa: BLE001 - handed on by run()
                self.fail(failed)

        hook = self.add_hook(const.UC_HOOK_CODE, CODE_HOOK(reached), begin, end)
        self._engine.flush_tb()

        def remove() -> None:
            self.delete_hook(hook)
            self._engine.flush_tb()

        return remove

    def keep_monitor(self) -> None:
        """Clear the exclusive monitor behind calls and switches from now on, as ``eret`` does.

        It takes an entry into the engine, some 2 µs, so it is asked for where code with ``ldxr``
        or its like enters the map.
        """
        if self._monitor is None:
            self._monitor = Monitor(self._engine)

    def _clear_monitor(self, monitor: Monitor) -> None:
        pc = self._pc if self._pc >= 0 else self.read("pc")
        self.locating, self._stopped = True, None
        self._begin.value = monitor.address
        self._start()
        if self._stopped is None:
            # The brake was on; it will be again, for the guest.
            self._brake.release()
            self._start()
            self._brake.apply()
        self.locating, self._stopped = False, None
        self.write("pc", pc)

    # -- registers ------------------------------------------------------------------------

    def read_call(self) -> tuple[int, ...]:
        """Return x0…x7, x16, pc and the flags in one exchange."""
        self._read_call()
        call = _CALL.unpack_from(self._call)
        self._pc = call[9]
        return call

    def write_result(self, x0: int, x1: int, nzcv: int) -> None:
        """Set x0, x1 and the flags (``nzcv`` in bits 31…28) in one exchange."""
        buffer = self._result
        buffer[0] = x0
        buffer[1] = x1
        buffer[2] = nzcv
        self._write_result()
        if self._monitor is not None:
            self._clear_monitor(self._monitor)

    def save(self) -> bytes:
        """Return all registers as :data:`STATE_SIZE` bytes."""
        self._all.read()
        return bytes(self._all.buffer)

    def load(self, state: bytes) -> None:
        """Set all registers from what :meth:`save` returned."""
        ctypes.memmove(self._all.buffer, state, STATE_SIZE)
        self._all.write()
        self._pc = _PC.unpack_from(state, _PC_AT)[0]
        if self._monitor is not None:
            self._clear_monitor(self._monitor)

    def read(self, name: str) -> int:
        """Return one register by the names of :class:`Registers`."""
        batch = self._single[name]
        batch.read()
        return int.from_bytes(bytes(batch.buffer), "little")

    def read_system(self, register: tuple[int, int, int, int, int]) -> int:
        """Return a system register by op0, op1, crn, crm and op2 of its ``mrs``."""
        return read_register(self._engine, SystemRegister(*register))

    def write(self, name: str, value: int) -> None:
        """Set one register."""
        batch = self._single[name]
        size = ctypes.sizeof(batch.buffer)
        data = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        ctypes.memmove(batch.buffer, data, size)
        batch.write()
        if name == "pc":
            self._pc = value

    # -- memory ---------------------------------------------------------------------------

    def map(self, address: int, size: int, prot: int, host_address: int) -> None:
        """Map host memory at a guest range (4 KiB granularity, PROT_* bits)."""
        check(
            self._engine.mem_map_ptr(self._handle, address, size, prot, host_address), "mem_map_ptr"
        )
        if prot & EXEC:
            self._executable.append((address, address + size))
        if self._helper is not None:
            self._helper.mapped(address, size, prot)

    def unmap(self, address: int, size: int) -> None:
        """Take a range away that :meth:`map` gave."""
        self._executable = [r for r in self._executable if r != (address, address + size)]
        check(self._engine.mem_unmap(self._handle, address, size), "mem_unmap")
        if self._helper is not None:
            self._helper.unmapped(address, size)

    def read_memory(self, address: int, size: int) -> bytes | None:
        """Return bytes of the engine's map, or None where it has a gap."""
        buffer = ctypes.create_string_buffer(size)
        if self._engine.mem_read(self._handle, address, ctypes.addressof(buffer), size):
            return None
        return buffer.raw

    def write_memory(self, address: int, data: bytes) -> None:
        """Change bytes of the engine's map, whatever their protection."""
        buffer = ctypes.create_string_buffer(data, len(data))
        check(
            self._engine.mem_write(self._handle, address, ctypes.addressof(buffer), len(data)),
            "mem_write",
        )

    def forget_all_code(self) -> None:
        """Drop all translations: those made before a hook came do not carry it."""
        self._engine.flush_tb()

    def forget_code(self, address: int, size: int) -> None:
        """Drop translations of a range whose bytes were changed behind the engine's back."""
        self._engine.remove_cache(address, address + size)
