"""A terminal of the host, with Darwin's settings (xnu: ``bsd/sys/termios.h``).

Flags and control characters have other numbers on other hosts, and some are missing there: they are
translated by name, and what has no name on the host stays as it is.  The host never waits for the
emulator, so what VMIN and VTIME ask for is kept here and done by whoever reads.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from emu.darwin.termios import (
    CFLAGS,
    CHARACTERS,
    ICANON,
    IFLAGS,
    LFLAGS,
    OFLAGS,
    SIZES,
    VMIN,
    VTIME,
)
from emu.host.errors import failure
from emu.host.stdio import TIMING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Attributes", "Terminal", "terminal_at"]

Result = TypeVar("Result")

_NCCS, _DISABLED = 20, 0xFF
#: What a terminal has that no host tells of: input is UTF-8.
_IUTF8: Final = IFLAGS["IUTF8"]


class Attributes(NamedTuple):
    """``struct termios``: sets of flags, 20 control characters (0xFF is off), bits a second."""

    iflag: int
    oflag: int
    cflag: int
    lflag: int
    cc: bytes
    ispeed: int
    ospeed: int


class Terminal:
    """A terminal by one of its descriptors, which stays its owner's; all fail with OSError."""

    def read_timeout(self) -> float | None:
        """Return how many seconds a read waits for a first byte, None for as long as it takes."""
        return None

    def attributes(self) -> Attributes:
        """Return the settings."""
        raise failure("ENOTTY")

    def change(self, new: Attributes, when: str) -> None:
        """Make ``new`` the settings: "now", after output ("drain"), or without input ("flush")."""
        raise failure("ENOTTY")

    def flush(self, *, read: bool, write: bool) -> None:
        """Forget what was typed and not read, or written and not sent."""
        raise failure("ENOTTY")

    def resize(self, columns: int, lines: int) -> None:
        """Say how large the terminal is."""
        raise failure("ENOTTY")


if sys.platform == "win32":

    def terminal_at(fd: int) -> Terminal | None:
        """Return the terminal behind a descriptor; None: Windows has another idea of terminals."""
        del fd
        return None

else:
    import termios

    def terminal_at(fd: int) -> Terminal | None:
        """Return the terminal behind a descriptor, None where there is none."""
        return _Tty(fd) if os.isatty(fd) else None

    _WHEN = {"now": termios.TCSANOW, "drain": termios.TCSADRAIN, "flush": termios.TCSAFLUSH}

    class _Tty(Terminal):
        def __init__(self, fd: int) -> None:
            self._fd = fd

        def _settings(self) -> list[Any]:
            """Return the host's own settings."""
            return _attempt(lambda: termios.tcgetattr(self._fd))

        def _device(self) -> int:
            return os.fstat(self._fd).st_rdev

        def read_timeout(self) -> float | None:
            timing = TIMING.get(self._device())
            if timing is None or timing[0] or self._settings()[3] & termios.ICANON:
                return None
            return timing[1] / 10

        def attributes(self) -> Attributes:
            iflag, oflag, cflag, lflag, ispeed, ospeed, cc = self._settings()
            sizes = (bits for name, bits in SIZES.items() if _own(name) == cflag & termios.CSIZE)
            characters = self._characters(cc)
            timing = TIMING.get(self._device(), (1, 0))
            if not lflag & termios.ICANON and self._device() not in TIMING:
                timing = _ord(cc[termios.VMIN]), _ord(cc[termios.VTIME])
            characters[VMIN], characters[VTIME] = timing
            return Attributes(
                _from_host(iflag, IFLAGS) | _IUTF8,
                _from_host(oflag, OFLAGS),
                _from_host(cflag, CFLAGS) | next(sizes, SIZES["CS8"]),
                _from_host(lflag, LFLAGS),
                bytes(characters),
                _bits_a_second(ispeed),
                _bits_a_second(ospeed),
            )

        def _characters(self, cc: list[Any]) -> bytearray:
            """Translate the host's control characters."""
            found = bytearray([_DISABLED]) * _NCCS
            off = self._off()
            for name, index in CHARACTERS.items():
                own = _index(name)
                if own is not None and _ord(cc[own]) != off:
                    found[index] = _ord(cc[own])
            return found

        def _off(self) -> int:
            """Return the host's character that stands for none (_POSIX_VDISABLE)."""
            try:
                return os.fpathconf(self._fd, "PC_VDISABLE") & 0xFF
            except (OSError, ValueError):
                return 0

        def change(self, new: Attributes, when: str) -> None:
            old = self._settings()
            cc: list[Any] = list(old[6])
            for name, index in CHARACTERS.items():
                own = _index(name)
                if own is not None:
                    value = new.cc[index]
                    cc[own] = bytes([self._off() if value == _DISABLED else value])
            if not new.lflag & ICANON:
                cc[termios.VMIN], cc[termios.VTIME] = 1, 0
            TIMING[self._device()] = (new.cc[VMIN], new.cc[VTIME])
            size = next(_own(name) for name, bits in SIZES.items() if bits == new.cflag & 0x300)
            speeds = _speeds()
            settings = [
                _to_host(new.iflag, IFLAGS, old[0]),
                _to_host(new.oflag, OFLAGS, old[1]),
                _to_host(new.cflag, CFLAGS, old[2]) & ~termios.CSIZE | size,
                _to_host(new.lflag, LFLAGS, old[3]),
                speeds.get(new.ispeed, old[4]),
                speeds.get(new.ospeed, old[5]),
                cc,
            ]
            _attempt(lambda: termios.tcsetattr(self._fd, _WHEN[when], settings))

        def flush(self, *, read: bool, write: bool) -> None:
            queue = termios.TCIFLUSH if read else termios.TCOFLUSH
            if read and write:
                queue = termios.TCIOFLUSH
            _attempt(lambda: termios.tcflush(self._fd, queue))

        def resize(self, columns: int, lines: int) -> None:
            _attempt(lambda: termios.tcsetwinsize(self._fd, (lines, columns)))

    def _attempt(what: Callable[[], Result]) -> Result:
        """Ask or change something; what fails is an OSError."""
        try:
            return what()
        except termios.error as refused:
            raise OSError(*refused.args) from None

    def _own(name: str) -> int:
        """Return the host's number of a flag or control character, 0 where it has none."""
        value: int = getattr(termios, name, 0)
        return value

    def _index(name: str) -> int | None:
        """Return where the host keeps a control character, None where it has none."""
        index: int | None = getattr(termios, name, None)
        return index

    def _from_host(flags: int, names: dict[str, int]) -> int:
        """Translate the host's flags into Darwin's."""
        return sum(bit for name, bit in names.items() if flags & _own(name))

    def _to_host(flags: int, names: dict[str, int], old: int) -> int:
        """Return the host's flags ``old`` with what Darwin's ``flags`` say of them."""
        for name, bit in names.items():
            own = _own(name)
            old = old | own if flags & bit else old & ~own
        return old

    def _speeds() -> dict[int, int]:
        """Return the host's code of each number of bits a second."""
        names = (n for n in dir(termios) if n[0] == "B" and n[1:].isdecimal())
        return {int(name[1:]): _own(name) for name in names}

    def _bits_a_second(code: int) -> int:
        return next((bits for bits, own in _speeds().items() if own == code), code)


def _ord(character: int | bytes) -> int:
    """Return a control character as a number, whichever way the host's library gives it."""
    return character if isinstance(character, int) else character[0]
