"""Mach traps: the clock, port names, and memory as Mach has it.

A trap returns its value in x0, mostly a ``kern_return_t``, and sets no carry.  Ports are names
that mean something to these traps alone: no message is ever sent.

The clock is the one that ``mrs cntvct_el0`` reads, of 62.5 MHz: 16 ns a tick.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct

from emu.darwin import flags as f
from emu.darwin.errno import EACCES, EFAULT, EINVAL, ENOMEM, Errno
from emu.image import PAGE_SIZE
from emu.memory import USER_END, Backing, Region, round_page
from emu.syscalls.kinds import (
    Addr,
    Int,
    IntOut,
    MachTimeOut,
    PointerOut,
    Prot,
    Size,
    TimebaseOut,
    UInt,
)
from emu.syscalls.table import Call, syscall

__all__ = ["TASK_SELF", "THREAD_SELF", "TIMEBASE", "ticks"]

#: Nanoseconds of a tick as a fraction (mach_timebase_info): the engine's counter is the clock.
TIMEBASE = (16, 1)

TASK_SELF, THREAD_SELF, HOST_SELF = 0x203, 0x103, 0x1003
_FIRST_PORT = 0x1103

KERN_SUCCESS, KERN_INVALID_ADDRESS, KERN_PROTECTION_FAILURE = 0, 1, 2
KERN_NO_SPACE, KERN_INVALID_ARGUMENT, KERN_FAILURE, KERN_ABORTED = 3, 4, 5, 14
KERN_INVALID_VALUE = 18
MACH_SEND_INVALID_DEST = 0x10000003
_TIME_ABSOLUTE, _TIME_RELATIVE = 0, 1
_VM_FLAGS_ANYWHERE, _VM_FLAGS_OVERWRITE = 1, 0x4000
_KERN = {EFAULT: KERN_INVALID_ADDRESS, EACCES: KERN_PROTECTION_FAILURE, ENOMEM: KERN_NO_SPACE,
         EINVAL: KERN_INVALID_ARGUMENT}  # fmt: skip


def ticks(call: Call) -> int:
    """Return what ``cntvct_el0`` reads now."""
    numerator, denominator = TIMEBASE
    return call.now() * denominator // numerator


# ---- time ----


@syscall(-3, name="mach_absolute_time")
def mach_absolute_time(call: Call) -> int:
    """Return the ticks of a clock that stands still while the machine sleeps."""
    return ticks(call)


@syscall(-4, name="mach_continuous_time")
def mach_continuous_time(call: Call) -> int:
    """Return the ticks of a clock that goes on while the machine sleeps: the same one."""
    return ticks(call)


@syscall(-89, name="mach_timebase_info_trap")
def mach_timebase_info(call: Call, info: TimebaseOut) -> int:
    """Report how long a tick is."""
    return _written(call, info, struct.pack("<2I", *TIMEBASE))


@syscall(-90, name="mach_wait_until_trap")
def mach_wait_until(call: Call, deadline: Size) -> int:
    """Sleep until a time in ticks."""
    numerator, denominator = TIMEBASE
    call.memory["deadline"] = min(deadline * numerator // denominator, 1 << 62)
    call.wait(timeout_ns=0, restarts=False)
    return KERN_SUCCESS


@syscall(-62, name="clock_sleep_trap", note="the system clock alone")
def clock_sleep(
    call: Call, clock: UInt, sleep_type: Int, sec: Int, nsec: Int, wakeup_time: MachTimeOut
) -> int:
    """Sleep for a time (TIME_RELATIVE) or until one; report when it was."""
    if clock or sleep_type not in (_TIME_ABSOLUTE, _TIME_RELATIVE):
        return KERN_INVALID_ARGUMENT
    if sec < 0 or not 0 <= nsec < 10**9:
        return KERN_INVALID_VALUE
    time_ns = sec * 10**9 + nsec
    if sleep_type == _TIME_ABSOLUTE:
        call.memory["deadline"] = time_ns
    call.wait(timeout_ns=time_ns, restarts=False)
    if wakeup_time:
        return _written(call, wakeup_time, struct.pack("<2I", *divmod(call.now(), 10**9)))
    return KERN_SUCCESS


@syscall(-60, name="swtch")
def swtch(_call: Call) -> int:
    """Give way: nobody else is worth it, since a slice is 5 ms."""
    return 0


@syscall(-59, name="swtch_pri")
def swtch_pri(_call: Call, pri: Int) -> int:
    """Give way, see swtch."""
    del pri
    return 0


@syscall(-61, name="thread_switch", note="a time to sleep, no thread to switch to")
def thread_switch(call: Call, thread_name: UInt, option: Int, option_time: UInt) -> int:
    """Give way, or with SWITCH_OPTION_WAIT (2) sleep for milliseconds."""
    del thread_name
    if option == 2:
        call.wait(timeout_ns=option_time * 1_000_000, restarts=False)
    return KERN_SUCCESS


# ---- ports ----


@syscall(-26, name="mach_reply_port")
def mach_reply_port(call: Call) -> int:
    """Return a port's name that was never given before."""
    return _FIRST_PORT + (call.kernel.serial() << 8)


@syscall(-27, name="thread_self_trap")
def thread_self(_call: Call) -> int:
    """Return the name of the thread's port."""
    return THREAD_SELF


@syscall(-28, name="task_self_trap")
def task_self(_call: Call) -> int:
    """Return the name of the task's port."""
    return TASK_SELF


@syscall(-29, name="host_self_trap")
def host_self(_call: Call) -> int:
    """Return the name of the host's port."""
    return HOST_SELF


@syscall(-18, name="_kernelrpc_mach_port_deallocate_trap", note="every name may be given back")
def mach_port_deallocate(_call: Call, target: UInt, name: UInt) -> int:
    """Give a port's name back."""
    del name
    return KERN_SUCCESS if target == TASK_SELF else MACH_SEND_INVALID_DEST


@syscall(-46, name="pid_for_task")
def pid_for_task(call: Call, task: UInt, pid: IntOut) -> int:
    """Report the pid of the own task; another name is KERN_FAILURE."""
    if task != TASK_SELF:
        return KERN_FAILURE
    return _written(call, pid, struct.pack("<i", call.process.pid))


@syscall(-44, name="task_name_for_pid", note="the own task alone")
@syscall(-45, name="task_for_pid", note="the own task alone")
def task_for_pid(call: Call, target: UInt, pid: Int, task: IntOut) -> int:
    """Report the name of a task's port: the own one; another task is KERN_FAILURE."""
    if pid != call.process.pid or target != TASK_SELF:
        _written(call, task, bytes(4))
        return KERN_FAILURE
    return _written(call, task, struct.pack("<I", TASK_SELF))


# ---- memory ----


@syscall(-10, name="_kernelrpc_mach_vm_allocate_trap")
def mach_vm_allocate(call: Call, target: UInt, addr: PointerOut, size: Size, flags: Int) -> int:
    """Map anonymous memory: anywhere, or at ``*addr``."""
    return _map(call, target, addr, size, flags, f.PROT_READ | f.PROT_WRITE, 0)


@syscall(-15, name="_kernelrpc_mach_vm_map_trap", note="anonymous memory alone")
def mach_vm_map(
    call: Call, target: UInt, addr: PointerOut, size: Size, mask: Size, flags: Int, cur_prot: Prot
) -> int:
    """Map anonymous memory at a multiple of ``mask`` + 1."""
    return _map(call, target, addr, size, flags, cur_prot, mask)


@syscall(-12, name="_kernelrpc_mach_vm_deallocate_trap")
def mach_vm_deallocate(call: Call, target: UInt, address: Addr, size: Size) -> int:
    """Remove mappings; holes in the range are no error."""
    if target != TASK_SELF:
        return MACH_SEND_INVALID_DEST
    if address + size > USER_END:
        return KERN_INVALID_ARGUMENT
    if size:
        call.space.unmap(address & -PAGE_SIZE, round_page(address + size))
    return KERN_SUCCESS


@syscall(-14, name="_kernelrpc_mach_vm_protect_trap")
def mach_vm_protect(
    call: Call, target: UInt, address: Addr, size: Size, set_maximum: Int, new_prot: Prot
) -> int:
    """Change a protection; the highest one possible stays what it is."""
    if target != TASK_SELF:
        return MACH_SEND_INVALID_DEST
    if address + size > USER_END or new_prot & ~7:
        return KERN_INVALID_ARGUMENT
    if not size or set_maximum:
        return KERN_SUCCESS
    try:
        call.space.protect(address & -PAGE_SIZE, round_page(address + size), new_prot)
    except Errno:
        return KERN_INVALID_ADDRESS
    return KERN_SUCCESS


def _map(
    call: Call, target: int, addr: int, size: int, flags: int, prot: int, mask: int
) -> int:  # fmt: skip
    if target != TASK_SELF:
        return MACH_SEND_INVALID_DEST
    if size > USER_END or prot & ~7 or mask & (mask + 1) or mask > USER_END:
        return KERN_INVALID_ARGUMENT
    try:
        (wanted,) = struct.unpack("<Q", call.space.copyin(addr, 8))
        call.space.views(addr, 8, f.PROT_WRITE)
        start = _place(call, wanted, round_page(size), flags, mask) if size else 0
        if size:
            end = start + round_page(size)
            call.space.map(Region(start, end, prot, Backing(end - start), 0, "vm_allocate"))
    except Errno as failed:
        return _KERN.get(failed.number, KERN_FAILURE)
    return _written(call, addr, struct.pack("<Q", start))


def _place(call: Call, wanted: int, size: int, flags: int, mask: int) -> int:
    layout = call.space.layout
    if flags & _VM_FLAGS_ANYWHERE:
        slack = max(mask + 1 - PAGE_SIZE, 0)
        return (layout.gap(size + slack) + mask) & ~mask
    start = wanted & -PAGE_SIZE
    if not PAGE_SIZE <= start <= USER_END - size:
        raise Errno(EFAULT)
    if layout.overlapping(start, start + size) and not flags & _VM_FLAGS_OVERWRITE:
        raise Errno(ENOMEM)
    return start


def _written(call: Call, address: int, raw: bytes) -> int:
    """Write an answer; returns KERN_SUCCESS or KERN_INVALID_ADDRESS."""
    try:
        call.space.copyout(address, raw)
    except Errno:
        return KERN_INVALID_ADDRESS
    return KERN_SUCCESS
