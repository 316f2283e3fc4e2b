"""What reads and writes of files look after: shared mappings of the same file, and RLIMIT_FSIZE.

Both are rare, and :func:`is_needed` tells quickly that there is nothing to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.darwin import flags as f
from emu.darwin.errno import EFBIG, Errno
from emu.host import FileHandle
from emu.kernel.process import RLIMITS
from emu.kernel.signals import SigInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.files import OpenFile
    from emu.memory import Backing
    from emu.syscalls.table import Call
    from emu.syscalls.transfer import Piece

__all__ = ["before_read", "cut", "identity", "is_needed", "limited", "truncated", "written"]


def is_needed(call: Call) -> bool:
    """Tell whether a file may be mapped shared or the caller's files be limited in size."""
    return bool(call.kernel.mapped) or call.process.rlimits is not RLIMITS


def identity(file: OpenFile) -> tuple[int, int]:
    """Return the device and inode of an open file."""
    if file.identity is None:
        status = file.handle.stat()
        file.identity = (status.dev, status.ino)
    return file.identity


def _mapped(call: Call, file: OpenFile) -> Backing | None:
    if not call.kernel.mapped or type(file.handle) is not FileHandle:
        return None
    return call.kernel.mapped.get(identity(file))


def before_read(call: Call, file: OpenFile) -> None:
    """Let a call see what the guest has written into a mapping of ``file``."""
    backing = _mapped(call, file)
    if backing is not None:
        backing.pager.flush(backing.view, 0, backing.size)  # type: ignore[union-attr]


def written(
    call: Call, file: OpenFile, offset: int | None, length: int, write: Callable[[int], int]
) -> int:
    """Write by ``write(bytes allowed)``, and let the mappings of ``file`` see it.

    Args:
        call: the running call.
        file: what is written to.
        offset: where in the file, None for its position.
        length: bytes to be written.
        write: writes so many of the bytes and returns how many it wrote.
    """
    if type(file.handle) is not FileHandle:
        return write(length)
    if offset is None:
        at_end = file.flags & f.O_APPEND
        offset = file.handle.stat().size if at_end else file.handle.seek(0, f.SEEK_CUR)
    length = limited(call, offset, length)
    before_read(call, file)
    count = write(length)
    backing = _mapped(call, file)
    if backing is not None:
        backing.pager.refresh(backing.view, offset, offset + count)  # type: ignore[union-attr]
    return count


def truncated(call: Call, file: OpenFile, length: int) -> None:
    """Cut or extend a file, and what is mapped of it."""
    if length > call.process.rlimits[f.RLIMIT_FSIZE][0]:
        call.kernel.post(call.process, SigInfo(f.SIGXFSZ))
        raise Errno(EFBIG)
    before_read(call, file)
    file.handle.truncate(length)
    backing = _mapped(call, file)
    if backing is not None:
        backing.pager.refresh(backing.view, 0, backing.size)  # type: ignore[union-attr]


def limited(call: Call, offset: int, length: int) -> int:
    """Return how much may be written; EFBIG and SIGXFSZ where RLIMIT_FSIZE allows nothing."""
    limit = call.process.rlimits[f.RLIMIT_FSIZE][0]
    if not length or offset + length <= limit:
        return length
    if offset >= limit:
        call.kernel.post(call.process, SigInfo(f.SIGXFSZ))
        raise Errno(EFBIG)
    return limit - offset


def cut(pieces: list[Piece], length: int) -> list[Piece]:
    """Return the first ``length`` bytes of pieces of memory."""
    kept: list[Piece] = []
    for piece in pieces:
        if length <= 0:
            break
        kept.append(piece[:length] if isinstance(piece, memoryview) else piece)
        length -= len(kept[-1])
    return kept
