"""The numbers of Darwin's system calls and Mach traps, and their names.

In ``x16`` a positive number is a BSD call, a negative one a Mach trap. All of them can be *named*,
also those that nothing here implements.
"""

from __future__ import annotations

from functools import cache

from emu.darwin.calls import TABLE
from emu.record import record

__all__ = ["MACH_TRAPS", "Argument", "Signature", "name_of", "number_of", "signatures"]


@record
class Argument:
    """One argument: its name in xnu and its kind, a letter of :mod:`emu.darwin.calls`."""

    name: str
    kind: str


@record
class Signature:
    """What is known of a call without implementing it.

    Attributes:
        number: what the guest puts into x16.
        name: xnu's name.
        returns: the kind of the result.
        arguments: in the order x0, x1, …
        twin_of: the number of the cancellable call where this is its ``_nocancel`` twin.
    """

    number: int
    name: str
    returns: str
    arguments: tuple[Argument, ...]
    twin_of: int | None = None


@cache
def signatures() -> dict[int, Signature]:
    """Return every BSD call by number; parsed at the first use, since a run may need none."""
    rows = [row.split() for row in TABLE.replace("\n ", " ").splitlines()]
    calls = {int(row[0]): _signature(row) for row in rows if row[2] != "="}
    numbers = {call.name: call for call in calls.values()}
    for row in rows:
        if row[2] == "=":
            first = numbers[row[1].removesuffix("_nocancel")]
            calls[int(row[0])] = Signature(
                int(row[0]), row[1], first.returns, first.arguments, first.number
            )
    return dict(sorted(calls.items()))


def _signature(row: list[str]) -> Signature:
    """Read one split line of the table that is not a twin's."""
    pairs = [field.split(":") for field in row[3:]]
    return Signature(int(row[0]), row[1], row[2], tuple(Argument(n, k) for n, k in pairs))


def name_of(number: int) -> str | None:
    """Return the name of a BSD call or Mach trap, None for a number that is neither."""
    if number < 0:
        return MACH_TRAPS.get(number)
    signature = signatures().get(number)
    return signature.name if signature else None


def number_of(name: str) -> int | None:
    """Return the number of the BSD call or Mach trap that has this name."""
    return _numbers().get(name)


@cache
def _numbers() -> dict[str, int]:
    """Turn names into numbers."""
    numbers = {name: number for number, name in MACH_TRAPS.items()}
    return numbers | {call.name: number for number, call in signatures().items()}


#: The Mach traps of ``osfmk/kern/syscall_sw.c`` by their (negative) number, and the two clock
#: traps that arm64 answers before the table.
MACH_TRAPS = {
    -3: "mach_absolute_time",
    -4: "mach_continuous_time",
    -10: "_kernelrpc_mach_vm_allocate_trap",
    -11: "_kernelrpc_mach_vm_purgable_control_trap",
    -12: "_kernelrpc_mach_vm_deallocate_trap",
    -13: "task_dyld_process_info_notify_get_trap",
    -14: "_kernelrpc_mach_vm_protect_trap",
    -15: "_kernelrpc_mach_vm_map_trap",
    -16: "_kernelrpc_mach_port_allocate_trap",
    -18: "_kernelrpc_mach_port_deallocate_trap",
    -19: "_kernelrpc_mach_port_mod_refs_trap",
    -20: "_kernelrpc_mach_port_move_member_trap",
    -21: "_kernelrpc_mach_port_insert_right_trap",
    -22: "_kernelrpc_mach_port_insert_member_trap",
    -23: "_kernelrpc_mach_port_extract_member_trap",
    -24: "_kernelrpc_mach_port_construct_trap",
    -25: "_kernelrpc_mach_port_destruct_trap",
    -26: "mach_reply_port",
    -27: "thread_self_trap",
    -28: "task_self_trap",
    -29: "host_self_trap",
    -31: "mach_msg_trap",
    -32: "mach_msg_overwrite_trap",
    -33: "semaphore_signal_trap",
    -34: "semaphore_signal_all_trap",
    -35: "semaphore_signal_thread_trap",
    -36: "semaphore_wait_trap",
    -37: "semaphore_wait_signal_trap",
    -38: "semaphore_timedwait_trap",
    -39: "semaphore_timedwait_signal_trap",
    -40: "_kernelrpc_mach_port_get_attributes_trap",
    -41: "_kernelrpc_mach_port_guard_trap",
    -42: "_kernelrpc_mach_port_unguard_trap",
    -43: "mach_generate_activity_id",
    -44: "task_name_for_pid",
    -45: "task_for_pid",
    -46: "pid_for_task",
    -47: "mach_msg2_trap",
    -48: "macx_swapon",
    -49: "macx_swapoff",
    -50: "thread_get_special_reply_port",
    -51: "macx_triggers",
    -52: "macx_backing_store_suspend",
    -53: "macx_backing_store_recovery",
    -58: "pfz_exit",
    -59: "swtch_pri",
    -60: "swtch",
    -61: "thread_switch",
    -62: "clock_sleep_trap",
    -70: "host_create_mach_voucher_trap",
    -72: "mach_voucher_extract_attr_recipe_trap",
    -76: "_kernelrpc_mach_port_type_trap",
    -77: "_kernelrpc_mach_port_request_notification_trap",
    -88: "_exclaves_ctl_trap",
    -89: "mach_timebase_info_trap",
    -90: "mach_wait_until_trap",
    -91: "mk_timer_create_trap",
    -92: "mk_timer_destroy_trap",
    -93: "mk_timer_arm_trap",
    -94: "mk_timer_cancel_trap",
    -95: "mk_timer_arm_leeway_trap",
    -96: "debug_control_port_for_pid",
    -100: "iokit_user_client_trap",
}
