"""The host's failures by Darwin's numbers."""

from __future__ import annotations

import errno
import os

import pytest

from emu.darwin import errno as darwin
from emu.host.errors import darwin_errno, darwin_name, failure


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("EPERM", 1),
        ("ENOENT", 2),
        ("EAGAIN", 35),
        ("EINPROGRESS", 36),
        ("EADDRINUSE", 48),
        ("EADDRNOTAVAIL", 49),
        ("ECONNRESET", 54),
        ("ENOTCONN", 57),
        ("ETIMEDOUT", 60),
        ("ELOOP", 62),
        ("ENAMETOOLONG", 63),
        ("ENOTEMPTY", 66),
        ("ENOSYS", 78),
        ("EOVERFLOW", 84),
        ("EOPNOTSUPP", 102),
    ],
)
def test_numbers_are_translated_by_name(name: str, number: int) -> None:
    code = getattr(errno, name)
    assert darwin_errno(OSError(code, os.strerror(code))) == number
    assert darwin_errno(failure(name)) == number


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("WSAEWOULDBLOCK", "EAGAIN"),
        ("WSAEINTR", "EINTR"),
        ("WSAECONNRESET", "ECONNRESET"),
        ("WSAECONNABORTED", "ECONNABORTED"),
        ("WSAENOTSOCK", "ENOTSOCK"),
        ("WSAEADDRINUSE", "EADDRINUSE"),
        ("WSAESHUTDOWN", "ESHUTDOWN"),
        ("WSAETIMEDOUT", "ETIMEDOUT"),
        ("WSAEISCONN", "EISCONN"),
        ("WSAEMFILE", "EMFILE"),
        ("WSAEDISCON", "ENOTCONN"),
        ("WSASYSNOTREADY", "ENETDOWN"),
        ("EWOULDBLOCK", "EAGAIN"),
        ("EDEADLOCK", "EDEADLK"),
        ("EXYZ", None),
    ],
)
def test_winsock_names_are_darwins_without_their_prefix(name: str, expected: str | None) -> None:
    assert darwin_name(name) == expected


def test_windows_codes_come_before_the_number() -> None:
    exc = OSError(errno.EACCES, "")
    exc.winerror = 145  # type: ignore[attr-defined, unused-ignore]
    assert darwin_errno(exc) == darwin.ENOTEMPTY


@pytest.mark.parametrize(
    ("exc", "number"),
    [
        (BlockingIOError(), darwin.EAGAIN),
        (TimeoutError(), darwin.ETIMEDOUT),
        (ConnectionResetError(), darwin.ECONNRESET),
        (OSError(), darwin.EIO),
        (OSError(987654, "?"), darwin.EIO),
    ],
)
def test_exceptions_without_a_known_number_go_by_their_class(exc: OSError, number: int) -> None:
    assert darwin_errno(exc) == number


def test_every_name_of_darwin_can_be_a_refusal() -> None:
    for name in darwin.MESSAGES:
        assert darwin_errno(failure(name)) == getattr(darwin, name)
