"""Turns a host's failure into Darwin's error number, by name.

The numbers differ between hosts (EAGAIN is 11, 35 or 10035), the names do not: a host's number is
looked up in that host's own table, Winsock's prefix is dropped, and the name is Darwin's.
"""

from __future__ import annotations

import errno

from emu.darwin import errno as darwin

__all__ = ["DarwinError", "darwin_errno", "failure"]


class DarwinError(OSError):
    """A refusal that the door itself decides, with the name that Darwin has for it.

    ``errno`` is the host's number of the same name where it has one, so that Python's subclasses
    would fit; :attr:`number` is Darwin's.
    """

    number: int


def failure(name: str) -> DarwinError:
    """Return the error that Darwin calls ``name``, ready to be raised."""
    exc = DarwinError(getattr(errno, name, errno.EINVAL), darwin.MESSAGES[name])
    exc.number = getattr(darwin, name)
    return exc


#: Names that Darwin spells in another way, or does not have.
_SYNONYMS = {
    "EWOULDBLOCK": "EAGAIN",
    "EDEADLOCK": "EDEADLK",
    "EREMOTEIO": "EIO",
    "ENOMEDIUM": "ENXIO",
    "ENOKEY": "EACCES",
    "EDISCON": "ENOTCONN",
    "EPROVIDERFAILEDINIT": "ENETDOWN",
    "SYSNOTREADY": "ENETDOWN",
    "NOTINITIALISED": "ENETDOWN",
    "VERNOTSUPPORTED": "EPROTONOSUPPORT",
}

#: Windows: what remains as a Winsock or system code after Python's own translation.
_WINERROR_NAMES = {
    1: "EINVAL",  # ERROR_INVALID_FUNCTION
    32: "EBUSY",  # ERROR_SHARING_VIOLATION
    33: "EBUSY",  # ERROR_LOCK_VIOLATION
    87: "EINVAL",  # ERROR_INVALID_PARAMETER
    123: "ENOENT",  # ERROR_INVALID_NAME
    145: "ENOTEMPTY",  # ERROR_DIR_NOT_EMPTY
    206: "ENAMETOOLONG",  # ERROR_FILENAME_EXCED_RANGE
    267: "ENOTDIR",  # ERROR_DIRECTORY
    1314: "EPERM",  # ERROR_PRIVILEGE_NOT_HELD: making a symbolic link
    1920: "ELOOP",  # ERROR_CANT_ACCESS_FILE: a reparse point
}

#: For exceptions that carry no number.
_BY_CLASS: list[tuple[type[OSError], str]] = [
    (BlockingIOError, "EAGAIN"),
    (BrokenPipeError, "EPIPE"),
    (ConnectionAbortedError, "ECONNABORTED"),
    (ConnectionRefusedError, "ECONNREFUSED"),
    (ConnectionResetError, "ECONNRESET"),
    (TimeoutError, "ETIMEDOUT"),
    (FileNotFoundError, "ENOENT"),
    (FileExistsError, "EEXIST"),
    (PermissionError, "EACCES"),
]


def darwin_errno(exc: OSError) -> int:
    """Return Darwin's number for a failure of the host; ``EIO`` where there is no such name."""
    if isinstance(exc, DarwinError):
        return exc.number
    name = _name(exc.errno, getattr(exc, "winerror", None))
    if name is None:
        name = next((name for cls, name in _BY_CLASS if isinstance(exc, cls)), "EIO")
    number: int = getattr(darwin, name)
    return number


def _name(number: int | None, winerror: int | None) -> str | None:
    """Return Darwin's name for a host's number, None where there is none."""
    if winerror in _WINERROR_NAMES:
        return _WINERROR_NAMES[winerror]
    if number is None:
        return None
    if number == errno.EOPNOTSUPP:
        return "EOPNOTSUPP"  # Linux has one number for it and ENOTSUP; here it comes from sockets
    return darwin_name(errno.errorcode.get(number, ""))


def darwin_name(name: str) -> str | None:
    """Return Darwin's name for the name that a host's ``errno.h`` or Winsock uses."""
    name = name.removeprefix("WSA")
    name = _SYNONYMS.get(name, name)
    return name if name in darwin.MESSAGES else None
