"""Terminals: xnu's ``bsd/sys/termios.h``, flags by their names."""

from typing import Annotated, Final

from emu.darwin.layout import U64, Layout, characters, layout

__all__ = [
    "CFLAGS", "CHARACTERS", "ICANON", "IFLAGS", "LFLAGS", "OFLAGS", "SIZES", "VMIN", "VTIME",
    "Termios",
]  # fmt: skip

ICANON: Final = 0x100
#: Of the control characters: the fewest bytes that a read waits for, and how many tenths of a
#: second for the first; they count where ICANON is not set.
VMIN, VTIME = 16, 17

IFLAGS = {
    "IGNBRK": 0x1, "BRKINT": 0x2, "IGNPAR": 0x4, "PARMRK": 0x8, "INPCK": 0x10, "ISTRIP": 0x20,
    "INLCR": 0x40, "IGNCR": 0x80, "ICRNL": 0x100, "IXON": 0x200, "IXOFF": 0x400, "IXANY": 0x800,
    "IMAXBEL": 0x2000, "IUTF8": 0x4000,
}  # fmt: skip
OFLAGS = {"OPOST": 0x1, "ONLCR": 0x2, "OCRNL": 0x10, "ONOCR": 0x20, "ONLRET": 0x40}
CFLAGS = {
    "CSTOPB": 0x400, "CREAD": 0x800, "PARENB": 0x1000, "PARODD": 0x2000, "HUPCL": 0x4000,
    "CLOCAL": 0x8000,
}  # fmt: skip
#: Bits of a character: two bits of cflag.
SIZES = {"CS5": 0x0, "CS6": 0x100, "CS7": 0x200, "CS8": 0x300}
LFLAGS = {
    "ECHOKE": 0x1, "ECHOE": 0x2, "ECHOK": 0x4, "ECHO": 0x8, "ECHONL": 0x10, "ECHOPRT": 0x20,
    "ECHOCTL": 0x40, "ISIG": 0x80, "ICANON": ICANON, "IEXTEN": 0x400, "TOSTOP": 0x400000,
    "FLUSHO": 0x800000, "PENDIN": 0x20000000, "NOFLSH": 0x80000000,
}  # fmt: skip
#: Where each control character stands.
CHARACTERS = {
    "VEOF": 0, "VEOL": 1, "VEOL2": 2, "VERASE": 3, "VWERASE": 4, "VKILL": 5, "VREPRINT": 6,
    "VINTR": 8, "VQUIT": 9, "VSUSP": 10, "VDSUSP": 11, "VSTART": 12, "VSTOP": 13, "VLNEXT": 14,
    "VDISCARD": 15, "VSTATUS": 18,
}  # fmt: skip


@layout
class Termios(Layout):
    """The settings of a terminal: flags, control characters (0xFF is off), bits a second."""

    iflag: U64
    oflag: U64
    cflag: U64
    lflag: U64
    cc: Annotated[bytes, characters(20)]
    ispeed: U64
    ospeed: U64
