"""Every pointer of every call, bad in each way: EFAULT, and the process lives.

Each row is a call that would succeed, or at least look at all of its pointers.
"""

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.numbers import name_of, number_of
from emu.darwin.structs import Flock, Kevent, Kevent64, Msghdr, Rlimit
from emu.image import PAGE_SIZE
from emu.syscalls.kinds import Kind
from emu.syscalls.table import TABLE
from tests.callbench import NOWHERE, READ_ONLY, CallBench
from tests.guest import run_guest

AT = f.AT_FDCWD
TASK = 0x203

#: Arguments that the test makes: a path that is there, one that is not, a directory's, memory,
#: an open file (read and write), a directory, a pipe's ends, a connected socket, a listening one, …
ROWS: dict[str, tuple[int | str, ...]] = {
    "read": ("file", "buf", 8),
    "write": ("file", "buf", 8),
    "open": ("path", f.O_RDONLY, 0),
    "wait4": (-1, "buf", 0, "buf"),
    "link": ("path", "new"),
    "unlink": ("path",),
    "chdir": ("dirpath",),
    "mknod": ("new", 0, 0),
    "chmod": ("path", 0o644),
    "chown": ("path", -1, -1),
    "recvmsg": ("pair", "msg", 0),
    "sendmsg": ("pair", "msg", 0),
    "recvfrom": ("filled", "buf", 8, 0, "buf", "length"),
    "accept": ("pending", "buf", "length"),
    "getpeername": ("pair", "buf", "length"),
    "getsockname": ("pair", "buf", "length"),
    "access": ("path", f.R_OK),
    "chflags": ("path", 0),
    "sigaction": (f.SIGINT, "buf", "buf"),
    "sigprocmask": (f.SIG_BLOCK, "buf", "buf"),
    "getlogin": ("buf", 8),
    "setlogin": ("path",),
    "sigpending": ("buf",),
    "sigaltstack": ("stack", "buf"),
    "ioctl": ("pipe", f.FIONREAD, "buf"),
    "symlink": ("path", "new"),
    "readlink": ("linkpath", "buf", 8),
    "execve": ("path", "argv", "argv"),
    "chroot": ("path",),
    "stat": ("path", "buf"),
    "lstat": ("path", "buf"),
    "fstat": ("file", "buf"),
    "fstatat": (AT, "path", "buf", 0),
    "getdirentries": ("dir", "buf", 1024, "buf"),
    "statfs": ("path", "buf"),
    "fstatfs": ("file", "buf"),
    "getfsstat": ("buf", 4096, 0),
    "fchownat": (AT, "path", -1, -1, 0),
    "mknodat": (AT, "new", 0, 0),
    "unmount": ("path", 0),
    "mount": ("path", "path", 0, 0),
    "adjtime": (0, "buf"),
    "csops_audittoken": (0, 0, "buf", 4, "zeros"),
    "os_fault_with_payload": (1, 2, "buf", 8, "name", 0),
    "task_for_pid": (TASK, 100, "buf"),
    "task_name_for_pid": (TASK, 100, "buf"),
    "clock_sleep_trap": (0, 1, 0, 0, "buf"),
    "open_dprotected_np": ("path", f.O_RDONLY, 0, 0, 0),
    "openat_dprotected_np": (AT, "path", f.O_RDONLY, 0, 0, 0, 0),
    "clonefileat": (AT, "path", AT, "new", 0),
    "fclonefileat": ("file", AT, "new", 0),
    "shm_open": ("name", f.O_RDWR | f.O_CREAT, 0o600),
    "shm_unlink": ("name",),
    "sem_open": ("name", f.O_CREAT, 0o600, 1),
    "sem_unlink": ("name",),
    "posix_spawn": ("buf", "path", "spawn", "argv", "argv"),
    "mincore": ("page", 8, "buf"),
    "getgroups": (4, "buf"),
    "setitimer": (0, "zeros", "buf"),
    "getitimer": (0, "buf"),
    "select": (8, "zeros", "zeros", "zeros", "zeros"),
    "connect": ("unbound", "sockaddr", 16),
    "bind": ("unbound", "sockaddr", 16),
    "setsockopt": ("pair", f.SOL_SOCKET, f.SO_KEEPALIVE, "zeros", 4),
    "getsockopt": ("pair", f.SOL_SOCKET, f.SO_TYPE, "buf", "length"),
    "gettimeofday": ("buf", "buf", "buf"),
    "getrusage": (0, "buf"),
    "readv": ("file", "iov", 1),
    "writev": ("file", "iov", 1),
    "rename": ("path", "new"),
    "mkfifo": ("new", 0o644),
    "sendto": ("dgram", "buf", 8, 0, "sockaddr", 16),
    "mkdir": ("new", 0o755),
    "rmdir": ("dirpath",),
    "utimes": ("path", "zeros"),
    "futimes": ("file", "zeros"),
    "gethostuuid": ("buf", "zeros"),
    "pread": ("file", "buf", 8, 0),
    "pwrite": ("file", "buf", 8, 0),
    "csops": (0, 0, "buf", 4),
    "waitid": (f.P_ALL, 0, "buf", f.WEXITED),
    "pathconf": ("path", 4),
    "getrlimit": (f.RLIMIT_CPU, "buf"),
    "setrlimit": (f.RLIMIT_CPU, "rlimit"),
    "truncate": ("path", 3),
    "sysctl": ("oid", 2, "buf", "length", 0, 0),
    "sysctlbyname": ("name", 7, "buf", "length", 0, 0),
    "poll": ("pollfd", 1, 0),
    "socketpair": (f.AF_UNIX, f.SOCK_STREAM, 0, "buf"),
    "pselect": (8, "zeros", "zeros", "zeros", "zeros", "zeros"),
    "__sigwait": ("signals", "buf"),
    "__pthread_sigmask": (f.SIG_BLOCK, "buf", "buf"),
    "proc_info": (1, f.PROC_ALL_PIDS, 0, 0, "buf", 64),
    "stat64": ("path", "buf"),
    "fstat64": ("file", "buf"),
    "lstat64": ("path", "buf"),
    "getdirentries64": ("dir", "buf", 1024, "buf"),
    "statfs64": ("path", "buf"),
    "fstatfs64": ("file", "buf"),
    "getfsstat64": ("buf", 4096, 0),
    "lchown": ("path", -1, -1),
    "kevent": ("queue", "changes", 1, "buf", 1, "zeros"),
    "kevent64": ("queue", "changes64", 1, "buf", 1, 0, "zeros"),
    "openat": (AT, "path", f.O_RDONLY, 0),
    "renameat": (AT, "path", AT, "new"),
    "faccessat": (AT, "path", 0, 0),
    "fchmodat": (AT, "path", 0o644, 0),
    "fstatat64": (AT, "path", "buf", 0),
    "linkat": (AT, "path", AT, "new", 0),
    "unlinkat": (AT, "path", 0),
    "readlinkat": (AT, "linkpath", "buf", 8),
    "symlinkat": ("path", AT, "new"),
    "mkdirat": (AT, "new", 0o755),
    "renameatx_np": (AT, "path", AT, "new", 0),
    "getentropy": ("buf", 8),
    "ulock_wait": (1, "word", 1, 0),
    "ulock_wake": (1, "word", 0),
    "ulock_wait2": (1, "word", 1, 0, 0),
    "preadv": ("file", "iov", 1, 0),
    "pwritev": ("file", "iov", 1, 0),
    "mkfifoat": (AT, "new", 0o644),
    "mach_timebase_info_trap": ("buf",),
    "pid_for_task": (TASK, "buf"),
    "_kernelrpc_mach_vm_allocate_trap": (TASK, "zeros", PAGE_SIZE, 1),
    "_kernelrpc_mach_vm_map_trap": (TASK, "zeros", PAGE_SIZE, 0, 1, 3),
    "sendfile": ("file", "pair", 0, "length", "zeros32", 0),
    "getxattr": ("path", "name", "buf", 8, 0, 0),
    "fgetxattr": ("file", "name", "buf", 8, 0, 0),
    "setxattr": ("path", "name", "buf", 8, 0, 0),
    "fsetxattr": ("file", "name", "buf", 8, 0, 0),
    "removexattr": ("path", "name", 0),
    "fremovexattr": ("file", "name", 0),
    "listxattr": ("path", "buf", 8, 0),
}

#: Pointers that are addresses to work on, not to follow, and those that nothing looks at.
NOT_FOLLOWED = {
    *((name, "addr") for name in ("mmap", "munmap", "mprotect", "madvise", "msync", "mincore")),
    ("minherit", "addr"),
    *((name, "addr") for name in ("mlock", "munlock", "ptrace")),
    ("_kernelrpc_mach_vm_deallocate_trap", "address"),
    ("_kernelrpc_mach_vm_protect_trap", "address"),
    ("sigreturn", "token"),
    ("gethostuuid", "timeoutp"),
    ("setgroups", "gidset"),
    ("initgroups", "gidset"),
    ("acct", "path"),  # nobody but root gets that far
    ("reboot", "msg"),
    ("mount", "data"),
    ("adjtime", "delta"),
    ("gettid", "uidp"),  # there is no identity to be told
    ("gettid", "gidp"),
    ("abort_with_payload", "payload"),  # a reason that cannot be read is left out
    ("abort_with_payload", "reason_string"),
    ("terminate_with_payload", "payload"),
    ("terminate_with_payload", "reason_string"),
    ("os_fault_with_payload", "reason_string"),
    ("posix_spawn", "pid"),  # the child runs by then
    ("settimeofday", "tv"),
    ("settimeofday", "tzp"),
    ("fcntl", "arg"),  # has a table of its own
    ("proc_info", "arg"),
    ("sysctl", "new"),
    ("sysctlbyname", "new"),
    ("csops", "arg"),
    ("setxattr", "value"),
    ("fsetxattr", "value"),
    ("getxattr", "value"),
    ("fgetxattr", "value"),
    ("listxattr", "namebuf"),
    ("flistxattr", "namebuf"),
}
#: Calls that no row can call: they are tested one by one.
APART = {"sigreturn"}
_TAKEN = {"addr", "path", "inbuf", "strings", "sockaddr", "iovec_in", "iovec_out"}


def is_pointer(kind: Kind) -> bool:
    return kind.out or kind.name in _TAKEN or kind.name.endswith(("_in", "_inout"))


def pointers(name: str) -> Iterator[tuple[int, str, Kind]]:
    row = TABLE[number_of(name) or 0]
    for index, (parameter, kind) in enumerate(zip(row.parameters, row.kinds, strict=True)):
        if is_pointer(kind) and (name, parameter.rstrip("_")) not in NOT_FOLLOWED:
            yield index, parameter.rstrip("_"), kind


CASES = [
    pytest.param(name, index, bad, id=f"{name}-{parameter}-{how}")
    for name in ROWS
    if number_of(name) in TABLE
    for index, parameter, kind in pointers(name)
    for how, bad in (("nowhere", NOWHERE), ("read-only", READ_ONLY))
    if bad == NOWHERE or (kind.out and kind.name not in {"ioctl_arg", "iovec_out"})
]


def test_every_call_with_pointers_has_its_row() -> None:
    names = {name_of(number) or "" for number in TABLE}
    calls = {n for n in names if not n.endswith("_nocancel") and any(pointers(n))}
    assert calls - ROWS.keys() - APART == set()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"0123456789" * 10)
    (tmp_path / "file").chmod(0o755)
    (tmp_path / "dir").mkdir()
    (tmp_path / "link").symlink_to("file")
    return tmp_path


def made(bench: CallBench, what: str) -> int:
    """Make the argument that a row names."""
    memory = {
        "zeros": bytes(64), "spawn": bytes(64), "zeros32": bytes(32),
        "length": struct.pack("<Q", 64),
        "name": b"hw.ncpu\0", "oid": struct.pack("<2i", 6, 3), "word": bytes(8),
        "signals": struct.pack("<I", 2), "rlimit": Rlimit(1, 1).pack(), "argv": bytes(8),
        "pollfd": struct.pack("<ihh", -1, 0, 0), "stack": struct.pack("<QQi4x", 0, 0, f.SS_DISABLE),
        "sockaddr": struct.pack(">BBH4s8x", 16, f.AF_INET, 9, b"\x7f\0\0\1"),
        "changes": Kevent(1, f.EVFILT_USER, f.EV_ADD, f.NOTE_TRIGGER, 0, 0).pack(),
        "changes64": Kevent64(1, f.EVFILT_USER, f.EV_ADD, f.NOTE_TRIGGER, 0, 0, 0, 0).pack(),
        "flock": Flock(0, 0, 0, f.F_RDLCK, 0).pack(),
    }  # fmt: skip
    if what in memory:
        return bench.put(memory[what])
    paths = {"path": "file", "new": "new", "dirpath": "dir", "linkpath": "link"}
    if what in paths:
        return bench.path(paths[what])
    match what:
        case "buf" | "page":
            return bench.buffer if what == "buf" else READ_ONLY
        case "iov":
            return bench.put(struct.pack("<2Q", bench.buffer, 8))
        case "msg":
            return bench.put(Msghdr(0, 0, made(bench, "iov"), 1, 0, 0, 0).pack())
        case "file" | "dir":
            flags = f.O_RDWR if what == "file" else f.O_RDONLY
            return bench.result("open", bench.path(what), flags, 0)
        case "queue":
            return bench.result("kqueue")
    return sock(bench, what)


def sock(bench: CallBench, what: str) -> int:
    """Make a pipe, or a socket that stands as ``what`` says."""
    if what == "pipe":
        both = bench.call("pipe")
        assert isinstance(both, tuple)
        return both[0]
    if what == "pair":
        at = bench.put(bytes(8))
        bench.call("socketpair", f.AF_UNIX, f.SOCK_STREAM, 0, at)
        one, other = struct.unpack("<2i", bench.get(at, 8))
        bench.call("write", other, bench.buffer, 16)
        return int(one)
    kind = f.SOCK_DGRAM if what in {"dgram", "filled"} else f.SOCK_STREAM
    made_socket = bench.result("socket", f.AF_INET, kind, 0)
    if what == "filled":
        at, length = made(bench, "sockaddr"), bench.put(struct.pack("<I", 16))
        bench.process.space.copyout(at + 2, bytes(2))
        assert bench.call("bind", made_socket, at, 16) == 0
        bench.call("getsockname", made_socket, at, length)
        assert bench.call("sendto", made_socket, bench.buffer, 16, 0, at, 16) == 16
    if what == "pending":
        bench.call("listen", made_socket, 5)
        at, length = bench.put(bytes(16)), bench.put(struct.pack("<I", 16))
        bench.call("getsockname", made_socket, at, length)
        client = bench.result("socket", f.AF_INET, f.SOCK_STREAM, 0)
        bench.call("connect", client, at, 16)
        bench.process.memory.clear()
    return made_socket


@pytest.mark.usefixtures("site")
@pytest.mark.skipif(sys.platform == "win32", reason="some calls fail before they look there")
@pytest.mark.parametrize(("name", "index", "bad"), CASES)
def test_a_bad_pointer_is_efault(bench: CallBench, name: str, index: int, bad: int) -> None:
    if name in {"wait4", "waitid"}:
        child = bench.kernel.fork(bench.process)
        bench.process.space.restore()
        bench.kernel.exit(child, 0)
    arguments = [a if isinstance(a, int) else made(bench, a) for a in ROWS[name]]
    arguments[index] = bad
    expected: object = "EFAULT"
    if (number_of(name) or 0) < 0:
        expected = 1  # KERN_INVALID_ADDRESS
    assert bench.call(name, *arguments) == expected


#: Two pages of different protection once: x20 is where the second, a region of its own, begins.
SPLIT = """
_main:  mov x0, #0
        mov x1, #0x8000
        mov x2, #3
        mov x3, #0x1002
        mov x4, #-1
        mov x5, #0
        sys 197
        add x20, x0, #4, lsl #12
        mov x0, x20
        mov x1, #0x4000
        mov x2, #1
        sys 74
        mov x0, x20
        mov x1, #0x4000
        mov x2, #3
        sys 74
        {setup}
        sys {number}
        cset x0, cs
        sys 1
.data
.p2align 3
pair:   .quad 0
mask:   .quad 1 << 29
bytes:  .quad 3
vector: .quad bytes, 3
"""
SOCKETS = "mov x0, #1\n mov x1, #1\n mov x2, #0\n"
SPLIT_CALLS = {
    "socketpair": f"{SOCKETS} sub x3, x20, #4",
    "recvmsg": f"""{SOCKETS} la x3, pair
        sys 135
        la x9, pair
        ldr w0, [x9]
        la x1, bytes
        mov x2, #3
        sys 4
        ldr w0, [x9, #4]
        sub x1, x20, #24
        la x3, vector
        str x3, [x1, #16]
        mov w3, #1
        str w3, [x1, #24]
        mov x2, #0""",
    "__sigwait": """mov x0, #1
        la x1, mask
        mov x2, #0
        sys 48
        sys 20
        mov x1, #30
        sys 37
        la x0, mask
        sub x1, x20, #2""",
}


@pytest.mark.parametrize("name", SPLIT_CALLS)
def test_a_pointer_may_lead_across_two_regions(tmp_path: Path, name: str) -> None:
    text = SPLIT.format(setup=SPLIT_CALLS[name], number=number_of(name))
    assert run_guest(tmp_path, text).exit == 0
