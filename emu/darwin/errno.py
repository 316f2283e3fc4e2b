"""Darwin's error numbers, and the exception by which a call fails for the guest.

The numbers are those of xnu's ``bsd/sys/errno.h``; many differ from Linux's, so a host's
error is translated by *name* (:func:`emu.host.errors.darwin_errno`), never by number.
"""

from __future__ import annotations

__all__ = ["MESSAGES", "NAMES", "Errno"]

EPERM = 1
ENOENT = 2
ESRCH = 3
EINTR = 4
EIO = 5
ENXIO = 6
E2BIG = 7
ENOEXEC = 8
EBADF = 9
ECHILD = 10
EDEADLK = 11
ENOMEM = 12
EACCES = 13
EFAULT = 14
ENOTBLK = 15
EBUSY = 16
EEXIST = 17
EXDEV = 18
ENODEV = 19
ENOTDIR = 20
EISDIR = 21
EINVAL = 22
ENFILE = 23
EMFILE = 24
ENOTTY = 25
ETXTBSY = 26
EFBIG = 27
ENOSPC = 28
ESPIPE = 29
EROFS = 30
EMLINK = 31
EPIPE = 32
EDOM = 33
ERANGE = 34
EAGAIN = 35
EINPROGRESS = 36
EALREADY = 37
ENOTSOCK = 38
EDESTADDRREQ = 39
EMSGSIZE = 40
EPROTOTYPE = 41
ENOPROTOOPT = 42
EPROTONOSUPPORT = 43
ESOCKTNOSUPPORT = 44
ENOTSUP = 45
EPFNOSUPPORT = 46
EAFNOSUPPORT = 47
EADDRINUSE = 48
EADDRNOTAVAIL = 49
ENETDOWN = 50
ENETUNREACH = 51
ENETRESET = 52
ECONNABORTED = 53
ECONNRESET = 54
ENOBUFS = 55
EISCONN = 56
ENOTCONN = 57
ESHUTDOWN = 58
ETOOMANYREFS = 59
ETIMEDOUT = 60
ECONNREFUSED = 61
ELOOP = 62
ENAMETOOLONG = 63
EHOSTDOWN = 64
EHOSTUNREACH = 65
ENOTEMPTY = 66
EPROCLIM = 67
EUSERS = 68
EDQUOT = 69
ESTALE = 70
EREMOTE = 71
EBADRPC = 72
ERPCMISMATCH = 73
EPROGUNAVAIL = 74
EPROGMISMATCH = 75
EPROCUNAVAIL = 76
ENOLCK = 77
ENOSYS = 78
EFTYPE = 79
EAUTH = 80
ENEEDAUTH = 81
EPWROFF = 82
EDEVERR = 83
EOVERFLOW = 84
EBADEXEC = 85
EBADARCH = 86
ESHLIBVERS = 87
EBADMACHO = 88
ECANCELED = 89
EIDRM = 90
ENOMSG = 91
EILSEQ = 92
ENOATTR = 93
EBADMSG = 94
EMULTIHOP = 95
ENODATA = 96
ENOLINK = 97
ENOSR = 98
ENOSTR = 99
EPROTO = 100
ETIME = 101
EOPNOTSUPP = 102
ENOPOLICY = 103
ENOTRECOVERABLE = 104
EOWNERDEAD = 105
EQFULL = 106

#: What ``strerror`` says on macOS, by name.
MESSAGES = {
    "EPERM": "Operation not permitted",
    "ENOENT": "No such file or directory",
    "ESRCH": "No such process",
    "EINTR": "Interrupted system call",
    "EIO": "Input/output error",
    "ENXIO": "Device not configured",
    "E2BIG": "Argument list too long",
    "ENOEXEC": "Exec format error",
    "EBADF": "Bad file descriptor",
    "ECHILD": "No child processes",
    "EDEADLK": "Resource deadlock avoided",
    "ENOMEM": "Cannot allocate memory",
    "EACCES": "Permission denied",
    "EFAULT": "Bad address",
    "ENOTBLK": "Block device required",
    "EBUSY": "Resource busy",
    "EEXIST": "File exists",
    "EXDEV": "Cross-device link",
    "ENODEV": "Operation not supported by device",
    "ENOTDIR": "Not a directory",
    "EISDIR": "Is a directory",
    "EINVAL": "Invalid argument",
    "ENFILE": "Too many open files in system",
    "EMFILE": "Too many open files",
    "ENOTTY": "Inappropriate ioctl for device",
    "ETXTBSY": "Text file busy",
    "EFBIG": "File too large",
    "ENOSPC": "No space left on device",
    "ESPIPE": "Illegal seek",
    "EROFS": "Read-only file system",
    "EMLINK": "Too many links",
    "EPIPE": "Broken pipe",
    "EDOM": "Numerical argument out of domain",
    "ERANGE": "Result too large",
    "EAGAIN": "Resource temporarily unavailable",
    "EINPROGRESS": "Operation now in progress",
    "EALREADY": "Operation already in progress",
    "ENOTSOCK": "Socket operation on non-socket",
    "EDESTADDRREQ": "Destination address required",
    "EMSGSIZE": "Message too long",
    "EPROTOTYPE": "Protocol wrong type for socket",
    "ENOPROTOOPT": "Protocol not available",
    "EPROTONOSUPPORT": "Protocol not supported",
    "ESOCKTNOSUPPORT": "Socket type not supported",
    "ENOTSUP": "Operation not supported",
    "EPFNOSUPPORT": "Protocol family not supported",
    "EAFNOSUPPORT": "Address family not supported by protocol family",
    "EADDRINUSE": "Address already in use",
    "EADDRNOTAVAIL": "Can't assign requested address",
    "ENETDOWN": "Network is down",
    "ENETUNREACH": "Network is unreachable",
    "ENETRESET": "Network dropped connection on reset",
    "ECONNABORTED": "Software caused connection abort",
    "ECONNRESET": "Connection reset by peer",
    "ENOBUFS": "No buffer space available",
    "EISCONN": "Socket is already connected",
    "ENOTCONN": "Socket is not connected",
    "ESHUTDOWN": "Can't send after socket shutdown",
    "ETOOMANYREFS": "Too many references: can't splice",
    "ETIMEDOUT": "Operation timed out",
    "ECONNREFUSED": "Connection refused",
    "ELOOP": "Too many levels of symbolic links",
    "ENAMETOOLONG": "File name too long",
    "EHOSTDOWN": "Host is down",
    "EHOSTUNREACH": "No route to host",
    "ENOTEMPTY": "Directory not empty",
    "EPROCLIM": "Too many processes",
    "EUSERS": "Too many users",
    "EDQUOT": "Disc quota exceeded",
    "ESTALE": "Stale NFS file handle",
    "EREMOTE": "Too many levels of remote in path",
    "EBADRPC": "RPC struct is bad",
    "ERPCMISMATCH": "RPC version wrong",
    "EPROGUNAVAIL": "RPC prog. not avail",
    "EPROGMISMATCH": "Program version wrong",
    "EPROCUNAVAIL": "Bad procedure for program",
    "ENOLCK": "No locks available",
    "ENOSYS": "Function not implemented",
    "EFTYPE": "Inappropriate file type or format",
    "EAUTH": "Authentication error",
    "ENEEDAUTH": "Need authenticator",
    "EPWROFF": "Device power is off",
    "EDEVERR": "Device error",
    "EOVERFLOW": "Value too large to be stored in data type",
    "EBADEXEC": "Bad executable (or shared library)",
    "EBADARCH": "Bad CPU type in executable",
    "ESHLIBVERS": "Shared library version mismatch",
    "EBADMACHO": "Malformed Mach-o file",
    "ECANCELED": "Operation canceled",
    "EIDRM": "Identifier removed",
    "ENOMSG": "No message of desired type",
    "EILSEQ": "Illegal byte sequence",
    "ENOATTR": "Attribute not found",
    "EBADMSG": "Bad message",
    "EMULTIHOP": "EMULTIHOP (Reserved)",
    "ENODATA": "No message available on STREAM",
    "ENOLINK": "ENOLINK (Reserved)",
    "ENOSR": "No STR resources",
    "ENOSTR": "Not a STREAM",
    "EPROTO": "Protocol error",
    "ETIME": "STREAM ioctl timeout",
    "EOPNOTSUPP": "Operation not supported on socket",
    "ENOPOLICY": "Policy not found",
    "ENOTRECOVERABLE": "State not recoverable",
    "EOWNERDEAD": "Previous owner died",
    "EQFULL": "Interface output queue is full",
}

#: Name by number.
NAMES = {value: name for name, value in list(globals().items()) if name in MESSAGES}


class Errno(Exception):  # noqa: N818 - it is not an error of ours but the guest's result
    """A system call fails with this number: carry set, x0 = ``number``.

    It is outside the tree of :mod:`emu.errors` because it is a result that the guest
    sees, not something that went wrong in the emulator.
    """

    def __init__(self, number: int) -> None:
        """Keep ``number``, one of this module's constants."""
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        """Return name and message as ``strace`` prints them."""
        return f"{NAMES[self.number]} ({MESSAGES[NAMES[self.number]]})"
