"""Ending with a reason: what libsystem's abort_with_payload and its kin ask the kernel for.

The reason is said on stderr, as a Mac puts it into the crash report.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin import flags as f
from emu.darwin.errno import EFAULT, EINVAL, EPERM, Errno
from emu.kernel.signals import SigInfo, bit
from emu.syscalls.kinds import Addr, Pid, Size, UInt
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

#: Longest text that is taken (EXIT_REASON_USER_DESC_MAX_LEN), and the largest payload.
_TEXT_MAX, _PAYLOAD_MAX = 1024, 2048


@syscall(521)
def abort_with_payload(
    call: Call, reason_namespace: UInt, reason_code: Size, payload: Addr, payload_size: UInt,
    reason_string: Addr, reason_flags: Size,
) -> int:  # fmt: skip
    """End the caller by a SIGABRT that it can neither catch nor block."""
    del payload, payload_size, reason_flags
    _say(call, "aborts", reason_namespace, reason_code, reason_string)
    process = call.process
    process.signals.actions.pop(f.SIGABRT, None)
    process.signals.mask &= ~bit(f.SIGABRT)
    call.kernel.post(process, SigInfo(f.SIGABRT, f.SI_USER, process.pid, process.uid))
    return 0


@syscall(520)
def terminate_with_payload(
    call: Call, pid: Pid, reason_namespace: UInt, reason_code: Size, payload: Addr,
    payload_size: UInt, reason_string: Addr, reason_flags: Size,
) -> int:  # fmt: skip
    """End a process by SIGKILL."""
    del payload, payload_size, reason_flags
    if pid <= 0:
        raise Errno(EINVAL)
    if pid == 1:
        raise Errno(EPERM)
    target = call.kernel.find(pid)
    _say(call, f"terminates {pid}", reason_namespace, reason_code, reason_string)
    call.kernel.post(target, SigInfo(f.SIGKILL, f.SI_USER, call.process.pid, call.process.uid))
    return 0


@syscall(529)
def os_fault_with_payload(
    call: Call, reason_namespace: UInt, reason_code: Size, payload: Addr, payload_size: UInt,
    reason_string: Addr, reason_flags: Size,
) -> int:  # fmt: skip
    """Report a fault and go on; a payload that is too large is EINVAL."""
    del reason_flags
    if payload_size > _PAYLOAD_MAX:
        raise Errno(EINVAL)
    if payload and payload_size:
        call.space.copyin(payload, payload_size)
    _say(call, "reports a fault", reason_namespace, reason_code, reason_string)
    return 0


def _say(call: Call, what: str, namespace: int, code: int, text: int) -> None:
    """Say a reason; its text is left out where it cannot be read, as xnu leaves it out."""
    said = ""
    if text:
        try:
            said = ": " + call.space.copyinstr(text, _TEXT_MAX).decode(errors="replace")
        except Errno as failed:
            said = " (its text cannot be read)" if failed.number == EFAULT else ""
    call.warn(f"[pid {call.process.pid}] {what}, reason {code:#x} of namespace {namespace}{said}")
